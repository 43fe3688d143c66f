/** Subjects, headers, options and unknown fields that must not come through: B55 to B77 of the project's list. */
import { describe, expect, it } from "@jest/globals";
import { field, FINE, itRefuses, keys, letter, list, nested, NOW, refusalOf, type Row } from "./refused.ts";

const subjects: Row[] = [
  ...field("B55", "subject", [
    ["CRLF", "Hello\r\nBcc: evil@y.test"],
    ["LF", "Hello\nBcc: evil@y.test"],
    ["CR", "Hello\rBcc: evil@y.test"],
    ["NUL", "Hello\0there"],
    ["U+2028", "Hello\u2028there"],
    ["U+2029", "Hello\u2029there"],
    ["U+0085", "Hello\u0085there"],
    ["escape", "Hello\u001b[2Jthere"],
  ]),
  ...field("B56", "subject", [
    ["a list", ["Hello there"]],
    ["a number", 42],
    ["an object", { value: "Hello there" }],
    ["null", null],
    ["prepared", { prepared: true, value: "v\r\nX-Evil: 1" }],
    ["a list 40,000 deep", list(40_000)],
  ]),
  ...field("B57", "subject", [["256 characters", "s".repeat(256)]]),
  ...field("B58", "subject", [["100,000 characters", "s".repeat(100_000)]]),
  ...field("B59", "subject", [
    ["first half of a surrogate pair", "Hello \ud83d"],
    ["second half", "\ude00 there"],
  ]),
];

const headerRows: Row[] = [
  ...field("B61", "headers", [
    ["a list", ["X-A: valuable"]],
    ["a string", "X-A: valuable"],
    ["null", null],
    ["name with CRLF", { "X-A\r\nBcc": "evil@y.test" }, "headers.X-A??Bcc"],
    ["name with a space", { "X A": "valuable" }, "headers.X A"],
    ["name with a colon", { "X-A:": "valuable" }, "headers.X-A:"],
    ["empty name", { "": "valuable" }, "headers."],
    ["name beyond ASCII", { "X-é": "valuable" }, "headers.X-?"],
    ["only X-", { "X-": "valuable" }, "headers.X-"],
    ["name of 101", { [`X-${"a".repeat(99)}`]: "valuable" }, `headers.X-${"a".repeat(38)}`],
    ["a foreign header", { Precedence: "bulk-mail" }, "headers.Precedence"],
    ["twice, in two cases", { "X-Ab": "first one", "x-ab": "second one" }, "headers.x-ab"],
  ]),
  ...field("B62", "headers", [
    ["value with CRLF", { "X-A": "v\r\nX-Evil: 1" }, "headers.X-A"],
    ["value with LF", { "X-A": "v\nX-Evil: 1" }, "headers.X-A"],
    ["value with CR", { "X-A": "v\rX-Evil: 1" }, "headers.X-A"],
    ["value with NUL", { "X-A": "valu\0able" }, "headers.X-A"],
    ["value with U+2028", { "X-A": "valu\u2028able" }, "headers.X-A"],
    ["folded value", { "X-A": "valu\r\n able" }, "headers.X-A"],
    ["empty value", { "X-A": "" }, "headers.X-A"],
    ["blank value", { "X-A": "   " }, "headers.X-A"],
  ]),
  ...field("B63", "headers", [
    ["prepared", { "X-A": { prepared: true, value: "v\r\nX-Evil: 1" } }, "headers.X-A"],
    ["a list of values", { "X-A": ["first one", "second one"] }, "headers.X-A"],
    ["a number", { "X-A": 5 }, "headers.X-A"],
    ["null", { "X-A": null }, "headers.X-A"],
    ["true", { "X-A": true }, "headers.X-A"],
  ]),
  ...[
    "From",
    "To",
    "Cc",
    "Bcc",
    "bcc",
    "BCC",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Content-ID",
    "DKIM-Signature",
    "Return-Path",
    "Received",
    "ARC-Seal",
    "Authentication-Results",
    "Resent-From",
    "Resent-To",
    "Resent-Bcc",
    "List-Id",
    "List-Post",
    "Disposition-Notification-To",
    "Errors-To",
    "Apparently-To",
    "Delivered-To",
  ].flatMap((name) => field("B64", "headers", [[name, { [name]: "evil@y.test" }, `headers.${name}`]])),
  ...field("B64", "headers", [
    [
      "List-Unsubscribe without brackets",
      { "List-Unsubscribe": "https://x.test/u" },
      "headers.List-Unsubscribe",
    ],
    [
      "List-Unsubscribe with javascript:",
      { "List-Unsubscribe": "<javascript:alert(1)>" },
      "headers.List-Unsubscribe",
    ],
    [
      "List-Unsubscribe-Post otherwise",
      { "List-Unsubscribe-Post": "anything" },
      "headers.List-Unsubscribe-Post",
    ],
    ["In-Reply-To without brackets", { "In-Reply-To": "id-1@x.test" }, "headers.In-Reply-To"],
    ["References beyond ASCII", { References: "<õ-id@x.test>" }, "headers.References"],
    ["References longer than a line", { References: `<${"r".repeat(950)}@x.test>` }, "headers.References"],
    ["Auto-Submitted otherwise", { "Auto-Submitted": "perhaps" }, "headers.Auto-Submitted"],
  ]),
  ...field("B65", "headers", [
    ["__proto__", JSON.parse('{"__proto__":"polluted"}'), "headers.__proto__"],
    ["constructor", { constructor: "polluted" }, "headers.constructor"],
    ["toString", { toString: "polluted" }, "headers.toString"],
  ]),
  ...field("B66", "headers", [
    ["21 headers", keys(21)],
    ["100,000 headers", keys(100_000)],
  ]),
  ...field("B67", "headers", [["value of 2,001", { "X-A": "v".repeat(2001) }, "headers.X-A"]]),
];

