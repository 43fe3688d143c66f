/** Facts about the outbox and its delivery loop, over real SMTP conversations. */
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Config, TransportConfig } from "../../../lib/config/config.ts";
import { checkSend } from "../../../lib/message/schema.ts";
import { memoryStore } from "../../../lib/outbox/memory.ts";
import type { OutboxStore } from "../../../lib/outbox/store.ts";
import { type Caller, openOutbox } from "../../../lib/outbox/outbox.ts";
import type { MailReceipt } from "../../../lib/outbox/receipt.ts";
import { openTransports } from "../../../lib/smtp/transports.ts";
import { configFor } from "../../support/config.ts";
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from "../../support/smtp-server.ts";
import { transportTo } from "../../support/transport.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

interface Bench {
  server: SmtpServer;
  transports: ReturnType<typeof openTransports>;
  /** How often the store was asked for work */
  claims(): number;
  outbox: ReturnType<typeof openOutbox>;
  store: OutboxStore;
  events: { name: string; payload: Record<string, unknown> }[];
  send(params?: object, caller?: Caller): Promise<MailReceipt>;
  /** Resolves when this event has been told */
  told(name: string): Promise<Record<string, unknown>>;
}

async function bench(
  options: SmtpServerOptions = {},
  {
    env = {},
    transports = [],
    primary,
    over = {},
  }: {
    env?: Record<string, string>;
    transports?: TransportConfig[];
    primary?: TransportConfig;
    over?: Partial<OutboxStore>;
  } = {},
): Promise<Bench> {
  const server = await startSmtpServer(options);
  const config: Config = configFor([primary ?? transportTo(server), ...transports], env);
  const sending = openTransports(config);
  const store = memoryStore();
  let claims = 0;
  const events: Bench["events"] = [];
  const waiting = new Set<() => void>();
  const errors: unknown[] = [];
  const outbox = openOutbox({
    templates: async () => ({ fill: (request) => request }),
    config,
    store: {
      ...store,
      claim(request) {
        claims += 1;
        return store.claim(request);
      },
      ...over,
    },
    policy: sending.policy,
    emit(name, payload) {
      events.push({ name, payload: payload as Record<string, unknown> });
      for (const look of waiting) look();
    },
    onError: (error) => errors.push(error),
  });
  open.push(server, sending, outbox, { close: () => expect(errors).toEqual([]) });
  return {
    server,
    transports: sending,
    claims: () => claims,
    outbox,
    store,
    events,
    send: (params = {}, caller = {}) =>
      outbox.send(
        checkSend(
          { to: "ann@example.com", subject: "Hello", text: "It works.", ...params },
          { ...limits, now: Date.now() },
        ),
        caller,
      ) as Promise<MailReceipt>,
    told: (name) =>
      new Promise((resolve) => {
        const look = () => {
          const event = events.find((one) => one.name === name);
          if (!event) return;
          waiting.delete(look);
          resolve(event.payload);
        };
        waiting.add(look);
        look();
      }),
  };
}

const limits = { maxRecipients: 50, maxSize: 25_000_000 };

describe("a message that is taken", () => {
  it("is answered with its receipt: sent, by whom, with the server's words", async () => {
    const { server, send } = await bench({ script: { dot: "250 2.0.0 queued as 7" } });
    const receipt = await send({ cc: "Bob <bob@example.com>" });
    expect(receipt).toEqual({
      id: expect.any(String),
      status: "sent",
      messageId: expect.stringMatching(/^<.+@example\.com>$/),
      transport: "primary",
      attempts: 1,
      durable: false,
      recipients: [
        { address: "ann@example.com", status: "sent", code: 250, response: "250 2.0.0 queued as 7" },
        { address: "bob@example.com", status: "sent", code: 250, response: "250 2.0.0 queued as 7" },
      ],
      response: "250 2.0.0 queued as 7",
      accepted: ["ann@example.com", "bob@example.com"],
      rejected: [],
      envelope: { from: "me@example.com", to: ["ann@example.com", "bob@example.com"] },
    });
    expect(server.messages[0]?.data.toString()).toContain(`Message-ID: ${receipt.messageId}`);
  });

  it("is told to the mesh: queued, then sent, without subject and body", async () => {
    const { send, events } = await bench();
    const { id } = await send({ text: "Your code is 481516", tags: ["otp"], metadata: { user: "7" } });
    expect(events.map(({ name }) => name)).toEqual(["mail.queued", "mail.sent"]);
    expect(events[1]?.payload).toMatchObject({
      id,
      status: "sent",
      tags: ["otp"],
      metadata: { user: "7" },
      attempts: 1,
    });
    expect(JSON.stringify(events)).not.toMatch(/481516|Hello/);
  });

  it("leaves no body behind, and a record with its timeline", async () => {
    const { send, outbox, store } = await bench();
    const { id } = await send();
    expect(await store.hasContent(id)).toBe(false);
    const record = await outbox.get(id);
    expect(record).toMatchObject({
      id,
      status: "sent",
      timeline: [{ transport: "primary", status: "sent" }],
    });
    expect(record).not.toHaveProperty("content");
    await expect(outbox.retry(id)).rejects.toMatchObject({ type: "MAIL_NOT_RETRYABLE" });
  });
});

