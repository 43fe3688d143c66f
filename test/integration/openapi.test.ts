/** Facts about the description of the API and a real node: its examples work, and real answers are what it describes. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Example } from "../../lib/http/openapi/operation.ts";
import { EXAMPLE_REQUEST } from "../../lib/http/openapi/problems.ts";
import type { Route } from "../../lib/http/route.ts";
import { type GatewayNode, startGatewayNode } from "../support/gateway-node.ts";
import { type Described, describedRoutes, judgeOf } from "../support/openapi.ts";
import { closeEverything } from "../support/open.ts";
import { freePort } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { startSmtpServer } from "../support/smtp-server.ts";
import { plainTransportTo, transportTo } from "../support/transport.ts";

let node: GatewayNode;
let document: Described;

beforeAll(async () => {
  const full = await startSmtpServer();
  const nobody = plainTransportTo({ port: await freePort() }, { name: "fallback2" });
  node = await startGatewayNode([transportTo(full, { name: "fallback1" }), nobody], {
    MAIL_PROBE: "on",
    MAIL_OUTBOX: `sqlite:${join(scratchFolder(), "mail.db")}`,
    MAIL_BRAND_NAME: "Shop",
  });
  document = (await (await fetch(`${node.url}/openapi.json`)).json()) as Described;
}, 30_000);

afterAll(async () => {
  await closeEverything();
});

interface Answered {
  status: number;
  type: string;
  headers: Headers;
  body: unknown;
}

async function ask(
  method: string,
  path: string,
  {
    headers = {},
    body,
    at = node,
  }: { headers?: Record<string, string>; body?: object; at?: GatewayNode } = {},
): Promise<Answered> {
  const response = await fetch(at.url + path, {
    method,
    headers: { ...(body && { "Content-Type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
  return { status: response.status, type, headers: response.headers, body: await response.json() };
}

/** What is wrong with an answer, by the description of its route: nothing may be in it that is not described. */
function faultsOf(method: string, path: string, { status, type, body }: Answered): string[] {
  const operation = document.paths[path]?.[method.toLowerCase()];
  const schema = operation?.responses[String(status)]?.content[type]?.schema;
  if (!schema) return [`${method} ${path} is not described with ${status} ${type}`];
  return judgeOf(document, schema, { closed: true })(body);
}

const described = (path: string) => path.replace(/:(\w+)/g, "{$1}");

async function send(changes: object, at = node): Promise<Answered> {
  return ask("POST", "/api/mail/send", {
    body: { to: "ann@example.com", subject: "Hello", text: "It works.", ...changes },
    at,
  });
}

const idOf = ({ body }: Answered) => (body as { id: string }).id;

describe("the examples", () => {
  const rows = describedRoutes.flatMap((route) =>
    Object.entries(route.operation?.examples ?? {}).map(
      ([name, example]): [string, string, string, Route, Example] => [
        route.method,
        route.path,
        name,
        route,
        example,
      ],
    ),
  );

  /** Only what cannot be known before: the id of a message, and the port of the sandbox. */
  async function requestOf({ path }: Route, example: Example) {
    const named = { ...example.path };
    if (named["id"] !== undefined) named["id"] = idOf(await send({ to: "defer@example.com" }));
    const query = new URLSearchParams(
      JSON.parse(JSON.stringify(example.query ?? {})) as Record<string, string>,
    );
    const text = JSON.stringify(example.body ?? {}).replace(
      "127.0.0.1:1025",
      `127.0.0.1:${node.sandbox.smtp.port}`,
    );
    return {
      path:
        path.replace(/:(\w+)/g, (_, name: string) => named[name] ?? "") +
        (query.size > 0 ? `?${query.toString()}` : ""),
      body: example.body && (JSON.parse(text) as object),
      headers: example.headers ?? {},
    };
  }

  it.each(rows)("%s %s (%s) answers as it says", async (method, path, _name, route, example) => {
    if (path === "/api/mail/messages") await send({ to: "defer@example.com" });
    if (path === "/api/mail/messages") await send({ to: "defer@example.com" });
    const { path: asked, ...request } = await requestOf(route, example);
    const answer = await ask(method, asked, request);
    expect({ status: answer.status, faults: faultsOf(method, described(path), answer) }).toEqual({
      status: example.status,
      faults: [],
    });
    expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]+$/);
    if (!Array.isArray(answer.body)) {
      expect(Object.keys(answer.body as object).toSorted()).toEqual(
        Object.keys(example.answer as object).toSorted(),
      );
    }
  });

  const ofTemplates = rows.filter(([, path]) => path.startsWith("/api/mail/templates"));
  it.each(ofTemplates)(
    "%s %s (%s) is answered word for word",
    async (method, _path, _name, route, example) => {
      const { path, ...request } = await requestOf(route, example);
      const { body } = await ask(method, path, request);
      if (Array.isArray(example.answer)) return expect(body).toEqual(example.answer);
      const { html: shown = "", ...rest } = example.answer as { html?: string };
      const { html = "", requestId, ...answered } = body as { html?: string; requestId?: string };
      expect({ ...answered, ...(requestId && { requestId: EXAMPLE_REQUEST }) }).toEqual(rest);
      // what ends in … is shown so far only
      expect(html.startsWith(shown.replace(/…$/, ""))).toBe(true);
    },
  );
});

