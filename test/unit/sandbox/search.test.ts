import { describe, expect, it } from "@jest/globals";
import type { MessageDetail } from "../../../lib/sandbox/message.ts";
import { type Findable, matcher, wordsOf } from "../../../lib/sandbox/search.ts";

const checksums = { MD5: "", SHA1: "", SHA256: "" };
const message: MessageDetail = {
  ID: "1",
  MessageID: "a1@mail.example.net",
  From: { Name: "Shop", Address: "shop@example.com" },
  To: [
    { Name: "Ann Lee", Address: "ann@example.org" },
    { Name: "王小明", Address: "wang@example.cn" },
  ],
  Cc: [{ Name: "", Address: "copy@example.com" }],
  Bcc: [{ Name: "", Address: "audit@example.com" }],
  ReplyTo: [{ Name: "", Address: "answers@example.com" }],
  ReturnPath: "bounces@example.com",
  ListUnsubscribe: { Header: "", HeaderPost: "", Links: [], Errors: "" },
  Subject: "Your code, שלום",
  Date: "2026-11-21T00:00:00.000Z",
  Text: "It is\r\n123456. 您的验证码",
  HTML: "",
  Size: 3000,
  Tags: ["Two words", "trial"],
  Username: "",
  Inline: [],
  Attachments: [
    {
      PartID: "1",
      FileName: "bill.pdf",
      ContentType: "application/pdf",
      ContentID: "",
      Size: 6,
      Checksums: checksums,
    },
  ],
};
const entry: Findable = {
  message,
  at: new Date("2026-11-21T10:00:00Z"),
  read: false,
  words: wordsOf(message, "Go to https://example.com/confirm"),
};

describe("a search", () => {
  it.each([
    ["", true],
    ["123456", true],
    ["123456 nowhere", false],
    ["CODE", true],
    ['"is 123456"', true],
    ['"123456 is"', false],
    ["您的验证码", true],
    ["שלום", true],
    ["bill.pdf", true],
    ["https://example.com/confirm", true],
    ["https://example.com/other", false],
    ["bounces@example.com", true],
    ["a1@mail.example.net", false],

    ["to:ann@example.org", true],
    ["TO:ANN@EXAMPLE.ORG", true],
    ["to:Ann", true],
    ["to:王小明", true],
    ["to:shop", false],
    ['to:"Ann Lee"', true],
    ['to:"Ann Lee <ann@example.org>"', true],
    ['"to:ann lee"', true],
    ["from:shop", true],
    ["from:ann", false],
    ["cc:copy", true],
    ["bcc:audit", true],
    ["reply-to:answers", true],
    ["subject:code", true],
    ['subject:"your code"', true],
    ['subject:"code your"', false],
    ["message-id:a1@mail", true],
    ["addressed:answers", true],
    ["addressed:bounces", false],

    ["tag:TRIAL", true],
    ["tag:tri", false],
    ['tag:"two words"', true],
    ["is:tagged", true],
    ["is:unread", true],
    ["is:read", false],
    ["has:attachment", true],
    ["has:attachments", true],
    ["has:inline", false],
    ["has:inlines", false],
    ["larger:2k", true],
    ["larger:3kb", false],
    ["smaller:1.5M", true],
    ["smaller:2999", false],
    ["larger:much", false],
    ["after:2026-11-21", true],
    ["after:2026-11-22", false],
    ["before:2026/11/22", true],
    ["before:11/20/2026", false],
    ['after:"2026-11-21 09:59"', true],
    ['after:"2026-11-21 10:01"', false],

    ["-subject:code", false],
    ["!subject:bill", true],
    ["-is:read", true],
    ["!is:tagged", false],
    ["!has:attachment", false],
    ["-after:2026-11-22", true],
    ["!nowhere", true],
    ['-"is 123456"', false],
    ["to:ann !from:shop", false],

    ["-", false],
    ["!", false],
    ["to:", true],
    ["tag:", true],
    ["-to:", true],
    ["after:soon", true],
    ["()", true],
    ["constructor:x", false],
    ["__proto__:x", false],
    ['to:ann "', true],
    ['to:"ann lee', true],
  ])("for %j finds it: %s", (query, found) => {
    expect(matcher(query, "UTC")(entry)).toBe(found);
  });

  it("takes its dates by the time zone that is named, if there is such a one", () => {
    const query = 'after:"2026-11-21 17:30" before:"2026-11-21 18:30"';
    expect(matcher(query, "Asia/Shanghai")(entry)).toBe(true);
    expect(matcher(query, "UTC")(entry)).toBe(false);
    expect(() => matcher(query, "Mars/Base")(entry)).not.toThrow();
  });
});
