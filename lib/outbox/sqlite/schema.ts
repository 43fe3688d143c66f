/** The tables of the outbox, and how an older file becomes a newer one. */
import type { DatabaseSync } from "node:sqlite";

/**
 * Step n makes version n+1 of version n. A step that has been released is never changed: add one.
 * Partial indexes hold what is open, so a claim costs the same whatever has piled up behind it.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    revision INTEGER NOT NULL,
    -- as in the record; of a claimed message: sending
    status TEXT NOT NULL,
    rank INTEGER NOT NULL,
    template TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    send_at INTEGER,
    -- null once nothing is open; the end of the lease while there is one
    due_at INTEGER,
    -- null: never, or claimed
    expires_at INTEGER,
    token TEXT,
    -- claims that were not settled, and what is known of the last one
    claims INTEGER NOT NULL DEFAULT 0,
    claimed_at INTEGER,
    claimed_for TEXT,
    exposed INTEGER NOT NULL DEFAULT 0,
    replace_key TEXT,
    -- while it was claimed: 1; 2 where its content goes as well
    replaced INTEGER NOT NULL DEFAULT 0,
    idempotency_key TEXT,
    fingerprint TEXT,
    kept_until INTEGER NOT NULL DEFAULT 0,
    untold INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE INDEX due ON messages (rank, due_at, seq) WHERE due_at IS NOT NULL;
  CREATE INDEX expiring ON messages (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX claimed ON messages (seq) WHERE token IS NOT NULL;
  CREATE INDEX scheduled ON messages (send_at) WHERE status = 'scheduled';
  CREATE INDEX waiting ON messages (created_at) WHERE due_at IS NOT NULL AND status <> 'scheduled';
  CREATE INDEX finished ON messages (updated_at, kept_until) WHERE due_at IS NULL;
  CREATE INDEX untold ON messages (seq) WHERE untold = 1;
  CREATE UNIQUE INDEX idempotent ON messages (idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX replaceable ON messages (replace_key) WHERE replace_key IS NOT NULL AND due_at IS NOT NULL;
  CREATE INDEX listed ON messages (created_at, seq);
  CREATE INDEX by_status ON messages (status, created_at, seq);
  CREATE INDEX by_template ON messages (template, created_at, seq) WHERE template IS NOT NULL;

  CREATE TABLE recipients (
    address TEXT NOT NULL, created_at INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (address, created_at, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tags (
    tag TEXT NOT NULL, created_at INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (tag, created_at, seq)
  ) STRICT, WITHOUT ROWID;

  -- what goes out: the larger part, gone as soon as it is not needed
  CREATE TABLE contents (seq INTEGER PRIMARY KEY, head TEXT NOT NULL, attachments BLOB NOT NULL) STRICT;

  -- kept by the triggers, so that counting a million messages reads nine rows
  CREATE TABLE counts (status TEXT PRIMARY KEY, messages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER counted_in AFTER INSERT ON messages BEGIN
    INSERT INTO counts VALUES (new.status, 1) ON CONFLICT DO UPDATE SET messages = messages + 1;
  END;
  CREATE TRIGGER counted_on AFTER UPDATE OF status ON messages WHEN old.status <> new.status BEGIN
    UPDATE counts SET messages = messages - 1 WHERE status = old.status;
    INSERT INTO counts VALUES (new.status, 1) ON CONFLICT DO UPDATE SET messages = messages + 1;
  END;
  CREATE TRIGGER counted_out AFTER DELETE ON messages BEGIN
    UPDATE counts SET messages = messages - 1 WHERE status = old.status;
  END;
  `,
];

/** "Mesh" in ASCII: tells our file from anybody else's database. */
const APPLICATION_ID = 0x4d657368;

/**
 * Writes nothing.
 * @returns the file's version; 0 for a new file
 * @throws Error for a file of a newer Meshmail, or of somebody else
 */
export function versionOf(db: DatabaseSync, steps: readonly string[] = migrations): number {
  const found = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const isForeign = found === 0 ? db.prepare("SELECT 1 FROM sqlite_schema").get() : owner !== APPLICATION_ID;
  if (isForeign) throw new Error("it is a database of something else");
  if (found > steps.length) throw new Error("a newer version of Meshmail wrote it");
  return found;
}

/**
 * Brings a file to the newest version, step by step, each in a transaction of its own: an interruption leaves the version
 * before, and the next start goes on from there.
 * @throws Error for a file of a newer Meshmail, or of somebody else
 */
export function migrate(db: DatabaseSync, steps: readonly string[] = migrations): void {
  const found = versionOf(db, steps);
  for (const [at, step] of steps.entries()) {
    if (at < found) continue;
    db.exec("BEGIN IMMEDIATE");
    try {
      db.exec(`${step}; PRAGMA user_version = ${at + 1}; PRAGMA application_id = ${APPLICATION_ID}`);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }
}

/** The value of a pragma that is one number. */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
