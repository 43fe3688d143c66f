/** Facts about a mesh in which somebody else runs an open moleculer-web: it reaches what is for everyone, and nothing else of ours. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type BrokerOptions, type Context, type Middleware, type Service, ServiceBroker } from "moleculer";
import ApiGateway from "moleculer-web";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import brokerOptions from "../../moleculer.config.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createMailService } from "../../services/mail.service.ts";
import { createSandboxService } from "../../services/sandbox.service.ts";
import { ask, askJson } from "../support/http-client.ts";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { expectNothingOpen } from "../support/open.ts";
import { freePort } from "../support/ports.ts";

const forEveryone = [
  "mail.send",
  "mail.sendMail",
  "mail.verify",
  "mail.render",
  "mail.templates",
  "mail.providers",
];

const nodeActions = ["list", "services", "actions", "events", "health", "metrics"].map(
  (name) => `$node.${name}`,
);

let nats: NatsServer;
let ours: ServiceBroker;
let foreign: ServiceBroker;
let gateway: Service<{ port: number }>;
let foreignPort = 0;
/** The actions that ran on our node, by name */
const ran: string[] = [];

const witness: Middleware = {
  localAction: (next: (ctx: Context) => Promise<unknown>, action: { name?: string }) => (ctx: Context) => {
    ran.push(action.name ?? "");
    return next(ctx);
  },
};

/** As `npm run dev` has it, but that it joins a mesh. */
async function startOurs(): Promise<void> {
  const options = brokerOptions();
  ours = new ServiceBroker({
    ...options,
    nodeID: "ours",
    logger: false,
    transporter: nats.url,
    middlewares: [...(options.middlewares ?? []), witness],
    skipProcessEventRegistration: true,
  } as unknown as BrokerOptions);
  const smtp = await freePort();
  ours.createService(createSandboxService({ port: smtp }));
  const config = loadConfig(
    environmentOf({
      GATEWAY_PORT: "0",
      GATEWAY_API_KEYS: "web:secret-of-the-web-site",
      GATEWAY_RATE_LIMIT: "1000000",
      SMTP_URI: `smtp://127.0.0.1:${smtp}`,
      SMTP_SENDER: "shop@example.com",
      MAIL_OUTBOX: "memory",
    }),
  );
  ours.createService(createMailService({ config }));
  gateway = ours.createService(createGatewayService({ config, sandbox: true })) as typeof gateway;
  await ours.start();
}

interface StockGateway {
  server: { address(): { port: number } };
  routes: { opts: { autoAliases?: boolean } }[];
  regenerateAutoAliases(route: object): void;
}

/** As moleculer-web's own template makes it: everything by its name, and whatever names itself for REST. */
async function startForeign(): Promise<void> {
  foreign = new ServiceBroker({
    nodeID: "foreign",
    logger: false,
    transporter: nats.url,
    // so that whatever answers to `$node` is ours
    internalServices: false,
    skipProcessEventRegistration: true,
  } as unknown as BrokerOptions);
  const api = foreign.createService({
    name: "api",
    mixins: [ApiGateway],
    settings: {
      ip: "127.0.0.1",
      port: 0,
      logRequest: null,
      logResponse: null,
      routes: [
        { path: "/all", mappingPolicy: "all", whitelist: ["**"], bodyParsers: { json: true } },
        { path: "/auto", autoAliases: true, whitelist: ["**"], bodyParsers: { json: true } },
      ],
    },
  } as never) as unknown as StockGateway;
  await foreign.start();
  await foreign.waitForServices(["mail", "gateway", "sandbox", "$node"]);
  // otherwise it waits half a second for further changes
  for (const route of api.routes) if (route.opts.autoAliases) api.regenerateAutoAliases(route);
  foreignPort = api.server.address().port;
}

/** Dots, slashes, moleculer-web's `~` for `$`, and every character percent-encoded. */
function formsOf(name: string): string[] {
  const encoded = name.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return [name, name.replaceAll(".", "/"), name.replace("$", "~").replaceAll(".", "/"), encoded];
}

beforeAll(async () => {
  nats = await startNats();
  await startOurs();
  await startForeign();
});
afterAll(async () => {
  await Promise.all([foreign?.stop(), ours?.stop()]);
  await nats?.stop();
  await expectNothingOpen();
});
beforeEach(() => {
  ran.length = 0;
});

