/** Facts about described requests: what a check takes is described, so whatever the description refuses is refused. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { check as checks } from "../../../../lib/requests/checks.ts";
import { described, type Judge, judgeOf } from "../../../support/openapi.ts";
import { check, FINE, letter, NOW } from "../../message/refused.ts";

const document = described();
const faultsOfSend = judgeOf(document, { $ref: "#/components/schemas/SendMailRequest" });

function propertiesOf(title: string): Record<string, { description?: string }> {
  const { properties = {} } = document.components.schemas[title] as {
    properties?: Record<string, { description?: string }>;
  };
  return properties;
}
const properties = propertiesOf("SendMailRequest");
const ofFile = propertiesOf("Attachment");

/** Undefined where it was taken. */
function refusalOf(read: (params: unknown) => unknown, params: unknown): string | undefined {
  try {
    read(params);
    return undefined;
  } catch (error) {
    return (error as { type?: string }).type ?? String(error);
  }
}

/** Values that are fine, and some that are nearly. */
const address = fc.constantFrom(
  "ann@example.com",
  "Ann <ann@example.com>",
  '"Ann, B." <ann@bücher.example>, bob@example.org',
  "ann@",
  "",
  "ann@example",
  { address: "ann@example.com" },
  { name: "Ann 😀", address: "ann@example.com" },
  { name: "n".repeat(255), address: "ann@example.com" },
  { name: "", address: "ann@example.com" },
  { name: "Ann" },
  { address: "ann@example.com", group: [] },
);
const addresses = fc.oneof(address, fc.array(address, { maxLength: 3 }));
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom("", "Your code", "😀".repeat(127), "😀".repeat(128), "x".repeat(255), "x".repeat(256)),
);
const key = fc.oneof(text, fc.string({ unit: "binary", maxLength: 5 }));
const moment = fc.oneof(
  fc.constantFrom(
    0,
    1e9,
    1e11,
    NOW,
    NOW + 0.5,
    NOW + 1000,
    253_402_300_799_999,
    "2026-11-22T08:00Z",
    "2026-11-22T08:00:00,5+0800",
    "2026-11-22",
    "2026-02-30T08:00Z",
  ),
  fc.integer(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const attachment = fc.record(
  {
    filename: fc.constantFrom("a.txt", "../a.txt", "f".repeat(255), "f".repeat(256), "", "..", "😀.pdf"),
    content: fc.constantFrom<unknown>(
      "hello",
      "",
      "aGVsbG8=",
      { type: "Buffer", data: [0, 255] },
      { type: "Buffer", data: [256] },
      { type: "Buffer", data: [], path: "x" },
    ),
    encoding: fc.constantFrom("base64", "utf8", "utf-8", "hex"),
    contentType: fc.constantFrom("text/plain", "TEXT/HTML; charset=utf-8", "multipart/mixed", "x"),
    cid: fc.constantFrom("logo@example.com", "", "a b"),
    href: fc.constant("http://127.0.0.1/"),
  },
  { requiredKeys: ["filename", "content"] },
);
const pairs = fc.dictionary(
  fc.oneof(fc.constantFrom("X-Order", "x-ORDER", "List-Unsubscribe", "auto-submitted", "Bcc"), key),
  fc.oneof(
    fc.constantFrom("<https://example.com/u>", "auto-generated", "v".repeat(2000), "v".repeat(2001)),
    text,
  ),
  { maxKeys: 3 },
);

const call = fc.record(
  {
    to: addresses,
    cc: addresses,
    bcc: addresses,
    from: address,
    replyTo: addresses,
    subject: text,
    text,
    html: text,
    template: fc.constantFrom("notice", "a".repeat(64), "a".repeat(65), "../a", "Notice"),
    data: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    locale: fc.constantFrom("en", "zh-hans-CN", "", "x", "en-".padEnd(36, "a")),
    language: fc.constantFrom("en", "de"),
    attachments: fc.array(attachment, { maxLength: 3 }),
    headers: pairs,
    tags: fc.array(key, { maxLength: 22 }),
    metadata: pairs,
    idempotencyKey: key,
    sendAt: moment,
    expiresAt: moment,
    replaceKey: key,
    priority: fc.constantFrom("high", "normal", "low", "urgent"),
    ambiguous: fc.constantFrom("retry", "hold"),
    dryRun: fc.boolean(),
    wait: fc.oneof(fc.boolean(), fc.integer({ min: -1, max: 3_600_001 }), fc.double()),
  },
  { requiredKeys: [] },
);

/** One field at a time, so that many are taken. */
const change = fc.oneof(
  { weight: 4, arbitrary: call.chain((fields) => fc.subarray(Object.entries(fields), { maxLength: 2 })) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...Object.keys(properties)), fc.jsonValue()).map((entry) => [entry]),
  },
);