it.each([true, false])(
  "bodies of what was sent or canceled are kept: %s, as MAIL_KEEP_BODIES says",
  async (keep) => {
    const { send, outbox, store } = await bench({}, { env: { MAIL_KEEP_BODIES: String(keep) } });
    const [sent, canceled] = [await send(), await send({ sendAt: Date.now() + 3_600_000 })];
    await outbox.cancel(canceled.id);
    expect(await store.hasContent(sent.id)).toBe(keep);
    expect(await store.hasContent(canceled.id)).toBe(keep);
  },
);

describe("what is finished", () => {
  beforeEach(() => {
    const others = ["Date", "hrtime", "performance", "setImmediate", "setTimeout", "clearTimeout"] as const;
    jest.useFakeTimers({ doNotFake: [...others, "nextTick", "queueMicrotask"] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ["24h", true],
    ["0", false],
  ])("is kept as long as MAIL_RETENTION says: %s", async (MAIL_RETENTION, isKept) => {
    const { send, store } = await bench({}, { env: { MAIL_RETENTION } });
    const { id } = await send();
    await new Promise((resolve) => setTimeout(resolve, 2));
    jest.advanceTimersByTime(60_000);
    expect((await store.get(id)) !== undefined).toBe(isKept);
  });
});

describe("a message that is refused for good", () => {
  it("rejects with the recipient's fault when there is nobody else, and names the record", async () => {
    const { send, outbox } = await bench({ script: { rcpt: "550 5.1.1 No such user" } });
    const error = await send().catch((reason: unknown) => reason as { data: { id: string } });
    expect(error).toMatchObject({
      type: "SMTP_RECIPIENT_REJECTED",
      code: 422,
      retryable: false,
      data: { id: expect.any(String), remedy: expect.any(String), smtp: { code: 550 } },
    });
    expect(await outbox.get((error as { data: { id: string } }).data.id)).toMatchObject({ status: "failed" });
  });

  it("rejects with 413 when the server says that it is too large", async () => {
    const { send } = await bench({ capabilities: ["SIZE 100"] });
    await expect(send()).rejects.toMatchObject({ type: "SMTP_MESSAGE_TOO_LARGE", code: 413 });
  });

  it("rejects when the caller's own sender is refused, but holds the transport when it is ours", async () => {
    const { send, server } = await bench({ script: { mail: "553 5.7.1 Sender not owned" } });
    await expect(send({ from: "other@example.com" })).rejects.toMatchObject({
      type: "SMTP_SENDER_REJECTED",
      code: 422,
    });
    const receipt = await send();
    expect(receipt).toMatchObject({ status: "deferred", problem: { type: "SMTP_SENDER_REJECTED" } });
    expect(server.messages).toHaveLength(0);
  });

  it("does not reject while one recipient is still open", async () => {
    const rcpt = ({ argument }: { argument: string }) =>
      argument.includes("bob") ? "450 4.2.1 Later" : "550 5.1.1 No";
    const { send } = await bench({ script: { rcpt } }, { env: { MAIL_RETRY_SCHEDULE: "1h" } });
    expect(await send({ cc: "bob@example.com" })).toMatchObject({
      status: "deferred",
      rejected: ["ann@example.com"],
      nextAttemptAt: expect.any(String),
    });
  });
});

describe("trouble with the server", () => {
  it.each([
    ["a wrong password", { auth: { users: {} } }, "SMTP_AUTH_FAILED"],
    ["no AUTH", { auth: "none" }, "SMTP_AUTH_UNSUPPORTED"],
    ["an expired certificate", { certificate: "expired" }, "SMTP_CERTIFICATE_EXPIRED"],
    ["a greeting of 554", { script: { greeting: "554 No" } }, "SMTP_GREETING_REJECTED"],
    ["a connection that ends at once", { script: { greeting: "drop" } }, "SMTP_CONNECTION_LOST"],
  ] as const)("(%s) fails no message: it is deferred and says why", async (_name, options, type) => {
    const { send, outbox, events, server } = await bench(options as SmtpServerOptions, {
      env: { MAIL_RETRY_SCHEDULE: "1h" },
    });
    const receipt = await send();
    expect(receipt).toMatchObject({ status: "deferred", problem: { type, remedy: expect.any(String) } });
    expect(server.connections).toBe(1);
    const next = await send();
    expect(next).toMatchObject({ status: "queued", attempts: 0, problem: { type } });
    expect(server.connections).toBe(1);
    expect(events.map(({ name }) => name)).toContain("mail.transport.down");
    expect(await outbox.stats()).toMatchObject({ transports: [{ name: "primary", problem: { type } }] });
  });

  it("is over when the server is back: everything goes out, once each", async () => {
    const greeting = ({ total }: { total: number }) => (total <= 3 ? "drop" : undefined);
    const { send, server, told } = await bench({ script: { greeting } });
    await Promise.all([1, 2, 3].map((n) => send({ subject: `Letter ${n}` })));
    await server.received(3);
    await told("mail.transport.up");
    const subjects = server.messages.map(({ data }) => /Subject: (.*)\r/.exec(data.toString())?.[1] ?? "");
    expect(new Set(subjects)).toEqual(new Set(["Letter 1", "Letter 2", "Letter 3"]));
  });

  it("sends by the next transport at once, and says which one it was", async () => {
    const second = await startSmtpServer();
    open.push(second);
    const { send, events } = await bench(
      { script: { greeting: "drop" } },
      { transports: [transportTo(second, { name: "fallback1" })], env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    expect(await send()).toMatchObject({ status: "sent", transport: "fallback1", attempts: 2 });
    expect(second.messages).toHaveLength(1);
    expect(events.map(({ name }) => name)).toContain("mail.transport.down");
  });
});

describe("a transport that rests", () => {
  it("takes everything that waits at once, when a verify says ok", async () => {
    let known = false;
    const auth = () => (known ? undefined : "535 5.7.8 No");
    const { send, server, transports, outbox } = await bench({ script: { auth } });
    const [first, second] = [await send(), await send()];
    expect(first).toMatchObject({ status: "deferred", problem: { type: "SMTP_AUTH_FAILED" } });
    expect(Date.parse(second.nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(14 * 60_000);
    known = true;
    expect(await transports.verify()).toMatchObject({ ok: true });
    outbox.wake();
    await server.received(2);
  });

  it("is probed with one message, and the others follow as soon as it has gone through", async () => {
    const greeting = ({ total }: { total: number }) => (total === 1 ? "drop" : undefined);
    const { send, server } = await bench({ script: { greeting } }, { env: { MAIL_RETRY_SCHEDULE: "100ms" } });
    for (let n = 0; n < 6; n++) await send({ wait: false });
    await server.received(6, 2000);
  });

  it("is not asked about in a busy loop", async () => {
    const { send, claims, told } = await bench(
      { script: { greeting: "drop" } },
      { env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    await send();
    await send({ expiresAt: Date.now() + 100 });
    await told("mail.expired");
    expect(claims()).toBeLessThan(20);
  });

  it("gets no more connections than it may have", async () => {
    const server = await startSmtpServer({ script: { dot: { afterMs: 20, step: "250 ok" } } });
    open.push(server);
    const { send } = await bench(
      {},
      {
        transports: [],
        env: { SMTP_SENDER: "me@example.com" },
        primary: transportTo(server, { maxConnections: 2 }),
      },
    );
    await Promise.all(Array.from({ length: 8 }, () => send()));
    expect(server.messages).toHaveLength(8);
    expect(server.connections).toBe(2);
  });
});

describe("a rate limit", () => {
  it("spreads the messages over time, and lets none go that has expired meanwhile", async () => {
    const server = await startSmtpServer();
    open.push(server);
    const { send, told } = await bench(
      {},
      { primary: transportTo(server, { rateLimit: 2, rateDelta: 400 }) },
    );
    const started = performance.now();
    const sending = Promise.all([send(), send(), send()]);
    await send({ expiresAt: Date.now() + 100, priority: "low", wait: false });
    await told("mail.expired");
    await sending;
    expect(performance.now() - started).toBeGreaterThanOrEqual(390);
    expect(server.messages).toHaveLength(3);
  });
});

describe("trying again", () => {
  it("reaches only the recipients that are still open", async () => {
    const rcpt = ({ argument, total }: { argument: string; total: number }) =>
      argument.includes("bob") && total <= 2 ? "450 4.2.1 Later" : undefined;
    const { send, server, told } = await bench({ script: { rcpt } });
    await send({ cc: "bob@example.com" });
    await told("mail.sent");
    expect(server.messages.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
  });

  it("has the same Message-ID and the same bytes", async () => {
    const dot = ({ total }: { total: number }) => (total === 1 ? (["drop"] as const) : undefined);
    const mails: string[] = [];
    const { send, server, told } = await bench({ script: { dot } });
    const receipt = await send({
      html: "<p>It works.</p>",
      attachments: [{ filename: "a.txt", content: "a" }],
    });
    expect(receipt).toMatchObject({
      status: "deferred",
      problem: { ambiguous: true, type: "SMTP_CONNECTION_LOST" },
    });
    await told("mail.sent");
    for (const { data } of server.messages) mails.push(data.toString());
    expect(new Set(mails).size).toBe(1);
  });

  it("is not done for an ambiguous end where the caller said hold", async () => {
    const { send, server } = await bench({ script: { dot: "drop" } });
    expect(await send({ ambiguous: "hold" })).toMatchObject({ status: "unknown" });
    expect(server.connections).toBe(1);
  });

  it("sends to twelve recipients through a server that takes five at a time", async () => {
    let taken = 0;
    const mail = () => {
      taken = 0;
      return undefined;
    };
    const rcpt = () => (++taken > 5 ? "452 4.5.3 Too many recipients" : undefined);
    const { send, server } = await bench({ script: { mail, rcpt } }, { env: { MAIL_RETRY_SCHEDULE: "1h" } });
    const to = Array.from({ length: 12 }, (_, n) => `a${n}@example.com`);
    expect((await send({ to })).accepted).toEqual(to);
    expect(server.messages.map((message) => message.to.length)).toEqual([5, 5, 2]);
  });

  it("is done at once when an operator asks for it", async () => {
    const { send, outbox, server } = await bench(
      { script: { rcpt: ({ total }) => (total === 1 ? "450 4.2.1 Later" : undefined) } },
      { env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    const { id } = await send();
    await outbox.retry(id);
    await server.received(1);
  });
});

describe("time", () => {
  it("keeps a scheduled message until it is due", async () => {
    const { send, server, told } = await bench();
    const receipt = await send({ sendAt: Date.now() + 80 });
    expect(receipt).toMatchObject({ status: "scheduled", attempts: 0 });
    await told("mail.sent");
    expect(server.messages).toHaveLength(1);
  });

  it("does not send what would come too late", async () => {
    const { send, told, server } = await bench(
      { script: { greeting: "drop" } },
      { env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    const { id } = await send({ expiresAt: Date.now() + 150 });
    expect(await told("mail.expired")).toMatchObject({
      id,
      status: "expired",
      problem: { type: "SMTP_CONNECTION_LOST" },
    });
    expect(server.messages).toHaveLength(0);
  });

  it("lets nobody wait longer than he will", async () => {
    const { send } = await bench({ script: { rcpt: "silence" } });
    const receipt = await send({}, { patience: 250 });
    expect(receipt).toMatchObject({ status: "sending", attempts: 0 });
  });

  it("does not make the caller wait who does not want to", async () => {
    const { send, told } = await bench();
    expect(await send({ wait: false })).toMatchObject({ status: "queued", attempts: 0 });
    await told("mail.sent");
  });
});

it("what was canceled has news until somebody was told", async () => {
  const { send, outbox, store } = await bench();
  const { id } = await send({ sendAt: Date.now() + 3_600_000 });
  while ((await store.untold(1)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await outbox.cancel(id);
  expect(await store.untold(10)).toMatchObject([{ id, recipients: [{ status: "canceled" }] }]);
});

describe("keys", () => {
  it("make a repeated call harmless: one message, the same id", async () => {
    const { send, server } = await bench();
    const first = await send({ idempotencyKey: "reset-7" });
    const again = await send({ idempotencyKey: "reset-7" });
    expect(again).toMatchObject({ id: first.id, status: "sent", duplicate: true });
    expect(server.messages).toHaveLength(1);
  });

  it("reject again when the first message failed for good", async () => {
    const { send, server } = await bench({ script: { rcpt: "550 5.1.1 No such user" } });
    await expect(send({ idempotencyKey: "k" })).rejects.toMatchObject({ type: "SMTP_RECIPIENT_REJECTED" });
    await expect(send({ idempotencyKey: "k" })).rejects.toMatchObject({ type: "SMTP_RECIPIENT_REJECTED" });
    expect(server.connections).toBe(1);
  });

  it("conflict when the content is another one", async () => {
    const { send } = await bench();
    await send({ idempotencyKey: "k" });
    await expect(send({ idempotencyKey: "k", subject: "Other" })).rejects.toMatchObject({
      type: "MAIL_IDEMPOTENCY_CONFLICT",
      code: 409,
    });
  });

  it("that replace let the newer message cancel the older one that waits", async () => {
    const { send, outbox } = await bench();
    const first = await send({ replaceKey: "otp-7", sendAt: Date.now() + 3_600_000 });
    await send({ replaceKey: "otp-7" });
    expect(await outbox.get(first.id)).toMatchObject({ status: "canceled" });
  });
});

describe("a message that is replaced or canceled", () => {
  it("while it is on the wire does not arrive after the new one", async () => {
    const dot = ({ total }: { total: number }) =>
      total === 1 ? { afterMs: 50, step: "451 4.3.0 Later" } : undefined;
    const { send, server, told } = await bench({ script: { dot } });
    const older = send({ replaceKey: "otp-7", subject: "old" });
    await server.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
    await send({ replaceKey: "otp-7", subject: "new" });
    await told("mail.canceled");
    expect(await older).toMatchObject({ status: "canceled" });
    expect(server.messages.map(({ data }) => /Subject: (.*)\r/.exec(data.toString())?.[1])).toEqual(["new"]);
  });

  it("lets nobody wait for it any longer", async () => {
    const { send, outbox, told } = await bench(
      { script: { greeting: "drop" } },
      { env: { MAIL_RETRY_SCHEDULE: "200ms" } },
    );
    const sending = send();
    const { id } = await told("mail.queued");
    await outbox.cancel(String(id)).catch(() => {});
    expect((await sending).status).toMatch(/canceled|deferred/);
  });

  it("keeps its own expiry, still to come, when it is tried again", async () => {
    const { send, outbox, told } = await bench(
      { script: { greeting: "drop" } },
      { env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    const { id } = await send({ expiresAt: Date.now() + 200 });
    await outbox.retry(id);
    expect(await told("mail.expired")).toMatchObject({ id });
  });
});

describe("asking", () => {
  it("cancels what waits, and says why it cannot cancel what is done", async () => {
    const { send, outbox, told } = await bench();
    const { id } = await send({ sendAt: Date.now() + 3_600_000 });
    expect(await outbox.cancel(id)).toMatchObject({ status: "canceled" });
    await told("mail.canceled");
    await expect(outbox.cancel(id)).rejects.toMatchObject({ type: "MAIL_NOT_CANCELABLE", code: 409 });
  });

  it("finds nothing for an id that never was", async () => {
    const { outbox } = await bench();
    for (const ask of [outbox.get, outbox.cancel, outbox.retry]) {
      await expect(ask("nobody")).rejects.toMatchObject({ type: "MAIL_NOT_FOUND", code: 404 });
    }
  });

  it("counts and lists", async () => {
    const { send, outbox } = await bench();
    const { id } = await send({ tags: ["a"] });
    await send({ sendAt: Date.now() + 3_600_000 });
    expect(await outbox.stats()).toMatchObject({
      counts: { sent: 1, scheduled: 1 },
      transports: [{ name: "primary", state: "up", ratePerMinute: 1 }],
    });
    expect(await outbox.list({ tag: "a", limit: 50 })).toMatchObject({ items: [{ id }] });
  });

  it("for a dry run composes, and neither stores nor sends", async () => {
    const { send, outbox, server } = await bench();
    const answer = await send({ dryRun: true, html: "<p>Hello</p>", text: undefined });
    expect(answer).toMatchObject({
      dryRun: true,
      subject: "Hello",
      text: "Hello",
      envelope: { from: "me@example.com", to: ["ann@example.com"] },
    });
    expect(await outbox.list({ limit: 50 })).toEqual({ items: [] });
    expect(server.connections).toBe(0);
  });
});

describe("an operator who asks for another try", () => {
  it("lets the server prove itself at once, by a message that was never tried, too", async () => {
    const { send, outbox, server } = await bench(
      { auth: { users: {} } },
      { env: { MAIL_RETRY_SCHEDULE: "1h" } },
    );
    await send();
    const { id } = await send();
    expect(server.connections).toBe(1);
    expect(await outbox.retry(id)).toMatchObject({ id, attempts: 0 });
    await server.waitFor(({ connections }) => connections === 2);
  });
});

describe("MAIL_RETRY_FOR", () => {
  it("ends what no server was up for, too, and says so", async () => {
    const { send, events, outbox } = await bench(
      { auth: { users: {} } },
      { env: { MAIL_RETRY_FOR: "1s", MAIL_RETRY_SCHEDULE: "1h" } },
    );
    await send();
    const { id, status } = await send();
    expect(status).toBe("queued");
    const isTold = () => events.some(({ name, payload }) => name === "mail.expired" && payload["id"] === id);
    while (!isTold()) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await outbox.get(id)).toMatchObject({ status: "expired", attempts: 0 });
  });
});

describe("limits", () => {
  it("say no, in words, to more messages than may wait", async () => {
    const { send } = await bench({}, { env: { MAIL_OUTBOX_LIMIT: "1" } });
    await send({ sendAt: Date.now() + 3_600_000 });
    await expect(send()).rejects.toMatchObject({ type: "MAIL_OUTBOX_FULL", code: 429, retryable: true });
  });

  it("do not let one slow message hold up the others", async () => {
    const rcpt = ({ argument }: { argument: string }) => (argument.includes("slow") ? "silence" : undefined);
    const { send, server } = await bench({ script: { rcpt } });
    await send({ to: "slow@example.com", wait: false });
    expect(await send()).toMatchObject({ status: "sent" });
    expect(server.connections).toBe(2);
  });
});

describe("a list that would not fit into one NATS packet", () => {
  it("comes in more pages than asked for, and nothing is left out", async () => {
    const { send, outbox } = await bench();
    const metadata = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`note${n}`, "x".repeat(1000)]));
    const sendAt = Date.now() + 3_600_000;
    for (let n = 0; n < 40; n += 1) await send({ metadata, sendAt });
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await outbox.list({ limit: 200, ...(cursor && { cursor }) });
      expect(JSON.stringify(page).length).toBeLessThan(600_000);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(ids).size).toBe(40);
    expect(ids).toHaveLength(40);
  });
});

describe("numbers", () => {
  it("are refused where the store does not answer in time: whoever asks is to hear why", async () => {
    const { outbox } = await bench({}, { over: { stats: () => new Promise(() => {}) } });
    await expect(outbox.stats()).rejects.toMatchObject({
      type: "MAIL_OUTBOX_UNAVAILABLE",
      message: "the outbox does not answer",
    });
  });
});

describe("stopping", () => {
  it("takes nothing more on as soon as the node is about to stop, while the rest is finished", async () => {
    const { send, server, outbox } = await bench({ script: { dot: { afterMs: 60, step: "250 ok" } } });
    const sending = send();
    await server.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
    outbox.quiesce();
    await expect(send()).rejects.toMatchObject({
      type: "MAIL_OUTBOX_UNAVAILABLE",
      code: 503,
      retryable: true,
    });
    expect(await sending).toMatchObject({ status: "sent" });
    expect(await outbox.stats()).toMatchObject({ counts: { sent: 1 } });
  });

  it("finishes what is on the wire", async () => {
    const { send, server, outbox } = await bench({ script: { dot: { afterMs: 60, step: "250 ok" } } });
    const sending = send();
    await server.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
    await outbox.close();
    expect(await sending).toMatchObject({ status: "sent" });
    await outbox.close();
    await expect(send()).rejects.toMatchObject({
      type: "MAIL_OUTBOX_UNAVAILABLE",
      code: 503,
      retryable: true,
    });
  });
});
