/** What a good call becomes: the normal form of `mail.send`. */
import { describe, expect, it } from "@jest/globals";
import { check, file, FINE, letter, nested, NOW } from "./refused.ts";

const DAY = 86_400_000;

describe("a call of mail.send", () => {
  it("gets its defaults", () => {
    expect(check(FINE)).toEqual({
      to: [{ address: "ann@x.test" }],
      cc: [],
      bcc: [],
      replyTo: [],
      text: "hello",
      attachments: [],
      headers: {},
      tags: [],
      metadata: {},
      priority: "normal",
      ambiguous: "retry",
      dryRun: false,
      wait: true,
    });
  });

  it("keeps everything that has a documented name", () => {
    const call = {
      to: "ann@x.test",
      cc: ["bob@x.test"],
      bcc: { address: "eve@x.test" },
      from: "Me <me@x.test>",
      replyTo: "help@x.test",
      subject: "Hello 你好",
      text: "text",
      html: "<p>html</p>",
      template: "password-reset",
      data: { name: "Ann", list: [1, true, null] },
      locale: "zh-CN",
      attachments: [{ filename: "a.txt", content: "hello", contentType: "text/plain", cid: "a@x.test" }],
      headers: { "X-Order": "7", "list-unsubscribe": "<https://x.test/u>, <mailto:u@x.test>" },
      tags: ["invoice"],
      metadata: { order: "7" },
      idempotencyKey: "k",
      sendAt: NOW + 1000,
      expiresAt: NOW + 2000,
      replaceKey: "r",
      priority: "high",
      ambiguous: "hold",
      dryRun: true,
      wait: 250,
    };
    expect(check(call)).toEqual({
      ...call,
      to: [{ address: "ann@x.test" }],
      cc: [{ address: "bob@x.test" }],
      bcc: [{ address: "eve@x.test" }],
      from: { name: "Me", address: "me@x.test" },
      replyTo: [{ address: "help@x.test" }],
      attachments: [{ ...call.attachments[0], content: Buffer.from("hello") }],
      headers: { "X-Order": "7", "List-Unsubscribe": "<https://x.test/u>, <mailto:u@x.test>" },
    });
  });

  it("is what Tailchat sends", () => {
    const request = check({ to: "ann@x.test", subject: "Code", html: "<p>123456</p>" });
    expect(request).toMatchObject({ subject: "Code", html: "<p>123456</p>" });
    expect(request).not.toHaveProperty("text");
  });

  it("needs no text where there is html or a template, and takes an empty one for none (B79)", () => {
    expect(check({ to: "ann@x.test", template: "notice", text: "", html: "<p>x</p>" })).toMatchObject({
      template: "notice",
      html: "<p>x</p>",
    });
    expect(check({ to: "ann@x.test", template: "notice" })).not.toHaveProperty("html");
  });

  it.each<[string, object, object]>([
    ["B57: a subject of 255", { subject: "s".repeat(255) }, { subject: "s".repeat(255) }],
    ["B60: a subject that looks encoded", { subject: "=?utf-8?B?aGk=?=" }, { subject: "=?utf-8?B?aGk=?=" }],
    ["B72: a key of 256", { idempotencyKey: "k".repeat(256) }, { idempotencyKey: "k".repeat(256) }],
    ["B72: a key in another script", { idempotencyKey: "ключ 7" }, { idempotencyKey: "ключ 7" }],
    ["B74: sendAt in the past stays", { sendAt: NOW - DAY }, { sendAt: NOW - DAY }],
    ["B74: sendAt 0", { sendAt: 0 }, { sendAt: 0 }],
    ["B74: sendAt in 30 days", { sendAt: NOW + 30 * DAY }, { sendAt: NOW + 30 * DAY }],
    ["sendAt in ISO 8601", { sendAt: "2026-11-22T08:00:00Z" }, { sendAt: NOW + DAY }],
    ["sendAt without seconds", { sendAt: "2026-11-22T08:00Z" }, { sendAt: NOW + DAY }],
    ["sendAt with milliseconds", { sendAt: "2026-11-22T08:00:00.123Z" }, { sendAt: NOW + DAY + 123 }],
    ["sendAt in another zone", { sendAt: "2026-11-22T16:00:00+08:00" }, { sendAt: NOW + DAY }],
    ["sendAt in a zone without a colon", { sendAt: "2026-11-22T16:00:00+0800" }, { sendAt: NOW + DAY }],
    ["sendAt as a Date", { sendAt: new Date(NOW + DAY) }, { sendAt: NOW + DAY }],
    ["sendAt on a leap day", { sendAt: "2024-02-29T08:00:00Z" }, { sendAt: Date.UTC(2024, 1, 29, 8) }],
    ["language for locale", { language: "ja" }, { locale: "ja" }],
    ["a locale in its usual case", { locale: "ZH-hans-cn" }, { locale: "zh-Hans-CN" }],
    ["wait: false", { wait: false }, { wait: 0 }],
    ["wait: true", { wait: true }, { wait: true }],
    ["wait: 0", { wait: 0 }, { wait: 0 }],
    [
      "B66: 20 headers",
      { headers: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`X-${i}`, "v"])) },
      {},
    ],
    [
      "B67: a header of 2,000",
      { headers: { "X-A": "v".repeat(2000) } },
      { headers: { "X-A": "v".repeat(2000) } },
    ],
    ["one-click unsubscription", { headers: { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" } }, {}],
    [
      "a thread",
      { headers: { "in-reply-to": "<1@x.test>", REFERENCES: "<0@x.test> <1@x.test>" } },
      { headers: { "In-Reply-To": "<1@x.test>", References: "<0@x.test> <1@x.test>" } },
    ],
    ["an automatic answer", { headers: { "auto-submitted": "auto-replied; owner-email=me@x.test" } }, {}],
    ["B77: 20 tags of 64", { tags: Array.from({ length: 20 }, () => "t".repeat(64)) }, {}],
    ["B82: html of exactly 1 MB", { html: "h".repeat(1024 * 1024) }, {}],
    ["B83: half a surrogate pair in a text", { text: "a\ud83db\u0007" }, { text: "a\ufffdb\u0007" }],
    ["B91: data 10 deep", { data: nested(10) }, { data: nested(10) }],
    ["B91: data of exactly 100 KB", { data: { a: "x".repeat(100 * 1024 - 8) } }, {}],
    ["B91: a list of 1,000", { data: { a: Array.from({ length: 1000 }, () => 0) } }, {}],
    [
      "B92: data that looks like a template's tree",
      { data: { type: "Program", body: [] } },
      { data: { type: "Program", body: [] } },
    ],
    ["a date in data", { data: { at: new Date(NOW) } }, { data: { at: "2026-11-21T08:00:00.000Z" } }],
    ["nothing in data is left out", { data: { a: undefined, b: 1 } }, { data: { b: 1 } }],
    [
      "B106: an attachment without bytes",
      { attachments: [file({ content: "" })] },
      { attachments: [{ filename: "a.txt", content: Buffer.alloc(0) }] },
    ],
    [
      "B101: a filename with a path",
      { attachments: [file({ filename: "../../C:\\etc\\x.pdf" })] },
      { attachments: [{ filename: "x.pdf" }] },
    ],
    [
      "B101: a filename with a quote",
      { attachments: [file({ filename: 'a"b;c.txt' })] },
      { attachments: [{ filename: 'a"b;c.txt' }] },
    ],
    ["B101: a filename of 255", { attachments: [file({ filename: "f".repeat(255) })] }, {}],
    [
      "B105: a zip is not looked into",
      { attachments: [file({ filename: "bomb.zip", content: Buffer.from("PK\x03\x04") })] },
      {},
    ],
    [
      "a media type with parameters",
      { attachments: [file({ contentType: 'text/calendar; method=REQUEST; charset="utf-8"' })] },
      {},
    ],
  ])("%s is taken", (_name, changes, expected) => {
    expect(check(letter(changes))).toMatchObject(expected);
  });

  const bytes = Buffer.from([0, 1, 128, 255]);

  it.each<[string, object]>([
    ["a Buffer", { content: bytes }],
    ["a Uint8Array", { content: new Uint8Array(bytes) }],
    ["what JSON makes of a Buffer", { content: JSON.parse(JSON.stringify(bytes)) }],
    ["base64", { content: "AAGA/w==", encoding: "base64" }],
  ])("takes %s for an attachment's bytes", (_name, changes) => {
    const [attachment] = check(letter({ attachments: [file(changes)] })).attachments;
    expect(Buffer.from(attachment?.content ?? [])).toEqual(bytes);
  });

  it("keeps nothing of the objects that came in", () => {
    const call = letter({ headers: { "X-A": "v" }, metadata: { a: "v" }, data: { list: [{ a: 1 }] } }) as {
      headers: object;
      metadata: object;
      data: { list: unknown[] };
    };
    const request = check(call);
    expect(request.headers).not.toBe(call.headers);
    expect(request.metadata).not.toBe(call.metadata);
    expect(request.data?.list).not.toBe(call.data.list);
  });

  it("does not change the parameters", () => {
    const frozen = Object.freeze({
      ...FINE,
      tags: Object.freeze(["a"]),
      headers: Object.freeze({ "x-a": "v" }),
    });
    expect(check(frozen).headers).toEqual({ "x-a": "v" });
    expect(frozen).toEqual({ ...FINE, tags: ["a"], headers: { "x-a": "v" } });
  });

  it("ignores what stands in the prototype", () => {
    expect(
      check(Object.assign(Object.create({ cc: "eve@x.test", envelope: {} }) as object, FINE)).cc,
    ).toEqual([]);
  });
});
