/** Bodies, template data and attachments that must not come through: B78 to B107 of the project's list. */
import { describe, expect, it } from "@jest/globals";
import { cpuMs } from "../../support/cpu.ts";
import {
  attachment,
  field,
  file,
  itRefuses,
  keys,
  letter,
  list,
  nested,
  refusalOf,
  type Row,
} from "./refused.ts";

const contents: Row[] = [
  ["B78", "no content at all", { to: "bobby@x.test" }, "text"],
  ["B78", "a subject only", { to: "bobby@x.test", subject: "A subject" }, "text"],
  ["B78", "empty text", { to: "bobby@x.test", text: "" }, "text"],
  ["B78", "empty html and text", { to: "bobby@x.test", text: "", html: "" }, "text"],
  ["B78", "blank html and text", { to: "bobby@x.test", text: " \n", html: "\t" }, "text"],
  ["B78", "an attachment only", { to: "bobby@x.test", attachments: [file({})] }, "text"],
  ...(["html", "text"] as const).flatMap((name) =>
    field(name === "html" ? "B80" : "B81", name, [
      ["{ path }", { path: "/etc/passwd" }],
      ["{ href }", { href: "http://127.0.0.1/secret" }],
      ["{ content: { path } }", { content: { path: "/etc/passwd" } }],
      ["{ raw }", { raw: "hello there" }],
      ["a list", ["hello there"]],
      ["a number", 5],
      ["bytes", Buffer.from("hello there")],
      ["null", null],
      ["false", false],
      ["NUL", "hello\0there"],
    ]),
  ),
  ...field("B87", "template", [
    ["../x", "../secret"],
    ["..\\x", "..\\secret"],
    ["/etc/x", "/etc/passwd"],
    ["NUL", "notice\0.html"],
    ["CON", "CON"],
    ["65 characters", "t".repeat(65)],
    [".hidden", ".hidden"],
    ["a/b", "letters/notice"],
    ["percent-encoded", "%2e%2e%2fsecret"],
    ["__proto__", "__proto__"],
    ["empty", ""],
    ["dots", ".."],
    ["capitals", "Notice-Letter"],
    ["a line break at the end", "notice\n"],
    ["a space", "notice letter"],
    ["an object", { source: "{{secret}}" }],
    ["a list", ["notice"]],
    ["null", null],
  ]),
  ...(["locale", "language"] as const).flatMap((name) =>
    field("B88", name, [
      ["../x", "../secret"],
      ["..\\x", "..\\secret"],
      ["underscore", "zh_CN_x"],
      ["NUL", "en\0-secret"],
      ["__proto__", "__proto__"],
      ["36 characters", `en-${"abcdefgh-".repeat(4)}`],
      ["empty", ""],
      ["a number", 5],
      ["null", null],
    ]),
  ),
  ["B88", "locale and another language", letter({ locale: "en-GB", language: "zh-CN" }), "language"],
  ...field("B90", "data", [
    ["__proto__", JSON.parse('{"__proto__":{"polluted":1}}'), "data.__proto__"],
    ["__proto__ further in", JSON.parse('{"a":[{"__proto__":{"polluted":1}}]}'), "data.a[0].__proto__"],
    ["constructor", { constructor: { name: "polluted" } }, "data.constructor"],
    ["prototype", { a: { prototype: {} } }, "data.a.prototype"],
    ["toHTML that is a function", { name: { toHTML: () => "<b>bold</b>" } }, "data.name.toHTML"],
    [
      "a getter",
      Object.defineProperty({}, "name", { enumerable: true, get: () => "secret-value" }),
      "data.name",
    ],
    ["a list", ["some value"]],
    ["a string", "some value"],
    ["null", null],
    ["NaN", { total: Number.NaN }, "data.total"],
    ["a bigint", { total: 5n }, "data.total"],
    ["bytes", { logo: Buffer.from("some value") }, "data.logo"],
    ["a symbol", { name: Symbol("some value") }, "data.name"],
  ]),
  ...field("B91", "data", [
    ["101 KB", { text: "a".repeat(101 * 1024) }],
    ["101 KB of small values", { list: Array.from({ length: 900 }, () => "a".repeat(115)) }],
    ["101 KB of escapes", { text: "\u0001".repeat(20_000) }],
    ["101 KB of names", keys(20_000, 1)],
    ["25 MB", { text: "a".repeat(25 * 1024 * 1024) }],
    ["11 deep", nested(11), `data${".a".repeat(10)}`],
    ["lists 11 deep", { a: list(10) }, `data.a${"[0]".repeat(9)}`],
    ["40,000 deep", nested(40_000), `data${".a".repeat(10)}`],
    ["a list of 1,001", { list: Array.from({ length: 1001 }, () => 0) }, "data.list"],
  ]),
];

