/** Answers about messages: receipt, record, page of the list, dry run. */
import type { NamedSchema } from "../../../json-schema.ts";
import { messageStatuses, recipientStatuses } from "../../../outbox/record.ts";
import { about, count, fields, listOf, moment, named, words, wordsByName } from "./fields.ts";
import { mailProblem } from "./problem.ts";

const messageStatus: NamedSchema = {
  title: "MessageStatus",
  description:
    "`scheduled`: before `sendAt`. `queued`, `sending`: not tried yet, or under way. `deferred`: tried, and will be tried again by itself. `sent`: the SMTP server took responsibility. `failed`, `expired`, `canceled`, `unknown` (the connection died before the last reply): final.",
  type: "string",
  enum: messageStatuses,
};

const recipientStatus: NamedSchema = {
  title: "RecipientStatus",
  description: "Each recipient has a state of its own; only those that are open are tried again.",
  type: "string",
  enum: recipientStatuses,
};

const recipient = named(
  "Recipient",
  "What became of one recipient.",
  { address: words, status: { $ref: recipientStatus } },
  {
    code: about("Of the server's last reply about this recipient, e.g. 250 or 550.", { type: "integer" }),
    response: about("The text of that reply.", words),
  },
);

const envelope = named("Envelope", "Who the server is told: SMTP's MAIL FROM and RCPT TO.", {
  from: words,
  to: listOf(words),
});

const receiptFields = {
  required: {
    id: about("To ask about the message later.", words),
    status: { $ref: messageStatus },
    messageId: about("The header Message-ID, the same at every attempt.", words),
    attempts: about("Made so far.", count),
    recipients: listOf({ $ref: recipient }),
    accepted: listOf(words, "Addresses that the server took."),
    rejected: listOf(words, "Addresses that were refused for good."),
    envelope: { $ref: envelope },
  },
  optional: {
    transport: about("The SMTP server of the last attempt: `primary`, `fallback1`, …", words),
    duplicate: about("The idempotency key was known: this is the message of the first request.", {
      type: "boolean",
      enum: [true],
    }),
    durable: about("Only in memory: it will not survive the process (MAIL_OUTBOX=memory).", {
      type: "boolean",
      enum: [false],
    }),
    nextAttemptAt: about("When it is tried next, as far as that is known.", moment),
    response: about("The server's words at the last attempt.", words),
    problem: { $ref: mailProblem },
  },
} as const;

export const mailReceipt = named(
  "MailReceipt",
  "The message is safe: from now on it is the service's business until it comes to its end.",
  receiptFields.required,
  receiptFields.optional,
);

const attempt = named(
  "Attempt",
  "One attempt to deliver.",
  {
    at: moment,
    transport: words,
    status: { $ref: messageStatus },
    recipients: listOf({ $ref: recipient }),
    durationMs: about("Milliseconds.", { type: "number" }),
  },
  { problem: { $ref: mailProblem } },
);

export const mailRecord = named(
  "MailRecord",
  "Everything that is kept about a message, but never its body.",
  {
    ...receiptFields.required,
    createdAt: moment,
    updatedAt: moment,
    tags: listOf(words),
    metadata: wordsByName,
    timeline: listOf({ $ref: attempt }, "Oldest first, at most the last 50."),
  },
  { ...receiptFields.optional, template: words },
);

export const mailList = named(
  "MailList",
  "One page, newest first.",
  { items: listOf({ $ref: mailRecord }) },
  { nextCursor: about("Give it as `cursor` for the next page; missing on the last one.", words) },
);

export const dryRun = named(
  "DryRun",
  "What would have gone out. Nothing was stored or sent.",
  {
    dryRun: { type: "boolean", enum: [true] },
    size: about("Bytes on the wire.", count),
    headers: about("As on the wire, unfolded.", wordsByName),
    subject: words,
    text: words,
    envelope: fields({ from: words, to: listOf(words) }),
  },
  { html: words },
);

export const mailStats = named("MailStats", "How the service is doing.", {
  counts: about("Messages by state.", { type: "object", additionalProperties: { type: "integer" } }),
  oldestQueuedAt: { type: ["string", "null"], format: "date-time" },
  outbox: fields(
    { durable: about("Whether what is accepted survives the process.", { type: "boolean" }) },
    { problem: { $ref: mailProblem } },
  ),
  transports: listOf(
    fields(
      {
        name: words,
        server: about("Printable, without secrets.", words),
        state: about(
          "`resting`: tried again by itself, soon. `held`: it refuses our settings, so it is only probed now and then.",
          { type: "string", enum: ["up", "resting", "held"] },
        ),
        ratePerMinute: about("Messages sent within the last minute.", { type: "number" }),
      },
      { until: about("When it is tried next.", moment), problem: { $ref: mailProblem } },
    ),
  ),
});
