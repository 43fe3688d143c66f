/** A call that is too large for the broker's max payload never leaves the node: it gets MAIL_TOO_LARGE, with the remedy. */
import type { Middleware } from "moleculer";
import { MailError } from "../lib/errors.ts";
import { toMoleculerError } from "./errors.mixin.ts";

/**
 * NATS refuses to publish such a packet and Moleculer passes its error on. Any node that calls `mail.send` may use this; the
 * mailer mixin does the same for one service.
 */
export const maxPayloadMiddleware = {
  call(next: (action: string, params: unknown, options: unknown) => Promise<unknown>) {
    return (action: string, params: unknown, options: unknown) =>
      next(action, params, options).catch((error: unknown) => {
        throw action.startsWith("mail.") ? tooLarge(error) : error;
      });
  },
} as unknown as Middleware;

/** The error in our words where it is that of NATS, else as it came. */
export function tooLarge(error: unknown): unknown {
  if ((error as { code?: unknown })?.code !== "MAX_PAYLOAD_EXCEEDED") return error;
  return toMoleculerError(
    new MailError(
      "MAIL_TOO_LARGE",
      "the call is larger than the message broker takes (NATS max_payload, 1 MB unless set)",
      {
        remedy: "Send a link instead of the attachment, or raise max_payload in the NATS server's settings.",
      },
    ),
  );
}