describe("what mail.send takes", () => {
  it("is described", () => {
    let taken = 0;
    const property = fc.property(change, (entries) => {
      // as it comes over HTTP
      const params: unknown = JSON.parse(JSON.stringify(letter(Object.fromEntries(entries))));
      if (refusalOf(check, params) !== undefined) return;
      taken++;
      expect({ params, faults: faultsOfSend(params) }).toEqual({ params, faults: [] });
    });
    fc.assert(property, { numRuns: 3000 });
    expect(taken).toBeGreaterThan(500);
  });

  it.each([
    [
      "an emoji counts as two characters, and the description does not refuse what the check takes",
      { subject: "😀".repeat(127) },
    ],
    ["a moment without seconds", { sendAt: "2026-11-22T08:00Z" }],
    ["a header in any case", { headers: { "LIST-UNSUBSCRIBE": "<https://example.com/u>", "x-order": "7" } }],
    ["an empty list of copies", { cc: [] }],
    ["an empty text beside html", { text: "", html: "<p>x</p>" }],
  ])("%s", (_name, fields) => {
    expect(refusalOf(check, letter(fields))).toBeUndefined();
    expect(faultsOfSend(letter(fields))).toEqual([]);
  });
});

describe("what the description refuses", () => {
  it.each<[string, unknown]>([
    ["no object", []],
    ["an unknown field", letter({ envelope: {} })],
    ["null for a recipient", letter({ to: null })],
    ["a recipient that is a number", letter({ to: [5] })],
    ["an address of 255", letter({ to: { address: `${"a".repeat(60)}@${"b".repeat(191)}.de` } })],
    ["an address with a field too many", letter({ to: { address: "ann@example.com", group: [] } })],
    ["a list of senders", letter({ from: ["ann@example.com"] })],
    ["a subject of 256", letter({ subject: "s".repeat(256) })],
    ["a text of more than 1 MB", letter({ text: "x".repeat(1024 * 1024 + 1) })],
    ["a template with a path for a name", letter({ template: "../secret" })],
    ["data with a name that leads to a prototype", letter({ data: JSON.parse('{"__proto__":1}') })],
    ["a path for an attachment", letter({ attachments: [{ filename: "a", path: "/etc/passwd" }] })],
    ["an attachment without content", letter({ attachments: [{ filename: "a" }] })],
    ["a byte of 256", letter({ attachments: [{ filename: "a", content: { type: "Buffer", data: [256] } }] })],
    [
      "21 headers",
      letter({ headers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`X-${i}`, "v"])) }),
    ],
    ["a header that is no string", letter({ headers: { "X-A": 5 } })],
    ["a tag of 65", letter({ tags: ["t".repeat(65)] })],
    ["metadata that is nested", letter({ metadata: { order: {} } })],
    ["an empty key", letter({ idempotencyKey: "" })],
    ["a day for a moment", letter({ sendAt: "2026-11-22" })],
    ["a fraction of a millisecond", letter({ expiresAt: NOW + 0.5 })],
    ["another priority", letter({ priority: "urgent" })],
    ["a word for a flag", letter({ dryRun: "true" })],
    ["a wait of a day", letter({ wait: 86_400_000 })],
  ])("(%s) is refused by mail.send", (_name, params) => {
    expect(faultsOfSend(params)).not.toEqual([]);
    expect(refusalOf(check, params)).toMatch(/^MAIL_(INVALID_MESSAGE|TOO_LARGE)$/);
  });
});

