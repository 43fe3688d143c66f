/** Addresses that are taken, how they are written down, and what holds for all of them. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import PostalMime from "postal-mime";
import { parseAddress } from "../../../lib/message/address.ts";
import { compose, newMessageId } from "../../../lib/message/compose.ts";
import { recipientsOf, type SendRequest } from "../../../lib/message/message.ts";
import { check } from "./refused.ts";

const read = (to: unknown) => check({ to, text: "hello" }).to;

describe("recipients", () => {
  it.each<[string, unknown, unknown]>([
    ["an address", "ann@x.test", [{ address: "ann@x.test" }]],
    ["an address in brackets", "<ann@x.test>", [{ address: "ann@x.test" }]],
    ["spaces around", "  ann@x.test  ", [{ address: "ann@x.test" }]],
    ["a name", "Ann <ann@x.test>", [{ name: "Ann", address: "ann@x.test" }]],
    ["a name without a space", "Ann<ann@x.test>", [{ name: "Ann", address: "ann@x.test" }]],
    ["a name with a dot", "Ann B. Smith <ann@x.test>", [{ name: "Ann B. Smith", address: "ann@x.test" }]],
    ["a quoted name", '"Ann, B." <ann@x.test>', [{ name: "Ann, B.", address: "ann@x.test" }]],
    [
      "escapes in a quoted name",
      '"Ann \\"B\\" \\\\" <ann@x.test>',
      [{ name: 'Ann "B" \\', address: "ann@x.test" }],
    ],
    ["brackets in a quoted name", '"Ann <B>" <ann@x.test>', [{ name: "Ann <B>", address: "ann@x.test" }]],
    ["a name in another script", "安娜 <ann@x.test>", [{ name: "安娜", address: "ann@x.test" }]],
    ["a joiner in Persian", "می\u200cخواهم <ann@x.test>", [{ name: "می\u200cخواهم", address: "ann@x.test" }]],
    [
      "an emoji of several",
      "👩\u200d💻❤\ufe0f <ann@x.test>",
      [{ name: "👩\u200d💻❤\ufe0f", address: "ann@x.test" }],
    ],
    [
      "spaces in a name",
      { name: `  Ann   ${" ".repeat(200)}B `, address: "ann@x.test" },
      [{ name: "Ann B", address: "ann@x.test" }],
    ],
    ["an empty name", { name: "", address: "ann@x.test" }, [{ address: "ann@x.test" }]],
    ["an object", { name: "Ann (B)", address: "ann@x.test" }, [{ name: "Ann (B)", address: "ann@x.test" }]],
    [
      "several in a string",
      'ann@x.test, "B, C" <bob@x.test>',
      [{ address: "ann@x.test" }, { name: "B, C", address: "bob@x.test" }],
    ],
    [
      "a list of all forms",
      ["ann@x.test, bob@x.test", { address: "eve@x.test" }],
      [{ address: "ann@x.test" }, { address: "bob@x.test" }, { address: "eve@x.test" }],
    ],
    ["B34: an international domain", "ann@JÕGEVA.ee", [{ address: "ann@xn--jgeva-dua.ee" }]],
    ["B34: its letters decomposed", "ann@jo\u0303geva.ee", [{ address: "ann@xn--jgeva-dua.ee" }]],
    ["B34: an A-label", "ann@XN--jgeva-dua.ee", [{ address: "ann@xn--jgeva-dua.ee" }]],
    ["B34: a Chinese domain", "ann@例子.中国", [{ address: "ann@xn--fsqu00a.xn--fiqs8s" }]],
    ["B33: a local part in another script", "õie.२@x.test", [{ address: "õie.२@x.test" }]],
    ["B45: capitals in the domain only are folded", "Ann.B@X.Test", [{ address: "Ann.B@x.test" }]],
    ["all of atext", "a#$&'*+-/=?^_`{|}~z@x.test", [{ address: "a#$&'*+-/=?^_`{|}~z@x.test" }]],
    ["a dash that is not the first", "ann-@x.test", [{ address: "ann-@x.test" }]],
    ["B38: a local part of 64", `${"a".repeat(64)}@x.test`, [{ address: `${"a".repeat(64)}@x.test` }]],
    [
      "B40: an address of 254",
      `${"a".repeat(62)}@${`${"b".repeat(62)}.`.repeat(3)}cd`,
      [{ address: `${"a".repeat(62)}@${`${"b".repeat(62)}.`.repeat(3)}cd` }],
    ],
    [
      "a name of 255",
      { name: "n".repeat(255), address: "ann@x.test" },
      [{ name: "n".repeat(255), address: "ann@x.test" }],
    ],
  ])("%s", (_name, to, expected) => {
    expect(read(to)).toEqual(expected);
  });

  it("takes 50 of them, in a list and in a string", () => {
    const fifty = Array.from({ length: 50 }, (_, index) => `a${index}@x.test`);
    expect(read(fifty)).toHaveLength(50);
    expect(read(fifty.join(", "))).toHaveLength(50);
  });

  it("B44: gives each address one RCPT, however often it is named", () => {
    const request = check({
      to: ["ann@x.test", "Ann <ann@X.test>"],
      cc: "bob@x.test",
      bcc: ["ann@x.test", "eve@x.test"],
      text: "hello",
    });
    expect(recipientsOf(request)).toEqual(["ann@x.test", "bob@x.test", "eve@x.test"]);
  });

  it("B45: takes Ann@x.test and ann@x.test for two", () => {
    expect(recipientsOf(check({ to: "Ann@X.test, ann@x.test", text: "hello" }))).toEqual([
      "Ann@x.test",
      "ann@x.test",
    ]);
  });

  it("counts addresses, not mentions, towards the limit", () => {
    const thirty = Array.from({ length: 30 }, (_, index) => `a${index}@x.test`);
    expect(check({ to: thirty, cc: thirty, text: "hello" }).cc).toHaveLength(30);
  });
});

describe("an address", () => {
  it("is the same when it is read again", () => {
    for (const written of ["Ann@JÕGEVA.ee", "õie@X.test", "a+b@例子.中国"]) {
      const once = parseAddress(written);
      expect("address" in once && parseAddress(once.address)).toEqual(once);
    }
  });
});

describe("any string at all", () => {
  const fine = fc.constantFrom("ann@x.test", "Bob <bob@y.test>", '"C, D" <carol@z.test>', "õie@õ.test");
  const broken = fc.constantFrom(
    ...Array.from(',;<>@:"\\()[] \t\r\n\0\u200b\u202e\uff20。%!-'),
    "\r\nBcc: evil@e.test",
  );
  const atom = fc.string({
    unit: fc.constantFrom(...Array.from("abcdefAZ09.-_+'õ")),
    minLength: 1,
    maxLength: 6,
  });
  const nearly = fc.tuple(atom, atom).map(([local, domain]) => `${local}@${domain}.test`);
  const anything = fc.oneof(
    fc.array(fc.oneof(fine, nearly), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(", ")),
    fc.array(fc.oneof(fine, nearly, broken, atom), { maxLength: 5 }).map((pieces) => pieces.join("")),
    fc
      .tuple(fine, fc.nat(20), fc.oneof(broken, fc.string({ unit: "binary", maxLength: 2 })))
      .map(([text, at, inserted]) => text.slice(0, at) + inserted + text.slice(at)),
    fc.string({ unit: "grapheme", maxLength: 40 }),
  );
  /** What no address may hold once it was taken. */
  const safe = /^[^\s"(),:;<>@[\\\]%!\p{C}]+@(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/u;

  it("is either refused, or goes to just the addresses that were checked", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(anything, async (to) => {
        let request: SendRequest;
        try {
          request = check({ to, text: "hello" });
        } catch (error) {
          expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422 });
          return;
        }
        taken++;
        const checked = recipientsOf(request);
        for (const address of checked) expect(address).toMatch(safe);
        const { envelope, bytes } = await compose(
          {
            ...request,
            subject: "",
            messageId: newMessageId("me@x.test", () => "1"),
            date: 0,
            boundary: "b",
          },
          { from: { address: "me@x.test" } },
        );
        expect(envelope).toEqual({ from: "me@x.test", to: checked });
        const { to: shown, cc, bcc } = await PostalMime.parse(bytes);
        // A domain beside a local part beyond ASCII is shown in Unicode (RFC 6532).
        if (checked.every((address) => /^[\x20-\x7e]+$/.test(address))) {
          expect([...new Set(shown?.map((mailbox) => mailbox.address))]).toEqual(checked);
        }
        expect([cc, bcc]).toEqual([undefined, undefined]);
      }),
      { numRuns: 10_000 },
    );
    // Otherwise the property would hold for nothing.
    expect(taken).toBeGreaterThan(500);
  }, 30_000);
});
