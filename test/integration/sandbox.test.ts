import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Service, ServiceBroker } from "moleculer";
import { createTransport } from "nodemailer";
import { createSandboxService, type SandboxVars } from "../../services/sandbox.service.ts";

const broker = new ServiceBroker({ logger: false });
const sandbox = broker.createService(createSandboxService({ port: 0, slowness: 150 })) as Service &
  SandboxVars;
let client: ReturnType<typeof createTransport>;

beforeAll(async () => {
  await broker.start();
  client = createTransport({ host: "127.0.0.1", port: sandbox.smtp.port });
});
afterAll(() => broker.stop());
beforeEach(() => broker.call("sandbox.clear"));

const send = (to: string | string[], more: object = {}) =>
  client.sendMail({ from: "shop@example.com", to, subject: "Your code", text: "It is 123456.", ...more });

const subjects = async () =>
  (await broker.call<{ messages: { Subject: string }[] }>("sandbox.messages")).messages.map(
    ({ Subject }) => Subject,
  );

describe("the sandbox's SMTP server", () => {
  it("listens on this machine only", () => {
    expect(sandbox.smtp.host).toBe("127.0.0.1");
  });

  it("takes a message and shows it in Mailpit's shape", async () => {
    await send("Ann <ann@example.com>", { bcc: "audit@example.com", html: "<b>It is 123456.</b>" });
    const list = await broker.call<Record<string, unknown>, object>("sandbox.messages", { query: "to:ann" });
    expect(list).toMatchObject({
      total: 1,
      messages_count: 1,
      messages: [
        {
          From: { Name: "", Address: "shop@example.com" },
          To: [{ Name: "Ann", Address: "ann@example.com" }],
          Bcc: [{ Name: "", Address: "audit@example.com" }],
          Snippet: "It is 123456.",
          Read: false,
        },
      ],
    });
    const message = await broker.call<Record<string, unknown>, object>("sandbox.message", { id: "latest" });
    expect(message).toMatchObject({
      HTML: expect.stringContaining("<b>It is 123456.</b>"),
      ReturnPath: "shop@example.com",
      Attachments: [],
    });
    const source = Buffer.from(
      await broker.call<string, object>("sandbox.source", { id: "latest" }),
      "base64",
    );
    expect(source.toString()).toMatch(/^From: shop@example\.com\r\n/);
    expect(source).toHaveLength(Number(message["Size"]));
  });

  it.each([
    ["bounce@example.com", "550 5.1.1 "],
    ["Bounce+17@example.org", "550 5.1.1 "],
    ["defer@example.com", "451 4.3.0 "],
    ["full@example.com", "552 5.2.2 "],
    ["busy@example.com", "421 4.3.2 "],
  ])("refuses %s with %s", async (to, reply) => {
    await expect(send(to)).rejects.toMatchObject({ response: expect.stringContaining(reply) });
    expect(await subjects()).toEqual([]);
  });

  it("refuses one recipient and takes the others", async () => {
    const { accepted, rejected } = await send(["ann@example.com", "bounce@example.com", "defer@example.com"]);
    expect(accepted).toEqual(["ann@example.com"]);
    expect(rejected).toEqual(["bounce@example.com", "defer@example.com"]);
    expect(await subjects()).toEqual(["Your code"]);
  });

  it("makes the sender of slow@ wait for its reply", async () => {
    const started = performance.now();
    await send("slow@example.com");
    expect(performance.now() - started).toBeGreaterThan(140);
    expect(await subjects()).toEqual(["Your code"]);
  });

  it("cuts the connection of drop@ after the final dot, without a reply", async () => {
    const lines = await converse([
      "EHLO me",
      "MAIL FROM:<a@example.com>",
      "RCPT TO:<ann@example.com>",
      "RCPT TO:<drop@example.com>",
      "DATA",
      "Subject: lost\r\n\r\n.",
    ]);
    expect(lines.at(-1)).toMatch(/^354 /);
    expect(await subjects()).toEqual([]);
  });

  it("refuses what is no MIME at all, so that the sender hears of it", async () => {
    let raw = "";
    for (let i = 0; i < 300; i++) raw += `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`;
    await expect(send("ann@example.com", { raw })).rejects.toMatchObject({ responseCode: 554 });
  });

  it("offers neither AUTH nor STARTTLS, but says how much it takes", async () => {
    const lines = await converse(["EHLO me", "QUIT"]);
    expect(lines.filter((line) => /AUTH|STARTTLS/.test(line))).toEqual([]);
    expect(lines).toContainEqual(expect.stringMatching(/^250[ -]SIZE 36700160$/));
  });
});

