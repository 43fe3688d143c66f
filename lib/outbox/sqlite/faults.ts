/** What went wrong with the outbox's file, in words: each with what to do about it. */
import { MailError } from "../../errors.ts";

/** Not accepted, not claimed, not written: nothing has happened. */
export function unavailable(reason: string, remedy: string): MailError {
  return new MailError("MAIL_OUTBOX_UNAVAILABLE", `the outbox cannot be used: ${reason}`, { remedy });
}

interface SqliteError {
  code: "ERR_SQLITE_ERROR";
  /** The lower eight bits are the primary code, https://sqlite.org/rescode.html */
  errcode: number;
  message: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
}

/** Primary codes of SQLite that we tell apart. */
export const BUSY = 5;
export const FULL = 13;

export function primaryCode(error: unknown): number {
  return isSqliteError(error) ? error.errcode & 0xff : 0;
}

type Reason = readonly [reason: string, remedy: string];

const reasons: Readonly<Record<number, Reason> & Record<typeof FULL, Reason>> = {
  [BUSY]: [
    "another program keeps %s locked",
    "End whatever reads or copies the file, e.g. an open sqlite3 shell.",
  ],
  8: [
    "%s can no longer be written",
    "Look at the mount and the permissions of the folder; the node goes on by itself.",
  ],
  10: [
    "the disk fails to read or write %s",
    "Look at the disk and the system's log; the node goes on by itself.",
  ],
  11: ["%s is damaged", "Stop the node and see docs/operating.md, “A damaged file”; do not delete the file."],
  [FULL]: ["the disk of %s is full", "Make room on it; the node goes on by itself."],
  14: [
    "%s cannot be opened",
    "Look at the path and the permissions of the folder; the node goes on by itself.",
  ],
  26: ["%s is no SQLite database", "Move the file aside, or name another one in MAIL_OUTBOX."],
};

export function diskFull(path: string): MailError {
  const [reason, remedy] = reasons[FULL];
  return unavailable(reason.replace("%s", path), remedy);
}

/** SQLite's error in our words; any other as it is. */
export function explained(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const [reason, remedy] = reasons[primaryCode(error)] ?? [
    `SQLite says “${error.message}” of %s`,
    "Look at the disk and the permissions of the folder.",
  ];
  return unavailable(reason.replace("%s", path), remedy);
}
