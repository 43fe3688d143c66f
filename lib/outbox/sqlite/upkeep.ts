/** Keeps an eye on what the outbox stands on: its file, the log beside it, and the room on the disk. */
import type { DatabaseSync } from "node:sqlite";
import type { Trouble } from "../store.ts";
import { BUSY_MS } from "./database.ts";
import { explained } from "./faults.ts";
import { freeSpace, type Reserve, sizeOf } from "./place.ts";
import { pragma } from "./schema.ts";

const MB = 1024 * 1024;
/** Pages that are given back to the disk at a time. */
const SHRINK_PAGES = 500;

export interface UpkeepOptions {
  path: string;
  reserve: Pick<Reserve, "fill">;
  /** Free bytes below which nothing is claimed */
  leastFree: number;
  /** Bytes of the write-ahead log that are worth a warning. @default 256 MB */
  largeLog?: number;
  /** Free bytes on the disk. @default as statfs says */
  free?: () => number;
}

export interface Upkeep {
  /** Why nothing may be claimed, as far as it is the disk's fault */
  lowSpace: () => Trouble | undefined;
  /**
   * Every few seconds: the reserve, the length of the log, the room that is no longer needed.
   * @returns what an operator should know and has not been told, in sentences
   */
  tend: () => string[];
}

export function upkeep(db: DatabaseSync, options: UpkeepOptions): Upkeep {
  const { path, reserve, leastFree, largeLog = 256 * MB, free = () => freeSpace(path) } = options;
  const log = `${path}-wal`;
  let isLogLarge = false;
  let told: string | undefined;

  const shorten = (): string[] => {
    if (sizeOf(log) > largeLog) {
      // whoever reads may go on: the calls of the service must not wait for that
      db.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
      db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    }
    const size = sizeOf(log);
    const isNews = size > largeLog && !isLogLarge;
    isLogLarge = size > largeLog;
    return isNews
      ? [`${log} has grown to ${Math.round(size / MB)} MB: another program reads the file and does not end.`]
      : [];
  };

  return {
    lowSpace() {
      const bytes = free();
      if (bytes >= leastFree) return undefined;
      return {
        message: `the disk of ${path} has ${Math.floor(bytes / MB)} MB left; below ${Math.ceil(leastFree / MB)} MB nothing is sent, so that what was sent can always be written down`,
        remedy: "Make room on it; the node goes on by itself.",
      };
    },

    tend() {
      try {
        reserve.fill(free());
        const warnings = shorten();
        if (pragma(db, "freelist_count") > SHRINK_PAGES)
          db.exec(`PRAGMA incremental_vacuum(${SHRINK_PAGES})`);
        told = undefined;
        return warnings;
      } catch (error) {
        const { message } = explained(error, path) as Error;
        const isNews = message !== told;
        told = message;
        return isNews ? [message] : [];
      }
    },
  };
}
