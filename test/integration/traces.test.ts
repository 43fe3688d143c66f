/** Facts about traces: gateway, service and attempts in one, over two nodes and a real NATS server, with no word of the mail in it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { ServiceBroker, type Span, TracerExporters } from "moleculer";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { Secret } from "../../lib/secret.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createMailService } from "../../services/mail.service.ts";
import { configFor } from "../support/config.ts";
import { startNats } from "../support/nats-server.ts";
import { startNode } from "../support/node.ts";
import { closeEverything, expectNothingOpen, opened } from "../support/open.ts";
import { scratchFolder } from "../support/scratch.ts";
import { type Script, startSmtpServer } from "../support/smtp-server.ts";
import { transportTo } from "../support/transport.ts";
import { createWatch } from "../support/watch.ts";

afterEach(closeEverything);
afterAll(expectNothingOpen);

/** A word of its own in everything that a message brings. */
const canaries = {
  to: "canary-to@example.com",
  cc: "Canary Name <canary-cc@example.com>",
  subject: "canary-subject",
  text: "canary-text 481516",
  html: "<p>canary-html</p>",
  tags: ["canary-tag"],
  metadata: { note: "canary-metadata" },
  headers: { "X-Canary": "canary-header" },
  idempotencyKey: "canary-key",
  attachments: [{ filename: "canary-file.txt", content: "canary-content" }],
};
const PASSWORD = "canary-password";

type Exporter = InstanceType<typeof TracerExporters.Base>;

const isSent = ({ tags }: Span): boolean => tags["status"] === "sent";
const wordOf = ({ error }: Span): unknown => (error ? Object.assign({}, error) : undefined);

/** Every span of every node of a test, from its beginning to its end. */
class Spans {
  readonly spans: Span[] = [];
  readonly #watch = createWatch(() => this.spans.map(({ name }) => name).join(", "));
  readonly exporter: Exporter;

  constructor() {
    const { spans } = this;
    const changed = () => this.#watch.changed();
    class Collector extends TracerExporters.Base {
      override spanFinished(span: Span) {
        spans.push(span);
        changed();
      }
    }
    this.exporter = new Collector({});
  }

  named(name: string): Span[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** The spans of this name, as soon as one is there for which this holds. */
  async until(name: string, holds: (span: Span) => boolean = () => true): Promise<Span[]> {
    await this.#watch.until(() => this.named(name).some(holds), 5000, `${name}, ${String(holds)}`);
    return this.named(name);
  }

  /** Everything that an exporter could show */
  text(): string {
    return JSON.stringify(this.spans, (_key, value: unknown) =>
      value instanceof Error ? Object.assign({}, value, { message: value.message }) : value,
    );
  }
}

async function startBroker(
  nodeID: string,
  transporter: string,
  exporter: Exporter,
  create: (broker: ServiceBroker) => void,
): Promise<ServiceBroker> {
  const tracing = { enabled: true, events: true, stackTrace: true, exporter } as never;
  const broker = new ServiceBroker({ nodeID, logger: false, transporter, tracing } as never);
  create(broker);
  await broker.start();
  const stopped = opened(nodeID, async () => {
    await broker.stop();
    stopped();
  });
  return broker;
}

/** A gateway on one node, mail on another, and a service that hears of what becomes of messages. */
async function mesh(script: Script = {}, env: Record<string, string> = {}) {
  const nats = await startNats();
  const server = await startSmtpServer({ auth: { users: { "user@example.com": PASSWORD } }, script });
  const spans = new Spans();
  const config = configFor([transportTo(server, { password: new Secret(PASSWORD) })], env);
  const startMail = () =>
    startBroker("mail-1", nats.url, spans.exporter, (broker) => {
      broker.createService(createMailService({ config }));
    });
  const mail = await startMail();
  const broker = await startBroker("gateway-1", nats.url, spans.exporter, (node) => {
    const options = { config: loadConfig(environmentOf({ GATEWAY_PORT: "0" })) };
    node.createService(createGatewayService(options));
  });
  await broker.waitForServices("mail");
  const { port } = broker.getLocalService("gateway").settings as { port: number };
  return {
    spans,
    mail,
    startMail,
    server,
    async post(message: object, requestId: string) {
      const response = await fetch(`http://127.0.0.1:${port}/api/mail/send?subject=canary-query`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-request-id": requestId, cookie: "canary-cookie" },
        body: JSON.stringify(message),
      });
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    },
  };
}