const attachmentRows: Row[] = [
  ...field("B95", "attachments", [
    ["an object", {}],
    ["an object with a length", { length: 5 }],
    ["an object with numbers", { 0: file({}), length: 1 }],
    ["a string", "/etc/passwd"],
    ["null", null],
    ["one attachment", file({})],
  ]),
  ...field("B96", "attachments", [
    ["list of null", [null], "attachments[0]"],
    ["list of a string", ["/etc/passwd"], "attachments[0]"],
    ["list of a list", [[file({})]], "attachments[0]"],
    ["list of nothing", [undefined], "attachments[0]"],
    ["a hole", Object.assign([], { length: 1 }), "attachments[0]"],
    ["list of bytes", [Buffer.from("some bytes")], "attachments[0]"],
  ]),
  ...attachment("B97", [
    ["path", { path: "/etc/passwd" }, "path"],
    ["path in place of content", { content: undefined, path: "/etc/passwd" }, "path"],
    ["href", { href: "http://169.254.169.254/latest" }, "href"],
    ["raw", { raw: "Content-Type: text/plain\r\n\r\nhello" }, "raw"],
    ["content.path", { content: { path: "/etc/passwd" } }, "content.path"],
    ["content.href", { content: { href: "http://127.0.0.1/secret" } }, "content.href"],
    ["path that is a data: URL", { path: "data:text/plain,hello" }, "path"],
    ["path that is a file: URL", { path: "file:///etc/passwd" }, "path"],
    ["path that is an http: URL", { path: "http://127.0.0.1/secret" }, "path"],
    ["a stream", { content: { pipe: () => undefined } }, "content.pipe"],
    ["headers", { headers: { "X-A": "valuable" } }, "headers"],
    ["contentDisposition", { contentDisposition: "inline" }, "contentDisposition"],
    ["contentTransferEncoding", { contentTransferEncoding: "8bit" }, "contentTransferEncoding"],
    ["httpHeaders", { httpHeaders: { a: "valuable" } }, "httpHeaders"],
    ["__proto__", { ["__proto__"]: { path: "/etc/passwd" } }, "__proto__"],
  ]),
  ...attachment("B98", [
    ["content missing", { content: undefined }, "content"],
    ["content null", { content: null }, "content"],
    ["content a number", { content: 5 }, "content"],
    ["content a list", { content: [104, 105] }, "content"],
    ["content an object", { content: { some: "object" } }, "content"],
    ["what JSON makes of a Uint8Array", { content: { 0: 104, 1: 105 } }, "content"],
    ["Buffer without data", { content: { type: "Buffer" } }, "content"],
    ["Buffer with a string", { content: { type: "Buffer", data: "some data" } }, "content"],
    ["Buffer with 300", { content: { type: "Buffer", data: [300] } }, "content.data"],
    ["Buffer with -1", { content: { type: "Buffer", data: [-1] } }, "content.data"],
    ["Buffer with 1.5", { content: { type: "Buffer", data: [1.5] } }, "content.data"],
    ["Buffer with a string in it", { content: { type: "Buffer", data: ["1"] } }, "content.data"],
    ["Buffer with null in it", { content: { type: "Buffer", data: [null] } }, "content.data"],
    ["Buffer with a list in it", { content: { type: "Buffer", data: [[1]] } }, "content.data"],
    ["Buffer in a Buffer", { content: { type: "Buffer", data: { type: "Buffer", data: [1] } } }, "content"],
    [
      "Buffer with a path beside",
      { content: { type: "Buffer", data: [1], path: "/etc/passwd" } },
      "content.path",
    ],
    ["base64 with a line break", { content: "aGVsbG8g\r\ndGhlcmU=", encoding: "base64" }, "content"],
    ["base64 with a foreign character", { content: "aGVsbG8*dGhlcmU=", encoding: "base64" }, "content"],
    ["base64 without padding", { content: "aGVsbG8gdGhlcm", encoding: "base64" }, "content"],
    ["base64url", { content: "_-_-_-_-", encoding: "base64" }, "content"],
    ["base64 with stray bits", { content: "aGVsbG9=", encoding: "base64" }, "content"],
    ["another encoding", { encoding: "utf-16le" }, "encoding"],
    ["encoding null", { encoding: null }, "encoding"],
  ]),
  [
    "B100",
    "21 attachments",
    letter({ attachments: Array.from({ length: 21 }, () => file({})) }),
    "attachments",
  ],
  [
    "B107",
    "the same one 100 times",
    letter({ attachments: Array.from({ length: 100 }, () => file({})) }),
    "attachments",
  ],
  ...attachment("B101", [
    ["filename missing", { filename: undefined }, "filename"],
    ["filename a number", { filename: 5 }, "filename"],
    ["filename false", { filename: false }, "filename"],
    ["filename null", { filename: null }, "filename"],
    ["filename empty", { filename: "" }, "filename"],
    ["filename blank", { filename: "   " }, "filename"],
    ["filename CRLF", { filename: "a.txt\r\nX-Evil: 1" }, "filename"],
    ["filename NUL", { filename: "a.txt\0.exe" }, "filename"],
    ["filename 256", { filename: "f".repeat(256) }, "filename"],
    ["filename with a direction override", { filename: "invoice\u202efdp.exe" }, "filename"],
    ["filename with a zero-width space", { filename: "invo\u200bice.pdf" }, "filename"],
    ["filename ..", { filename: "../.." }, "filename"],
    ["filename that ends in a slash", { filename: "folder/" }, "filename"],
    ["filename with half a surrogate pair", { filename: "a\ud83d.txt" }, "filename"],
  ]),
  ...attachment("B102", [
    ["contentType CRLF", { contentType: "text/plain\r\nX-Evil: 1" }, "contentType"],
    ["contentType without a slash", { contentType: "plaintext" }, "contentType"],
    ["contentType multipart", { contentType: "multipart/mixed; boundary=evil" }, "contentType"],
    ["contentType multipart in capitals", { contentType: "MULTIPART/related" }, "contentType"],
    ["contentType empty", { contentType: "" }, "contentType"],
    ["contentType of 256", { contentType: `text/${"p".repeat(251)}` }, "contentType"],
    ["contentType with a quote not closed", { contentType: 'text/plain; name="evil' }, "contentType"],
    ["contentType a number", { contentType: 5 }, "contentType"],
  ]),
  ...attachment("B103", [
    ["cid CRLF", { cid: "logo\r\nX-Evil: 1" }, "cid"],
    ["cid in brackets", { cid: "<logo@x.test>" }, "cid"],
    ["cid with a space", { cid: "the logo" }, "cid"],
    ["cid beyond ASCII", { cid: "lögö-image" }, "cid"],
    ["cid empty", { cid: "" }, "cid"],
    ["cid a number", { cid: 5 }, "cid"],
  ]),
  [
    "B103",
    "cid twice",
    letter({ attachments: [file({ cid: "logo" }), file({ cid: "logo" })] }),
    "attachments[1].cid",
  ],
];

