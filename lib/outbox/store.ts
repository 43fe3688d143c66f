/**
 * What the outbox asks of the place that keeps it: memory, SQLite or NATS JetStream, one contract and one suite of tests.
 * A store keeps and hands out; what a record becomes is decided elsewhere (`attempt.ts`, `settlement.ts`, `interruption.ts`) and written here by compare-and-set.
 * Nothing in it needs a scan on the hot path, a clock of its own, or a transaction over several messages.
 */
import type { Content, Priority } from "../message/message.ts";
import type { MailRecord, MessageStatus } from "./record.ts";

/** A message on its way in. */
export interface NewEntry {
  record: MailRecord;
  content: Content;
  /** `scope`: the API key's name over HTTP, empty on the bus; `until`: kept so long, epoch ms, and while the message is open */
  idempotency?: { scope: string; key: string; fingerprint: string; until: number };
  replace?: { scope: string; key: string };
}

export type EnqueueResult =
  /** `replaced`: older messages with the same replaceKey that still waited, now canceled */
  | { kind: "stored"; record: MailRecord; replaced: MailRecord[] }
  /** The idempotency key is known, with the same content */
  | { kind: "duplicate"; record: MailRecord }
  /** The idempotency key is known, with other content */
  | { kind: "conflict"; id: string }
  /** As many messages are open as the limit allows */
  | { kind: "full" };

/** The right to work on one message until `until`; its token is new at every claim. */
export interface Lease {
  id: string;
  token: string;
  until: number;
}

export interface Claim {
  lease: Lease;
  record: MailRecord;
  content: Content;
  /** An earlier claim was never settled: its process died, or slept through its lease */
  interrupted?: Interruption;
  /** A newer message took its place while that claim had it: it is not wanted any more */
  replaced?: true;
}

export interface Interruption {
  /** Claims in a row that were not settled */
  times: number;
  /** When the last of them began, epoch ms */
  at: number;
  /** Which transport it was for */
  transport: string;
  /** `renew` had said that the message was about to be handed over */
  exposed: boolean;
}

export interface ClaimRequest {
  now: number;
  /** When the leases end, epoch ms */
  until: number;
  limit: number;
  /** Which transport they are for */
  transport: string;
  /** How many that were interrupted may be among them: one of them may be what kills the process, so they go one by one */
  interrupted: number;
  /** But none that was interrupted exactly so often */
  exceptTimes?: number;
  /** Ids that whoever asks is still at work on: a clock that jumped over the end of a lease does not free them */
  holding: readonly string[];
  /** Only messages whose `expiresAt` has passed: they need no transport */
  expiredOnly: boolean;
}

/** A record's next version. */
export interface Change {
  record: MailRecord;
  /** When it is to be claimed again; null: never */
  dueAt: number | null;
  /** The content is no longer needed */
  dropContent: boolean;
  /** There is an event to tell of it: `untold` has it until `told` says that it was */
  news: boolean;
}

export interface ListQuery {
  status?: MessageStatus;
  recipient?: string;
  tag?: string;
  template?: string;
  /** Created at or after, epoch ms */
  since?: number;
  /** Created before, epoch ms */
  until?: number;
  /** `nextCursor` of the page before */
  cursor?: string;
  limit: number;
  now: number;
}

export interface StoreStats {
  counts: Partial<Record<MessageStatus, number>>;
  /** Creation of the oldest message that is open and not just scheduled, epoch ms */
  oldestQueuedAt: number | null;
}

/** Why the store cannot do its work, and what to do about it: one sentence each. */
export interface Trouble {
  message: string;
  remedy: string;
}

/** Every verb rejects with MailError MAIL_OUTBOX_UNAVAILABLE where the store cannot do it; then nothing has happened. */
export interface OutboxStore {
  /** True when what `enqueue` answered survives a kill -9 and a power loss */
  readonly durable: boolean;
  /**
   * Message, idempotency key and replacement in one step: all or nothing.
   * @param rules `open`: how many messages may be open; `keepBodies`: whether a replaced message keeps its content
   */
  enqueue(entry: NewEntry, rules: { now: number; open: number; keepBodies: boolean }): Promise<EnqueueResult>;
  /**
   * Due messages that nobody holds, high priority first, then oldest due; never one twice at a time. `nextDueAt`: when the
   * next one that may be had by the same request is due, or expires, where only those were asked for.
   */
  claim(request: ClaimRequest): Promise<{ claims: Claim[]; nextDueAt: number | null }>;
  /**
   * Prolongs a lease; false: it is lost.
   * @param exposed the message is about to be handed over: an interruption from here on is ambiguous
   */
  renew(lease: Lease, until: number, exposed: boolean): Promise<boolean>;
  /**
   * Writes the outcome and ends the lease; undefined: it was lost, and nothing was written. A message that was replaced while
   * it was on the wire is canceled as far as it is still open, and that is what comes back.
   */
  settle(lease: Lease, change: Change): Promise<MailRecord | undefined>;
  /** Changes a message that nobody holds, if it is still at this revision; undefined: it is not. */
  revise(id: string, revision: number, change: Change): Promise<MailRecord | undefined>;
  get(id: string): Promise<MailRecord | undefined>;
  /** Whether the content is still kept, so that the message could go out again */
  hasContent(id: string): Promise<boolean>;
  /**
   * Newest first.
   * @throws MailError MAIL_INVALID_MESSAGE naming `cursor`, for one that it never gave
   */
  list(query: ListQuery): Promise<{ records: MailRecord[]; nextCursor?: string }>;
  stats(now: number): Promise<StoreStats>;
  /**
   * Forgets finished messages last changed before `before`, at most `limit` and no longer than nobody notices, but none whose
   * idempotency key is still kept; returns how many: call it until that is 0.
   */
  prune(request: { before: number; now: number; limit: number }): Promise<number>;
  /** Messages whose last news nobody has been told, oldest first: after a crash, or while the mesh was away. */
  untold(limit: number): Promise<MailRecord[]>;
  /** The news of these revisions have been told; a later one has not. */
  told(records: readonly Pick<MailRecord, "id" | "revision">[]): Promise<void>;
  /** Why it cannot do its work at the moment, if that is so */
  trouble(): Trouble | undefined;
  /** Harmless when called twice. */
  close(): Promise<void>;
}

/** JSON keeps `["a","b:c"]` and `["a:b","c"]` apart. */
export function scoped({ scope, key }: { scope: string; key: string }): string {
  return JSON.stringify([scope, key]);
}

/** Lower goes first. */
export const rankOf: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };
