/** When two calls are the same message. */
import { describe, expect, it } from "@jest/globals";
import { fingerprint } from "../../../lib/message/fingerprint.ts";
import { check, file, letter, NOW } from "./refused.ts";

const of = (changes: object): string => fingerprint(check(letter(changes)));
const plain = of({});

describe("the fingerprint", () => {
  it("is a SHA-256", () => {
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, object]>([
    ["wait", { wait: false }],
    ["dryRun", { dryRun: true }],
    ["the key itself", { idempotencyKey: "k" }],
    ["how the recipient is spelled", { to: [{ address: "ann@X.test" }] }],
    ["a default that is written out", { priority: "normal" }],
    ["an empty list", { cc: [] }],
  ])("does not depend on %s", (_name, changes) => {
    expect(of(changes)).toBe(plain);
  });

  it.each<[string, object]>([
    ["the recipient", { to: "bob@x.test" }],
    ["the name", { to: "Ann <ann@x.test>" }],
    ["cc or bcc", { cc: "eve@x.test" }],
    ["from", { from: "me@x.test" }],
    ["replyTo", { replyTo: "me@x.test" }],
    ["subject", { subject: "s" }],
    ["an empty subject", { subject: "" }],
    ["text", { text: "hello " }],
    ["html", { html: "hello" }],
    ["template", { template: "notice" }],
    ["data", { data: {} }],
    ["locale", { locale: "en" }],
    ["attachments", { attachments: [file({})] }],
    ["headers", { headers: { "X-A": "1" } }],
    ["tags", { tags: ["a"] }],
    ["metadata", { metadata: { a: "1" } }],
    ["sendAt", { sendAt: NOW + 1 }],
    ["expiresAt", { expiresAt: NOW + 1 }],
    ["replaceKey", { replaceKey: "r" }],
    ["priority", { priority: "low" }],
    ["ambiguous", { ambiguous: "hold" }],
  ])("depends on %s", (_name, changes) => {
    expect(of(changes)).not.toBe(plain);
  });

  it("does not depend on the order of keys, at any depth", () => {
    expect(of({ data: { a: { x: 1, y: 2 }, b: 3 } })).toBe(of({ data: { b: 3, a: { y: 2, x: 1 } } }));
  });

  it("takes bytes for what they are, in whatever form they came", () => {
    const same = [
      { content: Buffer.from("hello") },
      { content: new Uint8Array(Buffer.from("hello")) },
      { content: { type: "Buffer", data: [...Buffer.from("hello")] } },
      { content: "aGVsbG8=", encoding: "base64" },
      { content: "hello" },
    ].map((changes) => of({ attachments: [file(changes)] }));
    expect(new Set(same).size).toBe(1);
    expect(of({ attachments: [file({ content: "hellO" })] })).not.toBe(same[0]);
  });

  it("stays the same when a call with sendAt is repeated after that time", () => {
    expect(of({ sendAt: NOW - 1000 })).not.toBe(plain);
  });

  it("does not take a boundary between values for one elsewhere", () => {
    expect(of({ tags: ["ab", "c"] })).not.toBe(of({ tags: ["a", "bc"] }));
    expect(of({ data: { a: "1" } })).not.toBe(of({ data: { a: 1 } }));
    expect(of({ data: { a: null } })).not.toBe(of({ data: { a: "null" } }));
  });
});
