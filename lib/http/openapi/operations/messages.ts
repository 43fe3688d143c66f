/** The routes about messages in words. */
import type { Operation } from "../operation.ts";
import { mailList, mailRecord, mailStats } from "../schemas/message.ts";
import { ID, record } from "./examples.ts";

const outbox = ["MAIL_OUTBOX_UNAVAILABLE"] as const;

export const listMessages: Operation = {
  id: "listMessages",
  tag: "Messages",
  summary: "List messages",
  description: "Newest first, by pages: give `nextCursor` as `cursor` to get the next one.",
  answers: { 200: { description: "One page.", schema: { $ref: mailList } } },
  problems: outbox,
  examples: {
    deferred: {
      summary: "What waits for another attempt",
      query: { status: "deferred", limit: 1 },
      status: 200,
      answer: { items: [record], nextCursor: "1795248000000.17" },
    },
  },
};

export const getMessage: Operation = {
  id: "getMessage",
  tag: "Messages",
  summary: "Show one message",
  description: "What became of a message, attempt by attempt. Its body is never shown.",
  answers: { 200: { description: "The message.", schema: { $ref: mailRecord } } },
  problems: ["MAIL_NOT_FOUND", ...outbox],
  examples: { one: { summary: "A message", path: { id: ID }, status: 200, answer: record } },
};

export const retryMessage: Operation = {
  id: "retryMessage",
  tag: "Messages",
  summary: "Try a message again",
  description:
    "Now, and with a new time to live: a message that is `failed`, `expired`, `unknown` or `deferred`, as long as its content is kept. Those who have got it do not get it again. Ends the rest of servers that were down.",
  answers: { 200: { description: "The message, due again.", schema: { $ref: mailRecord } } },
  problems: ["MAIL_NOT_FOUND", "MAIL_NOT_RETRYABLE", ...outbox],
  examples: { one: { summary: "A message", path: { id: ID }, status: 200, answer: record } },
};

export const cancelMessage: Operation = {
  id: "cancelMessage",
  tag: "Messages",
  summary: "Cancel a message",
  description: "For those recipients who are still open, and only before it is on the wire.",
  answers: { 200: { description: "The message, canceled.", schema: { $ref: mailRecord } } },
  problems: ["MAIL_NOT_FOUND", "MAIL_NOT_CANCELABLE", ...outbox],
  examples: {
    one: {
      summary: "A message",
      path: { id: ID },
      status: 200,
      answer: {
        ...Object.fromEntries(Object.entries(record).filter(([name]) => name !== "nextAttemptAt")),
        status: "canceled",
        recipients: record.recipients.map((recipient) => ({ ...recipient, status: "canceled" })),
      },
    },
  },
};

export const getStats: Operation = {
  id: "getStats",
  tag: "Messages",
  summary: "Show counts and servers",
  description: "How many messages are in which state, and which SMTP servers take mail.",
  answers: { 200: { description: "As it is now.", schema: { $ref: mailStats } } },
  problems: outbox,
  examples: {
    now: {
      summary: "All is well",
      status: 200,
      answer: {
        counts: { sent: 1204, deferred: 3 },
        oldestQueuedAt: "2026-11-21T07:58:12.000Z",
        outbox: { durable: true },
        transports: [
          { name: "primary", server: "smtps://smtp.example.com:465", state: "up", ratePerMinute: 12 },
        ],
      },
    },
  },
};
