/** What each action of the `mail` service may be asked: checks, query strings and OpenAPI are all made from this table. */
import { instantSchema } from "../message/instants.ts";
import { dataDoc, sendRules, templateDoc } from "../message/rules.ts";
import type { Rules } from "../message/shape.ts";
import { messageStatuses } from "../outbox/record.ts";

/** Of reports and notes, for whoever reads them. */
const language = {
  type: "string",
  max: 64,
  doc: {
    description: "Language of what people read: English, or Chinese for `zh…`.",
    examples: ["en", "zh-CN"],
  },
} as const;

const words = (description: string, ...examples: string[]) =>
  ({ type: "string", max: 2000, doc: { description, ...(examples.length > 0 && { examples }) } }) as const;

const byId = {
  id: {
    type: "string",
    min: 1,
    max: 64,
    optional: false,
    doc: { description: "Of the message, as `mail.send` answered it." },
  },
} as const satisfies Rules;

export const rules = {
  send: sendRules,
  verify: {
    transport: words("Which server: `primary` (the default), `fallback1`, …", "primary"),
    locale: language,
  },
  providers: { locale: language },
  templates: {},
  render: {
    template: { type: "string", optional: false, doc: templateDoc },
    data: { type: "object", doc: dataDoc },
    locale: sendRules.locale,
    language: sendRules.language,
  },
  get: byId,
  cancel: byId,
  retry: byId,
  list: {
    status: {
      type: "enum",
      values: messageStatuses,
      doc: { description: "Only messages in this state." },
    },
    recipient: words("Only messages to this address.", "ann@example.com"),
    tag: words("Only messages with this tag."),
    template: words("Only messages made from this template."),
    since: {
      type: "any",
      doc: {
        ...instantSchema,
        description:
          "Created at or after this moment: ISO 8601 with a zone, or epoch milliseconds (not seconds).",
        examples: ["2026-11-21T00:00:00Z"],
      },
    },
    until: {
      type: "any",
      doc: {
        ...instantSchema,
        description: "Created before this moment, written like `since`.",
        examples: ["2026-11-22T00:00:00Z"],
      },
    },
    cursor: words("`nextCursor` of the page before, as it came."),
    limit: {
      type: "number",
      integer: true,
      min: 1,
      max: 200,
      doc: { description: "How many messages a page has at most.", default: 50 },
    },
  },
  stats: {},
  metrics: {},
  probe: {
    uri: words(
      "`smtp://` or `smtps://`, user and password percent-encoded.",
      "smtps://me%40example.com:secret@smtp.example.com:465/",
    ),
    provider: words("In place of `uri`: the id of a provider, with `username` and `password`.", "gmail"),
    username: words("As the provider wants it."),
    password: {
      ...words("Never stored, logged or echoed."),
      doc: { writeOnly: true, format: "password", description: "Never stored, logged or echoed." },
    },
    sender: words("The address to try as sender.", "me@example.com"),
    locale: language,
  },
} as const satisfies Record<string, Rules>;
