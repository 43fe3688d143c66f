import { once } from "node:events";
import { type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Context, Errors, Loggers, type Service, ServiceBroker, type ServiceSchema } from "moleculer";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { MailError } from "../../lib/errors.ts";
import { toMoleculerError } from "../../mixins/errors.mixin.ts";
import gatewayService, { createGatewayService } from "../../services/gateway.service.ts";
import { createSandboxService } from "../../services/sandbox.service.ts";
import { ask, askJson, type Question } from "../support/http-client.ts";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { expectNothingOpen } from "../support/open.ts";

const KEYS =
  "web:secret-of-the-web-site:send, desk:secret-of-the-desk:read, ops:secret-of-operations:send+read+manage";
const web = { authorization: "Bearer secret-of-the-web-site" };
const desk = { authorization: "Bearer secret-of-the-desk" };
const ops = { authorization: "Bearer secret-of-operations" };

afterAll(expectNothingOpen);

interface Call {
  action: string;
  params: unknown;
  headers: unknown;
  timeout: unknown;
  requestID: unknown;
}

/** A mesh of one node: the gateway, and a `mail` service that notes what it is asked and answers as `reply` says. */
class Mesh {
  readonly calls: Call[] = [];
  readonly log: string[] = [];
  reply: (action: string, params: unknown) => unknown = () => ({ id: "m1", status: "sent" });
  readonly broker: ServiceBroker;
  readonly gateway: Service<{ host: string; port: number }>;

  constructor(env: Record<string, string> = {}, { sandbox = false, mail = true, transporter = "" } = {}) {
    this.broker = quietBroker(this.log, transporter);
    const config = loadConfig(environmentOf({ GATEWAY_PORT: "0", ...env }));
    this.gateway = this.broker.createService(
      createGatewayService({ config, sandbox }),
    ) as typeof this.gateway;
    if (mail) this.broker.createService(this.#mail());
  }

  #mail(): ServiceSchema {
    const names = [
      "send",
      "verify",
      "providers",
      "get",
      "list",
      "cancel",
      "retry",
      "stats",
      "probe",
      "templates",
      "render",
    ];
    const handler = ({ action, params, headers, options, requestID }: Context): unknown => {
      const name = action?.name ?? "";
      this.calls.push({ action: name, params, headers, timeout: options.timeout, requestID });
      return this.reply(name, params);
    };
    return { name: "mail", actions: Object.fromEntries(names.map((name) => [name, { handler }])) };
  }

  ask(method: string, path: string, question?: Question) {
    return ask(this.gateway.settings.port, method, path, question);
  }

  send(message: object, headers: OutgoingHttpHeaders = {}) {
    return askJson(this.gateway.settings.port, "POST", "/api/mail/send", message, headers);
  }
}

function quietBroker(log: string[], transporter = ""): ServiceBroker {
  class Lines extends Loggers.Base<object> {
    override getLogHandler() {
      return (level: string, args: unknown[]) => {
        const words = args.map((arg) => (arg instanceof Error ? (arg.stack ?? arg.message) : String(arg)));
        log.push([level, ...words].join(" "));
      };
    }
  }
  const retryPolicy = { enabled: true, retries: 3, delay: 1 };
  const options = {
    logger: new Lines(),
    logLevel: "debug",
    retryPolicy,
    ...(transporter && { transporter }),
  };
  return new ServiceBroker(options as unknown as ConstructorParameters<typeof ServiceBroker>[0]);
}

