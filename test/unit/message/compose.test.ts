/** From content to bytes: what is on the wire, and what never is. */
import { createHash, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import PostalMime, { decodeWords } from "postal-mime";
import { isAscii } from "../../../lib/message/characters.ts";
import { compose, dryRun, newMessageId } from "../../../lib/message/compose.ts";
import type { Content } from "../../../lib/message/message.ts";
import { Secret } from "../../../lib/secret.ts";

const from = { name: "Mesh, Mail", address: "me@x.test" };

const content = (changes: Partial<Content> = {}): Content => ({
  to: [{ name: "Ann", address: "ann@x.test" }],
  cc: [],
  bcc: [],
  replyTo: [],
  subject: "Hello",
  text: "hello",
  attachments: [],
  headers: {},
  messageId: "<1@x.test>",
  date: Date.UTC(2026, 10, 1, 8),
  boundary: "b0und4ry",
  ...changes,
});

const bytesOf = async (changes: Partial<Content> = {}): Promise<Buffer> =>
  (await compose(content(changes), { from })).bytes;
const textOf = async (changes: Partial<Content> = {}): Promise<string> =>
  (await bytesOf(changes)).toString("latin1");

/** RFC 5321 and 5322: 7-bit, CRLF and nothing but CRLF, no NUL, lines of at most 998. */
function expectTransportable(bytes: Buffer): void {
  const text = bytes.toString("latin1");
  expect(isAscii(text) && !text.includes("\0")).toBe(true);
  expect(text).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
  expect(text.endsWith("\r\n")).toBe(true);
  expect(text.slice(0, text.indexOf("\r\n\r\n"))).not.toMatch(/^[ \t]+$/m);
  expect(Math.max(...text.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(998);
}

const full = content({
  cc: [{ name: "Böb", address: "bob@x.test" }],
  bcc: [{ name: "Eve", address: "eve@hidden.test" }],
  replyTo: [{ address: "help@x.test" }],
  subject: "Grüße 你好 ".repeat(20).trim(),
  text: `hëllo ${"w".repeat(5000)}\n.\nbye`,
  html: `<p>hëllo</p><img src="cid:logo"><p>${"w".repeat(5000)}</p>`,
  attachments: [
    { filename: "发票.pdf", content: Buffer.alloc(3000, 0xff), contentType: "application/pdf" },
    { filename: "logo.png", content: Buffer.from([0x89, 0x50]), contentType: "image/png", cid: "logo" },
  ],
  headers: {
    "X-Order": "7",
    "List-Unsubscribe": "<https://x.test/u>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  },
});

describe("composing", () => {
  it("gives the same bytes every time", async () => {
    const [once, again] = [await compose(full, { from }), await compose(structuredClone(full), { from })];
    expect(again.bytes.equals(once.bytes)).toBe(true);
    expect(once.size).toBe(once.bytes.length);
  });

  it("leaves the content as it was", async () => {
    const before = structuredClone(full);
    await compose(full, { from });
    expect(full).toEqual(before);
  });

  it("can be read again as what was written", async () => {
    const { bytes } = await compose(full, { from });
    expectTransportable(bytes);
    const mail = await PostalMime.parse(bytes);
    expect(mail).toMatchObject({
      from: { name: "Mesh, Mail", address: "me@x.test" },
      to: [{ name: "Ann", address: "ann@x.test" }],
      cc: [{ name: "Böb", address: "bob@x.test" }],
      replyTo: [{ name: "", address: "help@x.test" }],
      subject: full.subject,
      messageId: "<1@x.test>",
      date: "2026-11-01T08:00:00.000Z",
    });
    expect(mail.text?.trimEnd()).toBe(full.text);
    expect(mail.html?.trimEnd()).toBe(full.html);
    expect(mail.attachments.map(({ filename, mimeType }) => [filename, mimeType])).toEqual([
      ["logo.png", "image/png"],
      ["发票.pdf", "application/pdf"],
    ]);
    expect(mail.attachments.map((one) => Buffer.from(one.content as ArrayBuffer))).toEqual([
      Buffer.from([0x89, 0x50]),
      Buffer.alloc(3000, 0xff),
    ]);
    const headers = Object.fromEntries(mail.headers.map(({ key, value }) => [key, value]));
    expect(headers).toMatchObject({ "x-order": "7", "list-unsubscribe": "<https://x.test/u>" });
  });

  it("has the caller's own from in the header and in the envelope", async () => {
    const own = { name: "Own", address: "own@y.test" };
    const { envelope, bytes } = await compose(content({ from: own }), { from });
    expect(envelope.from).toBe("own@y.test");
    expect((await PostalMime.parse(bytes)).from).toEqual(own);
  });

  it("T37: never shows who is in bcc, and sends to them all the same", async () => {
    const { bytes, envelope } = await compose(full, { from });
    expect(envelope.to).toEqual(["ann@x.test", "bob@x.test", "eve@hidden.test"]);
    expect(bytes.toString("latin1")).not.toMatch(/bcc|hidden\.test|Eve/i);
    const blind = await compose(content({ to: [], bcc: full.bcc }), { from });
    expect(blind.envelope.to).toEqual(["eve@hidden.test"]);
    expect(blind.bytes.toString("latin1")).not.toMatch(/^(?:to|cc|bcc):/im);
  });

  it("makes a text of html where there is none", async () => {
    const mail = await PostalMime.parse(await bytesOf({ text: undefined, html: "<p>Code: <b>123</b></p>" }));
    expect(mail.text?.trim()).toBe("Code: 123");
    expect(mail.html?.trim()).toBe("<p>Code: <b>123</b></p>");
  });

  it("B60: lets a subject that looks encoded arrive as it was written", async () => {
    for (const subject of ["=?utf-8?B?aGk=?=", "x =?utf-8?Q?a?= 你好", "=?"]) {
      expect((await PostalMime.parse(await bytesOf({ subject }))).subject).toBe(subject);
    }
  });

  it("B67: sends a header of 2,000 without a space", async () => {
    const value = "v".repeat(2000);
    const bytes = await bytesOf({ headers: { "X-Long": value } });
    expectTransportable(bytes);
    const { headers } = await PostalMime.parse(bytes);
    expect(decodeWords(headers.find(({ key }) => key === "x-long")?.value ?? "")).toBe(value);
  });

  it("keeps long runs of spaces without a header line of nothing else", async () => {
    const gap = `a${" ".repeat(200)}b`;
    const bytes = await bytesOf({ subject: gap, headers: { "X-Gap": gap } });
    expectTransportable(bytes);
    const { subject, headers } = await PostalMime.parse(bytes);
    expect(subject).toBe(gap);
    expect(decodeWords(headers.find(({ key }) => key === "x-gap")?.value ?? "")).toBe(gap);
  });

  it("B83: sends control characters of a text encoded", async () => {
    const bytes = await bytesOf({ text: "bell\u0007 escape\u001b[2J delete\u007f end" });
    expectTransportable(bytes);
    for (const control of [7, 0x1b, 0x7f]) expect(bytes.includes(control)).toBe(false);
  });

  it("shows an international domain as A-label", async () => {
    expect(await textOf({ to: [{ address: "ann@xn--jgeva-dua.ee" }] })).toContain(
      "To: ann@xn--jgeva-dua.ee\r\n",
    );
  });

  it("B33: has UTF-8 in the headers only for a local part beyond ASCII", async () => {
    const { bytes, envelope } = await compose(content({ to: [{ address: "õie@x.test" }] }), { from });
    expect(envelope.to).toEqual(["õie@x.test"]);
    expect(bytes.toString("utf8")).toContain("To: õie@x.test\r\n");
  });
});

describe("subjects, names, texts and file names", () => {
  const line = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .filter((text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(" ", "")) && text === text.trim());

  it("arrive as they were written", async () => {
    await fc.assert(
      fc.asyncProperty(line, line, line, async (subject, name, filename) => {
        const bytes = await bytesOf({
          subject,
          text: name,
          to: [{ name, address: "ann@x.test" }],
          attachments: [{ filename, content: Buffer.from(name), contentType: "text/plain" }],
        });
        expectTransportable(bytes);
        const mail = await PostalMime.parse(bytes);
        expect([mail.subject, mail.text?.trimEnd()]).toEqual([subject, name]);
        expect(mail.to?.[0]?.name).toBe(name);
        expect(mail.attachments[0]?.filename).toBe(filename);
      }),
      { numRuns: 300 },
    );
  });
});

const smuggled = (end: string): string => `a${end}MAIL FROM:<evil@y.test>${end}b`;

describe("T11: line ends that smuggle a second message", () => {
  const patterns = [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r\r.\r\r",
    "\r\n.\r",
    "\r.\r\n",
    "\n.\r",
    "\0\n.\n",
  ];
  it.each(patterns.map((pattern) => [JSON.stringify(pattern), pattern]))(
    "%s comes out as CRLF only, wherever it stands",
    async (_name, end) => {
      const evil = smuggled(end);
      const eml = Buffer.from(`Subject: x\r\n\r\n${evil}`);
      for (const changes of [
        { text: evil },
        { text: undefined, html: `<p>${evil}</p>` },
        { attachments: [{ filename: "a.txt", content: Buffer.from(evil), contentType: "text/plain" }] },
        { attachments: [{ filename: "a.eml", content: eml, contentType: "message/rfc822" }] },
      ]) {
        const text = await textOf(changes);
        expect(text).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
      }
    },
  );
});

const attached = (eml: string | Buffer) => ({
  attachments: [{ filename: "a.eml", content: Buffer.from(eml), contentType: "message/rfc822" }],
});

describe("F81: an attached message", () => {
  it("goes as it is where it is 7-bit, with CRLF", async () => {
    const text = await textOf(attached("Subject: inner\n\nhello\n"));
    expect(text).toContain("Content-Type: message/rfc822");
    expect(text).toContain("Content-Transfer-Encoding: 7bit");
    expect(text).toContain("\r\n\r\nSubject: inner\r\n\r\nhello\r\n");
  });

  it.each([
    ["8-bit text", "Subject: inner\r\n\r\nhëllo"],
    ["a NUL", "Subject: inner\r\n\r\nhel\0lo"],
    ["a lone CR", "Subject: inner\r\n\r\nhel\rlo"],
    ["a line of 999", `Subject: inner\r\n\r\n${"w".repeat(999)}`],
  ])("goes as a file where it has %s", async (_name, eml) => {
    const bytes = await bytesOf(attached(eml));
    expectTransportable(bytes);
    const [file] = (await PostalMime.parse(bytes)).attachments;
    expect(file).toMatchObject({ filename: "a.eml", mimeType: "application/octet-stream" });
    expect(Buffer.from(file?.content as ArrayBuffer)).toEqual(Buffer.from(eml));
  });
});

describe("T7, T8: files and URLs", () => {
  it("are never read, even where content got past the check", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "meshmail-"));
    const canary = path.join(folder, "canary.txt");
    writeFileSync(canary, "CANARY-IN-A-FILE");
    let hits = 0;
    const server = createServer((_request, response) => {
      hits++;
      response.end("CANARY-BEHIND-A-URL");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      for (const source of [{ path: canary }, { path: url }, { href: url }, { path: `file://${canary}` }]) {
        for (const changes of [
          { text: source },
          { html: source },
          { attachments: [{ filename: "a", content: Buffer.alloc(0), ...source }] },
          { attachments: [{ filename: "a", content: source }] },
        ]) {
          const outcome = await compose(content(changes as unknown as Partial<Content>), { from }).then(
            ({ bytes }) => bytes.toString("latin1"),
            () => "refused",
          );
          expect(outcome).not.toMatch(/CANARY|Q0FOQVJZ/);
        }
      }
      expect(hits).toBe(0);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    }
  });
});

/** Relaxed canonicalization, sections 3.4.2 and 3.4.4. */
const relaxedHeader = (field: string): string => {
  const colon = field.indexOf(":");
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, "")
    .replace(/[ \t]+/g, " ")
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
};
const relaxedBody = (body: string): string =>
  body
    .replace(/[ \t]+(?=\r\n)/g, "")
    .replace(/[ \t]+/g, " ")
    .replace(/(?:\r\n)*$/, "\r\n");

describe("DKIM (RFC 6376)", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 1024,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const dkim = { domain: "x.test", selector: "s1", key: new Secret(privateKey) };

  it("signs body and headers so that a receiver can verify them", async () => {
    const { bytes } = await compose(full, { from, dkim });
    expectTransportable(bytes);
    const text = bytes.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    const fields = text.slice(0, end).split(/\r\n(?![ \t])/);
    const [signature = ""] = fields;
    const tags = Object.fromEntries(
      relaxedHeader(signature)
        .slice("dkim-signature:".length)
        .split(";")
        .map((tag) => {
          const [name = "", ...value] = tag.trim().split("=");
          return [name, value.join("=")];
        }),
    );
    expect(tags).toMatchObject({ v: "1", a: "rsa-sha256", c: "relaxed/relaxed", d: "x.test", s: "s1" });
    expect(tags["bh"]).toBe(
      createHash("sha256")
        .update(relaxedBody(text.slice(end + 4)), "latin1")
        .digest("base64"),
    );

    const names = (tags["h"] ?? "").split(":");
    expect(names).toEqual(
      expect.arrayContaining([
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
      ]),
    );
    const signed = names.map((name) =>
      relaxedHeader(fields.find((field) => field.toLowerCase().startsWith(`${name}:`)) ?? ""),
    );
    const input = [...signed, relaxedHeader(signature.replace(/(\bb=)[\s\S]*$/, "$1"))].join("\r\n");
    const value = Buffer.from((tags["b"] ?? "").replace(/\s/g, ""), "base64");
    expect(verify("sha256", Buffer.from(input, "latin1"), publicKey, value)).toBe(true);
  });

  it("changes nothing but the signature, and gives the same bytes every time", async () => {
    const [unsigned, once, again] = [
      await compose(full, { from }),
      await compose(full, { from, dkim }),
      await compose(full, { from, dkim }),
    ];
    expect(again.bytes.equals(once.bytes)).toBe(true);
    expect(once.bytes.subarray(-unsigned.bytes.length).equals(unsigned.bytes)).toBe(true);
  });

  it("does not send a letter unsigned because the key is of no use", async () => {
    const bad = { ...dkim, key: new Secret("not a key") };
    await expect(compose(full, { from, dkim: bad })).rejects.toThrow(/^MAIL_DKIM_KEY/);
  });
});

