/** Facts about GET /metrics: what real traffic over two nodes, a real NATS server and scripted SMTP servers leaves in it. */
import { execFileSync } from "node:child_process";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { type Service, ServiceBroker, type ServiceSchema } from "moleculer";
import type { TransportConfig } from "../../lib/config/config.ts";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createMailService } from "../../services/mail.service.ts";
import { askUntil } from "../support/ask-until.ts";
import { configFor } from "../support/config.ts";
import { fetchProgram, findProgram, promtool } from "../support/debian-program.ts";
import { readSamples, sampleOf } from "../support/exposition.ts";
import { ask as askHttp, type Question } from "../support/http-client.ts";
import { startNats } from "../support/nats-server.ts";
import { closeEverything, expectNothingOpen, opened } from "../support/open.ts";
import { freePort } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { type SmtpServerOptions, startSmtpServer } from "../support/smtp-server.ts";
import { plainTransportTo, transportTo } from "../support/transport.ts";

afterEach(closeEverything);
afterAll(expectNothingOpen);

const KEYS = "web:secret-of-the-web-site:send, watch:secret-of-the-watch:read";
const HOUR = 3_600_000;

async function startBroker(nodeID: string, service: ServiceSchema, options: object) {
  const transit = { serviceChangedDebounceTime: 10 };
  const broker = new ServiceBroker({ nodeID, logger: false, transit, ...options } as never);
  const created = broker.createService(service);
  await broker.start();
  const stopped = opened(nodeID, async () => {
    await broker.stop();
    stopped();
  });
  return { broker, service: created };
}

const heard = (broker: ServiceBroker, event: string): Promise<unknown> =>
  new Promise((resolve) => broker.localBus.once(event, resolve));

/** A gateway on one node, and mail nodes as they are started: all at once, for each waits half a second for the others. */
async function mesh(more: object = {}) {
  const nats = await startNats();
  const options = { transporter: nats.url, ...more };
  const settings = loadConfig(environmentOf({ GATEWAY_PORT: "0", GATEWAY_API_KEYS: KEYS }));
  const starting = startBroker("gateway-1", createGatewayService({ config: settings }), options);
  const ask = async (path: string, headers: Question["headers"] = {}, method = "GET", body?: string) => {
    const { port } = ((await starting).service as unknown as Service<{ port: number }>).settings;
    return askHttp(port, method, path, { headers, body });
  };
  const start = async (nodeID: string, service: ServiceSchema): Promise<ServiceBroker> => {
    const [gateway, node] = await Promise.all([starting, startBroker(nodeID, service, options)]);
    const isKnown = () =>
      gateway.broker.registry
        .getServiceList({ onlyAvailable: true })
        .some((known) => known.name === service.name && known.nodeID === nodeID);
    while (!isKnown()) await heard(gateway.broker, "$services.changed");
    return node.broker;
  };
  return {
    /** Resolves once the gateway's node has this to tell */
    async hears(event: string): Promise<void> {
      await heard((await starting).broker, event);
    },
    ask,
    start,
    async scrape(): Promise<string> {
      const answer = await ask("/metrics");
      expect(answer.status).toBe(200);
      return answer.body;
    },
    /** A mail node that sends by these transports. */
    mail(transports: TransportConfig[], env: Record<string, string> = {}, nodeID = "mail-1") {
      const config = configFor(transports, { MAIL_RETRY_SCHEDULE: "1h", ...env });
      return start(nodeID, createMailService({ config }));
    },
  };
}

const plain = (options: SmtpServerOptions = {}) => startSmtpServer({ tls: "none", auth: "none", ...options });

const send = (node: ServiceBroker, message: object = {}) =>
  node.call<{ id: string; status: string }, object>("mail.send", {
    to: "ann@example.com",
    subject: "Hello",
    text: "It works.",
    ...message,
  });