describe("a gateway without keys", () => {
  const mesh = new Mesh();
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());
  beforeEach(() => {
    mesh.calls.length = 0;
    mesh.log.length = 0;
    mesh.reply = () => ({ id: "m1", status: "sent" });
  });

  it("listens on loopback, and says where", () => {
    expect(mesh.gateway.settings.host).toBe("127.0.0.1");
    expect((mesh.gateway as unknown as { server: { address(): unknown } }).server.address()).toMatchObject({
      address: "127.0.0.1",
      port: mesh.gateway.settings.port,
    });
  });

  describe("sending", () => {
    it.each([
      [{ id: "m1", status: "sent" }, 200],
      [{ id: "m1", status: "queued" }, 202],
      [{ id: "m1", status: "sending" }, 202],
      [{ id: "m1", status: "deferred" }, 202],
      [{ id: "m1", status: "scheduled" }, 202],
      [{ dryRun: true, size: 1 }, 200],
    ])("the receipt %j comes with %i", async (receipt, status) => {
      mesh.reply = () => receipt;
      const answer = await mesh.send({ to: "ann@example.com" });
      expect(answer).toMatchObject({ status, json: receipt });
      expect(answer.headers).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
    });

    it("hands the body on, and nothing of the query", async () => {
      const path = "/api/mail/send?to=evil@example.com&subject=x&body[to]=evil@example.com";
      const headers = { "content-type": "application/json" };
      await mesh.ask("POST", path, { headers, body: '{"to":"ann@example.com"}' });
      expect(mesh.calls).toEqual([
        expect.objectContaining({
          action: "mail.send",
          params: { to: "ann@example.com" },
          headers: {},
          timeout: 30_000,
        }),
      ]);
    });

    it.each([
      [{}, { "idempotency-key": "k1" }],
      [{ idempotencyKey: "k1" }, { "idempotency-key": "k1" }],
      [{ idempotencyKey: "k1" }, {}],
    ])("takes the idempotency key of body %j and headers %j", async (body, headers) => {
      await mesh.send(body, headers);
      expect(mesh.calls[0]?.params).toEqual({ idempotencyKey: "k1" });
    });

    it("refuses an idempotency key that came twice and differs", async () => {
      const { status, json } = await mesh.send({ idempotencyKey: "k1" }, { "idempotency-key": "k2" });
      expect(status).toBe(422);
      expect(json).toMatchObject({ type: "MAIL_INVALID_MESSAGE", fields: [{ field: "idempotencyKey" }] });
      expect(mesh.calls).toEqual([]);
    });

    it("cannot reach into prototypes", async () => {
      const headers = { "content-type": "application/json" };
      const body = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
      await mesh.ask("POST", "/api/mail/send?__proto__[polluted]=1&constructor[prototype][polluted]=1", {
        headers,
        body,
      });
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      expect(Object.keys(mesh.calls[0]?.params as object)).toEqual(["__proto__", "constructor"]);
    });

    it.each([
      ["text/plain", "{}", 415, "HTTP_UNSUPPORTED_TYPE"],
      ["application/json", "{", 400, "HTTP_BAD_JSON"],
      ["application/json", "[]", 400, "HTTP_BAD_JSON"],
      ["application/json", "", 400, "HTTP_BAD_JSON"],
    ])("refuses %s %j with %i", async (type, body, status, word) => {
      const answer = await mesh.ask("POST", "/api/mail/send", { headers: { "content-type": type }, body });
      expect(answer).toMatchObject({ status, json: { type: word, status } });
      expect(mesh.calls).toEqual([]);
    });

    it("refuses a body beyond MAIL_MAX_SIZE before it has come", async () => {
      const headers = { "content-type": "application/json", "content-length": 40 * 1024 * 1024 };
      const asking = request({
        port: mesh.gateway.settings.port,
        method: "POST",
        path: "/api/mail/send",
        headers,
      });
      asking.on("error", () => {});
      asking.flushHeaders();
      const [response] = await once(asking, "response");
      expect(response.statusCode).toBe(413);
      asking.destroy();
    });
  });

  it("asks for a verification with the parameters that are known, and for longer", async () => {
    mesh.reply = () => ({ ok: false, verdict: "failed" });
    const answer = await mesh.ask(
      "GET",
      "/api/mail/verify?transport=fallback1&transport=x&host=evil&locale=zh-CN",
    );
    expect(answer).toMatchObject({ status: 200, json: { ok: false, verdict: "failed" } });
    expect(mesh.calls).toMatchObject([
      { action: "mail.verify", params: { transport: "fallback1", locale: "zh-CN" }, timeout: 90_000 },
    ]);
  });

  it("lists the providers in the language asked for", async () => {
    mesh.reply = () => [{ name: "qq" }];
    expect(await mesh.ask("GET", "/api/mail/providers?locale=zh-CN")).toMatchObject({
      status: 200,
      json: [{ name: "qq" }],
    });
    expect(mesh.calls).toMatchObject([{ action: "mail.providers", params: { locale: "zh-CN" } }]);
  });

  it("lists messages with the parameters that are known, numbers as numbers", async () => {
    mesh.reply = () => ({ items: [], nextCursor: "c2" });
    const query =
      "status=deferred&recipient=ann%40example.com&tag=a&template=t&since=2026-11-21T08:00:00Z&until=1795248000000&cursor=c1&limit=20&evil=1";
    expect(await mesh.ask("GET", `/api/mail/messages?${query}`)).toMatchObject({
      status: 200,
      json: { items: [], nextCursor: "c2" },
    });
    expect(mesh.calls).toMatchObject([
      {
        action: "mail.list",
        params: {
          status: "deferred",
          recipient: "ann@example.com",
          tag: "a",
          template: "t",
          since: "2026-11-21T08:00:00Z",
          until: 1_795_248_000_000,
          cursor: "c1",
          limit: 20,
        },
      },
    ]);
    expect(mesh.calls[0]?.params).not.toHaveProperty("evil");
  });

  it("leaves a limit that is no number to the service, which refuses it by name", async () => {
    await mesh.ask("GET", "/api/mail/messages?limit=many");
    expect(mesh.calls[0]?.params).toEqual({ limit: "many" });
  });

  it.each([
    ["GET", "/api/mail/messages/m%2F1", "mail.get", { id: "m/1" }],
    ["GET", "/api/mail/stats", "mail.stats", {}],
    ["GET", "/api/mail/templates", "mail.templates", {}],
    ["POST", "/api/mail/messages/m1/retry", "mail.retry", { id: "m1" }],
    ["POST", "/api/mail/messages/m1/cancel", "mail.cancel", { id: "m1" }],
  ])("%s %s is %s", async (method, path, action, params) => {
    mesh.reply = () => ({ id: "m1" });
    expect(await mesh.ask(method, `${path}?id=evil`)).toMatchObject({ status: 200, json: { id: "m1" } });
    expect(mesh.calls).toMatchObject([{ action, params }]);
  });

  it("tells that a message is not there, or cannot be canceled", async () => {
    mesh.reply = (action) => {
      const word = action === "mail.get" ? "MAIL_NOT_FOUND" : "MAIL_NOT_CANCELABLE";
      throw toMoleculerError(new MailError(word, "no", { remedy: "Look again.", id: "m1" }));
    };
    expect(await mesh.ask("GET", "/api/mail/messages/m1")).toMatchObject({
      status: 404,
      json: { type: "MAIL_NOT_FOUND", id: "m1", remedy: "Look again." },
    });
    expect(await mesh.ask("POST", "/api/mail/messages/m1/cancel")).toMatchObject({
      status: 409,
      json: { type: "MAIL_NOT_CANCELABLE" },
    });
  });

  it("tries settings that are not saved, for longer, and echoes none of them", async () => {
    mesh.reply = () => ({ verdict: "failed" });
    const answer = await mesh.ask("POST", "/api/mail/probe", {
      headers: { "content-type": "application/json" },
      body: '{"uri":"smtp://me:hunter2@a.example"}',
    });
    expect(answer).toMatchObject({ status: 200, json: { verdict: "failed" } });
    expect(mesh.calls).toMatchObject([
      { action: "mail.probe", params: { uri: "smtp://me:hunter2@a.example" }, timeout: 90_000 },
    ]);
    expect(answer.body + mesh.log.join("\n")).not.toContain("hunter2");
  });

  it("lives", async () => {
    expect(await mesh.ask("GET", "/health/live")).toMatchObject({ status: 200, json: { status: "ok" } });
    expect(await mesh.ask("HEAD", "/health/live")).toMatchObject({ status: 200, body: "" });
    expect(await mesh.ask("GET", "/health/live/")).toMatchObject({ status: 200 });
  });

  describe("problems", () => {
    it("show the error's word, its fields and the record, as they came over the bus", async () => {
      const fields = [{ field: "to", message: "is required" }];
      mesh.reply = () => {
        throw toMoleculerError(
          new MailError("MAIL_INVALID_MESSAGE", "`to` is required", { fields, remedy: "Give it." }),
        );
      };
      const { status, headers, json } = await mesh.send({}, { "x-request-id": "req-1" });
      expect(status).toBe(422);
      expect(headers["content-type"]).toBe("application/problem+json");
      expect(json).toEqual({
        type: "MAIL_INVALID_MESSAGE",
        title: "Mail invalid message",
        status: 422,
        detail: "`to` is required",
        remedy: "Give it.",
        fields,
        requestId: "req-1",
      });
    });

    it.each([
      ["an unknown error", () => new Error("hunter2 at 10.1.2.3")],
      [
        "an unknown error of Moleculer",
        () => new Errors.MoleculerError("hunter2", 418, "TEAPOT", { secret: "123456" }),
      ],
      [
        "a validation error",
        () => new Errors.ValidationError("hunter2", "X", [{ actual: "123456" }] as never),
      ],
    ])("hide %s, and the log has it under the request's id", async (_what, error) => {
      mesh.reply = () => {
        throw error();
      };
      const { status, body: said, json } = await mesh.send({}, { "x-request-id": "req-2" });
      expect({ status, type: json?.["type"] }).toEqual({ status: 500, type: "HTTP_INTERNAL_ERROR" });
      expect(said).not.toMatch(/hunter2|123456|10\.1\.2\.3| at |\.ts|\.js/);
      expect(mesh.log.filter((line) => line.startsWith("error "))).toEqual([
        expect.stringMatching(/req-2 failed: .*hunter2/),
      ]);
      expect(mesh.log.join("\n")).not.toContain("123456");
    });

    it("tell a call that took too long, what to do about the message, and leave calling again to the client", async () => {
      mesh.reply = () => {
        throw new Errors.RequestTimeoutError({ action: "mail.send", nodeID: "node-17" });
      };
      const { status, json, body: said } = await mesh.send({});
      expect(status).toBe(504);
      expect(json).toMatchObject({
        type: "HTTP_TIMEOUT",
        remedy: expect.stringContaining("Idempotency-Key"),
      });
      expect(said).not.toContain("node-17");
      expect(mesh.calls).toHaveLength(1);
    });

    it.each([
      ["GET", "/api/mail/send", "POST"],
      ["PUT", "/api/mail/send", "POST"],
      ["HEAD", "/api/mail/send", "POST"],
      ["TRACE", "/api/mail/send", "POST"],
      ["DELETE", "/health/live", "GET, HEAD"],
      ["POST", "/api/mail/verify", "GET, HEAD"],
      ["POST", "/", "GET, HEAD"],
      ["POST", "//", "GET, HEAD"],
      ["POST", "/docs", "GET, HEAD"],
    ])("%s %s is 405 and says what is allowed", async (method, path, allowed) => {
      const { status, headers } = await mesh.ask(method, path, {
        headers: { "x-http-method-override": "POST" },
      });
      expect({ status, allow: headers["allow"] }).toEqual({ status: 405, allow: allowed });
      expect(mesh.calls).toEqual([]);
    });

    it.each([
      "/api",
      "/api/mail",
      "/api/mail/send/x",
      "/API/MAIL/SEND",
      "//api/mail/send",
      "/api//mail/send",
      "/api/mail/../mail/send",
      "/api/mail/%73end",
      "/%2e%2e/",
      "/..%2f..%2fetc/passwd",
      "/%E0%A4%A",
      "/api/mail/send;x",
      "/api/mail/send%00",
      `/${"x".repeat(8000)}`,
      "http://evil.example/api/mail/send",
      "/health",
      "/api/v1/messages",
    ])("%j is 404", async (path) => {
      const { status, json } = await mesh.ask("POST", path, {
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      expect({ status, type: json?.["type"] }).toEqual({ status: 404, type: "HTTP_NOT_FOUND" });
      expect(mesh.calls).toEqual([]);
    });
  });

  it("OPTIONS runs nothing, whatever method a preflight asks about, and allows no other origin", async () => {
    const headers = {
      origin: "https://evil.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
      "content-type": "application/json",
    };
    for (const path of ["/api/mail/send", "/api/mail/verify"]) {
      const answer = await mesh.ask("OPTIONS", path, { headers, body: "{}" });
      expect(answer).toMatchObject({ status: 204, headers: { allow: expect.stringMatching(/^OPTIONS, /) } });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
    expect(await mesh.ask("OPTIONS", "/nothing", { headers })).toMatchObject({ status: 404 });
    expect(mesh.calls).toEqual([]);
  });

  it("takes no more header lines than anybody sends", async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "1"]));
    expect(await mesh.ask("GET", "/health/live", { headers: many(60) })).toMatchObject({ status: 200 });
    expect(await mesh.ask("GET", "/health/live", { headers: many(100) })).toMatchObject({
      status: 431,
      json: { type: "HTTP_HEADERS_TOO_LARGE" },
    });
  });

  it("allows no origin on any answer", async () => {
    const answer = await mesh.send({}, { origin: "https://evil.example" });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it.each([
    [{ "x-request-id": "req-1.2_3" }, /^req-1\.2_3$/],
    [{ "x-request-id": "x".repeat(5000) }, /^[\da-f-]{36}$/],
    [{ "x-request-id": "a%0d%0ab" }, /^[\da-f-]{36}$/],
    [{ "x-correlation-id": "req-1" }, /^[\da-f-]{36}$/],
    [{}, /^[\da-f-]{36}$/],
  ])(
    "of the headers %j the request's id becomes %s, in the answer and through the mesh",
    async (headers, id) => {
      const answer = await mesh.send({}, headers);
      expect(answer.headers["x-request-id"]).toMatch(id);
      expect(mesh.calls[0]?.requestID).toBe(answer.headers["x-request-id"]);
    },
  );

  it.each(["evil.example", "evil.example:3000", "localhost.evil.example", "192.168.1.5"])(
    "does not serve the Host %s on any path",
    async (host) => {
      for (const path of ["/api/mail/verify", "/health/live", "/nothing"]) {
        const answer = await mesh.ask("GET", path, { headers: { host } });
        expect(answer).toMatchObject({ status: 403, json: { type: "HTTP_FORBIDDEN" } });
      }
      expect(await mesh.send({}, { host })).toMatchObject({ status: 403 });
      expect(mesh.calls).toEqual([]);
    },
  );

  it.each(["localhost", "localhost:3000", "127.0.0.1:1", "[::1]:3000"])(
    "serves the Host %s",
    async (host) => {
      expect(await mesh.send({}, { host })).toMatchObject({ status: 200 });
    },
  );

  it("does not serve another site's page in a browser on this machine", async () => {
    const answer = await mesh.ask("GET", "/api/mail/verify", { headers: { "sec-fetch-site": "cross-site" } });
    expect(answer.status).toBe(403);
    expect(mesh.calls).toEqual([]);
  });

  it("logs each request in one line, with nothing of its parameters", async () => {
    await mesh.send({ to: "ann@example.com", text: "It is 123456." }, { "x-request-id": "req-3" });
    await mesh.ask("GET", "/api/mail/verify?transport=ann@example.com");
    await mesh.ask("GET", "/nothing?to=ann@example.com");
    expect(mesh.log.filter((line) => line.startsWith("info POST"))).toEqual([
      expect.stringMatching(/^info POST \/api\/mail\/send 200 \d+ ms \(req-3\)$/),
    ]);
    expect(mesh.log.join("\n")).not.toMatch(/ann|123456/);
  });

  it("says nothing of probes and scrapes that went well, for they come every few seconds", async () => {
    mesh.reply = () => {
      throw new Error("mail.stats does not answer");
    };
    for (const path of ["/health/live", "/metrics", "/health/ready"]) await mesh.ask("GET", path);
    const lines = mesh.log.filter((line) => line.startsWith("info GET"));
    expect(lines).toEqual([expect.stringMatching(/^info GET \/health\/ready 503 /)]);
  });
});

