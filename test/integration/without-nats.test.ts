/** Facts about a node whose NATS is not there: at start, later, and at its own end. Mail goes out all the same. */
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type NatsServer, type NatsTap, startNats } from "../support/nats-server.ts";
import { type Program, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { blackHole, freePort } from "../support/ports.ts";
import { type Sibling, startSibling } from "../support/sibling-process.ts";
import { type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";

// several start a node or wait for a second attempt of one, and they do on a busy machine, too
jest.setTimeout(20_000);

const message = { to: "ann@example.com", subject: "Hello", text: "Your code is 481516" };

/** What of a node's INFO packet is looked at here. */
interface Announcement {
  sender: string;
  services: { name: string }[];
}

let smtp: SmtpServer;
let port: number;
let transporter: string;
let node: Program;

beforeAll(async () => {
  smtp = await startSmtpServer({ auth: "none", tls: "none" });
  port = await freePort();
  // nats-server asks for no user and takes any
  transporter = `nats://mesh:canary@127.0.0.1:${port}`;
  node = await startNode({
    TRANSPORTER: transporter,
    NODEID: "mail-1",
    GATEWAY_PORT: "0",
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
    MAIL_OUTBOX: "memory",
  });
});

afterAll(async () => {
  await closeEverything();
});

function gatewayOf({ output }: Program): string {
  return /listens on (http:\/\/\S+)\.\n/.exec(output)?.[1] ?? "";
}

async function post(gateway: Program): Promise<Response> {
  return fetch(`${gatewayOf(gateway)}/api/mail/send`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  });
}

describe("with NATS down at start, a node", () => {
  it("delivers what its gateway takes", async () => {
    const before = smtp.messages.length;
    const answer = await post(node);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: "sent" });
    expect(smtp.messages).toHaveLength(before + 1);
  });

  it("verifies the way to the SMTP server", async () => {
    const answer = await fetch(`${gatewayOf(node)}/api/mail/verify`);
    expect(await answer.json()).toMatchObject({ transport: "primary", verdict: "unproven" });
  });

  it("tells load balancers that it is not ready: other nodes cannot reach it", async () => {
    const answer = await fetch(`${gatewayOf(node)}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ reasons: [{ check: "mesh", type: "MESH_NOT_JOINED" }] });
  });

  it("says once where the mesh should be and that it works alone, without the password", () => {
    const lines = node.output.split("\n").filter((line) => line.includes("works alone"));
    expect(lines).toEqual([expect.stringContaining(`nats://127.0.0.1:${port} is not there`)]);
    expect(node.output).not.toContain("canary");
  });

  it("goes on alone where the port is silent, too, and ends at SIGTERM with status 0", async () => {
    const hole = await blackHole();
    const alone = await startNode({ TRANSPORTER: `nats://127.0.0.1:${hole.port}`, SERVICES: "mail" });
    expect(alone.output).toMatch(/is not there \(no answer\)/);
    const asked = performance.now();
    alone.process.kill("SIGTERM");
    expect(await alone.ended).toBe(0);
    // Docker's patience
    expect(performance.now() - asked).toBeLessThan(10_000);
  });
});

describe("when NATS appears, the node", () => {
  let nats: NatsServer;
  let announcements: NatsTap;
  let sibling: Sibling;
  let gateway: Program;

  beforeAll(async () => {
    nats = await startNats({ port });
    announcements = await nats.tap("MOL.INFO");
    sibling = await startSibling(transporter);
  });

  it("joins by itself, and a sibling that was there before can call it", async () => {
    await node.says(/nats:\/\/127\.0\.0\.1:\d+ has come; the node has joined it/);
    const { result } = await sibling.call("mail.send", message, { nodeID: "mail-1" });
    expect(result).toMatchObject({ status: "sent" });
  });

  it("is ready", async () => {
    expect((await fetch(`${gatewayOf(node)}/health/ready`)).status).toBe(200);
  });

  it("tells all of them about itself at once, with all its services", async () => {
    await announcements.text();
    const own = announcements.packets
      .map(({ data }) => JSON.parse(data.toString()) as Announcement)
      .find(({ sender }) => sender === "mail-1");
    expect(own?.services.map(({ name }) => name).toSorted()).toEqual(["$node", "gateway", "mail"]);
    await announcements.close();
  });

  it("is found by a gateway on another node that starts later", async () => {
    gateway = await startNode({
      TRANSPORTER: transporter,
      SERVICES: "gateway",
      NODEID: "gateway-2",
      GATEWAY_PORT: "0",
    });
    expect(gateway.output).not.toMatch(/works alone/);
    const answer = await post(gateway);
    expect(await answer.json()).toMatchObject({ status: "sent" });
  });

  it("delivers when NATS is killed again, and other nodes refuse at once what is meant for it", async () => {
    await nats.kill();
    await node.says(/is gone; the node works alone/);
    const answer = await post(node);
    expect(await answer.json()).toMatchObject({ status: "sent" });

    await gateway.says(/is gone; the node works alone/);
    const refusal = await post(gateway);
    expect(refusal.status).toBe(503);
    expect(await refusal.json()).toMatchObject({ type: "HTTP_UNAVAILABLE" });
  });

  it("is called again by all of them once NATS is back", async () => {
    nats = await startNats({ port });
    await Promise.all([node.says(/joined it again/), gateway.says(/joined it again/)]);
    const answer = await post(gateway);
    expect(await answer.json()).toMatchObject({ status: "sent" });
    const { result } = await sibling.call("mail.send", message, { nodeID: "mail-1" });
    expect(result).toMatchObject({ status: "sent" });
  });

  it("ends at SIGTERM with status 0, though NATS is gone", async () => {
    await nats.kill();
    await node.says(/(is gone[^]*){2}/);
    node.process.kill("SIGTERM");
    expect(await node.ended).toBe(0);
    expect(node.output).not.toMatch(/ERROR .*BROKER/);
  });
});
