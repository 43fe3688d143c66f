/** Facts about how much a node lets itself be asked, and in what form it refuses the rest. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, exchange, type HttpAnswer, openLine } from "../../support/http-client.ts";
import {
  bearer,
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  KEYS,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const HOST = "Host: localhost\r\n";
const letter = JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works." });

/** Without keys */
let open: HttpNode;
/** With keys, behind two proxies */
let keyed: HttpNode;

beforeAll(async () => {
  [open, keyed] = await Promise.all([
    startHttpNode({ env: { GATEWAY_RATE_LIMIT: "20" } }),
    startHttpNode({
      env: { GATEWAY_API_KEYS: KEYS, GATEWAY_RATE_LIMIT: "20", GATEWAY_TRUST_PROXY: "2" },
    }),
  ]);
}, 60_000);
afterAll(async () => {
  for (const node of [open, keyed]) await expectUnharmed(node);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

const anyAddress = () => Array.from({ length: 4 }, () => Math.floor(Math.random() * 256)).join(".");

/** How often which status came. */
async function count(times: number, asking: (index: number) => Promise<HttpAnswer>) {
  const counts: Record<number, number> = {};
  for (let index = 0; index < times; index++) {
    const { status } = await asking(index);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe("without keys", () => {
  it("an address may ask as often as GATEWAY_RATE_LIMIT says, whatever X-Forwarded-For says", async () => {
    const asking = () =>
      ask(open.port, "GET", "/api/mail/providers", {
        headers: {
          "x-forwarded-for": `${anyAddress()}, 127.0.0.1`,
          "x-real-ip": anyAddress(),
          forwarded: `for=${anyAddress()}`,
        },
      });
    expect(await count(30, asking)).toEqual({ 200: 20, 429: 10 });
    expect(await ask(open.port, "GET", "/api/mail/providers", { from: "127.0.0.2" })).toMatchObject({
      status: 200,
    });
  });

  it("what is beyond that is refused before its body, says when to come again, and is not stored", async () => {
    const from = "127.0.0.3";
    await count(20, () => ask(open.port, "GET", "/api/mail/providers", { from }));
    const line = await openLine(open.port, { from });
    line.say(
      `POST /api/mail/send HTTP/1.1\r\n${HOST}Content-Type: text/plain\r\nContent-Length: 30000000\r\n\r\n`,
    );
    const answer = await line.answer();
    line.close();
    expect(answer).toMatchObject({ status: 429, json: { type: "HTTP_RATE_LIMITED", status: 429 } });
    expect(Number(answer?.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(answer?.headers["retry-after"])).toBeLessThanOrEqual(60);
    const headers = { "content-type": "application/json" };
    expect(await ask(open.port, "POST", "/api/mail/send", { headers, body: letter, from })).toMatchObject({
      status: 429,
    });
    const list = await ask(open.port, "GET", "/api/mail/messages", { from: "127.0.0.4" });
    expect(list).toMatchObject({ status: 200, json: { items: [] } });
    expect(open.smtp.messages).toEqual([]);
  });
});

describe("with keys", () => {
  it("each has a limit of its own, from wherever it is used", async () => {
    const asking = (name: "web" | "ops") => (index: number) =>
      ask(keyed.port, "GET", "/api/mail/providers", { headers: bearer(name), from: `127.0.1.${1 + index}` });
    expect(await count(25, asking("web"))).toEqual({ 200: 20, 429: 5 });
    expect(await count(20, asking("ops"))).toEqual({ 200: 20 });
  });
});

describe("behind two proxies", () => {
  const asking = (forwarded: (index: number) => string) => (index: number) =>
    ask(keyed.port, "GET", "/api/mail/stats", { headers: { "x-forwarded-for": forwarded(index) } });

  it("a client without a key is who the outer one says, and not who the client says", async () => {
    const one = asking((i) => `${anyAddress()}, 198.51.100.7, 10.0.0.${i}`);
    expect(await count(61, one)).toEqual({ 401: 60, 429: 1 });
    const other = asking(() => "198.51.100.7, 198.51.100.8, 10.0.0.1");
    expect(await count(1, other)).toEqual({ 401: 1 });
  });

  it("a network of IPv6 is one client, for each has billions of addresses", async () => {
    const one = asking((i) => `2001:db8:0:1:${i.toString(16)}::${i.toString(16)}, 10.0.0.1`);
    expect(await count(61, one)).toEqual({ 401: 60, 429: 1 });
    const other = asking(() => "2001:db8:0:2::1, 10.0.0.1");
    expect(await count(1, other)).toEqual({ 401: 1 });
  });

  it("what is no address counts as something, and breaks nothing", async () => {
    const odd = [
      "",
      ",",
      "unknown",
      "_hidden",
      "1.2.3.4:80",
      "[2001:db8::1]:80",
      "999.9.9.9",
      "x".repeat(5000),
      "::",
      "%00",
    ];
    for (const address of odd) {
      const answer = await ask(keyed.port, "GET", "/api/mail/stats", {
        headers: { "x-forwarded-for": address },
      });
      expect([401, 429]).toContain(answer.status);
      expectNothingInside(answer.body);
    }
  });
});

describe("what the parser refuses", () => {
  it.each([
    ["garbage", "\u0000\u0001\r\n\r\n", 400, "HTTP_BAD_REQUEST"],
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      "HTTP_BAD_REQUEST",
    ],
    [
      "a header of 64 KB",
      `GET / HTTP/1.1\r\n${HOST}X-A: ${"x".repeat(65_000)}\r\n\r\n`,
      431,
      "HTTP_HEADERS_TOO_LARGE",
    ],
    ["a path of 20 KB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431, "HTTP_HEADERS_TOO_LARGE"],
    [
      "200 headers",
      `GET /health/live HTTP/1.1\r\n${HOST}${"X-A: 1\r\n".repeat(200)}Connection: close\r\n\r\n`,
      431,
      "HTTP_HEADERS_TOO_LARGE",
    ],
    [
      "3,000 short headers",
      `GET /health/live HTTP/1.1\r\n${HOST}${"A:\r\n".repeat(3000)}Connection: close\r\n\r\n`,
      431,
      "HTTP_HEADERS_TOO_LARGE",
    ],
    [
      "two Hosts",
      `GET /health/live HTTP/1.1\r\n${HOST}Host: evil.example\r\nConnection: close\r\n\r\n`,
      400,
      "HTTP_BAD_REQUEST",
    ],
    [
      "a coding that nobody knows",
      `POST /api/mail/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      400,
      "HTTP_BAD_REQUEST",
    ],
    ["a tunnel", `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405, "HTTP_METHOD_NOT_ALLOWED"],
  ])("is told as a problem, too: %s", async (_what, bytes, status, type) => {
    const answers = await exchange(open.port, bytes);
    expect(answers).toMatchObject([
      {
        status,
        headers: { "content-type": "application/problem+json", connection: "close" },
        json: {
          type,
          status,
          detail: expect.any(String),
          remedy: expect.any(String),
          requestId: expect.any(String),
        },
      },
    ]);
    for (const { body } of answers) expectNothingInside(body);
  });
});