describe("a gateway with keys", () => {
  const mesh = new Mesh({ GATEWAY_API_KEYS: KEYS }, { sandbox: true });
  const sandbox = mesh.broker.createService(createSandboxService({ port: 0 }));
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());
  beforeEach(() => {
    mesh.calls.length = 0;
  });

  it.each([
    ["POST", "/api/mail/send", web, 200],
    ["POST", "/api/mail/send", ops, 200],
    ["POST", "/api/mail/send", desk, 403],
    ["GET", "/api/mail/verify", web, 200],
    ["GET", "/api/mail/verify", desk, 403],
    ["HEAD", "/api/mail/verify", {}, 401],
    ["GET", "/api/mail/providers", web, 200],
    ["GET", "/api/mail/messages", desk, 200],
    ["GET", "/api/mail/messages", web, 403],
    ["GET", "/api/mail/messages/m1", desk, 200],
    ["GET", "/api/mail/messages/m1", web, 403],
    ["GET", "/api/mail/stats", desk, 200],
    ["GET", "/api/mail/stats", {}, 401],
    ["POST", "/api/mail/messages/m1/retry", ops, 200],
    ["POST", "/api/mail/messages/m1/retry", desk, 403],
    ["POST", "/api/mail/messages/m1/cancel", ops, 200],
    ["POST", "/api/mail/messages/m1/cancel", web, 403],
    ["POST", "/api/mail/probe", ops, 200],
    ["POST", "/api/mail/probe", web, 403],
    ["GET", "/api/v1/messages", desk, 200],
    ["GET", "/api/v1/messages", web, 403],
    ["GET", "/api/v1/search?query=x", web, 403],
    ["GET", "/api/v1/message/latest", web, 403],
    ["GET", "/api/v1/message/latest/raw", web, 403],
    ["GET", "/api/v1/message/latest/part/1", web, 403],
    ["GET", "/api/v1/wait?timeout=0", web, 403],
    ["GET", "/api/v1/info", {}, 401],
    ["GET", "/view/latest.html", {}, 401],
    ["PUT", "/api/v1/messages", desk, 403],
    ["DELETE", "/api/v1/messages", desk, 403],
    ["DELETE", "/api/v1/messages", ops, 200],
    ["GET", "/api/mail/templates", web, 200],
    ["GET", "/api/mail/templates", desk, 403],
    ["POST", "/api/mail/templates/notice/render", web, 200],
    ["POST", "/api/mail/templates/notice/render", desk, 403],
    ["DELETE", "/api/v1/search?query=x", desk, 403],
    ["GET", "/livez", {}, 200],
    ["GET", "/readyz", {}, 200],
    ["GET", "/health/live", {}, 200],
    ["GET", "/openapi.json", {}, 200],
    ["GET", "/docs", {}, 200],
    ["GET", "/", {}, 302],
    ["POST", "/api/mail/send", {}, 401],
    ["GET", "/api/v1/messages", {}, 401],
    ["DELETE", "/api/v1/messages", {}, 401],
    ["POST", "/api/mail/send", { authorization: "Bearer wrong" }, 401],
    ["POST", "/api/mail/send", { authorization: "Basic d2ViOng=" }, 401],
    ["POST", "/api/mail/send?api_key=secret-of-operations", {}, 401],
    ["POST", "/api/mail/send", { "x-api-key": "secret-of-operations" }, 401],
  ])("%s %s of %j is %i", async (method, path, headers, status) => {
    const body = method === "POST" ? "{}" : undefined;
    const answer = await mesh.ask(method, path, {
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    expect(answer.status).toBe(status);
    expect(answer.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
    expect(answer.body).not.toContain("secret-of");
    if (status > 400) expect(mesh.calls).toEqual([]);
  });

  it("hands the key's name on as the scope of its idempotency keys", async () => {
    await mesh.send({}, { ...ops, "meshmail-scope": "web" });
    expect(mesh.calls).toMatchObject([{ action: "mail.send", headers: { "meshmail-scope": "ops" } }]);
  });

  it("serves any Host: a page that came by DNS rebinding has no key", async () => {
    expect(await mesh.send({}, { ...web, host: "mail.example.com" })).toMatchObject({ status: 200 });
  });

  it("asks for the key before a byte of the body has come", async () => {
    const socket = connect(mesh.gateway.settings.port, "127.0.0.1");
    socket.write(
      `POST /api/mail/send HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 20000000\r\n\r\n`,
    );
    const [said] = (await once(socket, "data")) as [Buffer];
    expect(said.toString()).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
  });

  it("reads and drops what an unknown client sends, so that it sees the answer", async () => {
    const body = JSON.stringify({ text: "x".repeat(20_000_000) });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => mesh.ask("POST", "/api/mail/send", { body })),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  });

  it("shows no key to the mesh", () => {
    const services = mesh.broker.registry.getServiceList({ withActions: true, withEvents: true });
    expect(JSON.stringify(services)).not.toContain("secret-of");
  });

  it("has no action of this node for those who know its name", async () => {
    const names = mesh.broker.registry.getActionList({}).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["$node.list", "mail.get", "sandbox.clear"]));
    const routes = /^\/api\/mail\/(send|verify|providers|stats|probe|templates)$/;
    const paths = [...names, "api.listAliases", "gateway.listAliases", "gateway.addRoute", "api.rest"]
      .flatMap((name) => [name, name.replaceAll(".", "/"), name.replace("$", "~").replaceAll(".", "/")])
      .flatMap((name) => [`/${name}`, `/api/${name}`, `/api/v1/${name}`])
      .filter((path) => !routes.test(path));
    for (const path of new Set(paths)) {
      for (const method of ["GET", "POST"]) {
        const { status } = await mesh.ask(method, path, { headers: ops });
        expect({ method, path, status }).toEqual({ method, path, status: 404 });
      }
    }
    expect(mesh.calls).toEqual([]);
  });

  it("adds no action to the mesh", () => {
    const names = mesh.broker.registry.getActionList({}).map(({ name }) => name);
    expect(names.filter((name) => /^(gateway|api)\./.test(name))).toEqual([]);
    expect(sandbox.name).toBe("sandbox");
  });
});