describe("a dry run", () => {
  it("tells size, headers, subject, both texts and the envelope", async () => {
    const draft = content({
      subject: "Grüße",
      text: undefined,
      html: "<p>Code: 123</p>",
      headers: { "X-Order": "7" },
    });
    const composed = await compose(draft, { from });
    const answer = dryRun(draft, composed);
    expect(answer).toMatchObject({
      dryRun: true,
      size: composed.bytes.length,
      subject: "Grüße",
      text: "Code: 123",
      html: "<p>Code: 123</p>",
      envelope: { from: "me@x.test", to: ["ann@x.test"] },
    });
    expect(answer.headers).toMatchObject({
      From: '"Mesh, Mail" <me@x.test>',
      Subject: "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=",
      "X-Order": "7",
      "Message-ID": "<1@x.test>",
      "MIME-Version": "1.0",
    });
  });
});

describe("a Message-ID", () => {
  it("is at the sender's domain, and new each time", () => {
    expect(newMessageId("me@x.test", () => "id")).toBe("<id@x.test>");
    expect(newMessageId("me@x.test")).not.toBe(newMessageId("me@x.test"));
  });

  it("can be made without a sender", () => {
    expect(newMessageId(undefined, () => "id")).toBe("<id@meshmail.invalid>");
  });
});