describe("what a schema cannot say", () => {
  it.each<[string, object, string | undefined, string]>([
    ["no recipient", { to: [] }, properties["to"]?.description, "At least one recipient"],
    [
      "51 recipients",
      { to: "a@b.de,".repeat(50) + "a@b.de" },
      properties["to"]?.description,
      "MAIL_MAX_RECIPIENTS",
    ],
    [
      "11 addresses for answers",
      { replyTo: Array.from({ length: 11 }, () => "a@b.de") },
      properties["replyTo"]?.description,
      "at most 10",
    ],
    ["two lines in a subject", { subject: "a\nb" }, properties["subject"]?.description, "One line"],
    ["no content", { text: "" }, properties["text"]?.description, "must be there and not empty"],
    ["NUL", { text: "a\0b" }, properties["text"]?.description, "NUL"],
    ["1 MB in UTF-8", { text: "õ".repeat(600_000) }, properties["text"]?.description, "1 MB in UTF-8"],
    [
      "two languages",
      { locale: "en", language: "de" },
      properties["language"]?.description,
      "must be the same",
    ],
    ["no language", { locale: "x" }, properties["locale"]?.description, "BCP 47"],
    [
      "data 11 deep",
      { data: JSON.parse(`${'{"a":'.repeat(11)}1${"}".repeat(11)}`) as object },
      properties["data"]?.description,
      "10 levels deep",
    ],
    [
      "a foreign header",
      { headers: { Bcc: "x@y.de" } },
      properties["headers"]?.description,
      "All others are refused",
    ],
    [
      "a header twice",
      { headers: { "X-A": "1", "x-a": "2" } },
      properties["headers"]?.description,
      "each once",
    ],
    ["a tag with a line break", { tags: ["a\nb"] }, properties["tags"]?.description, "one line each"],
    ["seconds", { sendAt: 1_795_248_000 }, properties["sendAt"]?.description, "seconds are refused"],
    ["in 31 days", { sendAt: NOW + 31 * 86_400_000 }, properties["sendAt"]?.description, "at most 30 days"],
    ["expired already", { expiresAt: NOW - 1 }, properties["expiresAt"]?.description, "in the future"],
    [
      "a key with a line break",
      { idempotencyKey: "a\nb" },
      properties["idempotencyKey"]?.description,
      "One line",
    ],
    [
      "a multipart",
      { attachments: [{ filename: "a", content: "", contentType: "multipart/mixed" }] },
      ofFile["contentType"]?.description,
      "No multipart",
    ],
    [
      "one cid twice",
      { attachments: [1, 2].map(() => ({ filename: "a", content: "", cid: "a" })) },
      ofFile["cid"]?.description,
      "each one once",
    ],
    [
      "bad base64",
      { attachments: [{ filename: "a", content: "*", encoding: "base64" }] },
      ofFile["encoding"]?.description,
      "RFC 4648",
    ],
    [
      "a file name with a line break",
      { attachments: [{ filename: "a\nb", content: "" }] },
      ofFile["filename"]?.description,
      "No line breaks",
    ],
  ])("(%s) the description says", (_name, fields, description, words) => {
    expect(faultsOfSend(letter(fields))).toEqual([]);
    expect(refusalOf(check, letter(fields))).toMatch(/^MAIL_/);
    expect(description).toContain(words);
  });
});

describe("what the other actions take", () => {
  const parameters = (path: string): Judge => {
    const found = document.paths[path]?.["get"]?.parameters ?? [];
    const schemas = Object.fromEntries(found.map(({ name, schema }) => [name, schema]));
    return judgeOf(document, { type: "object", properties: schemas, additionalProperties: false });
  };
  const body = (title: string): Judge => judgeOf(document, { $ref: `#/components/schemas/${title}` });
  const anything = fc.oneof(key, moment, fc.jsonValue({ maxDepth: 1 }));

  it.each<[string, (params: unknown) => unknown, Judge, string[]]>([
    ["verify", checks.verify, parameters("/api/mail/verify"), ["transport", "locale"]],
    ["providers", checks.providers, parameters("/api/mail/providers"), ["locale"]],
    [
      "list",
      checks.list,
      parameters("/api/mail/messages"),
      ["status", "recipient", "tag", "template", "since", "until", "cursor", "limit"],
    ],
    ["probe", checks.probe, body("ProbeSettingsRequest"), ["uri", "username", "password", "sender"]],
    [
      "render",
      (params) => checks.render({ template: "notice", ...(params as object) }),
      body("RenderTemplateRequest"),
      ["data", "locale", "language"],
    ],
  ])("(%s) is described", (_name, read, faultsOf, names) => {
    let taken = 0;
    const params = fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 2 });
    const property = fc.property(params, (given) => {
      const plain: unknown = JSON.parse(JSON.stringify(given));
      if (refusalOf(read, plain) !== undefined) return;
      taken++;
      expect({ plain, faults: faultsOf(plain) }).toEqual({ plain, faults: [] });
    });
    fc.assert(property, { numRuns: 1000 });
    expect(taken).toBeGreaterThan(50);
  });

  it("is, for a fine letter, a fine letter", () => {
    expect(faultsOfSend(FINE)).toEqual([]);
  });
});
