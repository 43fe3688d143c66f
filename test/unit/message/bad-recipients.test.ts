/** Recipients and senders that must not come through: B1 to B53 of the project's list of bad inputs. */
import { describe, expect, it } from "@jest/globals";
import { chinese, field, FINE, letter, list, nested, refusalOf, itRefuses, type Row, to } from "./refused.ts";

const recipients: Row[] = [
  ["B1", "no recipient at all", { text: "hello" }, "to"],
  ["B1", "empty cc and bcc only", { text: "hello", cc: [], bcc: [] }, "to"],
  ...to("B2", [
    ["empty string", ""],
    ["spaces", "   "],
  ]),
  ...to("B3", [
    ["empty list", []],
    ["list of an empty list", [[]], "to[0]"],
    ["list of an empty string", [""], "to[0]"],
  ]),
  ...to("B4", [
    ["null", null],
    ["list of null", [null], "to[0]"],
    ["list of nothing", [undefined], "to[0]"],
  ]),
  ...to("B5", [
    ["a number", 5],
    ["list of a number", [5], "to[0]"],
    ["NaN", Number.NaN],
  ]),
  ...to("B6", [
    ["an empty object", {}, "to.address"],
    ["bytes", Buffer.from("b@x.test")],
    ["a function", () => "b@x.test"],
  ]),
  ...to("B7", [
    ["address that is a number", { address: 5 }, "to.address"],
    ["address that is null", { address: null }, "to.address"],
    ["address that is a list", { address: ["b@x.test"] }, "to.address"],
    ["address that is an object", { address: { address: "b@x.test" } }, "to.address"],
    ["name that is a number", { name: 5, address: "b@x.test" }, "to.name"],
    ["name that is null", { name: null, address: "b@x.test" }, "to.name"],
    ["a field too many", { address: "b@x.test", group: [] }, "to.group"],
    ["email for address", { email: "b@x.test" }, "to.email"],
  ]),
  ...to("B8", [
    ["true", true],
    ["a symbol", Symbol("b@x.test")],
    ["a bigint", 5n],
  ]),
  ...to("B9", [
    ["no @", "plain-word"],
    ["a name and no address", '"plain word"'],
    ["empty brackets", "Bob <>"],
  ]),
  ...to("B10", [
    ["nothing before the @", "@x.test"],
    ["in brackets", "Bob <@x.test>"],
  ]),
  ...to("B11", [
    ["nothing after the @", "bobby@"],
    ["only a dot", "bobby@."],
  ]),
  ...to("B13", [
    ["two words", "a b@x.test"],
    ["name without brackets", "Bob bobby@x.test"],
  ]),
  ...to("B14", [
    ["domain without a dot", "bob@x"],
    ["localhost", "bobby@localhost"],
  ]),
  ...to("B15", [
    ["IPv4 literal", "bobby@[127.0.0.1]"],
    ["IPv6 literal", "bobby@[IPv6:::1]", "to"],
    ["IPv4 without brackets", "bobby@127.0.0.1"],
    ["hexadecimal IPv4", "bobby@0x7f.1"],
    ["decimal IPv4", "bobby@2130706433"],
  ]),
  ...to("B16", [
    ["separated by ;", "bobby@x.test; carol@y.test", "to"],
    ["; in a list", ["bobby@x.test;carol@y.test"], "to[0]"],
    ["one of two is bad", "bobby@x.test, carol@", "to[1]"],
    ["comma at the end", "bobby@x.test,", "to[1]"],
    ["comma at the beginning", ",bobby@x.test", "to[0]"],
    ["two commas", "bobby@x.test,,carol@y.test", "to[1]"],
  ]),
  ...to("B17", [
    ["comma in { address }", { address: "bobby@x.test,evil@y.test" }, "to.address"],
    ["comma and space in { address }", [{ address: "bobby@x.test, evil@y.test" }], "to[0].address"],
    ["name in { address }", { address: "Bob <bobby@x.test>" }, "to.address"],
  ]),
  ...to("B19", [
    ["3,000 nested groups", `${"g:".repeat(3000)}bobby@x.test${";".repeat(3000)}`],
    ["a group", "friends: bobby@x.test, carol@y.test;", "to[0]"],
    ["an empty group", "undisclosed-recipients:;"],
    ["a list in a list", [["bobby@x.test"]], "to[0]"],
    ["a list 40,000 deep", list(40_000), "to[0]"],
    ["an object 40,000 deep", nested(40_000), "to.a"],
  ]),
  ...to("B20", [
    ["CRLF and Bcc", "bobby@x.test\r\nBcc: evil@y.test"],
    ["CRLF in brackets", "Bob <bobby@x.test\r\nBcc: evil@y.test>"],
    ["CRLF in { address }", { address: "bobby@x.test\r\nBcc: evil@y.test" }, "to.address"],
    ["CRLF at the end", "bobby@x.test\r\n"],
    ["CRLF in an SMTP command", "bobby@x.test>\r\nRCPT TO:<evil@y.test"],
  ]),
  ...to("B21", [
    ["LF and Bcc", "bobby@x.test\nBcc: evil@y.test"],
    ["LF at the end", "bobby@x.test\n"],
  ]),
  ...to("B22", [
    ["CR and Bcc", "bobby@x.test\rBcc: evil@y.test"],
    ["CR at the beginning", "\rbobby@x.test"],
  ]),
  ...to("B23", [
    ["name with CRLF", { name: "Bob\r\nBcc: evil@y.test", address: "bobby@x.test" }, "to.name"],
    ["quoted name with CRLF", '"Bob\r\nBcc: evil" <bobby@x.test>'],
    ["name with LF", { name: "Bob\nX-Evil: 1", address: "bobby@x.test" }, "to.name"],
    ["name with NEL", { name: "Bob\u0085X-Evil", address: "bobby@x.test" }, "to.name"],
    ["name with U+2028", { name: "Bob\u2028X-Evil", address: "bobby@x.test" }, "to.name"],
  ]),
  ...to("B25", [
    ["NUL", "bob\0by@x.test"],
    ["NUL in { address }", { address: "bobby@x.test\0" }, "to.address"],
  ]),
  ...to("B26", [
    ["tab inside", "bob\tby@x.test"],
    ["tab around", "\tbobby@x.test"],
    ["space in the domain", "bobby@x .test"],
    ["space in { address }", { address: "bob by@x.test" }, "to.address"],
    ["no-break space", "bob\u00a0by@x.test"],
  ]),
  ...to("B27", [
    ["quoted local part (CVE-2025-13033)", '"xclow3n@gmail.com x"@internal.test'],
    ["quoted local part without @", '"bobby"@x.test'],
    ["quoted local part in brackets", 'Bob <"bob by"@x.test>'],
    ["quoted local part in { address }", { address: '"bobby@y.test"@x.test' }, "to.address"],
    ["two @", "bobby@y.test@x.test"],
  ]),
  ...to("B28", [
    ["quoted name with @", '"admin@corp.test" <evil@y.test>'],
    ["name with @", "admin@corp.test <evil@y.test>"],
    ["name with @ in { name }", { name: "admin@corp.test", address: "evil@y.test" }, "to.name"],
    ["encoded word", "=?utf-8?Q?admin=40corp.test?= <evil@y.test>"],
    ["encoded word in { name }", { name: "=?utf-8?Q?admin=40corp?=", address: "evil@y.test" }, "to.name"],
  ]),
  ...to("B29", [
    ["route", "<@evil.test:bobby@x.test>"],
    ["two routes", "<@a.test,@b.test:bobby@x.test>", "to[0]"],
  ]),
  ...to("B30", [
    ["comment", "bobby@x.test (evil@y.test)"],
    ["comment before", "(evil)bobby@x.test"],
    ["comment in the domain", "bobby@(c)x.test"],
  ]),
  ...to("B31", [
    ["% route", "bobby%y.test@x.test"],
    ["! route", "y.test!bobby@x.test"],
    ["% in { address }", { address: "bobby%y.test@x.test" }, "to.address"],
  ]),
  ...to("B32", [
    ["leading dash", "-oQ/tmp@x.test"],
    ["leading dash in brackets", "Bob <-oQ/tmp@x.test>"],
    ["leading dash in { address }", { address: "-bobby@x.test" }, "to.address"],
  ]),
  ...to("B33", [
    ["Unicode local part with a zero-width space", "bob\u200bby@x.test"],
    ["with a Hangul filler", "bob\u3164by@x.test"],
    ["with a variation selector", "bob\ufe0fby@x.test"],
    ["with a direction override", "bob\u202eby@x.test"],
    ["with a fullwidth @", "bobby\uff20x.test"],
    ["with an emoji", "bob\u{1f600}by@x.test"],
    ["with half a surrogate pair", "bob\ud83dby@x.test"],
    ["with Unicode over 64 octets", `${"õ".repeat(33)}@x.test`],
  ]),
  ...to("B35", [
    ["soft hyphen in the domain", "bobby@exam\u00adple.test"],
    ["zero-width space", "bobby@exam\u200bple.test"],
    ["zero-width joiner", "bobby@exam\u200dple.test"],
    ["word joiner", "bobby@exam\u2060ple.test"],
    ["fullwidth letters", "bobby@ｅxample.test"],
    ["Kelvin sign", "bobby@\u212aelvin.test"],
    ["ligature", "bobby@o\ufb03ce.test"],
    ["ideographic full stop", "bobby@example。test"],
    ["fullwidth full stop", "bobby@example．test"],
    ["percent-encoded", "bobby@example%2etest.test"],
    ["A-label that decodes to nothing", "bobby@xn--a.test"],
    ["A-label of plain ASCII", "bobby@xn--example-.test"],
    ["direction override", "bobby@exam\u202eple.test"],
  ]),
  ...to("B36", [
    ["underscore", "bobby@exam_ple.test"],
    ["dash first in a label", "bobby@-example.test"],
    ["dash last in a label", "bobby@example-.test"],
    ["label of 64", `bobby@${"a".repeat(64)}.test`],
    ["port", "bobby@example.test:25"],
    ["slash", "bobby@example.test/path"],
    ["number as top level", "bobby@example.123"],
    ["two dots in the domain", "bobby@example..test"],
    ["dot first in the domain", "bobby@.example.test"],
    ["dot first", ".bobby@x.test"],
    ["dot last", "bobby.@x.test"],
    ["two dots", "bob..by@x.test"],
    ["backslash", "bob\\by@x.test"],
    ["brackets not closed", "Bob <bobby@x.test"],
    ["words after the brackets", "Bob <bobby@x.test> hello"],
    ["two pairs of brackets", "<bobby@x.test> <carol@y.test>"],
    ["a quote not closed", '"Bob <bobby@x.test>'],
    ["a quote in a bare name", 'Bob "B <bobby@x.test>'],
    ["a mailto: URL", "mailto:bobby@x.test"],
  ]),
  ...to("B37", [
    ["direction override in a name", { name: "Bob\u202egnp.exe", address: "bobby@x.test" }, "to.name"],
    ["isolate", { name: "Bob\u2066by", address: "bobby@x.test" }, "to.name"],
    ["zero-width space", { name: "Bob\u200bby", address: "bobby@x.test" }, "to.name"],
    ["zero-width joiner between letters", { name: "Bob\u200dby", address: "bobby@x.test" }, "to.name"],
    ["byte order mark", "\ufeffBob <bobby@x.test>"],
    ["escape", { name: "Bob\u001b[31m", address: "bobby@x.test" }, "to.name"],
    ["half a surrogate pair", { name: "Bob\udc00by", address: "bobby@x.test" }, "to.name"],
    ["name of 256", { name: "n".repeat(256), address: "bobby@x.test" }, "to.name"],
    ["name of a million spaces", { name: `n${" ".repeat(1e6)}n`, address: "bobby@x.test" }, "to.name"],
  ]),
  ...to("B38", [["local part of 65", `${"a".repeat(65)}@x.test`]]),
  ...to("B39", [["domain of 254", `a@${`${"a".repeat(49)}.`.repeat(5)}test`]]),
  ...to("B40", [
    ["address of 255", `${"a".repeat(62)}@${`${"b".repeat(62)}.`.repeat(3)}cde`],
    ["address of 255 as it is sent", `bobby@${`${chinese(18)}.`.repeat(5)}test`],
  ]),
  ...to("B41", [
    ["10,000 characters", `${"a".repeat(10_000)}@x.test`],
    ["a million spaces", { address: `a${" ".repeat(1e6)}b` }, "to.address"],
  ]),
  ...to("B42", [
    ["51 in a list", Array.from({ length: 51 }, (_, i) => `bobby${i}@x.test`)],
    ["51 in a string", Array.from({ length: 51 }, (_, i) => `bobby${i}@x.test`).join()],
    [
      "51 in strings of a list",
      [Array.from({ length: 50 }, (_, i) => `bobby${i}@x.test`).join(), "carol@x.test"],
    ],
    ["100,001 in a list", Array.from({ length: 100_001 }, () => "bobby@x.test")],
  ]),
  [
    "B42",
    "51 over to, cc and bcc",
    letter({
      cc: Array.from({ length: 25 }, (_, i) => `c${i}@x.test`),
      bcc: Array.from({ length: 25 }, (_, i) => `b${i}@x.test`),
    }),
    "to",
  ],
  ...to("B46", [["dot after the domain", "bobby@x.test."]]),
  ...to("B47", [
    ["100,000 <", "<".repeat(100_000)],
    ["100,000 (", "(".repeat(100_000)],
    ["100,000 @", "@".repeat(100_000)],
    ['100,000 "', '"'.repeat(100_000)],
    ["100,000 backslashes in a quote", `"${"\\".repeat(100_000)}`],
    ["200,000 commas", ",".repeat(200_000)],
    ["200,000 commas in { address }", { address: ",".repeat(200_000) }, "to.address"],
    ["20,000 commas", ",".repeat(20_000)],
  ]),
  ...(["cc", "bcc"] as const).flatMap((name) =>
    field("B20", name, [
      ["CRLF", "bobby@x.test\r\nBcc: evil@y.test"],
      ["null", null],
      ["a number", 7],
      ["empty string", ""],
      ["bad one in a list", ["bobby@x.test", "bobby@"], `${name}[1]`],
    ]),
  ),
];

