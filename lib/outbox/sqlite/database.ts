/** Opens the outbox's file as its only owner, after everything has been checked that can be checked. */
import { DatabaseSync } from "node:sqlite";
import { MailError } from "../../errors.ts";
import { explained, primaryCode, BUSY, unavailable } from "./faults.ts";
import { closeToOthers, preparePlace, sizeOf } from "./place.ts";
import { migrate, pragma, versionOf } from "./schema.ts";

export interface OpenDatabase {
  db: DatabaseSync;
  /** What an operator should know, in sentences */
  warnings: string[];
  close: () => void;
}

/** A check of this many bytes takes some ten seconds; a larger file is checked beside the work, before its first claim. */
export const CHECKED_AT_START = 1024 ** 3;
/** How long a statement waits for another program's lock, in ms */
export const BUSY_MS = 2000;

/**
 * @param allowNetwork use the file though it lies on a network file system
 * @throws MailError MAIL_OUTBOX_UNAVAILABLE: in one sentence what is wrong with which file, and what to do
 */
export function openDatabase(path: string, allowNetwork: boolean): OpenDatabase {
  const open: DatabaseSync[] = [];
  const close = (): void => {
    for (const one of open.splice(0)) one.close();
  };
  try {
    const warnings = preparePlace(path, allowNetwork);
    const owner = takeOwnership(path);
    open.unshift(owner);
    const hadOutbox = pragma(owner, "user_version") === 1;
    if (sizeOf(path) > 0) inspect(path);
    // SQLite would delete a log that has no file
    else if (hadOutbox || sizeOf(`${path}-wal`) > 0) throw vanished(path);
    closeToOthers(path);
    const db = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: false });
    open.unshift(db);
    configure(db, path);
    migrate(db);
    if (!hadOutbox) owner.exec("PRAGMA user_version = 1");
    return { db, warnings, close };
  } catch (error) {
    close();
    throw explained(error, path);
  }
}

/**
 * The kernel frees this lock when the process dies, however it dies; a pid in a file would mean nothing in a container. It
 * is on a file of its own, so that others may read the outbox itself.
 */
function takeOwnership(path: string): DatabaseSync {
  const side = `${path}.owner`;
  preparePlace(side, true);
  const owner = new DatabaseSync(side);
  try {
    owner.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
    return owner;
  } catch (error) {
    owner.close();
    if (primaryCode(error) !== BUSY) throw explained(error, side);
    throw unavailable(
      `another process owns ${path}, and it can have one owner only`,
      "Stop the other node, or name another file in MAIL_OUTBOX.",
    );
  }
}

function vanished(path: string): Error {
  return unavailable(
    `${path} is empty or missing, but there has been an outbox`,
    `Bring the file back from where it went; or move ${path}* out of the way, to begin with an empty one.`,
  );
}

/** Before anything is written: a file that is damaged or not ours is left as it is, together with what lies beside it. */
function inspect(path: string): void {
  // a change that was broken off before the file had its log can only be undone by writing
  const readOnly = sizeOf(`${path}-journal`) === 0;
  const db = new DatabaseSync(path, { readOnly, timeout: BUSY_MS });
  try {
    versionOf(db);
    if (sizeOf(path) <= CHECKED_AT_START) checkIntegrity(db, path);
  } catch (error) {
    if (primaryCode(error) > 0 || error instanceof MailError) throw error;
    const { message } = error as Error;
    throw unavailable(
      `${path} was not made by this version (${message})`,
      "Name another file in MAIL_OUTBOX.",
    );
  } finally {
    db.close();
  }
}

function configure(db: DatabaseSync, path: string): void {
  // before the first table: gives room back to the disk a little at a time, instead of all at once
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  // one-time passwords must not stay readable in pages that are free
  db.exec("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000");
  db.exec(`PRAGMA journal_size_limit = ${64 * 1024 * 1024}`);
  const { journal_mode } = db.prepare("PRAGMA journal_mode").get() ?? {};
  if (journal_mode !== "wal" || pragma(db, "synchronous") !== 2) {
    throw unavailable(`${path} cannot be written ahead and synced`, "Use a local disk.");
  }
}

/** @throws MailError where pages are damaged */
export function checkIntegrity(db: DatabaseSync, path: string): void {
  const found = db.prepare("PRAGMA quick_check(5)").all() as { quick_check: string }[];
  const faults = found.map(({ quick_check }) => quick_check).filter((line) => line !== "ok");
  if (faults.length === 0) return;
  throw unavailable(
    `${path} is damaged (${faults[0]?.split("\n").at(-1)})`,
    "Keep the file, and see docs/operating.md, “A damaged file”: what is readable can be saved.",
  );
}
