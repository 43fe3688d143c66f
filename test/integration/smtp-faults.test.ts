/** Every fault of the list, met by a message that came in through the outbox: what becomes of it, of its transport, of the next. */
import { createHash } from "node:crypto";
import { afterAll, afterEach, describe, expect, it, jest } from "@jest/globals";
import type { MailReceipt, PublicRecord } from "../../lib/outbox/receipt.ts";
import { closeEverything, expectNothingOpen } from "../support/open.ts";
import { type OutboxBench, openOutboxBench } from "../support/outbox-bench.ts";
import { type Script, type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";
import { choose } from "../support/smtp/script.ts";
import { patient, plainTransportTo, transportTo } from "../support/transport.ts";
import type { FaultRow, Run } from "./smtp-faults/fault.ts";
import { messageFaults } from "./smtp-faults/message.ts";
import { transactionFaults } from "./smtp-faults/transaction.ts";
import { wayFaults } from "./smtp-faults/way.ts";

jest.setTimeout(40_000);
afterEach(closeEverything);
afterAll(expectNothingOpen);

const here = [{ address: "127.0.0.1", family: 4 }];

/** What the script says, as long as `lasts` says so. */
function meanwhile(lasts: () => boolean, script: Script): Script {
  return Object.fromEntries(
    Object.entries(script).map(([moment, scripted]) => [
      moment,
      (context: Parameters<typeof choose>[1]) =>
        lasts() ? choose(scripted as Parameters<typeof choose>[0], context) : undefined,
    ]),
  );
}

/** A server, an outbox that sends to it, and the fault between them, switched off. */
async function bench(row: Omit<FaultRow, "name" | "outcome">) {
  let faulty = false;
  const script = (typeof row.script === "function" ? row.script() : row.script) ?? {};
  const server = await startSmtpServer({
    authInClear: true, // so that nothing but our own care keeps the password back
    ...row.server,
    script: meanwhile(() => faulty, script),
    tlsOptions: () => (faulty && row.tlsOptions) || {},
  });
  const to = row.plain ? plainTransportTo : transportTo;
  const { send, ...outbox } = openOutboxBench(
    [to(server, { host: "mail.test", timeouts: patient, ...row.transport })],
    {
      session: {
        lookup: async () => (faulty && row.lookup ? row.lookup() : here),
        ...(row.askTlsAfter && { askTlsAfter: row.askTlsAfter }),
      },
    },
  );
  return {
    ...outbox,
    server,
    send,
    break: () => void (faulty = true),
    mend: () => void (faulty = false),
    async state() {
      return (await outbox.outbox.stats()).transports[0]?.state;
    },
    copiesOf: ({ messageId }: { messageId: string }) =>
      server.messages.filter(({ data }) => data.includes(messageId)),
    async innocent() {
      const receipt = await send({ to: "innocent@example.com" });
      expect(receipt).toMatchObject({ status: "sent" });
      expect(this.copiesOf(receipt)).toHaveLength(1);
    },
    /** The record at rest; a message that was refused for good has rejected. */
    async rest(message: object): Promise<{ record: PublicRecord; rejection?: unknown }> {
      const { id, rejection } = await send(message).then(
        (receipt: MailReceipt) => ({ id: receipt.id, rejection: undefined }),
        (error: unknown) => ({ id: (error as { data: { id: string } }).data.id, rejection: error }),
      );
      return { record: await outbox.outbox.get(id), rejection };
    },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64").replace(/=+$/, "");
const secrets = [
  "secret",
  base64("secret"),
  base64("\0user@example.com\0secret"),
  base64("user@example.com"),
];

function expectNothingInClear({ plaintext }: SmtpServer): void {
  for (const word of [
    ...secrets,
    "user@",
    "AUTH",
    "MAIL FROM",
    "RCPT TO",
    "DATA",
    "@example.com",
    "Subject",
  ]) {
    expect(plaintext).not.toContain(word);
  }
}

function letter({ message = {} }: FaultRow, size: number): object {
  const attachments = [{ filename: "data.txt", content: "0123456789abcdef".repeat(size / 16) }];
  return { ...message, ...(size > 0 && { attachments }) };
}

async function meet(row: FaultRow, size: number, run: Run): Promise<void> {
  const { outcome: once, reused: again = once } = row;
  const outcome = run === "new" ? once : again;
  const one = await bench(row);
  const { server } = one;
  if (run === "reused") {
    await one.innocent();
    if (row.way) {
      await server.interrupt("drop");
      await server.waitFor(({ open }) => open === 0);
    }
  }
  await row.arrange?.(server);
  const before = { connections: server.connections, messages: server.messages.length };

  one.break();
  if (row.interrupt) await server.interrupt(row.interrupt);
  const began = one.now();
  const { record, rejection } = await one.rest(letter(row, size));
  const ended = one.now();

  // the message
  expect(record).toMatchObject({
    status: outcome.status,
    ...(outcome.problem && { problem: { type: outcome.problem, remedy: expect.any(String) } }),
  });
  expect(record.problem?.type).toBe(outcome.problem);
  expect(record.problem?.ambiguous).toBe(outcome.ambiguous);
  expect(record.recipients.map(({ status }) => status)).toEqual(
    outcome.recipients ?? record.recipients.map(() => outcome.status),
  );
  expect(rejection).toEqual(
    outcome.status === "failed"
      ? expect.objectContaining({ type: outcome.problem, retryable: false })
      : undefined,
  );
  const wait = Date.parse(record.nextAttemptAt ?? "") - (outcome.due ?? 0);
  if (outcome.due === undefined) expect(record.nextAttemptAt).toBeUndefined();
  else
    expect(wait >= began && wait <= ended ? "in time" : `${wait - began} of ${ended - began} ms`).toBe(
      "in time",
    );
  // the sink
  expect(server.messages.length - before.messages).toBe(outcome.copies);
  row.seen?.(server);
  if (!row.plain) expectNothingInClear(server);
  const told = JSON.stringify([record, one.events]);
  for (const word of secrets) expect(told).not.toContain(word);
  // the transport
  expect(await one.state()).toBe(outcome.transport);
  const made = server.connections - before.connections;
  if (run === "new") expect(made).toBe(row.connections ?? 1);
  else expect(made).toBeLessThanOrEqual(1);

  if (row.lasting) return;
  // the next ones
  const waiting = outcome.transport === "up" ? undefined : await one.send({ to: "next@example.com" });
  if (waiting) {
    expect(waiting).toMatchObject({ status: "queued", attempts: 0, problem: { type: outcome.problem } });
    expect(server.connections - before.connections).toBe(made);
  }
  one.mend();
  if (!waiting) await one.innocent();
  // and the message itself, when its time has come: to those who have not got it, with the same bytes
  if (outcome.status === "deferred") {
    const sofar = server.messages.length;
    one.advance(Date.parse(record.nextAttemptAt ?? "") - one.now());
    for (const { id } of [record, ...(waiting ? [waiting] : [])]) await one.told("mail.sent", id);
    if (waiting) expect(one.copiesOf(waiting)).toHaveLength(1);
    expect(await one.state()).toBe("up");
    const open = record.recipients.filter(({ status }) => status === "deferred");
    expect(one.copiesOf(record).at(-1)?.to).toEqual(open.map(({ address }) => address));
    expect(server.messages.length - sofar).toBe(waiting ? 2 : 1);
    const prints = one.copiesOf(record).map(({ data }) => createHash("sha256").update(data).digest("hex"));
    expect(prints).toHaveLength(outcome.copies + 1);
    expect(new Set(prints).size).toBe(1);
  }
  if (!row.plain) expectNothingInClear(server);
}

const words = (size: number): string => {
  if (size === 0) return "";
  return size < 1_000_000 ? `, ${size / 1000} KB` : `, ${size / 1_000_000} MB`;
};

const runs = (rows: readonly FaultRow[]) =>
  rows.flatMap((row) =>
    (row.sizes ?? [0]).flatMap((size) =>
      (row.runs ?? (["new", "reused"] as const)).map(
        (run) => [`${row.name} (${run} connection${words(size)})`, row, size, run] as const,
      ),
    ),
  );

describe("on the way to the server", () => {
  it.each(runs(wayFaults))("%s", async (_title, row, size, run) => meet(row, size, run));
});

describe("in the envelope", () => {
  it.each(runs(transactionFaults))("%s", async (_title, row, size, run) => meet(row, size, run));
});

describe("in the message and after it", () => {
  it.each(runs(messageFaults))("%s", async (_title, row, size, run) => meet(row, size, run));
});

/** So many letters at once. */
const letters = (count: number, one: Pick<OutboxBench, "send">, more: object = {}) =>
  Promise.all(Array.from({ length: count }, (_, at) => one.send({ subject: `Letter ${at}`, ...more })));

const statuses = (receipts: readonly MailReceipt[]) => [...new Set(receipts.map(({ status }) => status))];

describe("F85 a server that bears one connection", () => {
  it.each([
    ["421", ["421 4.7.0 Too many connections", "drop"]],
    ["450", ["450 4.3.2 Later", "drop"]],
    ["RST", "reset"],
  ] as const)("and answers further ones with %s gets everything over that one", async (_name, greeting) => {
    const { server, ...one } = await bench({
      script: {
        greeting: ({ connection }) => (connection > 1 ? greeting : undefined),
        dot: { afterMs: 15, step: "250 ok" },
      },
    });
    one.break();
    expect(statuses(await letters(20, one))).toEqual(["sent"]);
    expect(new Set(server.messages.map(({ data }) => data.toString())).size).toBe(20);
    expect(server.messages).toHaveLength(20);
    expect(server.connections).toBe(5);
    const others = one.events.filter(({ name }) => !/^mail\.(queued|deferred|sent)$/.test(name));
    expect(others).toEqual([]);
    // a minute later it is offered one more, in vain
    one.advance(60_000);
    expect(statuses(await letters(5, one))).toEqual(["sent"]);
    expect(server.connections).toBe(6);
    // and when it bears more, it gets them one by one
    one.mend();
    one.advance(120_000);
    expect(statuses(await letters(9, one))).toEqual(["sent"]);
    expect(server.connections).toBe(8);
    expect(server.messages).toHaveLength(34);
  });

  it("and then none at all, rests", async () => {
    const { server, ...one } = await bench({
      script: { greeting: ["421 4.7.0 Too many connections", "drop"] },
    });
    one.break();
    for (const { status } of await letters(8, one, { wait: 300 }))
      expect(status).toMatch(/^(deferred|queued)$/);
    expect(await one.state()).toBe("resting");
    expect(server.connections).toBe(5);
    one.mend();
    one.advance(30_000);
    await server.received(8);
  });
});

describe("F85 a quota that is used up", () => {
  it("uses up no step of the message's schedule", async () => {
    let answer = "421 4.7.0 Too many messages, try again in 300 seconds";
    const one = await bench({ script: { mail: () => answer } });
    one.break();
    const { id } = await one.send();
    const wait = async () => {
      const { nextAttemptAt = "" } = await one.outbox.get(id);
      return Math.round((Date.parse(nextAttemptAt) - one.now()) / 1000);
    };
    expect(await wait()).toBe(300);
    one.advance(300_000);
    await one.told("mail.deferred", id, 2);
    expect(await wait()).toBe(300);
    answer = "450 4.1.8 Later";
    one.advance(300_000);
    await one.told("mail.deferred", id, 3);
    expect(await wait()).toBe(24); // the first delay
    one.mend();
    one.advance(24_000);
    await one.told("mail.sent", id);
  });
});

describe("F87 two servers, the first of them dead", () => {
  it("all is sent by the second; the first is probed after its rest, and has the next message once it is back", async () => {
    let dead = true;
    const first = await startSmtpServer({ script: { connect: () => (dead ? "reset" : undefined) } });
    const second = await startSmtpServer();
    const one = openOutboxBench([
      transportTo(first, { timeouts: patient }),
      transportTo(second, { name: "fallback1", timeouts: patient }),
    ]);
    const ways = async (count: number) => {
      const receipts = await letters(count, one);
      expect(statuses(receipts)).toEqual(["sent"]);
      return receipts.map(({ transport }) => transport);
    };
    expect(new Set(await ways(10))).toEqual(new Set(["fallback1"]));
    const met = first.connections;
    expect(met).toBeLessThanOrEqual(5); // those that came at once
    for (const rest of [30, 60, 120, 240, 480, 900, 900]) {
      expect(await ways(3)).toEqual(["fallback1", "fallback1", "fallback1"]);
      one.advance((rest - 1) * 1000);
      expect(await ways(1)).toEqual(["fallback1"]);
      const probes = first.connections;
      one.advance(1000);
      expect(await ways(3)).toEqual(["fallback1", "fallback1", "fallback1"]);
      expect(first.connections).toBe(probes + 1);
    }
    dead = false;
    one.advance(899_000);
    expect(await ways(1)).toEqual(["fallback1"]);
    one.advance(1000);
    expect(await ways(1)).toEqual(["primary"]);
    expect(new Set(await ways(10))).toEqual(new Set(["primary"]));
    const seen = [...first.messages, ...second.messages].map(
      ({ data }) => /Message-ID: (.*)\r/i.exec(data.toString())?.[1],
    );
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("what hangs at the first does not keep what comes later from the second", async () => {
    let dead = false;
    const first = await startSmtpServer({
      script: {
        greeting: () => (dead ? "silence" : undefined),
        mail: ({ argument }) => (argument.includes("slow@") ? "silence" : undefined),
      },
    });
    const second = await startSmtpServer();
    const one = openOutboxBench([
      transportTo(first, { timeouts: { ...patient, greeting: 300 } }),
      transportTo(second, { name: "fallback1", timeouts: patient }),
    ]);
    void one.send({ from: "slow@example.com", wait: false });
    await first.waitFor(({ commands }) => commands.some(({ line }) => line.includes("slow@")));
    dead = true;
    expect(await one.send()).toMatchObject({ status: "sent", transport: "fallback1" });
    one.advance(30_000);
    expect(await one.send()).toMatchObject({ status: "sent", transport: "fallback1" });
    expect(await one.send()).toMatchObject({ status: "sent", transport: "fallback1" });
    await first.interrupt("drop"); // for the outbox waits for it when it closes
  });
});

it("a rate limit holds over many messages and connections", async () => {
  const server = await startSmtpServer();
  const one = openOutboxBench([
    transportTo(server, { timeouts: patient, rateLimit: 4, rateDelta: 200, maxConnections: 3 }),
  ]);
  const began = performance.now();
  expect(statuses(await letters(18, one))).toEqual(["sent"]);
  // the fifth lot of four begins after four windows
  expect(performance.now() - began).toBeGreaterThanOrEqual(790);
  expect(server.messages).toHaveLength(18);
  expect(server.connections).toBeLessThanOrEqual(3);
});
