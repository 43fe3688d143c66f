/** A key that comes beside the parameters of `mail.send`, in a header of the call or of the request, and belongs into them. */
import { MailError } from "../errors.ts";

/**
 * @param key    undefined where none came
 * @param place  completes "differs from …"
 * @throws MailError MAIL_INVALID_MESSAGE where the parameters have another key
 */
export function withIdempotencyKey<Params extends { idempotencyKey?: unknown }>(
  params: Params,
  key: unknown,
  place: string,
): Params & { idempotencyKey?: unknown } {
  if (key === undefined) return params;
  const { idempotencyKey: own = key } = params;
  if (own === key) return { ...params, idempotencyKey: key };
  const message = `differs from ${place}`;
  throw new MailError("MAIL_INVALID_MESSAGE", `\`idempotencyKey\` ${message}`, {
    fields: [{ field: "idempotencyKey", message }],
    remedy: "Give the key once, or the same twice.",
  });
}
