/** A folder of a test's own, and messages and databases of the SQLite outbox to put in it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { PackedEntry } from "../../lib/outbox/sqlite/keeper.ts";
import { packContent } from "../../lib/outbox/sqlite/rows.ts";
import { migrate } from "../../lib/outbox/sqlite/schema.ts";
import { entry } from "../contract/outbox-store.ts";
import { opened } from "./open.ts";

/** A new, empty folder; gone with `closeEverything`. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "meshmail-scratch-"));
  const done = opened(folder, async () => {
    rmSync(folder, { recursive: true, force: true });
    done();
  });
  return folder;
}

/** A database in memory, or another connection to a file; closed with `closeEverything`. */
export function database(path = ":memory:", timeout = 0): DatabaseSync {
  const db = new DatabaseSync(path, { timeout });
  const done = opened(path, async () => {
    if (db.isOpen) db.close();
    done();
  });
  return db;
}

/** One with the outbox's tables. */
export function outboxDatabase(path?: string): DatabaseSync {
  const db = database(path);
  migrate(db);
  return db;
}

/** A message as it comes to the store's thread. */
export function packed(...from: Parameters<typeof entry>): PackedEntry {
  const { content, ...rest } = entry(...from);
  return { ...rest, content: packContent(content) };
}
