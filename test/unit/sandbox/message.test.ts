import { describe, expect, it } from "@jest/globals";
import { readHeaders, readMessage, readPart, summarize } from "../../../lib/sandbox/message.ts";

const arrival = { id: "m1", at: new Date("2026-11-21T10:00:00Z") };
const envelope = { from: "bounces@example.com", to: ["ann@example.org"] };

function read(lines: string[], to = envelope.to) {
  return readMessage(Buffer.from(lines.join("\r\n")), { ...envelope, to }, arrival);
}

const plain = [
  "From: Shop <shop@example.com>",
  "To: Ann <ann@example.org>",
  "Message-ID: <a1@example.com>",
  "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
  "Date: Fri, 20 Nov 2026 09:00:00 +0100",
  "",
  "Hello,\r\n\r\nAnn.",
];

const related = [
  'Content-Type: multipart/related; boundary="b"',
  "",
  "--b",
  "Content-Type: text/html",
  "",
  '<img src="cid:logo">',
  "--b",
  "Content-Type: image/png",
  "Content-ID: <logo>",
  "Content-Disposition: inline",
  "Content-Transfer-Encoding: base64",
  "",
  "AAAA",
  "--b",
  'Content-Type: application/pdf; name="bill.pdf"',
  'Content-Disposition: attachment; filename="bill.pdf"',
  "Content-Transfer-Encoding: base64",
  "",
  "AAAAAAAA",
  "--b--",
];

describe("a message in Mailpit's shape", () => {
  it("has the names and the values of the letter", async () => {
    expect(await read(plain)).toEqual({
      ID: "m1",
      MessageID: "a1@example.com",
      From: { Name: "Shop", Address: "shop@example.com" },
      To: [{ Name: "Ann", Address: "ann@example.org" }],
      Cc: [],
      Bcc: [],
      ReplyTo: [],
      ReturnPath: "bounces@example.com",
      ListUnsubscribe: { Header: "", HeaderPost: "", Links: [], Errors: "" },
      Subject: "Grüße",
      Date: "2026-11-20T08:00:00.000Z",
      Text: expect.stringMatching(/^Hello,\s+Ann\.\s*$/),
      HTML: "",
      Size: Buffer.byteLength(plain.join("\r\n")),
      Tags: [],
      Username: "",
      Inline: [],
      Attachments: [],
    });
  });

  it("is one line of a list when summarized", async () => {
    const summary = summarize(await read(plain), { at: arrival.at, read: true });
    expect(summary).toMatchObject({ ID: "m1", Read: true, Created: "2026-11-21T10:00:00.000Z" });
    expect(summary).toMatchObject({ Snippet: "Hello, Ann.", Attachments: 0, Subject: "Grüße" });
    for (const absent of ["Text", "HTML", "ReturnPath", "ListUnsubscribe", "Date", "Inline"])
      expect(summary).not.toHaveProperty(absent);
  });

  it("cuts its snippet at 250 characters", async () => {
    const message = await read(["Subject: x", "", "ab ".repeat(500)]);
    expect(summarize(message, { at: arrival.at, read: false }).Snippet).toHaveLength(250);
  });

  it("leaves no half character at the end of its snippet", async () => {
    const message = await read([
      "Subject: x",
      "Content-Type: text/plain; charset=utf-8",
      "",
      `a${"😀".repeat(200)}`,
    ]);
    expect(summarize(message, { at: arrival.at, read: false }).Snippet).toBe(`a${"😀".repeat(124)}`);
  });

  it("has the tags of X-Tags and of its addresses, hidden ones too", async () => {
    const message = await read(
      ["From: shop+Bill@example.com", "To: ann+trial@example.org", "X-Tags: spring, Sale", "", "x"],
      ["hidden+vip@example.org"],
    );
    expect(message.Tags).toEqual(["Bill", "Sale", "spring", "trial", "vip"]);
  });

  it("shows how to unsubscribe", async () => {
    const message = await read([
      "List-Unsubscribe: <mailto:off@example.com>,",
      " <https://example.com/off>",
      "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
      "",
      "x",
    ]);
    expect(message.ListUnsubscribe).toEqual({
      Header: "<mailto:off@example.com>, <https://example.com/off>",
      HeaderPost: "List-Unsubscribe=One-Click",
      Links: ["mailto:off@example.com", "https://example.com/off"],
      Errors: "",
    });
  });

  it("shows envelope recipients that no header names as Bcc, and only those", async () => {
    const to = ["ANN@example.org", "hidden@example.org", "eva@bücher.example"];
    const message = await read(["To: ann@Example.org", "Cc: eva@xn--bcher-kva.example", "", "x"], to);
    expect(message.Bcc).toEqual([{ Name: "", Address: "hidden@example.org" }]);
  });

  it("unwraps groups of addresses", async () => {
    const message = await read(["To: Team: a@example.com, B <b@example.com>;", "", "x"], []);
    expect(message.To).toEqual([
      { Name: "", Address: "a@example.com" },
      { Name: "B", Address: "b@example.com" },
    ]);
  });

  it("makes a text where there is html only", async () => {
    const message = await read([
      "Content-Type: text/html; charset=utf-8",
      "",
      "<p>Your <b>code</b></p><p>123456</p>",
    ]);
    expect(message.Text).toBe("Your code\n\n123456");
    expect(message.HTML).toContain("<b>code</b>");
  });

  it("tells inline parts from attachments, with sizes and checksums", async () => {
    const message = await read(related);
    expect(message.Inline).toEqual([
      {
        PartID: "1",
        FileName: "logo",
        ContentType: "image/png",
        ContentID: "logo",
        Size: 3,
        Checksums: {
          MD5: "693e9af84d3dfcc71e640e005bdc5e2e",
          SHA1: "29e2dcfbb16f63bb0254df7585a15bb6fb5e927d",
          SHA256: "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c",
        },
      },
    ]);
    expect(message.Attachments).toEqual([
      expect.objectContaining({ PartID: "2", FileName: "bill.pdf", ContentType: "application/pdf", Size: 6 }),
    ]);
    expect(summarize(message, { at: arrival.at, read: false }).Attachments).toBe(1);
  });

  it.each([
    ["nothing at all", []],
    ["an unreadable date", ["Date: soon", "", "x"]],
  ])("is still a message with %s", async (_what, lines) => {
    const message = await read(lines, []);
    expect(message).toMatchObject({ From: { Name: "", Address: "" }, To: [], Subject: "", MessageID: "" });
    expect(message.Date).toBe("2026-11-21T10:00:00.000Z");
  });

  it("is refused when its parts are nested without end", async () => {
    const lines: string[] = [];
    for (let i = 0; i < 300; i++)
      lines.push(`Content-Type: multipart/mixed; boundary="b${i}"`, "", `--b${i}`);
    await expect(read(lines)).rejects.toThrow(/nesting/i);
  });
});