describe("a gateway's rate limits", () => {
  const mesh = new Mesh({ GATEWAY_API_KEYS: KEYS, GATEWAY_RATE_LIMIT: "70" }, { sandbox: true });
  mesh.broker.createService(createSandboxService({ port: 0 }));
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());
  beforeEach(() => {
    mesh.calls.length = 0;
  });

  async function statuses(
    times: number,
    asking: (index: number) => ReturnType<Mesh["ask"]>,
  ): Promise<object> {
    const counts: Record<number, number> = {};
    for (let index = 0; index < times; index++) {
      const { status } = await asking(index);
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  }

  it("refuse a key what is beyond its minute, before the body, and say when to come again", async () => {
    expect(await statuses(72, () => mesh.send({}, web))).toEqual({ 200: 70, 429: 2 });
    expect(mesh.calls).toHaveLength(70);
    const { status, headers, json } = await mesh.ask("POST", "/api/mail/send", { headers: web, body: "{" });
    expect(status).toBe(429);
    expect(json).toMatchObject({ type: "HTTP_RATE_LIMITED", retryAfter: expect.any(Number) });
    expect(Number(headers["retry-after"])).toBe(json?.["retryAfter"]);
    expect(json?.["retryAfter"]).toBeGreaterThan(50);
  });

  it("count who has no valid key by address, whatever X-Forwarded-For and the key say", async () => {
    const guess = (index: number) =>
      mesh.send({}, { "x-forwarded-for": `192.0.2.${index}`, authorization: `Bearer guess-${index}` });
    expect(await statuses(65, guess)).toEqual({ 401: 60, 429: 5 });
    expect(await mesh.ask("GET", "/api/v1/messages")).toMatchObject({ status: 429 });
    expect(mesh.calls).toEqual([]);
    expect(await mesh.ask("GET", "/api/mail/stats", { from: "127.0.0.2" })).toMatchObject({ status: 401 });
    expect(await mesh.send({}, ops)).toMatchObject({ status: 200 });
  });

  it("do not hold for who waits for a letter in the sandbox, nor for what asks for no key", async () => {
    expect(await statuses(80, () => mesh.ask("GET", "/api/v1/messages", { headers: desk }))).toEqual({
      200: 80,
    });
    expect(await statuses(80, () => mesh.ask("GET", "/health/live"))).toEqual({ 200: 80 });
    expect(await mesh.ask("GET", "/api/mail/stats", { headers: desk })).toMatchObject({ status: 200 });
  });
});