describe("content", () => itRefuses(contents));

describe("attachments", () => itRefuses(attachmentRows));

const MB = 1024 * 1024;

describe("too much", () => {
  it.each([
    ["B82", "html of 1 MB and a byte", { html: "h".repeat(MB + 1) }, "html"],
    ["B82", "text of 1 MB in two-byte characters, and one", { text: "õ".repeat(MB / 2 + 1) }, "text"],
    [
      "B100",
      "an attachment over the limit",
      { attachments: [file({ content: Buffer.alloc(2 * MB + 1) })] },
      "attachments[0].content",
    ],
    [
      "B100",
      "base64 over the limit",
      { attachments: [file({ content: Buffer.alloc(2 * MB + 1).toString("base64"), encoding: "base64" })] },
      "attachments[0].content",
    ],
    [
      "B100",
      "a string over the limit",
      { attachments: [file({ content: "õ".repeat(MB + 1) })] },
      "attachments[0].content",
    ],
    [
      "B100",
      "a JSON Buffer over the limit",
      {
        attachments: [
          file({ content: { type: "Buffer", data: Array.from({ length: 2 * MB + 1 }, () => 0) } }),
        ],
      },
      "attachments[0].content",
    ],
    [
      "B100",
      "attachments over the limit together",
      { attachments: [file({ content: Buffer.alloc(MB) }), file({ content: Buffer.alloc(MB) })] },
      "attachments",
    ],
  ])("%s: %s is MAIL_TOO_LARGE", (_number, _name, changes, at) => {
    const refusal = refusalOf(letter(changes), { maxSize: 2 * MB });
    expect(refusal).toMatchObject({ type: "MAIL_TOO_LARGE", code: 413, data: { fields: [{ field: at }] } });
    expect(refusal.data.fields[0]?.message).toMatch(/\d/);
  });

  it("is an invalid message where something else is wrong as well", () => {
    const { type, data } = refusalOf(letter({ html: "h".repeat(MB + 1), cc: 5 }));
    expect(type).toBe("MAIL_INVALID_MESSAGE");
    expect(data.fields.map((fault) => fault.field)).toEqual(["cc", "html"]);
  });
});

describe("hostile input", () => {
  it.each([
    ["200,000 commas", letter({ to: ",".repeat(200_000) })],
    ["100,000 <", letter({ to: "<".repeat(100_000) })],
    ['28,000 "', letter({ to: '"'.repeat(28_000) })],
    ["a name of a million spaces", letter({ to: { name: `n${" ".repeat(1e6)}n`, address: "b@x.test" } })],
    ["an address of a million spaces", letter({ to: { address: `a${" ".repeat(1e6)}b` } })],
    ["100,001 recipients", letter({ to: Array.from({ length: 100_001 }, () => "b@x.test") })],
    ["data 40,000 deep", letter({ data: nested(40_000) })],
    ["a subject of a million characters", letter({ subject: "s".repeat(1e6) })],
    ["50 lists of 20,000 commas", letter({ to: Array.from({ length: 50 }, () => ",".repeat(20_000)) })],
  ])("%s is refused in less than 5 ms", (_name, params) => {
    // the best of a few: the collector and the compiler work in the same process
    const times = Array.from({ length: 7 }, () => cpuMs(() => refusalOf(params)));
    expect(Math.min(...times)).toBeLessThan(5);
  });
});