const unknownFields: Row[] = [
  ["B68", "messageId", letter({ messageId: "<mine@x.test>" }), "messageId"],
  ...[
    "date",
    "envelope",
    "raw",
    "auth",
    "dkim",
    "dsn",
    "encoding",
    "newline",
    "xMailer",
    "signal",
    "disableFileAccess",
    "disableUrlAccess",
    "normalizeHeaderKey",
    "attachDataUrls",
    "amp",
    "watchHtml",
    "icalEvent",
    "alternatives",
    "list",
    "sender",
    "inReplyTo",
    "references",
    "textEncoding",
    "boundaryPrefix",
    "baseBoundary",
    "otp",
    "maxRedirects",
    "$sender",
    "meta",
    "id",
    "retries",
  ].map((name): Row => ["B70", name, letter({ [name]: { path: "/etc/passwd" } }), name]),
  ["B70", "__proto__", { ...FINE, ...JSON.parse('{"a":1}'), ["__proto__"]: 1 }, "__proto__"],
  ["B70", "constructor", letter({ constructor: { prototype: {} } }), "constructor"],
  ["B70", "a name with line breaks", letter({ "x\r\ny": 1 }), "x??y"],
  ["B70", "a name of 100,000 characters", letter({ ["n".repeat(100_000)]: 1 }), "n".repeat(40)],
  ["B70", "100,000 fields", letter(keys(100_000)), "X-K0"],
  ["B76", "provider", letter({ provider: "sendgrid" }), "provider"],
  ["B76", "transport", letter({ transport: "fallback1" }), "transport"],
  ["B121", "40,000 deep in an unknown field", letter({ foo: nested(40_000) }), "foo"],
  ["B141", "null", null, "params"],
  ["B141", "nothing", undefined, "params"],
  ["B141", "a list", [FINE], "params"],
  ["B141", "a string", "to=ann@x.test", "params"],
  ["B141", "a number", 7, "params"],
  ["B141", "bytes", Buffer.from("{}"), "params"],
  ["B141", "a list 40,000 deep", list(40_000), "params"],
];

