/** Turns the core's errors into Moleculer's, so that type, code, data and retryable cross the mesh. */
import { Errors } from "moleculer";
import { MailError } from "../lib/errors.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";
import { hushSpan } from "./traces.ts";

/** The caller's fault, or a state that calling again does not change. */
class MailClientError extends Errors.MoleculerClientError {}
/** Not now: calling again can help. */
class MailRetryableError extends Errors.MoleculerRetryableError {}

/** The same error in Moleculer's words; anything else as it is. */
export function toMoleculerError(error: unknown): unknown {
  if (!(error instanceof MailError)) return error;
  const Kind = error.retryable ? MailRetryableError : MailClientError;
  const translated = new Kind(error.message, error.code, error.type, error.data);
  // a stack travels to the caller: ours would tell file names and help nobody there
  translated.stack = `${translated.name}: ${error.message}`;
  return translated;
}

export const errorsMixin: Mixin = defineMixin<object, object>({
  hooks: {
    error: {
      "*"(ctx, error) {
        hushSpan(ctx, error);
        throw toMoleculerError(error);
      },
    },
  },
});