describe("the sandbox's actions", () => {
  it("wait finds what is there and what is still coming", async () => {
    const coming = broker.call("sandbox.wait", { to: "eva@example.com", subject: "code" });
    await send("bob@example.com");
    await send("eva@example.com");
    expect(await coming).toMatchObject({
      To: [{ Address: "eva@example.com" }],
      Text: expect.stringContaining("123456"),
    });
    expect(await broker.call("sandbox.wait", { to: "bob@example.com" })).toMatchObject({
      Subject: "Your code",
    });
  });

  it("wait that is in vain ends with an error of its own", async () => {
    await expect(broker.call("sandbox.wait", { to: "no@example.com", timeout: 1 })).rejects.toMatchObject({
      type: "SANDBOX_TIMEOUT",
      code: 408,
    });
  });

  it("clear takes ids, and says how many went", async () => {
    await send("ann@example.com");
    await send("bob@example.com");
    const { ID } = await broker.call<{ ID: string }, object>("sandbox.message", { id: "latest" });
    expect(await broker.call("sandbox.clear", { ids: [ID] })).toEqual({ deleted: 1 });
    expect(await broker.call("sandbox.clear")).toEqual({ deleted: 1 });
  });

  it.each([
    ["sandbox.messages", { page: 1 }, "page"],
    ["sandbox.messages", { limit: -1 }, "limit"],
    ["sandbox.message", {}, "id"],
    ["sandbox.source", { id: 5 }, "id"],
    ["sandbox.wait", { to: ["ann@example.com"] }, "to"],
    ["sandbox.wait", { address: "ann@example.com" }, "address"],
    ["sandbox.clear", { ids: "all" }, "ids"],
    ["sandbox.clear", { ids: ["m1"], query: "x" }, "ids"],
    ["sandbox.mark", {}, "read"],
    ["sandbox.mark", { read: true, ids: ["m1"], query: "x" }, "ids"],
    ["sandbox.part", { id: "latest" }, "part"],
    ["sandbox.headers", { id: "latest", tz: 1 }, "tz"],
    ["sandbox.info", { verbose: true }, "verbose"],
  ])("%s refuses %j by name", async (action, params, field) => {
    await expect(broker.call(action, params)).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      code: 422,
      data: { fields: [{ field }] },
    });
  });

  it("are for the bus only: no gateway of the mesh can publish them", () => {
    const actions = broker.registry.getActionList({}).filter(({ name }) => name.startsWith("sandbox."));
    expect(actions).toHaveLength(9);
    for (const { action } of actions) expect(action).toMatchObject({ visibility: "public" });
  });
});

describe("the sandbox's life", () => {
  it("a taken port is told in one sentence that says what to do", async () => {
    const other = new ServiceBroker({ logger: false });
    other.createService(createSandboxService({ port: sandbox.smtp.port }));
    await expect(other.start()).rejects.toThrow(
      new RegExp(
        `^The sandbox cannot listen on 127\\.0\\.0\\.1:${sandbox.smtp.port}: another program .* or set SANDBOX_PORT .*\\.$`,
      ),
    );
    await other.stop();
  });

  it("ends with clients that wait and clients that linger, however often it is stopped", async () => {
    const other = new ServiceBroker({ logger: false });
    const service = other.createService(createSandboxService({ port: 0, slowness: 60_000 })) as Service &
      SandboxVars;
    await other.start();
    const { port } = service.smtp;
    const waiting = expect(other.call("sandbox.wait", { timeout: 60_000 })).rejects.toMatchObject({
      type: "SANDBOX_STOPPED",
    });
    const lingering = connect(port, "127.0.0.1");
    await once(lingering, "data");
    const slow = expect(
      createTransport({ host: "127.0.0.1", port }).sendMail({
        from: "a@example.com",
        to: "slow@example.com",
        text: "x",
      }),
    ).rejects.toMatchObject({ responseCode: 421 });
    const ended = once(lingering.resume(), "close");
    await Promise.all([other.stop(), waiting, ended]);
    await service.smtp.close();
    await slow;
    const late = connect(port, "127.0.0.1");
    await expect(once(late, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

/** Says each line after the reply to the one before, until the server hangs up; returns its lines. */
async function converse(says: string[]): Promise<string[]> {
  const socket = connect(sandbox.smtp.port, "127.0.0.1");
  const lines: string[] = [];
  const queue = [...says];
  for await (const line of createInterface(socket)) {
    lines.push(line);
    const next = /^\d{3} /.test(line) ? queue.shift() : undefined;
    if (next !== undefined) socket.write(`${next}\r\n`);
  }
  return lines;
}