describe("a gateway behind one proxy", () => {
  const mesh = new Mesh({ GATEWAY_API_KEYS: KEYS, GATEWAY_TRUST_PROXY: "1" });
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());

  it("counts by the address that the proxy wrote, and not by those before it", async () => {
    for (let index = 0; index < 60; index++) {
      await mesh.send({}, { "x-forwarded-for": `192.0.2.${index}, 203.0.113.5` });
    }
    expect(await mesh.send({}, { "x-forwarded-for": "198.51.100.1, 203.0.113.5" })).toMatchObject({
      status: 429,
    });
    expect(await mesh.send({}, { "x-forwarded-for": "203.0.113.5, 198.51.100.1" })).toMatchObject({
      status: 401,
    });
  });

  it("serves without keys those on this machine only, behind the proxy too", async () => {
    const open = new Mesh({ GATEWAY_TRUST_PROXY: "1" });
    await open.broker.start();
    expect(await open.send({}, { "x-forwarded-for": "203.0.113.5" })).toMatchObject({ status: 403 });
    expect(await open.send({}, { "x-forwarded-for": "127.0.0.1" })).toMatchObject({ status: 200 });
    await open.broker.stop();
  });
});

describe("a gateway that pages of other origins may call", () => {
  const origin = "https://app.example.com";
  const mesh = new Mesh({ GATEWAY_API_KEYS: KEYS, GATEWAY_CORS: `${origin}, http://localhost:5173` });
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());
  const corsOf = (headers: Record<string, string | undefined>) =>
    Object.keys(headers).filter((name) => name.startsWith("access-control"));

  it("lets them read every answer, problems too", async () => {
    for (const answer of [await mesh.send({}, { ...web, origin }), await mesh.send({}, { origin })]) {
      expect(answer.headers).toMatchObject({ "access-control-allow-origin": origin, vary: "Origin" });
      expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
    }
  });

  it("answers their preflight without a key, and calls nothing", async () => {
    const headers = { origin, "access-control-request-method": "POST" };
    const answer = await mesh.ask("OPTIONS", "/api/mail/send", { headers });
    expect(answer).toMatchObject({ status: 204, body: "" });
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": expect.stringContaining("Idempotency-Key"),
    });
  });

  it.each([
    "https://app.example.co",
    "https://app.example.com.evil.example",
    "http://app.example.com",
    "null",
  ])("shows nothing to pages of %s", async (stranger) => {
    const preflight = { origin: stranger, "access-control-request-method": "POST" };
    const answers = [
      await mesh.send({}, { ...web, origin: stranger }),
      await mesh.ask("OPTIONS", "/api/mail/send", { headers: preflight }),
    ];
    for (const { headers } of answers) {
      expect(corsOf(headers)).toEqual([]);
      expect(headers["vary"]).toBe("Origin");
    }
  });

  it("serves them without keys too, where a browser says cross-site", async () => {
    const open = new Mesh({ GATEWAY_CORS: origin });
    await open.broker.start();
    const cross = { "sec-fetch-site": "cross-site" };
    expect(await open.send({}, { ...cross, origin })).toMatchObject({ status: 200 });
    expect(await open.send({}, { ...cross, origin: "https://evil.example" })).toMatchObject({ status: 403 });
    await open.broker.stop();
  });
});

