/** Facts about sending parcels over kept connections. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import type { Parcel, RecipientResult } from "../../../lib/smtp/transaction.ts";
import { openTransport, type Transport } from "../../../lib/smtp/transport.ts";
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from "../../support/smtp-server.ts";
import { patient, quick, transportTo } from "../../support/transport.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function pair(
  options: SmtpServerOptions = {},
  change: Partial<TransportConfig> = {},
): Promise<{ server: SmtpServer; transport: Transport }> {
  const server = await startSmtpServer(options);
  const transport = openTransport(transportTo(server, { timeouts: patient, ...change }));
  open.push(transport, server);
  return { server, transport };
}

const parcel = (...to: string[]): Parcel => ({
  from: "me@example.com",
  to: to.length > 0 ? to : ["ann@example.com"],
  bytes: Buffer.from("Subject: Hello\r\n\r\nIt works.\r\n"),
  sender: "configured",
});

/** Address and reply code, or stage and cause, in one line each. */
const told = (results: readonly RecipientResult[]): string[] =>
  results.map((result) => {
    const name = result.address.split("@")[0];
    if ("reply" in result) return `${name} ${result.reply.code}`;
    return `${name} ${result.fault.stage} ${result.fault.reply?.code ?? result.fault.cause}`;
  });

describe("recipients", () => {
  it("each get their own answer, and the taken ones the message together", async () => {
    const rcpt = ({ nth }: { nth: number }) =>
      [undefined, "550 5.1.1 No such user", "450 4.2.1 Later"][nth - 1];
    const { server, transport } = await pair({ script: { rcpt } });
    const results = await transport.send(parcel("a@x.com", "b@x.com", "c@x.com"));
    expect(told(results)).toEqual(["a 250", "b rcpt 550", "c rcpt 450"]);
    expect(results[2]).toMatchObject({ fault: { accepted: true } });
    expect(server.messages).toMatchObject([{ to: ["a@x.com"] }]);
  });

  it("who are all refused leave the connection fit for the next parcel", async () => {
    const rcpt = ({ argument }: { argument: string }) =>
      argument.includes("nobody") ? "550 5.1.1 No" : undefined;
    const { server, transport } = await pair({ script: { rcpt } });
    expect(told(await transport.send(parcel("nobody@x.com")))).toEqual(["nobody rcpt 550"]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(1);
    expect(server.messages).toHaveLength(1);
  });

  it("share the fault of the whole transaction, but keep a refusal of their own", async () => {
    const rcpt = ({ nth }: { nth: number }) => (nth === 1 ? "550 5.1.1 No such user" : undefined);
    const { transport } = await pair({ script: { rcpt, dot: "451 4.3.0 Later" } });
    const results = await transport.send(parcel("a@x.com", "b@x.com"));
    expect(told(results)).toEqual(["a rcpt 550", "b reply 451"]);
  });

  it("with a Unicode local part are not sent where SMTPUTF8 is not offered, and the others are", async () => {
    const { server, transport } = await pair({ capabilities: ["SIZE 1000"] });
    const results = await transport.send(parcel("jõe@x.com", "ann@x.com"));
    expect(told(results)).toEqual(["jõe rcpt SMTPUTF8_NOT_OFFERED", "ann 250"]);
    expect(server.messages).toMatchObject([{ to: ["ann@x.com"] }]);
  });

  it("with a Unicode local part are sent with SMTPUTF8 where it is offered", async () => {
    const { server, transport } = await pair();
    expect(told(await transport.send(parcel("jõe@x.com")))).toEqual(["jõe 250"]);
    expect(server.commands.some(({ line }) => /^MAIL FROM:.* SMTPUTF8/.test(line))).toBe(true);
  });
});

describe("clearance", () => {
  const rcpt = ({ argument }: { argument: string }) =>
    argument.includes("nobody") ? "550 5.1.1 No" : undefined;
  const verbs = (server: SmtpServer) => server.commands.map(({ line }) => line.split(/[ :]/)[0]);

  it("is asked once, right before DATA, and lets the message go", async () => {
    const { server, transport } = await pair({ script: { rcpt } });
    const asked: string[][] = [];
    const clearance = async () => {
      asked.push(verbs(server).slice(-2) as string[]);
      return true;
    };
    const results = await transport.send({ ...parcel("a@x.com", "nobody@x.com"), clearance });
    expect(told(results)).toEqual(["a 250", "nobody rcpt 550"]);
    expect(asked).toEqual([["RCPT", "RCPT"]]);
  });

  it.each([
    ["no", async () => false],
    ["nothing, for it fails", async () => Promise.reject(new Error("the disk is full"))],
  ])("that says %s takes the message back, and the connection stays fit", async (_word, clearance) => {
    const { server, transport } = await pair({ script: { rcpt } });
    const results = await transport.send({ ...parcel("a@x.com", "nobody@x.com", "b@x.com"), clearance });
    expect(results).toMatchObject([
      { address: "a@x.com", fault: { stage: "data", cause: "ABORTED" } },
      { address: "nobody@x.com", fault: { stage: "rcpt", reply: { code: 550 } } },
      { address: "b@x.com", fault: { stage: "data", cause: "ABORTED" } },
    ]);
    expect(verbs(server).slice(-2)).toEqual(["RCPT", "RSET"]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(1);
    expect(server.messages).toHaveLength(1);
  });

  it("that says no on a kept connection is not asked again on a new one", async () => {
    const { server, transport } = await pair({ script: { rset: ["421 4.3.2 Closing", "drop"] } });
    await transport.send(parcel());
    let asked = 0;
    const clearance = async () => {
      asked += 1;
      return false;
    };
    expect(told(await transport.send({ ...parcel(), clearance }))).toEqual(["ann data ABORTED"]);
    expect([asked, server.connections, server.messages.length]).toEqual([1, 1, 1]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
  });

  it("that never comes does not keep the attempt for ever", async () => {
    const { server, transport } = await pair({}, { timeouts: { ...quick, command: 100 } });
    const clearance = () => new Promise<boolean>(() => {});
    expect(told(await transport.send({ ...parcel(), clearance }))).toEqual(["ann data TIMEOUT"]);
    expect(server.messages).toHaveLength(0);
  });

  it("is not asked where nobody was accepted", async () => {
    const { transport } = await pair({ script: { rcpt } });
    const clearance = () => Promise.reject(new Error("asked"));
    expect(told(await transport.send({ ...parcel("nobody@x.com"), clearance }))).toEqual(["nobody rcpt 550"]);
  });
});

describe("a message that is too large", () => {
  it("is refused before a byte of it has crossed", async () => {
    const { server, transport } = await pair({ capabilities: ["SIZE 20"] });
    const [result] = await transport.send(parcel());
    expect(result).toMatchObject({
      fault: { stage: "mail", cause: "SIZE_EXCEEDED", detail: expect.stringContaining("20") },
    });
    expect(server.commands.some(({ line }) => line.startsWith("MAIL"))).toBe(false);
  });
});

describe("the body", () => {
  it("arrives as it was, dots and all", async () => {
    const { server, transport } = await pair();
    const bytes = Buffer.from("Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n\r\n.");
    await transport.send({ ...parcel(), bytes });
    expect(server.messages[0]?.data.toString()).toBe(`${bytes.toString()}\r\n`);
  });

  it("of five megabytes arrives whole", async () => {
    const { server, transport } = await pair();
    const bytes = Buffer.from(`Subject: big\r\n\r\n${`.${"x".repeat(75)}\r\n`.repeat(67_000)}`);
    expect(told(await transport.send({ ...parcel(), bytes }))).toEqual(["ann 250"]);
    expect(server.messages[0]?.data.equals(bytes)).toBe(true);
  });

  it("that the server stops reading is certainly not delivered", async () => {
    const timeouts = { ...quick, command: 200 };
    const { server, transport } = await pair(
      { script: { body: { afterBytes: 1000, step: "stall" } } },
      { timeouts },
    );
    const bytes = Buffer.alloc(20_000_000, "x\r\n");
    expect(told(await transport.send({ ...parcel(), bytes }))).toEqual(["ann body TIMEOUT"]);
    expect(server.messages).toHaveLength(0);
  });
});

describe("a kept connection", () => {
  it("carries the next parcel", async () => {
    const { server, transport } = await pair();
    for (let n = 0; n < 3; n++) await transport.send(parcel());
    expect(server.messages).toHaveLength(3);
    expect(server.connections).toBe(1);
  });

  it("is not kept where the server answers in the middle of a message: it still waits for the rest", async () => {
    const body = ({ total }: { total: number }) =>
      total === 1 ? { afterBytes: 1000, step: "451 4.3.0 No more of that" } : undefined;
    const { server, transport } = await pair({ script: { body } });
    const bytes = Buffer.alloc(5_000_000, "x\r\n");
    expect(told(await transport.send({ ...parcel(), bytes }))).toEqual(["ann body 451"]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(2);
    expect(server.messages).toHaveLength(1);
  });

  it("is not kept where pool is off, nor beyond maxMessages", async () => {
    const single = await pair({}, { pool: false });
    for (let n = 0; n < 2; n++) await single.transport.send(parcel());
    expect(single.server.connections).toBe(2);
    const two = await pair({}, { maxMessages: 2 });
    for (let n = 0; n < 3; n++) await two.transport.send(parcel());
    expect(two.server.connections).toBe(2);
  });

  it.each(["drop", "reset", "421 4.4.2 Idle too long"] as const)(
    "that the server gave up with %s is replaced, and the message goes out once",
    async (step) => {
      const { server, transport } = await pair();
      await transport.send(parcel());
      await server.interrupt(step);
      expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
      expect(server.messages).toHaveLength(2);
    },
  );

  it("on which MAIL is answered with 421 is replaced at once", async () => {
    const mail = ({ connection, nth }: { connection: number; nth: number }) =>
      connection === 1 && nth === 2 ? ["421 4.3.2 Closing", "drop"] : undefined;
    const { server, transport } = await pair({ script: { mail } });
    await transport.send(parcel());
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.messages).toHaveLength(2);
  });

  it("does not let a surplus 550 fail the next, innocent message", async () => {
    const dot = ({ total }: { total: number }) => (total === 1 ? "250 ok\r\n550 surplus" : undefined);
    const { server, transport } = await pair({ script: { dot } });
    expect(told(await transport.send(parcel()))).toEqual(["ann reply REPLY_INCONSISTENT"]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(2);
  });

  it("that says good-bye right behind the 250 has taken the message", async () => {
    const dot = ({ total }: { total: number }) =>
      total === 1 ? ["250 ok\r\n421 4.3.2 Closing", "drop"] : undefined;
    const { server, transport } = await pair({ script: { dot } });
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(2);
  });

  it("does not let a late surplus 250 turn a refused message into a sent one", async () => {
    const dot = ({ total }: { total: number }) => (total === 1 ? undefined : "554 5.7.1 Spam");
    const { server, transport } = await pair({ script: { dot } });
    await transport.send(parcel());
    await server.interrupt("250 2.1.5 ok");
    expect(told(await transport.send(parcel()))).toEqual(["ann reply 554"]);
    expect(server.messages).toHaveLength(1);
  });

  it("that is out of step does not put one recipient's refusal on another", async () => {
    const rcpt = ({ argument }: { argument: string }) =>
      argument.includes("nobody") ? "550 5.1.1 No" : undefined;
    const { server, transport } = await pair({ script: { rcpt } });
    await transport.send(parcel());
    await server.interrupt("250 2.1.5 ok");
    expect(told(await transport.send(parcel("nobody@x.com", "ann@x.com")))).toEqual([
      "nobody rcpt 550",
      "ann 250",
    ]);
  });

  it("is hung up with QUIT when the transport closes", async () => {
    const { server, transport } = await pair();
    await transport.send(parcel());
    transport.close();
    await server.waitFor(
      ({ commands, open: connected }) => commands.at(-1)?.line === "QUIT" && connected === 0,
    );
  });
});

describe("a mistake of our own in the middle of a parcel", () => {
  const mistake = { ...parcel(), to: ["ann@example.com\r\nRSET"] };

  it.each([
    ["new", 0],
    ["kept", 1],
  ])("ends a %s connection, and the next parcel gets another", async (_age, before) => {
    const { server, transport } = await pair();
    for (let n = 0; n < before; n += 1) await transport.send(parcel());
    await expect(transport.send(mistake)).rejects.toThrow(TypeError);
    await server.waitFor(({ open: connected }) => connected === 0);
    expect(told(await transport.send(parcel()))).toEqual(["ann 250"]);
    expect(server.connections).toBe(2);
    expect(server.commands.some(({ line }) => line === "RSET")).toBe(false);
  });
});

it("ends an attempt at its own deadline", async () => {
  const timeouts = { ...quick, greeting: 60_000, total: 150 };
  const { transport } = await pair({ script: { greeting: "silence" } }, { timeouts });
  expect(told(await transport.send(parcel()))).toEqual(["ann greeting TIMEOUT"]);
});

it("ends an attempt as soon as somebody says stop", async () => {
  const { server, transport } = await pair({ script: { ehlo: "silence" } });
  const stop = new AbortController();
  const sending = transport.send(parcel(), stop.signal);
  await server.waitFor(({ commands }) => commands.length > 0);
  stop.abort();
  expect(told(await sending)).toEqual(["ann ehlo ABORTED"]);
});
