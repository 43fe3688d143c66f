/** Facts about pages of other origins: those that are named may read the answers, all others may not, alike as they look. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, askJson } from "../../support/http-client.ts";
import { bearer, expectUnharmed, type HttpNode, KEYS, startHttpNode } from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const origin = "https://app.example.com:8443";
const letter = { to: "ann@example.com", subject: "Hello", text: "It works.", dryRun: true };

let node: HttpNode;
beforeAll(async () => {
  const cors = `https://example.com, ${origin}`;
  node = await startHttpNode({ env: { GATEWAY_API_KEYS: KEYS, GATEWAY_CORS: cors } });
});
afterAll(async () => {
  await expectUnharmed(node);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

const preflight = (from: string) =>
  ask(node.port, "OPTIONS", "/api/mail/send", {
    headers: {
      origin: from,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization, content-type, idempotency-key",
    },
  });

describe("a page of an origin that GATEWAY_CORS names", () => {
  it("may ask, and read what is answered", async () => {
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

  it("hears in a preflight what it may send, without a key", async () => {
    const { status, headers, body } = await preflight(origin);
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
  it.each(["https://example.com.evil.com", "https://app.example.com", "null"])(
    "%j may read nothing",
    async (stranger) => {
      const answers = [
        await preflight(stranger),
        await askJson(node.port, "POST", "/api/mail/send", letter, { origin: stranger, ...bearer("web") }),
        await askJson(node.port, "POST", "/api/mail/send", letter, { origin: stranger }),
      ];
      for (const { headers } of answers) {
        expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
        // or a cache would hand one origin what another one got
        expect(headers["vary"]).toMatch(/\bOrigin\b/i);
      }
      expect(answers.map(({ status }) => status)).toEqual([204, 200, 401]);
    },
  );
});