describe("a trace", () => {
  it("begins at the gateway, goes through mail.send on the other node, and has each attempt", async () => {
    const dot = ({ total }: { total: number }) => (total === 1 ? "451 4.3.0 canary-reply" : undefined);
    const { spans, post } = await mesh({ dot });
    const { json } = await post(canaries, "request-1");
    const [first, ...others] = await spans.until("mail.attempt", isSent);

    const [request] = await spans.until("HTTP request");
    const [send] = spans.named("action 'mail.send'");
    expect(request).toMatchObject({ traceID: "request-1", tags: { nodeID: "gateway-1" } });
    expect(send).toMatchObject({ traceID: "request-1", parentID: request?.id, tags: { nodeID: "mail-1" } });
    for (const attempt of [first, ...others]) {
      expect(attempt).toMatchObject({ traceID: "request-1", parentID: send?.id, service: { name: "mail" } });
    }
    const tags = { id: json["id"], transport: "primary" };
    const problem = "SMTP_MESSAGE_DEFERRED";
    expect(first?.tags).toEqual({ ...tags, attempts: 1, status: "deferred", problem });
    expect(first && wordOf(first)).toMatchObject({ message: problem });
    const last = others.at(-1);
    expect(last?.tags).toEqual({ ...tags, attempts: others.length + 1, status: "sent" });
    expect(last && wordOf(last)).toBeUndefined();
    expect(spans.text()).not.toMatch(/canary/i);
  });

  it("shows of an error its word, and neither the recipient nor what the server said", async () => {
    const { spans, post } = await mesh({ rcpt: "550 5.1.1 canary-to@example.com canary-reply" });
    const { status } = await post(canaries, "request-2");
    expect(status).toBe(422);
    const [send] = spans.named("action 'mail.send'");
    const [request] = await spans.until("HTTP request");
    const words = { type: "SMTP_RECIPIENT_REJECTED", message: "SMTP_RECIPIENT_REJECTED", code: 422 };
    expect(send && wordOf(send)).toMatchObject(words);
    expect(request && wordOf(request)).toMatchObject(words);
    expect(spans.text()).not.toMatch(/canary/i);
  });

  it("shows nothing of parameters that are refused, of settings that are tried, and of lists that are asked for", async () => {
    const { spans, mail } = await mesh({}, { MAIL_PROBE: "on" });
    const calls = [
      ["mail.send", { to: "canary to", canary: "canary" }],
      ["mail.sendMail", { to: "canary-to@example.com", subject: "canary", html: "canary" }],
      ["mail.render", { template: "verification", data: { code: "canary", minutes: 10 } }],
      ["mail.list", { recipient: "canary-to@example.com" }],
      ["mail.get", { id: "canary-id" }],
      ["mail.probe", { uri: `smtp://canary:${PASSWORD}@127.0.0.1:1` }],
      ["mail.verify", { transport: "canary" }],
    ] as const;
    for (const [action, params] of calls) await mail.call<unknown, object>(action, params).catch(() => {});
    for (const [action] of calls) expect(spans.named(`action '${action}'`)).toHaveLength(1);
    expect(spans.text()).not.toMatch(/canary/i);
  });

  it("goes on after a restart of the node, where the message was accepted before", async () => {
    const path = `sqlite:${scratchFolder()}/outbox.db`;
    const dot = ({ total }: { total: number }) => (total === 1 ? "451 4.3.0 Later" : undefined);
    const { spans, post, mail, startMail } = await mesh(
      { dot },
      { MAIL_OUTBOX: path, MAIL_RETRY_SCHEDULE: "1s" },
    );
    const { json } = await post(canaries, "request-3");
    expect(json).toMatchObject({ status: "deferred" });
    await mail.stop();
    const again = await startMail();
    const attempts = await spans.until("mail.attempt", isSent);
    expect(attempts.at(-1)).toMatchObject({ traceID: "request-3", parentID: attempts[0]?.parentID });
    await again.stop();
    expect(spans.text()).not.toMatch(/canary/i);
  });

  it("that was left out of the sample has no attempts of its own", async () => {
    const { spans, mail, server } = await mesh();
    const unsampled = { traceID: "t1", id: "s1", sampled: false };
    await mail.call<unknown, object>("mail.send", canaries, { parentSpan: unsampled } as never);
    await server.received(1);
    expect(spans.named("mail.attempt")).toEqual([]);
  });
});

describe("a node that is started with MOL_TRACING__ENABLED and an exporter", () => {
  it("sends its spans there, without a word of the mail", async () => {
    const reports: string[] = [];
    const watch = createWatch(() => reports.join("\n"));
    const collector = createServer((request, response) => {
      void text(request).then((report) => {
        reports.push(report);
        response.writeHead(202).end();
        watch.changed();
      });
    });
    collector.listen(0, "127.0.0.1");
    await once(collector, "listening");
    const closed = opened("collector", async () => {
      collector.close();
      collector.closeAllConnections();
      await once(collector, "close").catch(() => {});
      closed();
    });
    const nats = await startNats();
    const smtp = await startSmtpServer({ tls: "none", auth: "none" });
    await startNode({
      TRANSPORTER: nats.url,
      NODEID: "mail-1",
      SERVICES: "mail",
      SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
      SMTP_SENDER: "Shop <canary-sender@example.com>",
      MAIL_OUTBOX: "memory",
      MOL_TRACING__ENABLED: "true",
      MOL_TRACING__EXPORTER__TYPE: "Zipkin",
      MOL_TRACING__EXPORTER__OPTIONS__INTERVAL: "0.1",
      ZIPKIN_URL: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    });
    const caller = await startBroker("shop-1", nats.url, new Spans().exporter, () => {});
    await caller.waitForServices("mail");
    await caller.call<unknown, object>("mail.send", canaries);
    const has = (name: string) => reports.some((report) => report.includes(name));
    await watch.until(() => has("mail.attempt") && has("action 'mail.send'"), 5000, "two spans");
    expect(reports.join("\n")).not.toMatch(/canary/i);
  });
});