describe("readiness", () => {
  const mesh = new Mesh();
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());
  const stats = { outbox: { durable: true }, transports: [{ name: "primary", state: "up" }] };

  it("is told without a key, from what a mail node says of itself", async () => {
    mesh.reply = () => stats;
    expect(await mesh.ask("GET", "/health/ready")).toMatchObject({ status: 200, json: { status: "ok" } });
  });

  it("is 503 with the reason, and when to ask again", async () => {
    mesh.reply = () => ({
      ...stats,
      transports: [{ name: "primary", state: "held", problem: { type: "SMTP_AUTH_FAILED" } }],
    });
    const { status, headers, json } = await mesh.ask("GET", "/health/ready");
    expect(status).toBe(503);
    expect(headers["retry-after"]).toBe("5");
    expect(json).toMatchObject({
      type: "HTTP_UNAVAILABLE",
      detail: "Not ready. The SMTP server primary is held: SMTP_AUTH_FAILED.",
      reasons: [{ check: "transports", type: "SMTP_AUTH_FAILED" }],
    });
  });
});

describe("a gateway whose mesh has no mail node", () => {
  const mesh = new Mesh({}, { mail: false });
  beforeAll(() => mesh.broker.start());
  afterAll(() => mesh.broker.stop());

  it("lives, and says that the service is missing", async () => {
    expect(await mesh.ask("GET", "/health/live")).toMatchObject({ status: 200 });
    const { status, json } = await mesh.send({});
    expect(status).toBe(503);
    expect(json).toMatchObject({
      type: "HTTP_UNAVAILABLE",
      detail: "No node of the mesh offers this at the moment.",
      retryAfter: 5,
    });
    expect(await mesh.ask("GET", "/health/ready")).toMatchObject({
      status: 503,
      json: { reasons: [{ check: "mail", type: "MAIL_UNAVAILABLE" }] },
    });
  });
});

