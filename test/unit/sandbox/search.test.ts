import { describe, expect, it } from "@jest/globals";
import type { MessageDetail } from "../../../lib/sandbox/message.ts";
import { matcher } from "../../../lib/sandbox/search.ts";

const message: MessageDetail = {
  ID: "1",
  MessageID: "a1@example.com",
  From: { Name: "Shop", Address: "shop@example.com" },
  To: [{ Name: "Ann Lee", Address: "ann@example.org" }],
  Cc: [],
  Bcc: [{ Name: "", Address: "audit@example.com" }],
  ReplyTo: [],
  ReturnPath: "shop@example.com",
  Subject: "Your code",
  Date: "2026-11-21T00:00:00.000Z",
  Text: "It is 123456.",
  HTML: "",
  Size: 1,
  Tags: [],
  Username: "",
  Inline: [],
  Attachments: [],
};

describe("a search", () => {
  it.each([
    ["", true],
    ["123456", true],
    ["123456 nowhere", false],
    ["CODE", true],
    ["to:ann@example.org", true],
    ["to:Ann", true],
    ["to:shop", false],
    ['to:"Ann Lee"', true],
    ["from:shop", true],
    ["from:ann", false],
    ["bcc:audit", true],
    ["subject:code", true],
    ['subject:"your code"', true],
    ['subject:"code your"', false],
    ['"is 123456"', true],
    ["message-id:a1@example.com", true],
    ["-subject:code", false],
    ["!nowhere", true],
    ["-", false],
    ["https://example.com", false],
    ["constructor:x", false],
    ['to:ann "', true],
  ])("for %j finds it: %s", (query, found) => {
    expect(matcher(query)(message)).toBe(found);
  });
});