describe("the headers of a message", () => {
  it("are unfolded, not decoded, and named as Go names them", async () => {
    const lines = [
      "message-ID: <a@example.com>",
      "MIME-VERSION: 1.0",
      "X-a-B: one",
      "x-A-b: two",
      "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
      " from afar",
      "not a header",
      "",
      "X-Body: x",
    ];
    const headers = await readHeaders(Buffer.from(lines.join("\r\n")));
    expect(headers).toMatchObject({
      "Message-Id": ["<a@example.com>"],
      "Mime-Version": ["1.0"],
      Subject: ["=?utf-8?Q?Gr=C3=BC=C3=9Fe?= from afar"],
      "X-A-B": ["one", "two"],
    });
    expect(headers).not.toHaveProperty("X-Body");
    expect(Object.keys(headers)).toEqual(Object.keys(headers).toSorted());
  });
});

describe("a part of a message", () => {
  const raw = Buffer.from(related.join("\r\n"));

  it("is found under the id that the message shows", async () => {
    const { Inline, Attachments } = await read(related);
    for (const { PartID, FileName, ContentType, Size } of [...Inline, ...Attachments]) {
      const part = await readPart(raw, PartID);
      expect(part).toEqual({ FileName, ContentType, content: new Uint8Array(Size) });
    }
  });

  it.each(["0", "3", "", "1.1", "constructor"])("is not there as %j", async (id) => {
    expect(await readPart(raw, id)).toBeUndefined();
  });
});
