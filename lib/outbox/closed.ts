/** What a store answers once it is closed. */
import { MailError } from "../errors.ts";

export function storeClosed(): MailError {
  return new MailError("MAIL_OUTBOX_UNAVAILABLE", "the outbox cannot be used: it is closed", {
    remedy: "Call again: another node, or this one once it is back, takes it.",
  });
}
