/** What callers read of a record: the receipt, the full record, the event. Times as ISO 8601. */
import type { Problem } from "../smtp/problem.ts";
import {
  dueAtOf,
  isOpen,
  type MailRecord,
  type MessageStatus,
  outcomeOf,
  type RecipientOutcome,
  type RecipientStatus,
  statusOf,
} from "./record.ts";

export interface MailReceipt {
  id: string;
  status: MessageStatus;
  messageId: string;
  transport?: string;
  /** Attempts made so far */
  attempts: number;
  /** The idempotency key was known: this is the message of the first call */
  duplicate?: true;
  /** Only in memory: it will not survive the process */
  durable?: false;
  nextAttemptAt?: string;
  recipients: RecipientOutcome[];
  /** The server's words at the last attempt */
  response?: string;
  problem?: Problem;
  /** As nodemailer's info has them; `rejected`: refused for good */
  accepted: string[];
  rejected: string[];
  envelope: { from: string; to: string[] };
}

export interface PublicRecord extends MailReceipt {
  createdAt: string;
  updatedAt: string;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  template?: string;
  timeline: {
    at: string;
    transport: string;
    status: MessageStatus;
    recipients: MailReceipt["recipients"];
    problem?: Problem;
    durationMs: number;
  }[];
}

const iso = (time: number): string => new Date(time).toISOString();

/**
 * @param facts `transportProblem`: why no transport takes mail now, where nothing was tried yet; `upAt`: when one will, epoch ms
 */
export function receiptOf(
  record: MailRecord,
  now: number,
  facts: { duplicate?: boolean; durable: boolean; transportProblem?: Problem | undefined; upAt?: number },
): MailReceipt {
  const open = record.recipients.filter(isOpen);
  const status = statusOf(record, now);
  const next = nextAttemptAt(record, status, now, facts.upAt);
  const response = record.recipients.findLast((recipient) => recipient.response)?.response;
  const problem = record.problem ?? (open.length > 0 ? facts.transportProblem : undefined);
  const at = (wanted: RecipientStatus) =>
    record.recipients.filter((recipient) => recipient.status === wanted).map(({ address }) => address);
  return {
    id: record.id,
    status,
    messageId: record.messageId,
    ...(record.transport && { transport: record.transport }),
    attempts: record.attempts,
    ...(facts.duplicate && { duplicate: true }),
    ...(!facts.durable && { durable: false }),
    ...(next !== undefined && { nextAttemptAt: iso(next) }),
    recipients: record.recipients.map(outcomeOf),
    ...(response && { response }),
    ...(problem && { problem }),
    accepted: at("sent"),
    rejected: at("failed"),
    envelope: { from: record.from, to: record.recipients.map(({ address }) => address) },
  };
}

/** Not before it is due, nor before a transport is up; nothing to tell of a message that could go this moment. */
function nextAttemptAt(record: MailRecord, status: MessageStatus, now: number, upAt = 0): number | undefined {
  const due = dueAtOf(record);
  if (due === null || status === "sending") return undefined;
  const next = Math.max(due, upAt);
  return Number.isFinite(next) && (next > now || record.attempts > 0) ? next : undefined;
}

export function publicRecord(
  record: MailRecord,
  now: number,
  facts: Parameters<typeof receiptOf>[2],
): PublicRecord {
  return {
    ...receiptOf(record, now, facts),
    createdAt: iso(record.createdAt),
    updatedAt: iso(record.updatedAt),
    tags: record.tags,
    metadata: record.metadata,
    ...(record.template && { template: record.template }),
    timeline: record.timeline.map((attempt) => ({ ...attempt, at: iso(attempt.at) })),
  };
}

/** Event names by what became of the message; `sending` and `scheduled` are nobody's news. */
const events: Partial<Record<MessageStatus, string>> = {
  queued: "mail.queued",
  scheduled: "mail.queued",
  sent: "mail.sent",
  deferred: "mail.deferred",
  failed: "mail.failed",
  expired: "mail.expired",
  canceled: "mail.canceled",
  unknown: "mail.unknown",
};

/** The event that tells of a record, never with subject or body: they carry one-time passwords. */
export function eventOf(
  record: MailRecord,
  now: number,
): { name: string; payload: Record<string, unknown> } | undefined {
  const status = statusOf(record, now);
  const name = events[status];
  if (name === undefined) return undefined;
  const { id, tags, metadata, transport, attempts, problem } = record;
  const recipients = record.recipients.map(outcomeOf);
  return {
    name,
    payload: { id, status, recipients, tags, metadata, transport, attempts, at: iso(now), problem },
  };
}
