/** Where a page of the list ended: creation and order of arrival of its last message. Whatever else comes is refused. */
import { MailError } from "../errors.ts";

export interface Cursor {
  /** Epoch ms */
  createdAt: number;
  order: number;
}

export function writeCursor({ createdAt, order }: Cursor): string {
  return `${createdAt}.${order}`;
}

/** @throws MailError MAIL_INVALID_MESSAGE naming `cursor`, for one that no list has given */
export function readCursor(written: string | undefined): Cursor | undefined {
  if (written === undefined) return undefined;
  const [, createdAt, order] = /^(\d{1,15})\.(\d{1,15})$/.exec(written) ?? [];
  if (order === undefined) throw badCursor();
  return { createdAt: Number(createdAt), order: Number(order) };
}

function badCursor(): MailError {
  return new MailError("MAIL_INVALID_MESSAGE", "`cursor` is none that this list has given", {
    fields: [{ field: "cursor", message: "expected the `nextCursor` of the page before" }],
    remedy: "Take `nextCursor` as it came, or leave it out for the first page.",
  });
}
