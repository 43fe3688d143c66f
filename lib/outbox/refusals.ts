/** How the outbox says no: each refusal with its reason and what to do about it. */
import { MailError } from "../errors.ts";
import type { SmtpProblemType } from "../smtp/problem.ts";
import { noServer } from "../smtp/verify.ts";
import { type MailRecord, outcomeOf } from "./record.ts";

export function notConfigured(): MailError {
  return new MailError("MAIL_NOT_CONFIGURED", noServer.message.en, { remedy: noServer.remedy.en });
}

export function outboxFull(limit: number): MailError {
  return new MailError("MAIL_OUTBOX_FULL", `${limit} messages are waiting already`, {
    limit,
    remedy: "Find out with mail.stats why they wait; MAIL_OUTBOX_LIMIT sets how many may.",
  });
}

export function idempotencyConflict(id: string): MailError {
  return new MailError("MAIL_IDEMPOTENCY_CONFLICT", "this idempotency key was used for another message", {
    id,
    remedy: "Use a new key for a new message; a repetition must have the same content.",
  });
}

export function stopping(): MailError {
  return new MailError("MAIL_OUTBOX_UNAVAILABLE", "this node is about to stop and takes no more messages", {
    remedy: "Call again: another node, or this one once it is back, takes it.",
  });
}

export function silent(): MailError {
  return new MailError("MAIL_OUTBOX_UNAVAILABLE", "the outbox does not answer", {
    remedy: "See whether another program has its file open to write, and whether the disk answers.",
  });
}

export function notFound(id: string): MailError {
  return new MailError("MAIL_NOT_FOUND", "no message has this id", {
    id,
    remedy: "Check the id; finished messages are forgotten after MAIL_RETENTION.",
  });
}

/** @param open whether it still waited: then somebody was faster, and it is on the wire */
export function notCancelable(id: string, open: boolean): MailError {
  const reason = open ? "the message is on the wire" : "the message has come to its end already";
  return new MailError("MAIL_NOT_CANCELABLE", reason, {
    id,
    remedy: "Only a message that still waits can be canceled; mail.get tells what became of it.",
  });
}

export function notRetryable(id: string, status: string): MailError {
  return new MailError("MAIL_NOT_RETRYABLE", `a message in state ${status} cannot be tried again`, {
    id,
    remedy: "Failed, expired, unknown and deferred messages can, as long as their content is kept.",
  });
}

/** Faults of the recipient, the message or the caller's own `from`, with their HTTP status: a call ends with them. */
export const refusedForGood = {
  SMTP_RECIPIENT_REJECTED: 422,
  SMTP_SENDER_REJECTED: 422,
  SMTP_MESSAGE_REJECTED: 422,
  SMTP_MESSAGE_TOO_LARGE: 413,
} as const satisfies Partial<Record<SmtpProblemType, number>>;

/**
 * Every recipient was refused for good, by a fault of the recipient, the message or the caller's own `from`: that is the
 * caller's answer. (Faults of the server or of our settings never fail a message, so they cannot come to this; a crash or a lost content is ours.)
 */
export function throwIfRefused(record: MailRecord): void {
  const { problem } = record;
  if (!problem || record.recipients.some(({ status }) => status !== "failed")) return;
  if (problem.type === "MAIL_CRASHED" || problem.type === "MAIL_CONTENT_LOST") return;
  const { type, message, ...facts } = problem;
  const recipients = record.recipients.map(outcomeOf);
  const code = Object.hasOwn(refusedForGood, type)
    ? refusedForGood[type as keyof typeof refusedForGood]
    : 422;
  throw new MailError(type, message, { ...facts, id: record.id, recipients }, { code, retryable: false });
}