const options: Row[] = [
  ...field("B71", "priority", [
    ["another word", "urgently"],
    ["a number", 1],
    ["null", null],
    ["in capitals", "HIGH"],
    ["inherited", "constructor"],
  ]),
  ...field("B71", "ambiguous", [
    ["another word", "ignore"],
    ["true", true],
  ]),
  ...field("B71", "dryRun", [
    ["a word", "true"],
    ["a number", 1],
    ["null", null],
  ]),
  ...field("B71", "wait", [
    ["a word", "5 seconds"],
    ["negative", -1],
    ["NaN", Number.NaN],
    ["infinite", Infinity],
    ["null", null],
    ["a day", 86_400_000],
  ]),
  ...(["idempotencyKey", "replaceKey"] as const).flatMap((name) =>
    field("B72", name, [
      ["empty", ""],
      ["257 characters", "k".repeat(257)],
      ["line break", "key\r\nvalue"],
      ["NUL", "key\0value"],
      ["zero-width space", "key\u200bvalue"],
      ["a number", 7],
      ["a list", ["key value"]],
      ["null", null],
    ]),
  ),
  ...field("B74", "sendAt", [
    ["more than 30 days ahead", NOW + 30 * 86_400_000 + 1],
    ["NaN", Number.NaN],
    ["infinite", Infinity],
    ["a fraction", NOW + 0.5],
    ["negative", -1],
    ["tomorrow", "tomorrow"],
    ["year 10000", "+010000-01-01T00:00:00Z"],
    ["year 10000 in ms", 253_402_300_800_000],
    ["no zone", "2026-11-22T08:00:00"],
    ["no time", "2026-11-22"],
    ["30 February", "2027-02-30T08:00:00Z"],
    ["hour 24", "2026-11-22T24:00:00Z"],
    ["RFC 5322", "Sun, 22 Nov 2026 08:00:00 +0000"],
    ["a number in a string", String(NOW + 1000)],
    ["epoch seconds", Math.floor(NOW / 1000) + 60],
    ["an object", { $date: "2026-11-22T08:00:00Z" }],
    ["an invalid date", new Date(Number.NaN)],
    ["true", true],
    ["null", null],
    ["a long string", "2026-11-22T08:00:00Z".padEnd(100_000, "0")],
  ]),
  ...field("B75", "expiresAt", [
    ["the past", NOW - 1],
    ["now", NOW],
    ["zero", 0],
    ["negative", -5],
    ["1e12", 1e12],
    ["a word", "1 hour"],
    ["null", null],
    ["true", true],
  ]),
  ["B75", "expiresAt before sendAt", letter({ sendAt: NOW + 5000, expiresAt: NOW + 4000 }), "expiresAt"],
  ["B75", "expiresIn", letter({ expiresIn: 0 }), "expiresIn"],
  ...field("B77", "tags", [
    ["a string", "one tag"],
    ["21 tags", Array.from({ length: 21 }, (_, i) => `tag${i}`)],
    ["tag of 65", ["t".repeat(65)], "tags[0]"],
    ["empty tag", [""], "tags[0]"],
    ["control characters", ["fine", "tag\u0007bell"], "tags[1]"],
    ["direction override", ["tag\u202ebell"], "tags[0]"],
    ["a number", [5], "tags[0]"],
    ["null", [null], "tags[0]"],
    ["a hole", Object.assign([], { length: 1 }), "tags[0]"],
    ["an object with a length", { length: 5 }],
  ]),
  ...field("B77", "metadata", [
    ["a list", ["some value"]],
    ["a number in it", { order: 5 }, "metadata.order"],
    ["an object in it", { order: { id: "secret-7" } }, "metadata.order"],
    ["__proto__", JSON.parse('{"__proto__":"polluted"}'), "metadata.__proto__"],
    ["a name with a line break", { "a\nb": "some value" }, "metadata.a?b"],
    ["an empty name", { "": "some value" }, "metadata."],
    ["21 entries", keys(21)],
    ["a value of 1,001", { order: "v".repeat(1001) }, "metadata.order"],
  ]),
];

describe("subjects", () => itRefuses(subjects));

describe("headers", () => itRefuses(headerRows));

describe("options", () => itRefuses(options));

describe("unknown fields", () => {
  itRefuses(unknownFields);

  it("names every field that is wrong in one answer", () => {
    const { data } = refusalOf({
      to: "nowhere",
      cc: 5,
      subject: 7,
      sendAt: "soon",
      unknown: 1,
      tags: [5, "fine", 6],
    });
    expect(data.fields.map((fault) => fault.field).toSorted()).toEqual([
      "cc",
      "sendAt",
      "subject",
      "tags[0]",
      "tags[2]",
      "text",
      "to",
      "unknown",
    ]);
  });

  it("says which field was meant", () => {
    const meant = {
      reply_to: "replyTo",
      scheduled_at: "sendAt",
      subjet: "subject",
      attachment: "attachments",
      HTML: "html",
      send_at: "sendAt",
      recipients: "to",
      lang: "locale",
    };
    for (const [name, known] of Object.entries(meant)) {
      const { data } = refusalOf(letter({ [name]: 1 }));
      expect(data.fields).toEqual([{ field: name, message: `unknown field; did you mean ${known}?` }]);
    }
  });
});
