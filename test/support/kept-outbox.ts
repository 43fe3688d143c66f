/** The outbox's file as the disk has it, read beside the node or after its death: the oracle of what was kept. */
import { DatabaseSync } from "node:sqlite";
import type { MailRecord } from "../../lib/outbox/record.ts";

export interface KeptOutbox {
  /** As they were last settled */
  records: MailRecord[];
  /** Ids of messages that somebody holds */
  claimed: string[];
  /** Ids of messages whose last news were not told */
  untold: string[];
}

export interface OutboxReader {
  read(): KeptOutbox;
  /** How many messages are not at their end */
  open(): number;
  /** What is wrong with the file or with what belongs together in it; empty: nothing */
  faults(): string[];
  close(): void;
}

/** Never writes. One that stays open also keeps still: opening the file touches those beside it. */
export function openOutboxReader(file: string): OutboxReader {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 2000 });
  const column = (sql: string): string[] => {
    try {
      return db
        .prepare(sql)
        .all()
        .map((row) => String(Object.values(row)[0]));
    } catch (error) {
      if (/no such table/.test(String(error))) return [];
      throw error;
    }
  };
  return {
    read: () => ({
      records: column("SELECT record FROM messages ORDER BY seq").map(
        (text) => JSON.parse(text) as MailRecord,
      ),
      claimed: column("SELECT id FROM messages WHERE token IS NOT NULL OR status = 'sending'"),
      untold: column("SELECT id FROM messages WHERE untold = 1"),
    }),
    open: () => column("SELECT id FROM messages WHERE due_at IS NOT NULL").length,
    faults: () => [
      ...column("PRAGMA integrity_check").filter((line) => line !== "ok"),
      ...["contents", "recipients", "tags"].flatMap((table) =>
        column(
          `SELECT '${table} of no message: ' || seq FROM ${table} WHERE seq NOT IN (SELECT seq FROM messages)`,
        ),
      ),
      ...column(`SELECT 'wrong count of ' || status FROM counts WHERE messages <>
        (SELECT count(*) FROM messages WHERE messages.status = counts.status)`),
    ],
    close: () => db.close(),
  };
}
