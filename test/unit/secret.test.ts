/** Facts about secrets: there is one way to see them. */
import { format, inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { redactor } from "../../lib/redact.ts";
import { Secret } from "../../lib/secret.ts";

describe("a secret", () => {
  const secret = new Secret("hunter2");
  it.each([
    ["a template", String(secret)],
    ["JSON", JSON.stringify({ secret })],
    ["an inspection", inspect({ deep: [{ secret }] }, { depth: null, showHidden: true })],
    ["a log line", format("%s %o %j", secret, secret, secret)],
    ["its own keys", JSON.stringify(Object.entries(secret))],
  ])("does not show in %s", (_name, shown) => {
    expect(shown).not.toContain("hunter2");
  });

  it("is given out when asked for in so many words", () => {
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("the redactor", () => {
  const password = "p@ss/w+rd?";
  const redact = redactor([password], "me@example.com");
  it.each([
    ["the password itself", password],
    ["percent-encoded", encodeURIComponent(password)],
    ["in base64, as AUTH LOGIN sends it", Buffer.from(password).toString("base64")],
    ["in base64 without padding", Buffer.from(password).toString("base64").replace(/=+$/, "")],
    ["as AUTH PLAIN sends it", Buffer.from(`\0me@example.com\0${password}`).toString("base64")],
  ])("masks %s", (_name, form) => {
    expect(redact(`535 ${form} is wrong`)).toMatch(/^535 \*\*\*=* is wrong$/);
  });

  it("leaves other words alone, and everything where there is no secret", () => {
    expect(redact("535 5.7.8 authentication failed")).toBe("535 5.7.8 authentication failed");
    expect(redactor([""])("as it is")).toBe("as it is");
  });
});