const senders: Row[] = [
  ...field("B49", "from", [
    ["a list", ["bobby@x.test"]],
    ["two in a string", "bobby@x.test, carol@y.test"],
    ["empty", ""],
    ["empty brackets", "<>"],
    ["null", null],
    ["false", false],
    ["no domain", "bobby"],
  ]),
  ...field("B50", "from", [
    ["CRLF", "bobby@x.test\r\nBcc: evil@y.test"],
    ["null sender after CRLF", "\r\n<>"],
    ["name with CRLF", { name: "B\r\nX: evil-header", address: "bobby@x.test" }, "from.name"],
    ["parameters of MAIL FROM", "bobby@x.test> SIZE=1000000 <"],
  ]),
  ...field("B53", "replyTo", [
    ["11 in a list", Array.from({ length: 11 }, (_, i) => `bobby${i}@x.test`)],
    ["CRLF", "bobby@x.test\r\nBcc: evil@y.test"],
    ["null", null],
    ["a bad one of two", ["bobby@x.test", { address: "nowhere" }], "replyTo[1].address"],
  ]),
];

describe("recipients", () => itRefuses(recipients));

describe("senders", () => {
  itRefuses(senders);

  it("B48: a message without from is refused where no sender is configured", () => {
    const { type, data } = refusalOf(FINE, { senderConfigured: false });
    expect(type).toBe("MAIL_INVALID_MESSAGE");
    expect(data.fields).toEqual([{ field: "from", message: expect.stringContaining("SMTP_SENDER") }]);
  });
});
