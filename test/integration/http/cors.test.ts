/** Facts about pages of other origins: those that are named may read the answers, all others may not, alike as they look. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, askJson, type HttpAnswer } from "../../support/http-client.ts";
import { bearer, expectUnharmed, type HttpNode, KEYS, startHttpNode } from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const allowed = ["https://example.com", "https://app.example.com:8443"];
const letter = { to: "ann@example.com", subject: "Hello", text: "It works.", dryRun: true };

let node: HttpNode;
let closed: HttpNode;
beforeAll(async () => {
  [node, closed] = await Promise.all([
    startHttpNode({ env: { GATEWAY_API_KEYS: KEYS, GATEWAY_CORS: allowed.join(", ") } }),
    startHttpNode(),
  ]);
});
afterAll(async () => {
  await expectUnharmed(node);
  await expectUnharmed(closed);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

const corsOf = ({ headers }: HttpAnswer) =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-"));
const preflight = (port: number, origin: string, path = "/api/mail/send") =>
  ask(port, "OPTIONS", path, {
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type, idempotency-key",
    },
  });

describe("a page of an origin that GATEWAY_CORS names", () => {
  it.each(allowed)("%s may ask, and read what is answered", async (origin) => {
    const answers = [
      await askJson(node.port, "POST", "/api/mail/send", letter, { origin, ...bearer("web") }),
      await askJson(node.port, "POST", "/api/mail/send", {}, { origin, ...bearer("web") }),
      await askJson(node.port, "POST", "/api/mail/send", letter, { origin }),
      await ask(node.port, "GET", "/nothing", { headers: { origin } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 401, 404]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        "access-control-allow-origin": origin,
        vary: expect.stringMatching(/\bOrigin\b/i),
      });
      expect(headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });

  it.each(allowed)("%s hears in a preflight what it may send, without a key", async (origin) => {
    const { status, headers, body } = await preflight(node.port, origin);
    expect({ status, body }).toEqual({ status: 204, body: "" });
    expect(headers["access-control-allow-origin"]).toBe(origin);
    expect(headers["access-control-allow-methods"]).toMatch(/\bPOST\b/);
    expect(headers["access-control-allow-headers"]?.toLowerCase().split(/, */)).toEqual(
      expect.arrayContaining(["authorization", "content-type", "idempotency-key"]),
    );
    expect(node.smtp.messages).toEqual([]);
  });
});

describe("a page of any other origin", () => {
  it.each([
    "https://example.co",
    "https://example.com.evil.com",
    "https://evil-example.com",
    "https://e",
    "null",
    "*",
    "https://example.com:444",
    "https://app.example.com",
    "http://example.com",
    "HTTPS://EXAMPLE.COM",
    "https://EXAMPLE.com",
    "https://example.com/",
    "https://example.com.",
    "https://example.com, https://app.example.com:8443",
    "https://user@example.com",
    "",
  ])("%j may read nothing", async (origin) => {
    const answers = [
      await preflight(node.port, origin),
      await askJson(node.port, "POST", "/api/mail/send", letter, { origin, ...bearer("web") }),
      await askJson(node.port, "POST", "/api/mail/send", letter, { origin }),
    ];
    for (const answer of answers) {
      expect(corsOf(answer)).toEqual([]);
      // or a cache would hand one origin what another one got
      expect(answer.headers["vary"]).toMatch(/\bOrigin\b/i);
    }
    expect(answers.map(({ status }) => status)).toEqual([204, 200, 401]);
  });
});

describe("without GATEWAY_CORS", () => {
  it.each([...allowed, "null", "http://127.0.0.1:3000"])("%s may read nothing", async (origin) => {
    const answers = [
      await preflight(closed.port, origin),
      await ask(closed.port, "GET", "/health/live", { headers: { origin } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([204, 200]);
    for (const answer of answers) expect(corsOf(answer)).toEqual([]);
  });

  it("OPTIONS says what a path takes, and 404 where there is nothing", async () => {
    expect(await ask(closed.port, "OPTIONS", "/api/mail/send")).toMatchObject({
      status: 204,
      headers: { allow: "OPTIONS, POST" },
    });
    expect(await preflight(closed.port, "https://example.com", "/$node/list")).toMatchObject({ status: 404 });
  });
});
