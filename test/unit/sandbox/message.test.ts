import { describe, expect, it } from "@jest/globals";
import { readMessage, summarize } from "../../../lib/sandbox/message.ts";

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
    for (const absent of ["Text", "HTML", "ReturnPath", "Date", "Inline"])
      expect(summary).not.toHaveProperty(absent);
  });

  it("cuts its snippet at 250 characters", async () => {
    const message = await read(["Subject: x", "", "ab ".repeat(500)]);
    expect(summarize(message, { at: arrival.at, read: false }).Snippet).toHaveLength(250);
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

  it("tells inline parts from attachments", async () => {
    const message = await read([
      'Content-Type: multipart/related; boundary="b"',
      "",
      "--b",
      "Content-Type: text/html",
      "",
      '<img src="cid:logo">',
      "--b",
      'Content-Type: image/png; name="logo.png"',
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
    ]);
    expect(message.Inline).toEqual([
      { PartID: "1", FileName: "logo.png", ContentType: "image/png", ContentID: "logo", Size: 3 },
    ]);
    expect(message.Attachments).toEqual([
      { PartID: "2", FileName: "bill.pdf", ContentType: "application/pdf", ContentID: "", Size: 6 },
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
