/** Facts about the mail service as the mesh sees it: a node, a sibling in its own process, a real NATS server between them. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type NatsServer, type NatsTap, startNats } from "../support/nats-server.ts";
import { type Program, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { type Sibling, startSibling } from "../support/sibling-process.ts";
import { type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";

const PASSWORD = "canary-pa55/w+rd#";
const account = { auth: { users: { "user@example.com": PASSWORD } } };
const ca = join(__dirname, "..", "support", "certificates", "ca.pem");

let nats: NatsServer;
let everything: NatsTap;
let smtp: SmtpServer;
let node: Program;
let sibling: Sibling;

const message = { to: "ann@example.com", subject: "Hello", text: "Your code is 481516" };

beforeAll(async () => {
  nats = await startNats();
  everything = await nats.tap(">");
  smtp = await startSmtpServer({
    ...account,
    script: { rcpt: ({ argument }) => (argument.includes("nobody") ? "550 5.1.1 No such user" : undefined) },
  });
  node = await startNode({
    TRANSPORTER: nats.url,
    SERVICES: "mail",
    NODEID: "mail-1",
    SMTP_HOST: "127.0.0.1",
    SMTP_PORT: String(smtp.port),
    SMTP_USERNAME: "user@example.com",
    SMTP_PASSWORD: PASSWORD,
    SMTP_TLS_CA_FILE: ca,
    SMTP_SENDER: "Shop <user@example.com>",
    MAIL_OUTBOX: "memory",
  });
  sibling = await startSibling(nats.url);
}, 30_000);

afterAll(async () => {
  await closeEverything();
});

describe("a sibling service", () => {
  it("sends a message that arrives", async () => {
    const { result } = await sibling.call("mail.send", message);
    expect(result).toMatchObject({ status: "sent", accepted: ["ann@example.com"], durable: false });
    const [received] = await smtp.received(1);
    expect(received).toMatchObject({ from: "user@example.com", to: ["ann@example.com"], secure: true });
    expect(received?.data.toString()).toContain("From: Shop <user@example.com>");
  });

  it("verifies the way to the server", async () => {
    const { result } = await sibling.call("mail.verify");
    expect(result).toMatchObject({ verdict: "ok", ok: true, transport: "primary" });
    expect(smtp.messages).toHaveLength(1);
  });

  it("sends as Tailchat's services do", async () => {
    const { result } = await sibling.call("mail.sendMail", {
      to: "ann@example.com",
      subject: "验证码",
      html: "<b>481516</b>",
    });
    expect(result).toMatchObject({ status: "sent" });
    expect(smtp.messages.at(-1)?.data.toString()).toMatch(/multipart\/alternative/);
  });

  it("sends attachments: a Buffer, as JSON makes it, and base64, byte for byte", async () => {
    const attachments = [
      { filename: "a.bin" },
      { filename: "b.bin", content: Buffer.alloc(999, 0xcd).toString("base64"), encoding: "base64" },
    ];
    const { result } = await sibling.call("mail.send", { ...message, attachments }, undefined, 1000);
    expect(result).toMatchObject({ status: "sent" });
    const mime = smtp.messages.at(-1)?.data.toString().replace(/\r\n/g, "") ?? "";
    expect(mime).toContain(Buffer.alloc(1000, 0xab).toString("base64"));
    expect(mime).toContain(Buffer.alloc(999, 0xcd).toString("base64"));
  });

  it("knows errors by their type, with facts, a remedy, and no stack of ours", async () => {
    const { error } = await sibling.call("mail.send", { ...message, to: "nobody@example.com" });
    expect(error).toMatchObject({
      type: "SMTP_RECIPIENT_REJECTED",
      code: 422,
      retryable: false,
      data: { id: expect.any(String), remedy: expect.any(String), smtp: { code: 550 } },
    });
    expect(error?.stack).not.toContain("lib/");
  });

  it("hears which field was wrong, and not what was in it", async () => {
    const { error } = await sibling.call("mail.send", {
      ...message,
      to: "evil\r\nBcc: x@y.z",
      atachments: [],
    });
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422 });
    expect(error?.data["fields"]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: "to" }),
        expect.objectContaining({ field: "atachments" }),
      ]),
    );
    expect(JSON.stringify(error)).not.toContain("evil");
  });

  it.each([[null], [[]], ["text"], [7]])("is refused with %j as parameters", async (params) => {
    const { error } = await sibling.call("mail.send", params as never);
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE" });
  });

  it("may give the idempotency key in the call's headers", async () => {
    const options = { headers: { idempotencyKey: "from-headers" } };
    const first = await sibling.call("mail.send", message, options);
    const again = await sibling.call("mail.send", message, options);
    expect(again.result).toMatchObject({ id: first.result?.["id"], duplicate: true });
  });

  it("with a retry policy sends one message, for the key is the same", async () => {
    const before = smtp.messages.length;
    const options = { timeout: 1, retries: 3, headers: { idempotencyKey: "retried" } };
    await sibling.call("mail.send", message, options);
    await smtp.received(before + 1);
    const { result } = await sibling.call("mail.send", message, { headers: { idempotencyKey: "retried" } });
    expect(result).toMatchObject({ duplicate: true });
    expect(smtp.messages).toHaveLength(before + 1);
  });

  it("can ask what became of a message, cancel, list and count", async () => {
    const { result: sent } = await sibling.call("mail.send", {
      ...message,
      sendAt: Date.now() + 3_600_000,
      tags: ["late"],
    });
    const id = sent?.["id"];
    expect((await sibling.call("mail.get", { id })).result).toMatchObject({
      status: "scheduled",
      tags: ["late"],
    });
    expect((await sibling.call("mail.cancel", { id })).result).toMatchObject({ status: "canceled" });
    expect((await sibling.call("mail.list", { tag: "late" })).result).toMatchObject({ items: [{ id }] });
    expect((await sibling.call("mail.stats")).result).toMatchObject({
      transports: [{ name: "primary", state: "up" }],
    });
    expect((await sibling.call("mail.get", { id: "nobody" })).error).toMatchObject({
      type: "MAIL_NOT_FOUND",
      code: 404,
    });
  });

  it("gets the providers in its language", async () => {
    const { result } = await sibling.call("mail.providers", { locale: "zh-CN" });
    expect(result).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: "qq", password: expect.stringContaining("授权码") }),
      ]),
    );
  });

  it("cannot probe foreign settings unless the operator allows it", async () => {
    const { error } = await sibling.call("mail.probe", { uri: "smtp://127.0.0.1:1" });
    expect(error).toMatchObject({ code: 403, type: "MAIL_PROBE_OFF" });
  });

  it("is told at once that a call is larger than NATS takes", async () => {
    const { error } = await sibling.call(
      "mail.send",
      { ...message, attachments: [{ filename: "a.bin" }] },
      undefined,
      2_000_000,
    );
    expect(error).toMatchObject({ message: expect.stringMatching(/MAX_PAYLOAD|max payload/i) });
  });
});

describe("a service with the mailer mixin", () => {
  it("sends, as part of the request that it serves", async () => {
    expect((await sibling.call("shop.order", message)).result).toMatchObject({ status: "sent" });
  });

  it("hears of a message that is too large for NATS by the right type, with the remedy, at once", async () => {
    const letter = { ...message, attachments: [{ filename: "a.bin" }] };
    const { error } = await sibling.call("shop.order", letter, undefined, 2_000_000);
    expect(error).toMatchObject({
      type: "MAIL_TOO_LARGE",
      code: 413,
      retryable: false,
      data: { remedy: expect.stringContaining("max_payload") },
    });
  });
});

describe("secrets", () => {
  it("are in no packet of the mesh, in no answer about nodes and services, and in no log", async () => {
    const forms = [
      PASSWORD,
      encodeURIComponent(PASSWORD),
      Buffer.from(PASSWORD).toString("base64").replace(/=+$/, ""),
      Buffer.from(`\0user@example.com\0${PASSWORD}`).toString("base64").replace(/=+$/, ""),
    ];
    const answers = await Promise.all(
      ["$node.list", "$node.services", "$node.actions", "$node.health", "$node.options"].map((action) =>
        sibling.call(action, { withSettings: true, onlyLocal: false }, { nodeID: "mail-1" }),
      ),
    );
    const shown = [JSON.stringify(answers), node.output, sibling.program.output, await everything.text()];
    expect(await everything.text()).toContain("MOL.INFO");
    for (const form of forms) for (const text of shown) expect(text.includes(form)).toBe(false);
  });

  it("and the transporter's options are not asked for over the mesh", async () => {
    const { error } = await sibling.call("$node.options", {}, { nodeID: "mail-1" });
    expect(error).toMatchObject({ type: "SERVICE_NOT_FOUND" });
  });
});

describe("the end", () => {
  it("of the node comes after what is on the wire is finished, and its caller hears", async () => {
    const slow = await startSmtpServer({
      auth: "none",
      tls: "none",
      script: { dot: { afterMs: 400, step: "250 taken" } },
    });
    const leaving = await startNode({
      TRANSPORTER: nats.url,
      SERVICES: "mail",
      NODEID: "mail-2",
      SMTP_URI: `smtp://127.0.0.1:${slow.port}`,
      SMTP_SENDER: "Shop <shop@example.com>",
      MAIL_OUTBOX: "memory",
    });
    const answer = sibling.call("mail.send", message, { nodeID: "mail-2" });
    await slow.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
    leaving.process.kill("SIGTERM");
    expect((await answer).result).toMatchObject({ status: "sent", response: "250 taken" });
    expect(await leaving.ended).toBe(0);
    expect(slow.messages).toHaveLength(1);
  }, 20_000);
});