const outcomes = "meshmail_recipient_outcomes_total";
const rcpt = ({ argument }: { argument: string }): string | undefined => {
  if (argument.includes("nobody")) return "550 5.1.1 No such user";
  return argument.includes("later") ? "451 4.2.1 Later" : undefined;
};

describe("the metrics of a mail node, asked for at the gateway of another one,", () => {
  it("count what attempts made of each recipient, by transport, status and type", async () => {
    const { mail, scrape } = await mesh();
    const node = await mail([plainTransportTo(await plain({ script: { rcpt } }))]);
    await send(node, { to: "ann@example.com, bob@example.com, nobody@example.com, later@example.com" });
    await send(node, { to: "nobody@example.com" }).catch(() => {});

    const found = await scrape();
    const primary = { node: "mail-1", transport: "primary" };
    const of = (status: string, type: string) => sampleOf(found, outcomes, { ...primary, status, type });
    expect(of("sent", "")).toBe(2);
    expect(of("failed", "SMTP_RECIPIENT_REJECTED")).toBe(2);
    expect(of("deferred", "SMTP_RECIPIENT_DEFERRED")).toBe(1);
    expect(readSamples(found).filter(({ name }) => name === outcomes)).toHaveLength(3);
    expect(sampleOf(found, "meshmail_messages_accepted_total")).toBe(2);
    expect(sampleOf(found, "meshmail_messages_ended_total", { status: "failed" })).toBe(1);
    expect(sampleOf(found, "meshmail_messages_ended_total", { status: "sent" })).toBe(0);
    expect(sampleOf(found, "meshmail_accept_duration_seconds_count")).toBe(2);
    expect(sampleOf(found, "meshmail_attempt_duration_seconds_count", primary)).toBe(2);
    expect(sampleOf(found, "meshmail_delivery_delay_seconds_count", { priority: "normal" })).toBe(2);
  });

  it("show what waits, and since when, at the moment when they are asked for", async () => {
    const { mail, scrape } = await mesh();
    const node = await mail([plainTransportTo(await plain({ script: { rcpt } }))]);
    const queue = async () => {
      const found = await scrape();
      const waiting = (status: string) => sampleOf(found, "meshmail_queue_messages", { status });
      const age = sampleOf(found, "meshmail_queue_oldest_age_seconds");
      return { deferred: waiting("deferred"), scheduled: waiting("scheduled"), age };
    };
    expect(await queue()).toEqual({ deferred: 0, scheduled: 0, age: 0 });

    const before = Date.now();
    const { id } = await send(node, { to: "later@example.com" });
    await send(node, { sendAt: Date.now() + HOUR });
    const found = await queue();
    expect(found).toMatchObject({ deferred: 1, scheduled: 1 });
    expect(found.age).toBeGreaterThan(0);
    expect(found.age).toBeLessThanOrEqual((Date.now() - before) / 1000);

    await node.call<unknown, object>("mail.cancel", { id });
    expect(await queue()).toEqual({ deferred: 0, scheduled: 1, age: 0 });
    expect(sampleOf(await scrape(), "meshmail_messages_ended_total", { status: "canceled" })).toBe(1);
    expect(sampleOf(await scrape(), "meshmail_queue_limit_messages")).toBe(1_000_000);
    expect(sampleOf(await scrape(), "meshmail_outbox_up", { node: "mail-1" })).toBe(1);
  });

  it("show the state of each server: one down, one that refuses the settings, one up", async () => {
    const { mail, scrape } = await mesh();
    const refusing = await startSmtpServer({ auth: { users: {} } });
    const node = await mail([
      plainTransportTo({ port: await freePort() }),
      transportTo(refusing, { name: "fallback1" }),
      plainTransportTo(await plain(), { name: "fallback2" }),
    ]);
    expect(await send(node)).toMatchObject({ status: "sent" });
    const found = await scrape();
    const states = readSamples(found).filter(({ name }) => name === "meshmail_transport_state");
    expect(states).toHaveLength(9);
    const set = states.filter(({ value }) => value === 1).map(({ labels }) => labels);
    expect(set.map(({ transport, state }) => [transport, state])).toEqual([
      ["primary", "resting"],
      ["fallback1", "held"],
      ["fallback2", "up"],
    ]);
    const deferred = { transport: "primary", status: "deferred", type: "SMTP_CONNECTION_REFUSED" };
    expect(sampleOf(found, outcomes, deferred)).toBe(1);
    const held = { transport: "fallback1", status: "deferred", type: "SMTP_AUTH_FAILED" };
    expect(sampleOf(found, outcomes, held)).toBe(1);
    expect(sampleOf(found, outcomes, { transport: "fallback2", status: "sent", type: "" })).toBe(1);
  });

  it("begin at zero after a restart, but for what waits in the outbox, and for the delay of what waited there", async () => {
    const { mail, scrape } = await mesh();
    const later = { dot: ({ total }: { total: number }) => (total === 1 ? "451 4.3.0 Later" : undefined) };
    const server = await plain({ script: later });
    const env = { MAIL_OUTBOX: `sqlite:${scratchFolder()}/outbox.db` };
    const first = await mail([plainTransportTo(server)], env);
    const { id } = await send(first);
    await first.stop();

    const restartedAt = Date.now();
    const second = await mail([plainTransportTo(server)], env);
    const before = await scrape();
    expect(sampleOf(before, "meshmail_queue_messages", { status: "deferred" })).toBe(1);
    expect(sampleOf(before, "meshmail_messages_accepted_total")).toBe(0);
    expect(sampleOf(before, outcomes)).toBe(0);

    await second.call<unknown, object>("mail.retry", { id });
    await askUntil(
      () => second.call<{ status: string }, object>("mail.get", { id }),
      ({ status }) => status === "sent",
    );
    const after = await scrape();
    expect(sampleOf(after, "meshmail_queue_messages", { status: "deferred" })).toBe(0);
    expect(sampleOf(after, outcomes)).toBe(1);
    const { createdAt } = await second.call<{ createdAt: string }, object>("mail.get", { id });
    const delay = sampleOf(after, "meshmail_delivery_delay_seconds_sum") ?? 0;
    expect(delay).toBeGreaterThan((restartedAt - Date.parse(createdAt)) / 1000);
  });

  it("tell of an outbox that cannot say how it is that it does not work, and nothing of what waits in it", async () => {
    const { mail, scrape } = await mesh();
    const node = await mail([plainTransportTo(await plain())]);
    const service = node.getLocalService("mail") as unknown as { outbox: { stats(): Promise<unknown> } };
    expect(sampleOf(await scrape(), "meshmail_outbox_up")).toBe(1);
    service.outbox.stats = () => Promise.reject(new Error("no disk"));
    const found = await scrape();
    expect(sampleOf(found, "meshmail_outbox_up")).toBe(0);
    const gauges = /^meshmail_(queue|transport)/;
    expect(readSamples(found).filter(({ name }) => gauges.test(name))).toEqual([]);
  });

  it("hold nothing that a message says, and a thousand recipients make no more series than one", async () => {
    const { mail, ask, scrape } = await mesh();
    const server = await plain({
      script: { rcpt: "451 4.2.1 canary-reply", dot: "250 canary-reply" },
    });
    const taking = await plain({ script: { dot: "250 canary-reply" } });
    const [node, other] = await Promise.all([
      mail([plainTransportTo(taking, { maxConnections: 20 })]),
      mail([plainTransportTo(server)], {}, "mail-2"),
    ]);
    const letter = (n: number) => ({
      to: `canary-${n}@canary-${n}.example.com`,
      subject: `canary ${n}`,
      text: `canary ${n}`,
      tags: [`canary-${n}`],
      metadata: { note: `canary-${n}` },
      idempotencyKey: `canary-${n}`,
    });
    const local = { nodeID: "mail-1" };
    const sendOne = (n: number) => node.call<unknown, object>("mail.send", letter(n), local);
    const view = (n: number) =>
      ask(`/api/mail/messages/canary-${n}?canary=${n}`, {
        authorization: "Bearer secret-of-the-watch",
        "x-request-id": `canary-${n}`,
      });
    const lost = (n: number) => ask(`/canary-${n}`, { "user-agent": `canary-${n}` });
    await other.call<unknown, object>("mail.send", letter(0), { nodeID: "mail-2" });
    await Promise.all([sendOne(0), view(0), lost(0)]);
    const seriesOf = (found: string): string[] =>
      readSamples(found)
        .filter(({ name }) => name.startsWith("meshmail_"))
        .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
    await scrape(); // its own request is a series, too
    const before = seriesOf(await scrape());

    const numbers = Array.from({ length: 1000 }, (_, n) => n + 1);
    await Promise.all(numbers.map(sendOne));
    // a node that is still busy might be left out
    await taking.received(1001, 20_000);
    for (const n of numbers.slice(0, 100)) await Promise.all([view(n), lost(n)]);

    const after = await scrape();
    expect(sampleOf(after, "meshmail_messages_accepted_total", { node: "mail-1" })).toBe(1001);
    expect(seriesOf(after)).toEqual(before);
    expect(after).not.toMatch(/canary/i);
  }, 40_000);

  it("are free of faults for promtool", async () => {
    const program = findProgram(promtool) ?? (await fetchProgram(promtool));
    const { mail, ask, scrape } = await mesh();
    const node = await mail([plainTransportTo(await plain({ script: { rcpt } }))]);
    await send(node, { to: "ann@example.com, nobody@example.com, later@example.com", priority: "high" });
    await ask("/nowhere");
    const input = await scrape();
    // throws where promtool finds a fault, with what it says
    expect(execFileSync(program, ["check", "metrics"], { input }).toString()).toBe("");
    expect(sampleOf(input, "process_start_time_seconds", { node: "mail-1" })).toBeGreaterThan(0);
    expect(sampleOf(input, "meshmail_build_info", { node: "gateway-1" })).toBe(1);
  });
});