describe("real answers", () => {
  it.each<[string, object, number, string]>([
    ["sent", {}, 200, "sent"],
    ["to two, one of them refused", { to: ["ann@example.com", "bounce@example.com"] }, 200, "sent"],
    ["deferred", { to: "defer@example.com" }, 202, "deferred"],
    ["scheduled", { sendAt: Date.now() + 3_600_000, expiresAt: Date.now() + 7_200_000 }, 202, "scheduled"],
    ["queued", { wait: false, tags: ["a"], metadata: { order: "7" } }, 202, "queued"],
    ["ambiguous", { to: "drop@example.com", ambiguous: "hold" }, 202, "unknown"],
  ])("(%s) are described, and so is the record", async (_name, changes, status, state) => {
    const receipt = await send(changes);
    expect(receipt).toMatchObject({ status, body: { status: state } });
    expect(faultsOf("POST", "/api/mail/send", receipt)).toEqual([]);
    const record = await ask("GET", `/api/mail/messages/${idOf(receipt)}`);
    expect(faultsOf("GET", "/api/mail/messages/{id}", record)).toEqual([]);
  });

  it("(a message that came twice, and one that came differently) are described", async () => {
    const headers = { "Idempotency-Key": "k1" };
    const body = { to: "ann@example.com", text: "It works." };
    await ask("POST", "/api/mail/send", { headers, body });
    const again = await ask("POST", "/api/mail/send", { headers, body });
    expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(faultsOf("POST", "/api/mail/send", again)).toEqual([]);
    const other = await ask("POST", "/api/mail/send", { headers, body: { ...body, text: "Else." } });
    expect(other).toMatchObject({ status: 409, body: { type: "MAIL_IDEMPOTENCY_CONFLICT" } });
    expect(faultsOf("POST", "/api/mail/send", other)).toEqual([]);
  });

  it.each<[string, object, number]>([
    ["refused for good", { to: "bounce@example.com" }, 422],
    ["bad fields", { to: 5, subject: 7, x: 1 }, 422],
    ["too large", { text: "x".repeat(1024 * 1024 + 1) }, 413],
    ["a template that there is not", { template: "none" }, 422],
    ["a template without its data", { template: "verification", data: {} }, 422],
  ])("(%s) are described", async (_name, changes, status) => {
    const answer = await send(changes);
    expect(answer.status).toBe(status);
    expect(faultsOf("POST", "/api/mail/send", answer)).toEqual([]);
  });

  it.each([
    ["{", "application/json", 400],
    ["{}", "text/plain", 415],
  ])("(the body %s as %s) are described", async (body, type, status) => {
    const response = await fetch(`${node.url}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": type },
      body,
    });
    const problem = {
      status: response.status,
      type: "application/problem+json",
      body: await response.json(),
    };
    expect(problem.status).toBe(status);
    expect(faultsOf("POST", "/api/mail/send", { ...problem, headers: response.headers })).toEqual([]);
  });

  it("(what became of failed and canceled ones) are described", async () => {
    const refused = await send({ to: "bounce@example.com" });
    const failed = await ask("GET", `/api/mail/messages/${idOf(refused)}`);
    expect(failed).toMatchObject({ body: { status: "failed" } });
    expect(faultsOf("GET", "/api/mail/messages/{id}", failed)).toEqual([]);
    const path = "/api/mail/messages/{id}/cancel";
    const deferred = `/api/mail/messages/${idOf(await send({ to: "defer@example.com" }))}/cancel`;
    for (const [status, body] of [
      [200, { status: "canceled" }],
      [409, { type: "MAIL_NOT_CANCELABLE" }],
    ] as const) {
      const answer = await ask("POST", deferred);
      expect(answer).toMatchObject({ status, body });
      expect(faultsOf("POST", path, answer)).toEqual([]);
    }
    const canceled = deferred.replace("cancel", "retry");
    const retried = await ask("POST", canceled);
    expect(retried).toMatchObject({ status: 409, body: { type: "MAIL_NOT_RETRYABLE" } });
    expect(faultsOf("POST", "/api/mail/messages/{id}/retry", retried)).toEqual([]);
  });

  it("(a list with every kind of message, and an id that there is not) are described", async () => {
    const list = await ask("GET", "/api/mail/messages?limit=200");
    expect((list.body as { items: unknown[] }).items.length).toBeGreaterThan(10);
    expect(faultsOf("GET", "/api/mail/messages", list)).toEqual([]);
    const none = await ask("GET", "/api/mail/messages/none");
    expect(none).toMatchObject({ status: 404 });
    expect(faultsOf("GET", "/api/mail/messages/{id}", none)).toEqual([]);
    const bad = await ask("GET", "/api/mail/messages?limit=many&since=soon");
    expect(bad).toMatchObject({ status: 422 });
    expect(faultsOf("GET", "/api/mail/messages", bad)).toEqual([]);
  });

  it.each([
    ["primary", "unproven"],
    ["fallback1", "ok"],
    ["fallback2", "failed"],
  ])("(the verification of %s, %s) are described", async (transport, verdict) => {
    const report = await ask("GET", `/api/mail/verify?transport=${transport}&locale=zh`);
    expect(report).toMatchObject({ status: 200, body: { verdict } });
    expect(faultsOf("GET", "/api/mail/verify", report)).toEqual([]);
  });

  it("(every provider in both languages) are described", async () => {
    for (const locale of ["en", "zh-CN"]) {
      const answer = await ask("GET", `/api/mail/providers?locale=${locale}`);
      expect((answer.body as unknown[]).length).toBeGreaterThan(20);
      expect(faultsOf("GET", "/api/mail/providers", answer)).toEqual([]);
    }
  });

  it("(of a node whose server is away) are described", async () => {
    const lonely = await startGatewayNode();
    await lonely.sandbox.smtp.close();
    const receipt = await send({}, lonely);
    expect(receipt).toMatchObject({ status: 202, body: { problem: { type: "SMTP_CONNECTION_REFUSED" } } });
    expect(faultsOf("POST", "/api/mail/send", receipt)).toEqual([]);
    const stats = await ask("GET", "/api/mail/stats", { at: lonely });
    expect(stats).toMatchObject({ body: { transports: [{ state: "resting", problem: {} }] } });
    expect(faultsOf("GET", "/api/mail/stats", stats)).toEqual([]);
    const ready = await ask("GET", "/health/ready", { at: lonely });
    expect(ready).toMatchObject({ status: 503, body: { reasons: [{ check: "transports" }] } });
    expect(ready.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(faultsOf("GET", "/health/ready", ready)).toEqual([]);
    const off = await ask("POST", "/api/mail/probe", { body: { uri: "smtp://127.0.0.1:1" }, at: lonely });
    expect(off).toMatchObject({ status: 403, body: { type: "MAIL_PROBE_OFF" } });
    expect(faultsOf("POST", "/api/mail/probe", off)).toEqual([]);
  });

  it("(of a gateway with keys) are described", async () => {
    const keyed = await startGatewayNode([], { GATEWAY_API_KEYS: "desk:secret-of-the-desk:read" });
    for (const [headers, status] of [
      [{}, 401],
      [{ authorization: "Bearer secret-of-the-desk" }, 403],
    ] as const) {
      const answer = await ask("GET", "/api/mail/verify", { headers, at: keyed });
      expect(answer.status).toBe(status);
      expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
      expect(faultsOf("GET", "/api/mail/verify", answer)).toEqual([]);
    }
    expect((await fetch(`${keyed.url}/docs`)).status).toBe(200);
    expect(await (await fetch(`${keyed.url}/openapi.json`)).text()).not.toContain("own machine only");
  });
});

describe("a template's name in the path", () => {
  it("is its only place", async () => {
    const body = { template: "other", data: {} };
    const answer = await ask("POST", "/api/mail/templates/notice/render", { body });
    expect(answer).toMatchObject({ status: 422, body: { fields: [{ field: "template" }] } });
    const bad = await ask("POST", "/api/mail/templates/..%2fsecret/render", { body: {} });
    expect(bad).toMatchObject({ status: 422, body: { fields: [{ field: "template" }] } });
  });
});

describe("the page", () => {
  it("is where / leads to, whole, and not sent again", async () => {
    const page = await fetch(`${node.url}/`);
    expect(page.url).toBe(`${node.url}/docs`);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const bundle = await fetch(`${node.url}/docs/swagger-ui-bundle.js`);
    expect(bundle.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect((await bundle.arrayBuffer()).byteLength).toBe(Number(bundle.headers.get("content-length")));
    const headers = { "If-None-Match": bundle.headers.get("etag") ?? "" };
    const again = await fetch(`${node.url}/docs/swagger-ui-bundle.js`, { headers });
    expect({ status: again.status, text: await again.text() }).toEqual({ status: 304, text: "" });
  });
});
