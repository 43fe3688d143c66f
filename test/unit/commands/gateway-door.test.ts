/** The gateway as a door: what is asked over HTTP, and in which words trouble comes back. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { ServiceDoor } from "../../../lib/commands/door.ts";
import { openGatewayDoor } from "../../../lib/commands/gateway-door.ts";
import { httpError, notFound, problemOf } from "../../../lib/http/problem.ts";
import { Secret } from "../../../lib/secret.ts";
import { freePort } from "../../support/ports.ts";

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

let server: Server;
let reply: Reply;
let asked: { method?: string; url?: string; authorization?: string; body: string }[];
let url = "";
let door: ServiceDoor;

beforeEach(async () => {
  asked = [];
  reply = { body: { id: "m1" } };
  server = createServer(async (request: IncomingMessage, response) => {
    const { method, url: path, headers } = request;
    asked.push({ method, url: path, authorization: headers.authorization, body: await text(request) });
    const { status = 200, headers: more = {}, body } = reply;
    response.writeHead(status, more).end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  door = openGatewayDoor({ url, key: new Secret("hunter2") });
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

describe("the gateway", () => {
  it.each<[string, () => Promise<unknown>, string, string, string]>([
    ["send", () => door.send({ to: "a@b.example" }), "POST", "/api/mail/send", '{"to":"a@b.example"}'],
    ["list", () => door.list({ tag: "a&b", limit: 5 }), "GET", "/api/mail/messages?tag=a%26b&limit=5", ""],
    ["get", () => door.get("m/1"), "GET", "/api/mail/messages/m%2F1", ""],
    ["retry", () => door.retry("m1"), "POST", "/api/mail/messages/m1/retry", ""],
    ["cancel", () => door.cancel("m1"), "POST", "/api/mail/messages/m1/cancel", ""],
    ["stats", () => door.stats(), "GET", "/api/mail/stats", ""],
  ])("is asked to %s, with the key", async (_verb, ask, method, path, body) => {
    expect(await ask()).toEqual({ id: "m1" });
    expect(asked).toEqual([{ method, url: path, authorization: "Bearer hunter2", body }]);
  });

  it("gets no key where there is none", async () => {
    await openGatewayDoor({ url }).stats();
    expect(asked[0]?.authorization).toBeUndefined();
  });
});

describe("trouble", () => {
  const problem = (error: unknown): Reply => {
    const body = problemOf(error, "req-1");
    return { status: body.status, body };
  };

  it("with the message comes back as the service tells it, with all facts", async () => {
    const body = {
      ...problemOf(notFound(), "req-1"),
      type: "SMTP_RECIPIENT_REJECTED",
      status: 422,
      detail: "a.example refused the recipient.",
      remedy: "Check it.",
      id: "m1",
      recipients: [{ address: "a@b.example", status: "failed" }],
      smtp: { code: 550 },
    };
    reply = { status: 422, body };
    await expect(door.send({})).rejects.toMatchObject({
      type: "SMTP_RECIPIENT_REJECTED",
      code: 422,
      message: "a.example refused the recipient",
      data: { remedy: "Check it.", id: "m1", recipients: body.recipients, smtp: { code: 550 } },
    });
  });

  it.each<[string, () => Reply, string, RegExp, RegExp]>([
    [
      "without a key",
      () => problem(httpError("HTTP_UNAUTHORIZED", "This needs an API key.", "Send the header.")),
      "HTTP_UNAUTHORIZED",
      /does not let us in: this needs an API key$/,
      /MESHMAIL_API_KEY/,
    ],
    [
      "with a key that may not do this",
      () => problem(httpError("HTTP_FORBIDDEN", "The key web has no scope read.", "Use another key.")),
      "HTTP_FORBIDDEN",
      /does not allow this: the key web has no scope read$/,
      /Use another key/,
    ],
    [
      "where something else answers",
      () => ({ status: 404, body: "<html>nginx</html>" }),
      "CLI_GATEWAY_STRANGE",
      /is no Meshmail gateway that knows this \(HTTP status 404\)$/,
      /--url/,
    ],
    [
      "where something else is content",
      () => ({ body: "<html>welcome</html>" }),
      "CLI_GATEWAY_STRANGE",
      /HTTP status 200/,
      /--url/,
    ],
    [
      "behind a redirect, which is not followed",
      () => ({ status: 301, headers: { location: "https://mail.example.com/api/mail/stats" } }),
      "CLI_GATEWAY_STRANGE",
      /sends its callers on to https:\/\/mail\.example\.com$/,
      /Give that address with --url/,
    ],
  ])("%s is told with what to do", async (_where, given, type, message, remedy) => {
    reply = given();
    const failure = door.stats();
    await expect(failure).rejects.toMatchObject({
      type,
      message: expect.stringMatching(message),
      data: { remedy: expect.stringMatching(remedy) },
    });
    await expect(failure).rejects.not.toThrow("hunter2");
    expect(asked).toHaveLength(1);
  });

  it.each<[string, () => Promise<string>, string]>([
    ["where nobody listens", async () => `http://127.0.0.1:${await freePort()}`, "nobody listens there"],
    ["at a name that is none", async () => "http://gateway.invalid", "name"],
    ["at a port that is barred", async () => "http://127.0.0.1:25", "this port is barred for HTTP"],
  ])("%s is told with what to do", async (_where, at, why) => {
    const gateway = openGatewayDoor({ url: await at(), key: new Secret("hunter2") });
    await expect(gateway.stats()).rejects.toMatchObject({
      type: "CLI_GATEWAY_UNREACHABLE",
      message: expect.stringMatching(`^the gateway at http://.* cannot be reached: .*${why}`),
      data: { remedy: expect.stringContaining("--url") },
    });
  });
});