describe("GET /metrics", () => {
  it("comes in Prometheus' format, of every node at once, each only once", async () => {
    const { mail, ask } = await mesh();
    await Promise.all([mail([]), mail([], {}, "mail-2")]);
    const answer = await ask("/metrics");
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const nodes = readSamples(answer.body).filter(({ name }) => name === "meshmail_build_info");
    expect(nodes).toHaveLength(3);
    expect(new Set(nodes.map(({ labels }) => labels["node"]))).toEqual(
      new Set(["gateway-1", "mail-1", "mail-2"]),
    );
    for (const node of ["gateway-1", "mail-1", "mail-2"])
      expect(sampleOf(answer.body, "meshmail_node_up", { node })).toBe(1);
    expect(answer.body.match(/^# TYPE meshmail_build_info/gm)).toHaveLength(1);
    expect(sampleOf(answer.body, "meshmail_outbox_up", { node: "gateway-1" })).toBeUndefined();
  });

  it("leaves a silent node out, and says so, as it does of one that has vanished", async () => {
    const { hears, mail, start, scrape } = await mesh({ heartbeatInterval: 1, heartbeatTimeout: 4 });
    const never = { handler: () => new Promise(() => {}) };
    const [silent] = await Promise.all([
      start("mail-2", { name: "mail", actions: { metrics: never } }),
      mail([]),
    ]);
    const found = await scrape();
    expect(sampleOf(found, "meshmail_node_up", { node: "mail-2" })).toBe(0);
    expect(sampleOf(found, "meshmail_node_up", { node: "mail-1" })).toBe(1);
    expect(sampleOf(found, "meshmail_outbox_up", { node: "mail-1" })).toBe(1);

    const vanished = hears("$node.disconnected");
    await (silent.transit as unknown as { tx: { client: { close(): Promise<void> } } }).tx.client.close();
    await vanished;
    expect(sampleOf(await scrape(), "meshmail_node_up", { node: "mail-2" })).toBe(0);
  });

  it("no longer names a node that left in order", async () => {
    const { hears, mail, scrape } = await mesh();
    const node = await mail([]);
    const left = hears("$node.disconnected");
    await node.stop();
    await left;
    expect(sampleOf(await scrape(), "meshmail_node_up", { node: "mail-1" })).toBeUndefined();
  });

  it("needs no key on this machine, and takes a wrong one for none", async () => {
    const { ask } = await mesh();
    expect(await ask("/metrics")).toMatchObject({ status: 200 });
    expect(await ask("/metrics", { authorization: "Bearer wrong" })).toMatchObject({ status: 200 });
    expect(await ask("/metrics", {}, "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  it.each([
    ["comes through a proxy on this machine", { "x-forwarded-for": "192.0.2.1" }],
    ["comes by another name, as a page of the web could", { host: "evil.example.com" }],
  ])("needs a key with the scope read from who %s", async (_who, headers) => {
    const { ask } = await mesh();
    const from = (secret?: string) =>
      ask("/metrics", { ...headers, ...(secret && { authorization: `Bearer ${secret}` }) });
    expect(await from()).toMatchObject({ status: 401 });
    expect(await from("wrong")).toMatchObject({ status: 401 });
    expect(await from("secret-of-the-web-site")).toMatchObject({ status: 403 });
    expect(await from("secret-of-the-watch")).toMatchObject({ status: 200 });
  });

  it("counts the gateway's own requests by the pattern of their route", async () => {
    const { mail, ask, scrape } = await mesh();
    await mail([plainTransportTo(await plain())]);
    const web = { authorization: "Bearer secret-of-the-web-site", "content-type": "application/json" };
    const watch = { authorization: "Bearer secret-of-the-watch" };
    await ask("/api/mail/send", web, "POST", '{"to":"ann@example.com","text":"It works."}');
    await ask("/api/mail/send", web, "POST", "{");
    await ask("/api/mail/messages/m1", watch);
    await ask("/api/mail/messages/m2?x=1", watch);
    await ask("/api/mail/messages/m3");
    await ask("/wp-login.php");
    await ask("/metrics", {}, "OPTIONS");
    await ask("/metrics", {}, "PROPFIND");
    const found = await scrape();
    const count = (labels: Record<string, string>) =>
      sampleOf(found, "meshmail_http_request_duration_seconds_count", { node: "gateway-1", ...labels });
    expect(count({ method: "POST", route: "/api/mail/send", status: "200" })).toBe(1);
    expect(count({ method: "POST", route: "/api/mail/send", status: "400" })).toBe(1);
    expect(count({ method: "GET", route: "/api/mail/messages/:id", status: "404" })).toBe(2);
    expect(count({ method: "GET", route: "/api/mail/messages/:id", status: "401" })).toBe(1);
    expect(count({ method: "GET", route: "none", status: "404" })).toBe(1);
    expect(count({ method: "OPTIONS", route: "none", status: "204" })).toBe(1);
    expect(count({ method: "other", route: "none" })).toBe(1);
    expect(found).not.toMatch(/wp-login|PROPFIND|m1/);
  });
});

describe("mail.metrics", () => {
  it("is for the bus alone, and takes no parameters", async () => {
    const { mail } = await mesh();
    const node = await mail([]);
    const action = node.registry
      .getActionList({ onlyLocal: true })
      .find(({ name }) => name === "mail.metrics");
    expect(action?.action).toMatchObject({ visibility: "public" });
    await expect(node.call<unknown, object>("mail.metrics", { canary: 1 })).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
    });
  });
});
