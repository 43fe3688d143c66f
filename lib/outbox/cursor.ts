/** The cursor of a list: every store writes its own, and refuses what it never gave. */
import { MailError } from "../errors.ts";

export function badCursor(): MailError {
  return new MailError("MAIL_INVALID_MESSAGE", "`cursor` is none that this list has given", {
    fields: [{ field: "cursor", message: "expected the `nextCursor` of the page before" }],
    remedy: "Take `nextCursor` as it came, or leave it out for the first page.",
  });
}
