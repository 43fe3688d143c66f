/** Facts about `GET /health/ready` of a real node, as a load balancer sees it. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { memoryStore } from "../../lib/outbox/memory.ts";
import type { Trouble } from "../../lib/outbox/store.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createMailService } from "../../services/mail.service.ts";
import { askUntil } from "../support/ask-until.ts";
import { type Program, runProgram, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { freePort } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

const letter = { to: "ann@example.com", subject: "Hello", text: "Hi." };
let port: number;
let node: Program;
let url: string;

beforeAll(async () => {
  port = await freePort();
  node = await startNode({
    GATEWAY_PORT: "0",
    SMTP_URI: `smtp://127.0.0.1:${port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
    MAIL_OUTBOX: `sqlite:${join(scratchFolder(), "mail.db")}`,
  });
  url = /listens on (http:\/\/\S+)\.\n/.exec(node.output)?.[1] ?? "";
});
afterAll(closeEverything);

async function readiness(): Promise<{ status: number; reasons: string[] }> {
  const answer = await fetch(`${url}/health/ready`);
  const { reasons = [] } = (await answer.json()) as { reasons?: { check: string; type: string }[] };
  return { status: answer.status, reasons: reasons.map(({ check, type }) => `${check} ${type}`) };
}

async function post(path: string, body?: object): Promise<{ id: string; status: string }> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${url}/api/mail/${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return (await answer.json()) as { id: string; status: string };
}

describe("a node", () => {
  let id: string;

  it("is ready as long as nothing speaks against it", async () => {
    expect(await readiness()).toEqual({ status: 200, reasons: [] });
  });

  it("is not while every SMTP server is known to be down", async () => {
    ({ id } = await post("send", letter));
    expect(await readiness()).toEqual({ status: 503, reasons: ["transports SMTP_CONNECTION_REFUSED"] });
  });

  it("is again once one has taken a message", async () => {
    await startSmtpServer({ auth: "none", tls: "none", port });
    await post(`messages/${id}/retry`);
    await askUntil(readiness, ({ status }) => status === 200);
    expect((await post("send", letter)).status).toBe("sent");
  });
});

describe("a gateway", () => {
  it("listens only once the mail service of its node is there", async () => {
    const early = runProgram("start.ts", { LOGLEVEL: "info", GATEWAY_PORT: "0", MAIL_OUTBOX: "memory" });
    await early.says(/listens on/);
    expect(early.output).toMatch(/'mail' service is registered[^]*listens on/);
    await early.close();
  });

  it("is not ready while the outbox of its mail node does not work", async () => {
    let trouble: Trouble | undefined;
    const config = loadConfig(environmentOf({ GATEWAY_PORT: "0", SMTP_HOST: "127.0.0.1", SMTP_PORT: "1" }));
    const broker = new ServiceBroker({ logger: false });
    broker.createService(createMailService({ config, store: { ...memoryStore(), trouble: () => trouble } }));
    const gateway = broker.createService(createGatewayService({ config }));
    await broker.start();
    url = `http://127.0.0.1:${(gateway.settings as { port: number }).port}`;
    expect(await readiness()).toEqual({ status: 200, reasons: [] });
    trouble = { message: "/data has 3 MB left", remedy: "Make room." };
    expect(await readiness()).toEqual({ status: 503, reasons: ["outbox MAIL_OUTBOX_UNAVAILABLE"] });
    await broker.stop();
  });
});
