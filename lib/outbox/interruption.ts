/** What becomes of a message whose process died, or slept, while it was on the wire. */
import type { Problem } from "../smtp/problem.ts";
import { bindingTime, type RetrySettings } from "./backoff.ts";
import {
  isOpen,
  type MailRecord,
  outcomeOf,
  revised,
  settledRecipient,
  statusOf,
  withAttempt,
} from "./record.ts";
import type { Interruption } from "./store.ts";

/** So many interruptions in a row are no accident: the message itself may be what kills the process. */
const MOST_CRASHES = 3;

/**
 * The record with the interrupted attempt in its timeline: open, and to go by the same transport again, or at its end.
 * Whether the final dot was written nobody knows, but for messages that hold when in doubt: the store was told before.
 */
export function interruptedRecord(
  record: MailRecord,
  { times, at, transport, exposed }: Interruption,
  { now, retry }: { now: number; retry: RetrySettings },
): MailRecord {
  const crashes = record.crashes + times;
  const isCertain = record.ambiguous === "hold" && !exposed;
  const end =
    crashes >= MOST_CRASHES ? "failed" : exposed && record.ambiguous === "hold" ? "unknown" : undefined;
  const problem = end === "failed" ? crashed : end === "unknown" ? unknown : isCertain ? cutShort : inDoubt;
  const recipients = record.recipients.map((recipient) =>
    isOpen(recipient) && end ? settledRecipient(recipient, { status: end }) : recipient,
  );
  const next = revised(record, now, {
    recipients,
    crashes,
    attempts: record.attempts + 1,
    problem,
    ...(transport !== "" && { transport }),
    ...(!isCertain && transport !== "" && { bound: { transport, until: at + bindingTime(retry) } }),
  });
  const onWire = new Set(
    record.recipients.filter(({ status }) => status === "sending").map(({ address }) => address),
  );
  const tried = recipients.filter(({ address }) => onWire.has(address));
  return withAttempt(next, {
    at,
    transport,
    status: end ? statusOf(next, now) : "deferred",
    recipients: tried.map((one) => (end ? outcomeOf(one) : { ...outcomeOf(one), status: "deferred" })),
    problem,
    durationMs: 0,
  });
}

const cutShort: Problem = {
  type: "SMTP_CONNECTION_LOST",
  message: "the node ended before the message was handed over",
  remedy: "Nothing to do: it goes out again.",
};

const inDoubt: Problem = {
  type: "SMTP_CONNECTION_LOST",
  message:
    "the node ended while the message was on the wire, so nobody knows whether the server has taken it",
  remedy: "Nothing to do: it goes out again by itself, and a second copy is possible.",
  ambiguous: true,
};

const unknown: Problem = {
  ...inDoubt,
  remedy: "Ask the recipient, or the server's log; then `mail.retry` sends it again.",
};

const crashed: Problem = {
  type: "MAIL_CRASHED",
  message: `the node ended ${MOST_CRASHES} times while this message was on the wire`,
  remedy: "Look for the cause in the log of the node; then `mail.retry` sends it again.",
};