describe("a gateway on a node of its own, over NATS", () => {
  let nats: NatsServer;
  let mesh: Mesh;
  let mail: ServiceBroker;

  beforeAll(async () => {
    nats = await startNats({ maxPayload: 64 * 1024 });
    mesh = new Mesh({ GATEWAY_API_KEYS: KEYS }, { mail: false, transporter: nats.url });
    mail = new ServiceBroker({ nodeID: "mail-node", logger: false, transporter: nats.url as never });
    mail.createService({
      name: "mail",
      actions: {
        send: ({ params, headers }: Context<{ fail?: boolean }>) => {
          const error = new MailError("MAIL_OUTBOX_FULL", "The outbox is full.", { remedy: "Wait." });
          if (params.fail) throw toMoleculerError(error);
          return { status: "sent", headers };
        },
      },
    });
    await Promise.all([mesh.broker.start(), mail.start()]);
    await mesh.broker.waitForServices("mail");
  });
  afterAll(async () => {
    await Promise.all([mesh.broker.stop(), mail.stop()]);
    await nats.stop();
  });

  it("hands on the scope, and the error with its type and remedy", async () => {
    expect(await mesh.send({}, web)).toMatchObject({
      status: 200,
      json: { headers: { "meshmail-scope": "web" } },
    });
    expect(await mesh.send({ fail: true }, web)).toMatchObject({
      status: 429,
      json: { type: "MAIL_OUTBOX_FULL", detail: "The outbox is full.", remedy: "Wait." },
    });
  });

  it("tells a message that is too large for the broker as what it is", async () => {
    const { status, json } = await mesh.send({ text: "x".repeat(100_000) }, web);
    expect(status).toBe(413);
    expect(json).toMatchObject({ type: "MAIL_TOO_LARGE", detail: expect.stringContaining("max_payload") });
  });
});

