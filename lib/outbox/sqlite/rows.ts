/** How messages look in the tables, and how they look again when they come out. */
import type { Attachment, Content } from "../../message/message.ts";
import { claimed, dueAtOf, expiryOf, type MailRecord, statusOf } from "../record.ts";
import { rankOf } from "../store.ts";

/** A line of `messages`. */
export interface Row {
  seq: number;
  id: string;
  record: string;
  revision: number;
  status: string;
  created_at: number;
  due_at: number | null;
  token: string | null;
  claims: number;
  claimed_at: number | null;
  claimed_for: string | null;
  exposed: number;
  replaced: number;
  fingerprint: string | null;
  kept_until: number;
}

/** What one line keeps of a content, the attachments' bytes apart. */
export interface StoredContent {
  head: string;
  /** All of them, one after the other */
  attachments: Uint8Array;
}

/** As readers see it: while it is claimed, on the wire. */
export function recordOf({ record, token, claimed_at }: Row): MailRecord {
  const kept = JSON.parse(record) as MailRecord;
  return token !== null && claimed_at !== null ? claimed(kept, claimed_at) : kept;
}

/** The columns that follow from a record. */
export function columnsOf(record: MailRecord, dueAt: number | null, now: number) {
  const expiry = dueAt === null ? Infinity : expiryOf(record);
  return {
    record: JSON.stringify(record),
    revision: record.revision,
    status: statusOf(record, now),
    updatedAt: record.updatedAt,
    dueAt,
    expiresAt: Number.isFinite(expiry) ? expiry : null,
  };
}

/** The columns that never change. */
export function firstColumnsOf(record: MailRecord, now: number) {
  return {
    ...columnsOf(record, dueAtOf(record), now),
    id: record.id,
    rank: rankOf[record.priority],
    template: record.template ?? null,
    createdAt: record.createdAt,
    sendAt: record.sendAt ?? null,
  };
}

interface Head extends Omit<Content, "attachments"> {
  attachments: (Omit<Attachment, "content"> & { size: number })[];
}

export function packContent(content: Content): StoredContent {
  const attachments = content.attachments.map(({ content: bytes, ...rest }) => ({
    ...rest,
    size: bytes.byteLength,
  }));
  const bytes = new Uint8Array(attachments.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { content: part } of content.attachments) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return { head: JSON.stringify({ ...content, attachments } satisfies Head), attachments: bytes };
}

export function unpackContent({ head, attachments }: StoredContent): Content {
  const content = JSON.parse(head) as Head;
  let at = 0;
  return {
    ...content,
    attachments: content.attachments.map(({ size, ...rest }) => {
      const bytes = attachments.subarray(at, at + size);
      at += size;
      return { ...rest, content: bytes };
    }),
  };
}