describe("a foreign gateway with open routes", () => {
  it("reaches the actions for everyone, and no other of this node", async () => {
    const names = [ours, foreign].flatMap(({ registry }) =>
      registry.getActionList({}).map(({ name }) => name),
    );
    expect(names).toEqual(expect.arrayContaining(["mail.send", "mail.get", "sandbox.clear", ...nodeActions]));
    const guesses = [
      "$node.options",
      "gateway.rest",
      "gateway.listAliases",
      "gateway.addRoute",
      "mail.outbox",
    ];
    const all = [...new Set([...names, ...guesses])].filter((name) => !name.startsWith("api."));
    const answered = new Set<string>();
    for (const name of all) {
      for (const path of formsOf(name).flatMap((form) => [`/all/${form}`, `/auto/${form}`])) {
        for (const method of ["GET", "POST"]) {
          const asking =
            method === "POST" ? askJson(foreignPort, method, path, {}) : ask(foreignPort, method, path);
          const { status } = await asking;
          if (status !== 404) answered.add(name);
        }
      }
    }
    const expected = forEveryone.filter((name) => names.includes(name)).toSorted();
    expect([...new Set(ran)].toSorted()).toEqual(expected);
    expect([...answered].toSorted()).toEqual(expected);
    expect(expected.length).toBeGreaterThanOrEqual(4);
  });

  it("sends a message for whoever asks it, as its operator wanted", async () => {
    const letter = { to: "ann@example.com", subject: "Hello", text: "It works." };
    expect(await askJson(foreignPort, "POST", "/all/mail/send", letter)).toMatchObject({
      status: 200,
      json: { status: "sent" },
    });
  });

  it("does not come into the keys' scopes, whatever its clients say", async () => {
    const letter = { to: "ann@example.com", subject: "Hello", text: "It works.", idempotencyKey: "order-1" };
    const authorization = "Bearer secret-of-the-web-site";
    expect(
      await askJson(gateway.settings.port, "POST", "/api/mail/send", letter, { authorization }),
    ).toMatchObject({ status: 200 });

    const forged = { "meshmail-scope": "web", "x-meshmail-scope": "web" };
    const other = { ...letter, text: "Another one." };
    const path = "/all/mail/send?meta[meshmail-scope]=web";
    const answer = await askJson(foreignPort, "POST", path, other, forged);
    // a parameter that is not known; not the conflict that the key `web` would have got
    expect(answer).toMatchObject({ status: 422, json: { type: "MAIL_INVALID_MESSAGE" } });
    const again = await askJson(foreignPort, "POST", "/all/mail/send", other, forged);
    expect(again).toMatchObject({ status: 200, json: { status: "sent" } });
    expect(again.json).not.toHaveProperty("duplicate");
  });
});

describe("a node of the mesh", () => {
  it.each([
    [
      "$node.list",
      expect.arrayContaining([expect.objectContaining({ id: "ours", hostname: expect.any(String) })]),
    ],
    ["$node.services", expect.arrayContaining([expect.objectContaining({ name: "mail", nodes: ["ours"] })])],
    ["$node.actions", expect.arrayContaining([expect.objectContaining({ name: "mail.get", count: 1 })])],
    ["$node.events", expect.not.arrayContaining([expect.objectContaining({ id: "ours" })])],
    ["$node.health", expect.objectContaining({ cpu: expect.any(Object), mem: expect.any(Object) })],
  ])("may ask ours for %s", async (action, answer) => {
    expect(await foreign.call(action, {}, { nodeID: "ours" })).toEqual(answer);
    expect(await ours.call(action)).toEqual(answer);
  });

  it("may ask ours for $node.metrics, which says whether there are some", async () => {
    const answer = await foreign
      .call("$node.metrics", {}, { nodeID: "ours" })
      .catch((error: unknown) => error);
    expect(Array.isArray(answer) || (answer as { type?: string }).type === "METRICS_DISABLED").toBe(true);
    expect(ran).toEqual(["$node.metrics"]);
  });

  it.each([
    ["$node.options", "the transporter's password"],
    ["gateway.rest", "a request that never came over HTTP"],
    ["gateway.addRoute", "routes of others"],
    ["gateway.removeRoute", "routes of others"],
    ["gateway.listAliases", "the routes"],
  ])("cannot call %s: there is nothing for %s", async (action) => {
    for (const broker of [foreign, ours]) {
      await expect(broker.call(action, {}, { nodeID: "ours" })).rejects.toMatchObject({
        type: "SERVICE_NOT_FOUND",
      });
    }
    expect(ran).toEqual([]);
  });

  it("gains nothing by what it says about itself", async () => {
    const meta = {
      user: { id: 1, roles: ["admin"] },
      isAdmin: true,
      $statusCode: 418,
      $responseHeaders: { "x-evil": "1" },
      "meshmail-scope": "web",
      idempotencyKey: "from-meta",
    };
    const options = { nodeID: "ours", meta, caller: "gateway.rest" };
    await expect(foreign.call("mail.probe", { uri: "smtp://127.0.0.1:1" }, options)).rejects.toMatchObject({
      type: "MAIL_PROBE_OFF",
    });
    const letter = { to: "ann@example.com", subject: "Hello", text: "It works." };
    const first = await foreign.call<{ id: string }, object>("mail.send", letter, options);
    const second = await foreign.call<{ id: string }, object>("mail.send", letter, options);
    expect(second.id).not.toBe(first.id);
    const seen = JSON.stringify(await foreign.call("mail.get", { id: first.id }));
    expect(seen).not.toMatch(/admin|from-meta|x-evil/);
  });
});
