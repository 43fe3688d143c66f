import { once } from "node:events";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import { send, sendProblem } from "../../../lib/http/answer.ts";
import { bodyLimit, hasBody, readJson } from "../../../lib/http/body.ts";
import { problemOf } from "../../../lib/http/problem.ts";
import { type HttpServer, openHttpServer } from "../../../lib/http/server.ts";

const LIMIT = 1000;
let http: HttpServer | undefined;
afterEach(() => http?.close());

async function open(handle: RequestListener): Promise<string> {
  http = await openHttpServer({ host: "127.0.0.1", port: 0 }, handle);
  return `http://127.0.0.1:${http.port}`;
}

/** Answers with the body that it was sent, or with the problem. */
const echo: RequestListener = (request, response) => {
  const proceed = () => request.headers.expect && response.writeContinue();
  readJson(request, { limit: LIMIT, proceed }).then(
    (body) => send(response, { status: 200, body }),
    (error: unknown) => sendProblem(response, problemOf(error, "r1")),
  );
};

/** Everything that a server says until it hangs up. */
function talk(said: string): Promise<string> {
  const socket = connect(http?.port ?? 0, "127.0.0.1");
  socket.write(said);
  return text(socket);
}

const waiting = (type: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: ${type}\r\nContent-Length: 2\r\n\r\n{}`;

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("a JSON body", () => {
  const json = "application/json";
  it.each([
    ["an object", json, '{"to":"ann@example.com"}', { to: "ann@example.com" }],
    ["with a charset", "Application/JSON; charset=UTF-8", "{}", {}],
    ["with a quoted charset", 'application/json;charset="utf-8"', "{}", {}],
    ["of which the last duplicate counts", json, '{"a":1,"a":2}', { a: 2 }],
    ["with a byte order mark", json, "\uFEFF{}", {}],
    ["that is 32 levels deep", json, `{"a":${nested(32)}}`, JSON.parse(`{"a":${nested(32)}}`)],
  ])("%s is read", async (_what, type, body, value) => {
    const response = await fetch(await open(echo), {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(value);
  });

  it("is read whatever its type where the type is not to count", async () => {
    const url = await open((request, response) => {
      readJson(request, { limit: LIMIT, anyType: true }).then(
        (body) =>
          send(response, { status: 200, body, headers: { "X-Kind": "any", "X-Content-Type-Options": "x" } }),
        (error: unknown) => sendProblem(response, problemOf(error, "r1")),
      );
    });
    const put = (type: string, body: string) =>
      fetch(url, { method: "PUT", headers: { "content-type": type }, body });
    const response = await put("application/x-www-form-urlencoded", '{"a":1}');
    expect(await response.json()).toEqual({ a: 1 });
    expect(response.headers.get("x-kind")).toBe("any");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await put("text/plain", "a=1")).status).toBe(400);
  });

  it.each([
    ["no type", "", "{}", 415],
    ["text", "text/plain", "{}", 415],
    ["a form", "application/x-www-form-urlencoded", "to=ann", 415],
    ["a multipart form", "multipart/form-data; boundary=b", "--b--", 415],
    ["JSON of another kind", "application/problem+json", "{}", 415],
    ["UTF-16", "application/json; charset=utf-16le", "{}", 415],
    ["nothing", json, "", 400],
    ["half an object", json, '{"secret":', 400],
    ["no JSON", json, "secret", 400],
    ["a string", json, '"secret"', 400],
    ["a list", json, '["secret"]', 400],
    ["a number", json, "5", 400],
    ["null", json, "null", 400],
    ["bytes that are no UTF-8", json, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ["more than the limit", json, `{"a":"${"x".repeat(LIMIT)}"}`, 413],
    ["33 levels", json, `{"deep":${nested(33)}}`, 422],
  ])("%s is refused", async (_what, type, body, status) => {
    const request = { method: "POST", headers: { "content-type": type }, body };
    const response = await fetch(await open(echo), request);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.text()).not.toContain("secret");
  });

  it("is refused as a field too deep by name, even 40,000 levels deep", async () => {
    const url = await open((request, response) => {
      readJson(request, { limit: 1_000_000 }).catch((error: unknown) =>
        sendProblem(response, problemOf(error, "r1")),
      );
    });
    const body = `{"data":{"a":${nested(40_000)}},"b":1}`;
    const response = await fetch(url, { method: "POST", headers: { "content-type": json }, body });
    expect(await response.json()).toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      status: 422,
      fields: [{ field: "data", message: "is nested more than 32 levels deep" }],
    });
  });

  it("is refused compressed", async () => {
    const headers = { "content-type": json, "content-encoding": "gzip" };
    const response = await fetch(await open(echo), { method: "POST", headers, body: "{}" });
    expect(await response.json()).toMatchObject({ type: "HTTP_UNSUPPORTED_TYPE", status: 415 });
  });

  it("names the place of the fault without showing the text around it", async () => {
    const headers = { "content-type": json };
    const response = await fetch(await open(echo), { method: "POST", headers, body: '{"to": hunter2}' });
    expect(await response.json()).toMatchObject({
      detail: expect.stringMatching(/^The body is not valid JSON in UTF-8( \(near character \d+\))?\.$/),
    });
  });

  it("over the limit is refused by its length alone, before a byte of it has come", async () => {
    await open(echo);
    const socket = connect(http?.port ?? 0, "127.0.0.1");
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`,
    );
    const [said] = (await once(socket, "data")) as [Buffer];
    expect(said.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("over the limit is refused in chunks of unknown number, too", async () => {
    await open(echo);
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${json}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `258\r\n${"x".repeat(600)}\r\n`;
    expect(await talk(`${head}${chunk}${chunk}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 [^]*"MAIL_TOO_LARGE"/);
  });

  it("of a client that waits for leave is asked for only when the headers are in order", async () => {
    await open(echo);
    expect(await talk(waiting(json))).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(await talk(waiting("text/plain"))).toMatch(/^HTTP\/1\.1 415 /);
  });

  it("whose client hangs up in the middle rejects", async () => {
    const failed = new Promise<unknown>((resolve) => {
      void open((request) => readJson(request, { limit: LIMIT }).catch(resolve)).then(() => {
        const socket = connect(http?.port ?? 0, "127.0.0.1");
        const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${json}\r\nContent-Length: 9\r\n\r\n{"a"`;
        socket.write(head, () => socket.end());
      });
    });
    expect(await failed).toMatchObject({ type: "HTTP_BAD_JSON" });
  });
});

describe("what the headers say of a body", () => {
  it.each([
    [{}, false],
    [{ "content-length": "0" }, false],
    [{ "content-length": "2" }, true],
    [{ "transfer-encoding": "chunked" }, true],
  ])("%j announces one: %s", (headers, expected) => {
    expect(hasBody({ headers })).toBe(expected);
  });

  it("may be as much as the largest message takes in base64", () => {
    expect(bodyLimit(25 * 1024 * 1024)).toBeGreaterThan((25 * 1024 * 1024 * 4) / 3 + 2 * 1024 * 1024);
  });
});