describe("the gateway's start and stop", () => {
  let broker: ServiceBroker | undefined;
  afterEach(() => broker?.stop());

  it("does not start on another address without keys, even if the settings were made by hand", async () => {
    const { gateway, mail } = loadConfig(environmentOf({ GATEWAY_PORT: "0" }));
    broker = quietBroker([]);
    broker.createService(
      createGatewayService({ config: { gateway: { ...gateway, host: "0.0.0.0" }, mail } }),
    );
    await expect(broker.start()).rejects.toThrow(
      "The gateway needs GATEWAY_API_KEYS to listen on 0.0.0.0, or GATEWAY_HOST=127.0.0.1.",
    );
  });

  it("tells a taken port in one sentence", async () => {
    const mesh = new Mesh();
    await mesh.broker.start();
    const port = String(mesh.gateway.settings.port);
    broker = new Mesh({ GATEWAY_PORT: port }).broker;
    await expect(broker.start()).rejects.toThrow(
      /^The gateway cannot listen on 127\.0\.0\.1:\d+: another program /,
    );
    await mesh.broker.stop();
  });

  it("may be stopped twice, and is gone then", async () => {
    const mesh = new Mesh();
    await mesh.broker.start();
    await Promise.all([mesh.broker.stop(), mesh.broker.stop()]);
    await expect(mesh.ask("GET", "/health/live")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("is a plain service schema that reads nothing before it is created", () => {
    expect(gatewayService).toMatchObject({ name: "gateway", settings: { routes: null } });
  });
});
