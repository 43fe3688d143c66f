/** SMTP_SENDER: the forms of the manuals, and what is no sender. */
import { describe, expect, it } from "@jest/globals";
import { printMailbox, sender } from "../../../lib/config/sender.ts";
import { findingsOf, load } from "./settings.ts";

const me = "me@example.com";

const read: [written: string, mailbox: object][] = [
  ["me@example.com", { address: me }],
  ["<me@example.com>", { address: me }],
  ['"My Name" <me@example.com>', { name: "My Name", address: me }],
  ['"My Name"<me@example.com>', { name: "My Name", address: me }],
  ["My Name <me@example.com>", { name: "My Name", address: me }],
  ['"My Name" me@example.com', { name: "My Name", address: me }],
  ["My Name me@example.com", { name: "My Name", address: me }],
  [String.raw`"A \"B\" C" <me@example.com>`, { name: 'A "B" C', address: me }],
  ['"Doe, Jane" <me@example.com>', { name: "Doe, Jane", address: me }],
  ['"<x>" <me@example.com>', { name: "<x>", address: me }],
  ["团队 <Me@BÜCHER.example>", { name: "团队", address: "Me@xn--bcher-kva.example" }],
  ["noreply@localhost", { address: "noreply@localhost" }],
  ["o'neil+tag@example.com", { address: "o'neil+tag@example.com" }],
];

const refused = [
  "My Name",
  "@example.com",
  "me@",
  "me@@example.com",
  "me.@example.com",
  "a..b@example.com",
  "me@example..com",
  "me@127.0.0.1",
  "me@[127.0.0.1]",
  "a@example.com, b@example.com",
  "a@example.com b@example.com",
  "<a@example.com> <b@example.com>",
  "group: me@example.com;",
  '"My Name <me@example.com>',
  '"My Name"me@example.com',
  "me@example.com\r\nBcc: you@example.com",
  `${"a".repeat(65)}@example.com`,
  `me@${"a.".repeat(130)}example`,
];

describe("SMTP_SENDER", () => {
  it.each(read)("reads %j", (written, value) => {
    expect(sender.parse(written)).toMatchObject({ value });
  });

  it.each(refused)("refuses %j", (written) => {
    expect(sender.parse(written)).toHaveProperty("refused");
  });

  it("a printed sender reads as itself", () => {
    const mailbox = { name: String.raw`A "B" \ C`, address: me };
    expect(sender.parse(printMailbox(mailbox))).toEqual({ value: mailbox, notes: [] });
  });

  it("without angle brackets it is a finding that says what to write", () => {
    expect(load({ SMTP_SENDER: '"My Name" me@example.com' }).findings).toEqual([
      expect.objectContaining({
        variable: "SMTP_SENDER",
        message: expect.stringContaining("angle brackets"),
        fix: { variable: "SMTP_SENDER", value: '"My Name" <me@example.com>' },
      }),
    ]);
  });

  it("a domain without a dot is a finding", () => {
    expect(findingsOf({ SMTP_SENDER: "noreply@localhost" })).toEqual([expect.stringContaining("no dot")]);
  });

  it("without SMTP_SENDER the user is the sender where it is an address", () => {
    expect(load({ SMTP_URI: "smtps://me%40qq.com:pw@smtp.qq.com" }).sender).toEqual({ address: "me@qq.com" });
    expect(load({ SMTP_URI: "smtps://apikey:pw@smtp.sendgrid.net" }).sender).toBeUndefined();
  });

  it("the brand's name is the sender's where SMTP_SENDER has none", () => {
    const named = { MAIL_BRAND_NAME: "Brand", SMTP_SENDER: '"Own" <me@example.com>' };
    expect(load({ MAIL_BRAND_NAME: "Brand", SMTP_SENDER: me }).sender).toEqual({
      name: "Brand",
      address: me,
    });
    expect(load(named).sender).toEqual({ name: "Own", address: me });
  });
});
