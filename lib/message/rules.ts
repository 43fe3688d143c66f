/** The parameters of `mail.send`, as one table: the check is compiled from it, and OpenAPI shows it. */
import { type JsonSchema, objectSchema } from "../json-schema.ts";
import { mailboxRules } from "./address.ts";
import { attachmentRules } from "./attachments.ts";
import { headerFormats } from "./headers.ts";
import { instantSchema } from "./instants.ts";
import { METADATA_NAME } from "./labels.ts";
import { limits } from "./limits.ts";
import type { Rules } from "./shape.ts";
import { TEMPLATE_NAME } from "./template.ts";

const mailbox = objectSchema(mailboxRules, {
  title: "Mailbox",
  description: "An address with the name of whoever reads there.",
});

const oneMailbox = {
  title: "OneMailbox",
  description: "One address: `ann@example.com`, `Ann <ann@example.com>`, or an object.",
  anyOf: [{ type: "string", minLength: 1 }, { $ref: mailbox }],
} as const satisfies JsonSchema;

const mailboxes = {
  title: "Mailboxes",
  description: "One address, several in a string separated by commas, or a list of these.",
  anyOf: [{ $ref: oneMailbox }, { type: "array", items: { $ref: oneMailbox } }],
  examples: ["Ann <ann@example.com>"],
} as const satisfies JsonSchema;

const attachment = objectSchema(attachmentRules, { title: "Attachment", required: ["content"] });

const headers: JsonSchema = {
  description:
    "Headers of your own: those named here and any `X-…`, in any case, each once and on one line. All others are refused by name.",
  properties: Object.fromEntries(
    Object.entries(headerFormats).map(([name, format]) => [
      name,
      { type: "string", description: format, minLength: 1, maxLength: limits.headerValue },
    ]),
  ),
  additionalProperties: { type: "string", minLength: 1, maxLength: limits.headerValue },
  propertyNames: { maxLength: limits.headerName },
  maxProperties: limits.headers,
};

const localeDoc: JsonSchema = {
  description: "The language of the letter, a BCP 47 tag.",
  minLength: 1,
  examples: ["en", "zh-CN"],
};

export const templateDoc: JsonSchema = {
  description: "Name of a template.",
  pattern: TEMPLATE_NAME.source,
  examples: ["password-reset"],
};

export const dataDoc: JsonSchema = {
  description: `What the template fills in: plain JSON, at most ${limits.data / 1024} KB and ${limits.dataDepth} levels deep, lists of at most ${limits.dataList}.`,
  additionalProperties: true,
  propertyNames: { pattern: "^(?!(__proto__|constructor|prototype)$)" },
};

export const sendRules = {
  to: {
    type: "any",
    doc: {
      description:
        "Who gets it. At least one recipient in `to`, `cc` and `bcc` together, and at most as many as MAIL_MAX_RECIPIENTS says (50 unless set). Each address is checked alone.",
      $ref: mailboxes,
    },
  },
  cc: { type: "any", doc: { description: "Who gets a copy, seen by all.", $ref: mailboxes } },
  bcc: { type: "any", doc: { description: "Who gets a copy, seen by nobody.", $ref: mailboxes } },
  from: {
    type: "any",
    doc: {
      description:
        "The sender, exactly one address. SMTP_SENDER where it is missing; if that is not set either, the message is refused.",
      $ref: oneMailbox,
    },
  },
  replyTo: {
    type: "any",
    doc: { description: `Where answers go; at most ${limits.replyTo} addresses.`, $ref: mailboxes },
  },
  subject: { type: "string", max: limits.subject, doc: { description: "One line." } },
  text: {
    type: "string",
    doc: {
      description:
        "The letter as plain text, at most 1 MB in UTF-8, without NUL characters. Made from `html` where it is missing. One of `text`, `html` and `template` must be there and not empty.",
      maxLength: limits.body,
    },
  },
  html: {
    type: "string",
    doc: {
      description: "The letter as HTML, at most 1 MB in UTF-8, without NUL characters.",
      maxLength: limits.body,
    },
  },
  template: {
    type: "string",
    doc: {
      ...templateDoc,
      description:
        "Name of a template, in place of `subject`, `text` and `html`; any of these given as well wins.",
    },
  },
  data: { type: "object", doc: dataDoc },
  locale: { type: "string", max: limits.locale, doc: localeDoc },
  language: {
    type: "string",
    max: limits.locale,
    doc: {
      description: "Another name for `locale`; where both are given they must be the same.",
      minLength: 1,
    },
  },
  attachments: {
    type: "array",
    max: limits.attachments,
    doc: {
      description:
        "Files, as data. Together with `text` and `html` at most MAIL_MAX_SIZE bytes (25 MB unless set); beyond that it is MAIL_TOO_LARGE.",
      items: { $ref: attachment },
    },
  },
  headers: { type: "object", doc: headers },
  tags: {
    type: "array",
    max: limits.tags,
    doc: {
      description:
        "Words of your own, one line each: they come back in lists and events, never to the recipient.",
      items: { type: "string", minLength: 1, maxLength: limits.tag },
    },
  },
  metadata: {
    type: "object",
    doc: {
      description: "Values of your own: they come back with the message, never to the recipient.",
      additionalProperties: { type: "string", maxLength: limits.metadataValue },
      propertyNames: { pattern: METADATA_NAME.source, maxLength: limits.metadataKey },
      maxProperties: limits.metadata,
    },
  },
  idempotencyKey: {
    type: "string",
    min: 1,
    max: limits.key,
    doc: {
      description:
        "One key, one message: the same key with the same content answers with the message as it is now and `duplicate: true`; with other content it is MAIL_IDEMPOTENCY_CONFLICT. Kept for 24 hours, and while the message is open. One line; over HTTP the header Idempotency-Key does the same.",
    },
  },
  sendAt: {
    type: "any",
    doc: {
      ...instantSchema,
      description:
        "Not before this moment: ISO 8601 with a zone, or epoch milliseconds (seconds are refused). In the past it means now; at most 30 days ahead.",
      examples: ["2026-11-21T08:00:00Z"],
    },
  },
  expiresAt: {
    type: "any",
    doc: {
      ...instantSchema,
      description:
        "Not after this moment, written like `sendAt`: what has not gone out by then expires. It must be in the future and after `sendAt`. For one-time passwords.",
      examples: ["2026-11-21T08:10:00Z"],
    },
  },
  replaceKey: {
    type: "string",
    min: 1,
    max: limits.key,
    doc: {
      description:
        "A newer message with the same key, one line, cancels the older one while that still waits.",
    },
  },
  priority: {
    type: "enum",
    values: ["high", "normal", "low"],
    doc: { description: "`high` overtakes what waits.", default: "normal" },
  },
  ambiguous: {
    type: "enum",
    values: ["retry", "hold"],
    doc: {
      description:
        "When the connection died after the whole message and before the server's reply, nobody knows whether it was delivered. `retry` sends the same bytes again under the same Message-ID; `hold` stops in state `unknown`.",
      default: "retry",
    },
  },
  dryRun: {
    type: "boolean",
    doc: { description: "Checks and composes, stores and sends nothing.", default: false },
  },
  wait: {
    type: "any",
    doc: {
      description: `How long the answer may wait for the first attempt, in milliseconds; \`true\` as long as MAIL_SEND_WAIT says (5 s unless set), \`false\` not at all. The message is safe either way.`,
      anyOf: [{ type: "boolean" }, { type: "number", minimum: 0, maximum: limits.wait }],
      default: true,
    },
  },
} as const satisfies Rules;
