/** What is known of a message and of each of its recipients, and how the one follows from the other. */
import type { Ambiguity, Priority } from "../message/message.ts";
import type { Problem } from "../smtp/problem.ts";

export const recipientStatuses = [
  "queued",
  "sending",
  "sent",
  "deferred",
  "failed",
  "expired",
  "canceled",
  "unknown",
] as const;
export type RecipientStatus = (typeof recipientStatuses)[number];

export const messageStatuses = ["scheduled", ...recipientStatuses] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/** Of what has not come to its end */
const openRecipientStatuses = ["queued", "sending", "deferred"] as const satisfies RecipientStatus[];
export const openStatuses = ["scheduled", ...openRecipientStatuses] as const;

export interface RecipientState {
  address: string;
  status: RecipientStatus;
  /** Of the last reply that concerned it */
  code?: number;
  response?: string;
  /** While it is open: not to be tried before, epoch ms */
  dueAt?: number;
}

/** What others read of a recipient. */
export type RecipientOutcome = Pick<RecipientState, "address" | "status" | "code" | "response">;

/** One attempt, as the timeline keeps it. */
export interface Attempt {
  /** Epoch ms */
  at: number;
  transport: string;
  status: MessageStatus;
  recipients: RecipientOutcome[];
  problem?: Problem;
  durationMs: number;
}

/** The truth about one message. Times in epoch ms; a store keeps it whole and never looks inside but for its indexes. */
export interface MailRecord {
  id: string;
  /** Grows with every change: the ground of compare-and-set */
  revision: number;
  messageId: string;
  /** MAIL FROM as far as it is known: the caller's, else the configured one at the time */
  from: string;
  recipients: RecipientState[];
  /** Attempts made, counted or not */
  attempts: number;
  /** Attempts that used up a step of the retry schedule */
  failures: number;
  /** Attempts in a row that the process did not survive */
  crashes: number;
  /** Until then, epoch ms, it may go by this transport only: another one could deliver a second copy */
  bound?: { transport: string; until: number };
  transport?: string;
  problem?: Problem;
  createdAt: number;
  updatedAt: number;
  sendAt?: number;
  /** The message's own `expiresAt`, else MAIL_RETRY_FOR after acceptance */
  expiresAt: number;
  /** True for the message's own: it is obeyed even without an attempt */
  expiresStrictly: boolean;
  priority: Priority;
  ambiguous: Ambiguity;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  template?: string;
  /** Where its attempts belong in the caller's trace: the trace's id, and that of the span that accepted it */
  trace?: Trace;
  timeline: Attempt[];
}

export interface Trace {
  id: string;
  parent: string;
}

export function outcomeOf({ address, status, code, response }: RecipientState): RecipientOutcome {
  return { address, status, ...(code && { code }), ...(response && { response }) };
}

const OPEN: ReadonlySet<RecipientStatus> = new Set(openRecipientStatuses);

export function isOpen(recipient: Pick<RecipientState, "status">): boolean {
  return OPEN.has(recipient.status);
}

/** The message's state, from its recipients'. */
export function statusOf(record: MailRecord, now: number): MessageStatus {
  const states = record.recipients.map((recipient) => recipient.status);
  if (states.includes("sending")) return "sending";
  if (record.recipients.some(isOpen)) {
    if (record.attempts > 0) return "deferred";
    return record.sendAt !== undefined && record.sendAt > now ? "scheduled" : "queued";
  }
  if (states.includes("unknown")) return "unknown";
  if (states.includes("sent")) return "sent";
  return states.at(-1) ?? "failed";
}

/**
 * A message's own expiry is always obeyed. The general one counts only after an attempt: a clock that jumps must not expire
 * what nobody tried to send.
 */
export function expiryOf(record: MailRecord): number {
  return record.expiresStrictly || record.attempts > 0 ? record.expiresAt : Infinity;
}

/** When the message wants to be looked at next; null when nothing is open. */
export function dueAtOf(record: MailRecord): number | null {
  const times = record.recipients.filter(isOpen).map((recipient) => recipient.dueAt ?? record.createdAt);
  return times.length > 0 ? Math.min(...times, expiryOf(record)) : null;
}

/**
 * As a claimed message looks: its due recipients are on the wire. For the reader only, so the revision stays; a lease that
 * runs out leaves them due.
 */
export function claimed(record: MailRecord, now: number): MailRecord {
  return {
    ...record,
    recipients: record.recipients.map((recipient) =>
      isOpen(recipient) && (recipient.dueAt ?? 0) <= now ? { ...recipient, status: "sending" } : recipient,
    ),
  };
}

/** A changed copy with the next revision. */
export function revised(record: MailRecord, now: number, change: Partial<MailRecord>): MailRecord {
  return { ...record, ...change, revision: record.revision + 1, updatedAt: now };
}

/** A message that is deferred for two days has some fifteen attempts; a resting transport can add more. */
const TIMELINE_LENGTH = 50;
/** Outcomes in all of a timeline: with half a kilobyte of a server's words each, a record still fits into one NATS packet. */
const TIMELINE_OUTCOMES = 500;

/** The record with one more line in its timeline, and perhaps without the oldest ones. */
export function withAttempt(record: MailRecord, attempt: Attempt): MailRecord {
  const timeline = [...record.timeline, attempt].slice(-TIMELINE_LENGTH);
  let outcomes = timeline.reduce((sum, { recipients }) => sum + recipients.length, 0);
  while (outcomes > TIMELINE_OUTCOMES && timeline.length > 1) {
    outcomes -= timeline.shift()?.recipients.length ?? 0;
  }
  return { ...record, timeline };
}

/** The end of a message whose content the store no longer has: a damaged or repaired file. */
export function withoutContent(record: MailRecord, now: number): MailRecord {
  const problem = {
    type: "MAIL_CONTENT_LOST",
    message: "the outbox no longer has the content of this message",
    remedy: "Its file was damaged: send the message again from where it came.",
  };
  return { ...ended(record, now, "failed"), problem };
}

/** Every open recipient comes to this end; the others keep theirs. */
export function ended(
  record: MailRecord,
  now: number,
  status: "canceled" | "expired" | "failed",
): MailRecord {
  const recipients = record.recipients.map((recipient) =>
    isOpen(recipient) ? settledRecipient(recipient, { status }) : recipient,
  );
  return revised(record, now, { recipients });
}

/** What failed, expired, is unknown or deferred, open again and due now; undefined where there is nothing of the kind. */
export function reopened(record: MailRecord, now: number, retryFor: number): MailRecord | undefined {
  const again = new Set(["failed", "expired", "unknown", "deferred"]);
  if (!record.recipients.some(({ status }) => again.has(status))) return undefined;
  const { bound: _lifted, ...free } = record;
  return revised(free, now, {
    recipients: record.recipients.map((recipient) =>
      again.has(recipient.status)
        ? settledRecipient(recipient, { status: "deferred", dueAt: now })
        : recipient,
    ),
    failures: 0,
    crashes: 0,
    // a passed `expiresAt` is lifted, one to come is still obeyed
    ...(!(record.expiresStrictly && record.expiresAt > now) && {
      expiresAt: now + retryFor,
      expiresStrictly: false,
    }),
  });
}

/** A recipient in a new state, without what only the old one needed. */
export function settledRecipient(
  recipient: RecipientState,
  change: Omit<RecipientState, "address">,
): RecipientState {
  const { address, code, response } = recipient;
  return { address, ...(code && { code }), ...(response && { response }), ...change };
}
