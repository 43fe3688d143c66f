/** Facts about what of a node can be reached over HTTP: its routes, in their own methods, written in one way. */
import { METHODS } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { environmentOf } from "../../../lib/config/environment.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { mailRoutes } from "../../../lib/http/mail-routes.ts";
import { operatingRoutes } from "../../../lib/http/operating-routes.ts";
import { createMailService } from "../../../services/mail.service.ts";
import { ask, exchange } from "../../support/http-client.ts";
import {
  bearer,
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  KEYS,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode({ env: { GATEWAY_API_KEYS: KEYS } });
});
afterAll(async () => {
  await expectUnharmed(node);
  expect(node.smtp.messages).toEqual([]);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

// by a name from outside: some of what is asked for needs no key on the machine itself
const json = { "content-type": "application/json", host: "mail.example.com" };
const routes = [...mailRoutes, ...operatingRoutes].map((route) => ({
  ...route,
  path: route.path.replaceAll(/:\w+/g, "m1"),
}));
const paths = [...new Set(routes.map(({ path }) => path))];

describe("a key", () => {
  it.each([
    ["none", {}],
    ["an empty one", { authorization: "Bearer " }],
    ["an unknown one", { authorization: "Bearer nobody-knows-it" }],
    ["the beginning of one", { authorization: bearer("ops").authorization.slice(0, -1) }],
    ["one with a letter more", { authorization: `${bearer("ops").authorization}x` }],
    ["one in the other case", { authorization: bearer("ops").authorization.replace("canary", "CANARY") }],
    ["two in one line", { authorization: `${bearer("ops").authorization}, Bearer x` }],
    ["one as a password", { authorization: `Basic ${Buffer.from("ops:x").toString("base64")}` }],
    ["one in a cookie", { cookie: `authorization=${bearer("ops").authorization}` }],
    ["one for the proxy", { "proxy-authorization": bearer("ops").authorization }],
  ])("is needed by every route with a scope: %s is 401", async (_what, headers) => {
    for (const { method, path, scope } of routes.filter((route) => route.scope !== undefined)) {
      const body = method === "POST" ? "{}" : undefined;
      // each from another address, for strangers may ask only so often from one
      const from = `127.0.${routes.length}.${1 + paths.indexOf(path)}`;
      const answer = await ask(node.port, method, path, { headers: { ...json, ...headers }, body, from });
      expect({ path, scope, status: answer.status }).toEqual({ path, scope, status: 401 });
      expect(answer).toMatchObject({
        headers: { "www-authenticate": "Bearer", "content-type": "application/problem+json" },
        json: { type: "HTTP_UNAUTHORIZED", requestId: answer.headers["x-request-id"] },
      });
      expectNothingInside(answer.body);
    }
  });

  it("may do what its scopes say: the others are 403", async () => {
    const keys = { web: ["send"], desk: ["read"] } as const;
    for (const [name, scopes] of Object.entries(keys)) {
      for (const { method, path, scope = "" } of routes) {
        if (scope === "" || (scopes as readonly string[]).includes(scope)) continue;
        const answer = await ask(node.port, method, path, { headers: { ...json, ...bearer(name as "web") } });
        expect({ name, path, status: answer.status }).toEqual({ name, path, status: 403 });
        expect(answer.json).toMatchObject({ type: "HTTP_FORBIDDEN", detail: expect.stringContaining(name) });
        expectNothingInside(answer.body);
      }
    }
  });
});

describe("a method", () => {
  it("that a path does not take is 405 and hears which it takes, whatever method it is", async () => {
    for (const path of paths) {
      const own = routes.filter((route) => route.path === path).map(({ method }) => method as string);
      const allowed = own.includes("GET") ? [...own, "HEAD"] : own;
      for (const method of METHODS.filter((name) => ![...allowed, "OPTIONS", "CONNECT"].includes(name))) {
        const headers = { ...bearer("ops"), "x-http-method-override": own[0], "x-http-method": own[0] };
        const answer = await ask(node.port, method, `${path}?_method=${own[0]}`, { headers });
        expect({ method, path, status: answer.status }).toEqual({ method, path, status: 405 });
        expect(answer.headers["allow"]?.split(", ").toSorted()).toEqual(allowed.toSorted());
      }
    }
  });

  it.each(["get", "Post", "BREW", "GET\t", " GET", "G\0ET"])(
    "%j is 400: there is none of this name",
    async (method) => {
      const answers = await exchange(node.port, `${method} /health/live HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(answers.map(({ status }) => status)).toEqual([400]);
    },
  );
});

describe("a path", () => {
  it("that names an action of the mesh is 404 for a key that may do everything", async () => {
    const { actions = {} } = createMailService({ config: loadConfig(environmentOf({})) });
    const node$ = ["list", "services", "actions", "events", "health", "options", "metrics"];
    const sandbox = ["messages", "message", "source", "wait", "clear"];
    const own = ["rest", "listAliases", "addRoute", "removeRoute"];
    const names = [
      ...Object.keys(actions).map((name) => `mail.${name}`),
      ...node$.map((name) => `$node.${name}`),
      ...sandbox.map((name) => `sandbox.${name}`),
      ...own.flatMap((name) => [`gateway.${name}`, `api.${name}`]),
    ];
    expect(names).toContain("mail.get");
    const forms = names.flatMap((name) => [
      name,
      name.replaceAll(".", "/"),
      name.replace("$", "~").replaceAll(".", "/"),
      name.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    ]);
    const all = forms.flatMap((form) => [`/${form}`, `/api/${form}`, `/all/${form}`]);
    for (const path of new Set(all.filter((name) => !paths.includes(name)))) {
      for (const method of ["GET", "POST"]) {
        const { status } = await ask(node.port, method, path, { headers: { ...json, ...bearer("ops") } });
        expect({ method, path, status }).toEqual({ method, path, status: 404 });
      }
    }
  });

  it.each([
    ["*", 404],
    ["//", 405], // a slash at the end is allowed, and so it is the page at /
    ["//api/mail/send", 404],
    ["/api//mail/send", 404],
    ["/api/mail/send/../../", 404],
    ["/api/mail/x/../send", 404],
    ["/api/./mail/send", 404],
    ["/%2e%2e/api/mail/send", 404],
    ["/api/mail/..%2fmail%2fsend", 404],
    ["/api%2fmail%2fsend", 404],
    ["/api/mail/%73end", 404],
    ["/api/mail/send;jsessionid=1", 404],
    ["/api/mail/send%00", 404],
    ["/api/mail/send%20", 404],
    ["/api/mail/send#", 404],
    ["/api/mail\\send", 404],
    ["/api/mail/Send", 404],
    ["/%E0%A4%A", 404],
    ["/api/mail/messages/%E0%A4%A/retry", 404],
    ["/api/mail/messages/..%2f..%2f..%2fetc%2fpasswd/cancel", 404],
    ["http://127.0.0.1/api/mail/send", 404],
    ["http://evil.example/api/mail/send", 404],
    ["api/mail/send", 400],
    ["/api/mail/send\0", 400],
    ["/api/mail/send\u001b[31m", 400],
    ["/api/mail/send HTTP/1.1 x", 400],
    ["/\u00e9", 400],
    ["", 400],
  ])("%j is no other way of writing one of ours", async (path, status) => {
    const answers = await post(path);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    for (const { body } of answers) expectNothingInside(body);
  });

  it("of 8 KB is 404, and its beginning is enough for the log", async () => {
    expect(await post(`/${"x".repeat(8192)}`)).toMatchObject([{ status: 404 }]);
    expect(node.program.output).not.toContain("x".repeat(250));
  });
});

/** A letter that would be sent, to whatever path. */
function post(path: string) {
  const letter = JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works." });
  const request = [
    `POST ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    `Authorization: ${bearer("ops").authorization}`,
    "Content-Type: application/json",
    `Content-Length: ${letter.length}`,
    "Connection: close",
    "",
    letter,
  ];
  return exchange(node.port, Buffer.from(request.join("\r\n"), "latin1"));
}
