/** Where the outbox's file lies: the folder, the kind of disk, the room on it, and whether the file is still the one we opened. */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { unavailable } from "./faults.ts";

/** Types of statfs(2) whose locks and syncs cannot be trusted. */
const NETWORK = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB"],
  [0xff534d42, "CIFS"],
  [0x65735546, "FUSE"],
]);

/**
 * Makes folder and file where they are missing, for this user alone.
 * @param typeOf statfs(2)'s number for the file system of a folder
 * @returns what an operator should know, in sentences
 * @throws MailError MAIL_OUTBOX_UNAVAILABLE naming the path
 */
export function preparePlace(
  path: string,
  allowNetwork: boolean,
  typeOf = (folder: string): number => statfsSync(folder).type,
): string[] {
  const folder = dirname(path);
  try {
    makeFolder(folder);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw unavailable(`${path} is a folder`, "Name a file in MAIL_OUTBOX=sqlite:PATH.");
    }
    const kind = NETWORK.get(typeOf(folder) >>> 0);
    if (kind && !allowNetwork) {
      throw unavailable(
        `${folder} is on a network file system (${kind}), where locks and syncs cannot be trusted`,
        `Use a local disk, or MAIL_OUTBOX=sqlite:${path}?network=true if you know that yours can.`,
      );
    }
    // before SQLite does, which would make it readable for everyone; its other files take their mode from this one
    if (!makeFile(path)) accessSync(path, constants.R_OK | constants.W_OK);
    const mode = statSync(folder).mode & 0o077;
    return mode === 0
      ? []
      : [`Other users can look into ${folder}, where the outbox lies: chmod 700 would keep them out.`];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    const reason = message.replace(/, \w+ '.*$/, "");
    throw unavailable(
      `${path} cannot be written (${reason})`,
      "Let this user write there, or name another file in MAIL_OUTBOX.",
    );
  }
}

/** Not with `recursive`, which never returns where a folder that is there has no room for others, such as /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })) return;
  makeFolder(dirname(folder));
  unlessThere(() => mkdirSync(folder, { mode: 0o700 }));
}

/**
 * Never opens a file that is there: when that is closed again, the kernel drops every lock that this process has on the file,
 * those of another store in it as well.
 * @returns whether it was missing
 */
function makeFile(path: string): boolean {
  return unlessThere(() => closeSync(openSync(path, "wx", 0o600)));
}

function unlessThere(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** A file that is ours need not be readable for others, whoever made it. */
export function closeToOthers(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** Bytes, 0 for none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Free bytes for users like us; Infinity where nobody can tell. */
export function freeSpace(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/**
 * Remembers which files these are. The function that it returns says whether they are still there: what is written to
 * deleted files succeeds, and is gone.
 */
export function watchFiles(...paths: readonly string[]): () => boolean {
  const opened = paths.map(identity);
  return () => paths.every((path, at) => [opened[at], UNSEEN].includes(identity(path)));
}

const RESERVE_BYTES = 16 * 1024 * 1024;

/** A file of nothing: deleted when the disk is full, so that what was sent can still be written down. */
export class Reserve {
  readonly #path: string;
  #held = false;
  #spent = false;

  constructor(path: string) {
    this.#path = `${path}.reserve`;
    this.#held = sizeOf(this.#path) >= RESERVE_BYTES;
  }

  /** Takes it (again), if there is plenty. */
  fill(free: number): void {
    if (this.#held || free < 2 * RESERVE_BYTES) return;
    try {
      writeFileSync(this.#path, Buffer.alloc(RESERVE_BYTES), { mode: 0o600 });
      this.#held = true;
      this.#spent = false;
    } finally {
      if (!this.#held) rmSync(this.#path, { force: true });
    }
  }

  /** Gives it up; false: there was none. */
  release(): boolean {
    if (!this.#held) return false;
    rmSync(this.#path, { force: true });
    this.#held = false;
    this.#spent = true;
    return true;
  }

  /** It was given up and is not there again: its room is for what was sent, not for taking on more. */
  get isSpent(): boolean {
    return this.#spent;
  }
}

/** A folder that we may not look into for a moment has lost nothing: what is written to the open files arrives. */
const UNSEEN = "unseen";

function identity(path: string): string {
  try {
    const { dev, ino } = statSync(path, { throwIfNoEntry: false }) ?? { dev: 0, ino: 0 };
    return `${dev}:${ino}`;
  } catch {
    return UNSEEN;
  }
}
