/** `POST /api/mail/send` in words. */
import { limits } from "../../../message/limits.ts";
import { refusedForGood } from "../../../outbox/refusals.ts";
import type { Operation } from "../operation.ts";
import type { ProblemType } from "../problems.ts";
import { dryRun, mailReceipt } from "../schemas/message.ts";
import { deferred, receipt, refusal } from "./examples.ts";

const queued = { ...receipt, status: "queued", attempts: 0 };

export const sendMail: Operation = {
  id: "sendMail",
  tag: "Send",
  summary: "Send a message",
  description: `The answer comes when the message is safe and its first attempt has ended, or \`wait\` ran out. Faults of the SMTP server
never refuse a message: it is \`deferred\`, \`problem\` says why, and it is tried again by itself, for 48 hours unless
MAIL_RETRY_FOR says otherwise. It is refused only for what the sender of the request can change; if every recipient was refused
for good, that is 422 with the server's words.

In development (\`npm run dev\`) the recipient chooses the outcome: \`bounce@…\`, \`defer@…\`, \`slow@…\`, \`full@…\`, \`busy@…\`.`,
  headers: {
    "Idempotency-Key": {
      description: `Same as \`idempotencyKey\` in the body, 1 to ${limits.key} characters. The same key with the same content answers with the
message as it is now and \`duplicate: true\`, so that a request can be repeated; with other content it is 409. Kept for 24 hours,
and while the message is open. Each API key has keys of its own.`,
      type: "string",
      minLength: 1,
      maxLength: limits.key,
    },
  },
  answers: {
    200: {
      description:
        "The SMTP server took the message for at least one recipient and none is open; or `dryRun` was asked for.",
      schema: { anyOf: [{ $ref: mailReceipt }, { $ref: dryRun }] },
    },
    202: {
      description:
        "Accepted and safe, but not sent yet: `queued`, `sending`, `deferred` or `scheduled`. No need to send it again.",
      schema: { $ref: mailReceipt },
    },
  },
  problems: [
    "MAIL_NOT_CONFIGURED",
    "MAIL_UNKNOWN_TEMPLATE",
    "MAIL_TEMPLATE_FAILED",
    "MAIL_IDEMPOTENCY_CONFLICT",
    "MAIL_OUTBOX_UNAVAILABLE",
    "MAIL_OUTBOX_FULL",
    ...(Object.keys(refusedForGood) as ProblemType[]),
  ],
  examples: {
    text: {
      summary: "A plain letter",
      headers: { "Idempotency-Key": "code:4711:1" },
      body: { to: "Ann <ann@example.com>", subject: "Your code", text: "481516" },
      status: 200,
      answer: receipt,
    },
    html: {
      summary: "HTML, a copy, an attachment",
      body: {
        to: [{ name: "Ann", address: "ann@example.com" }],
        cc: "bob@example.com",
        subject: "Your invoice",
        html: "<p>Here it is.</p>",
        attachments: [
          { filename: "invoice.txt", content: "MTAwIEVVUg==", encoding: "base64", contentType: "text/plain" },
        ],
        tags: ["invoice"],
        metadata: { order: "4711" },
      },
      status: 200,
      answer: {
        ...receipt,
        recipients: ["ann@example.com", "bob@example.com"].map((address) => ({
          ...receipt.recipients[0],
          address,
        })),
        accepted: ["ann@example.com", "bob@example.com"],
        envelope: { from: "shop@example.com", to: ["ann@example.com", "bob@example.com"] },
      },
    },
    template: {
      summary: "A letter that is kept ready",
      headers: { "Idempotency-Key": "code:4711:2" },
      body: {
        to: "ann@example.com",
        template: "verification",
        data: { code: "481516", minutes: 10 },
        locale: "zh-CN",
      },
      status: 200,
      answer: receipt,
    },
    dryRun: {
      summary: "Only look at what would go out",
      body: { to: "ann@example.com", subject: "Your code", text: "481516", dryRun: true },
      status: 200,
      answer: {
        dryRun: true,
        size: 286,
        headers: {
          From: "Shop <shop@example.com>",
          To: "ann@example.com",
          Subject: "Your code",
          "Message-ID": receipt.messageId,
          Date: "Sat, 21 Nov 2026 08:00:00 +0000",
          "Content-Transfer-Encoding": "7bit",
          "MIME-Version": "1.0",
          "Content-Type": "text/plain; charset=utf-8",
        },
        subject: "Your code",
        text: "481516",
        envelope: { from: "shop@example.com", to: ["ann@example.com"] },
      },
    },
    withoutWaiting: {
      summary: "An answer at once",
      body: { to: "ann@example.com", subject: "Your code", text: "481516", wait: false },
      status: 202,
      answer: {
        ...omit(queued, "transport", "response"),
        recipients: [{ address: "ann@example.com", status: "queued" }],
        accepted: [],
      },
    },
    deferred: {
      summary: "The server asks for later",
      body: { to: "defer@example.com", subject: "Your code", text: "481516" },
      status: 202,
      answer: deferred,
    },
    misspelt: {
      summary: "A field that there is not",
      body: { to: "ann@example.com", subjet: "Your code", text: "481516" },
      status: 422,
      answer: refusal(
        "MAIL_INVALID_MESSAGE",
        "Mail invalid message",
        422,
        "subjet: unknown field; did you mean subject?",
        {
          remedy: "Correct the fields named and call again; nothing was stored or sent.",
          fields: [{ field: "subjet", message: "unknown field; did you mean subject?" }],
        },
      ),
    },
    refused: {
      summary: "The server refuses the recipient for good",
      body: { to: "bounce@example.com", subject: "Your code", text: "481516" },
      status: 422,
      answer: refusal(
        "SMTP_RECIPIENT_REJECTED",
        "SMTP recipient rejected",
        422,
        "smtp.example.com:465 refused the recipient: 550 5.1.1 No such user",
        {
          remedy:
            "Check the recipient's address with the server's answer in hand, and send a new message to the right one: this one is not tried again.",
          id: receipt.id,
          smtp: { code: 550, enhancedCode: "5.1.1", response: "550 5.1.1 No such user", command: "RCPT TO" },
          recipients: [
            {
              address: "bounce@example.com",
              status: "failed",
              code: 550,
              response: "550 5.1.1 No such user",
            },
          ],
        },
      ),
    },
  },
};

function omit(fields: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
