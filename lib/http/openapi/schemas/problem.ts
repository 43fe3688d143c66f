/** Trouble, as answers tell it: RFC 9457 where the request failed, and what keeps a message or a server from working. */
import type { JsonSchema } from "../../../json-schema.ts";
import { about, count, fields, listOf, named, words } from "./fields.ts";

const smtpReply: JsonSchema = about(
  "What the SMTP server said.",
  fields(
    { code: { type: "integer" }, response: words },
    {
      enhancedCode: about("RFC 3463, e.g. `5.1.1`.", words),
      command: about("The SMTP command that it answered.", words),
    },
  ),
);

export const mailProblem = named(
  "MailProblem",
  "Why a message is not delivered, or a server not usable, and what to do about it.",
  {
    type: about("A stable word to match on, e.g. SMTP_AUTH_FAILED. New ones may come.", words),
    message: about("What happened, in one sentence.", words),
    remedy: about("What to do about it.", words),
  },
  {
    fix: about(
      "The setting to change and its value, where that is known.",
      fields({ variable: words, value: words }),
    ),
    smtp: smtpReply,
    ambiguous: about("The connection died before the last reply: delivered or not, nobody knows.", {
      type: "boolean",
      enum: [true],
    }),
  },
);

const recipientOfProblem = fields(
  { address: words, status: words },
  { code: { type: "integer" }, response: words },
);

export const httpProblem = named(
  "Problem",
  "RFC 9457. Match on `type`; it never changes, the sentences may.",
  {
    type: about("The error's word. New ones may come: treat one that you do not know by its status.", words),
    title: about("The word, for people.", words),
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: about("What happened, in one sentence.", words),
    requestId: about("Under which the log speaks of this request; also in X-Request-ID.", words),
  },
  {
    remedy: about("What to do about it, in one sentence.", words),
    fields: listOf(
      fields({ field: about("Path, e.g. `to[2].address`.", words), message: words }),
      "The parameters that were refused; never their values.",
    ),
    id: about("Of the message, where one is concerned.", words),
    smtp: smtpReply,
    recipients: listOf(recipientOfProblem, "What became of each recipient of a refused message."),
    reasons: listOf(
      fields({
        check: { type: "string", enum: ["mesh", "mail", "outbox", "transports"] },
        type: words,
        message: words,
        remedy: words,
      }),
      "Why the gateway is not ready.",
    ),
    retryAfter: about("Seconds after which the same request may succeed; also in Retry-After.", count),
  },
);
