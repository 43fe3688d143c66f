/** Facts about the delivery loop: whose turn it is, what a crash or a clock does to it, and what is bound to a transport. */
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { startDelivery } from "../../../lib/outbox/delivery.ts";
import { memoryStore } from "../../../lib/outbox/memory.ts";
import type { MailRecord } from "../../../lib/outbox/record.ts";
import type { ClaimRequest, NewEntry, OutboxStore } from "../../../lib/outbox/store.ts";
import { transportPolicy } from "../../../lib/smtp/policy.ts";
import type { Parcel, RecipientResult } from "../../../lib/smtp/transaction.ts";
import type { Transport } from "../../../lib/smtp/transport.ts";
import { entry } from "../../contract/outbox-store.ts";
import { transportTo } from "../../support/transport.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");
const HOUR = 3_600_000;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Sending {
  parcel: Parcel;
  transport: string;
  signal: AbortSignal | undefined;
  /** Ends the attempt; by default the server takes everything */
  end(results?: RecipientResult[]): void;
}

/** A delivery over transports whose every attempt is ended by the test. */
async function bench(
  names: readonly string[],
  entries: readonly NewEntry[],
  given: { store?: OutboxStore; down?: string } = {},
) {
  const clock = { now: NOW };
  const store = given.store ?? memoryStore();
  for (const one of entries) await store.enqueue(one, { now: NOW, open: 1000, keepBodies: false });
  const sendings: Sending[] = [];
  const changes: MailRecord[] = [];
  const errors: unknown[] = [];
  const lookers = new Set<() => void>();
  const look = () => {
    for (const looker of lookers) looker();
  };
  const transports = names.map((name): Transport => ({
    config: transportTo({ port: 25 }, { name, maxConnections: 3 }),
    send: (parcel, signal) =>
      new Promise((resolve) => {
        const end = (results: RecipientResult[] = taken(parcel)) => resolve(results);
        sendings.push({ parcel, transport: name, signal, end });
        signal?.addEventListener("abort", () => end(dropped(parcel)));
        look();
      }),
    close() {},
  }));
  const policy = transportPolicy(transports, { now: () => clock.now });
  if (given.down) policy.take(given.down)?.done("hold");
  const delivery = startDelivery({
    store,
    policy,
    retry: { schedule: [30_000], own: false },
    keepBodies: false,
    sender: { address: "me@example.com" },
    compose: async (content) => ({ bytes: Buffer.from(content.subject) }) as never,
    onChange(record) {
      changes.push(record);
      look();
    },
    onError: (error) => errors.push(error),
    now: () => clock.now,
    random: () => 0.5,
  });
  closing.push(() => delivery.stop(0));
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const looker = () => {
        if (!condition()) return;
        lookers.delete(looker);
        resolve();
      };
      lookers.add(looker);
      looker();
    });
  return {
    clock,
    store,
    policy,
    delivery,
    sendings,
    changes,
    errors,
    /** The first `count` attempts, as soon as they have begun */
    async begun(count: number): Promise<Sending[]> {
      await until(() => sendings.length >= count);
      return sendings;
    },
    changed: (count: number) => until(() => changes.length >= count),
    /** Everything that can happen at this time has happened */
    async settled(): Promise<void> {
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    },
  };
}

function taken(parcel: Parcel): RecipientResult[] {
  return parcel.to.map((address) => ({ address, reply: { code: 250, text: "ok" } }));
}

function dropped(parcel: Parcel): RecipientResult[] {
  return parcel.to.map((address) => ({ address, fault: { stage: "body", cause: "ABORTED" } }));
}

const inDoubt = (parcel: Parcel): RecipientResult[] =>
  parcel.to.map((address) => ({ address, fault: { stage: "reply", cause: "CLOSED" } }));

/** A store in which these messages were claimed by a process that died. */
async function afterCrash(
  entries: readonly NewEntry[],
  request: Partial<ClaimRequest> = {},
): Promise<OutboxStore> {
  const store = memoryStore();
  for (const one of entries) await store.enqueue(one, { now: NOW, open: 1000, keepBodies: false });
  await store.claim({
    now: NOW,
    until: NOW,
    limit: entries.length,
    transport: "primary",
    interrupted: entries.length,
    holding: [],
    expiredOnly: false,
    ...request,
  });
  return store;
}

describe("concurrency", () => {
  it("is as many messages at once as the transport has connections", async () => {
    const { begun, settled, sendings } = await bench(["primary"], [entry(), entry(), entry(), entry()]);
    await begun(3);
    await settled();
    expect(sendings).toHaveLength(3);
    sendings[0]?.end();
    await begun(4);
  });

  it("lets high priority overtake what waits", async () => {
    const urgent = entry({ priority: "high" });
    const { begun } = await bench(["primary"], [entry(), entry(), entry(), urgent]);
    const [first] = await begun(1);
    expect(first?.parcel.bytes).toEqual(Buffer.from(urgent.content.subject));
  });
});

describe("after a crash", () => {
  it("what was on the wire goes again at once, by the same transport", async () => {
    const store = await afterCrash([entry()], { transport: "fallback1" });
    const { begun, changed, changes } = await bench(["primary", "fallback1"], [], { store });
    const [first] = await begun(1);
    expect(first?.transport).toBe("fallback1");
    first?.end();
    await changed(1);
    expect(changes[0]).toMatchObject({
      attempts: 2,
      crashes: 0,
      recipients: [{ status: "sent" }],
      timeline: [{ problem: { ambiguous: true } }, { status: "sent" }],
    });
  });

  it("what was on the wire waits for its transport where that is down, and no other sends it", async () => {
    const store = await afterCrash([entry()], { transport: "fallback1" });
    const given = { store, down: "fallback1" };
    const { changed, changes, sendings, settled } = await bench(["primary", "fallback1"], [], given);
    await changed(1);
    await settled();
    expect(changes[0]).toMatchObject({
      bound: { transport: "fallback1" },
      recipients: [{ status: "deferred" }],
    });
    expect(sendings).toHaveLength(0);
  });

  it("suspects go one by one, while others go beside them", async () => {
    const store = await afterCrash([entry(), entry(), entry()]);
    const innocent = entry();
    const { begun, settled, sendings } = await bench(["primary"], [innocent], { store });
    await begun(2);
    await settled();
    expect(sendings).toHaveLength(2);
    expect(sendings.map(({ parcel }) => parcel.bytes.toString())).toContain(innocent.content.subject);
    for (let ended = 0; ended < 4; ended += 1) {
      await begun(ended + 1);
      sendings[ended]?.end();
    }
    await begun(4);
  });

  it("what two crashes met waits until the process has lived for a while without it", async () => {
    const store = await afterCrash([entry()]);
    const again = {
      now: NOW,
      until: NOW,
      limit: 1,
      transport: "primary",
      interrupted: 1,
      holding: [],
      expiredOnly: false,
    };
    await store.claim(again);
    const innocent = entry();
    const { begun, clock, delivery, sendings, settled } = await bench(["primary"], [innocent], { store });
    await begun(1);
    await settled();
    expect(sendings.map(({ parcel }) => parcel.bytes.toString())).toEqual([innocent.content.subject]);
    clock.now += 5000;
    delivery.wake();
    await begun(2);
  });

  it("a message that was replaced meanwhile does not go again", async () => {
    const replace = { scope: "", key: "otp:7" };
    const older = entry({}, { replace });
    const store = await afterCrash([older]);
    const newer = entry({}, { replace });
    const { begun, changed, changes, sendings } = await bench(["primary"], [newer], { store });
    await changed(1);
    expect(changes[0]).toMatchObject({
      id: older.record.id,
      recipients: [{ status: "canceled" }],
      attempts: 1,
    });
    await begun(1);
    expect(sendings.map(({ parcel }) => parcel.bytes.toString())).toEqual([newer.content.subject]);
  });

  it("a third crash fails the message, without another try", async () => {
    const store = await afterCrash([entry({ crashes: 2 })]);
    const { changed, changes, sendings } = await bench(["primary"], [], { store });
    await changed(1);
    expect(changes[0]).toMatchObject({
      problem: { type: "MAIL_CRASHED" },
      recipients: [{ status: "failed" }],
    });
    expect(sendings).toHaveLength(0);
  });
});

describe("doubt", () => {
  it("binds the message to its transport: no other one sends it before its time", async () => {
    const { begun, changed, clock, delivery, policy, settled, sendings, changes } = await bench(
      ["primary", "fallback1"],
      [entry()],
    );
    const [first] = await begun(1);
    first?.end(inDoubt(first.parcel));
    await changed(1);
    expect(changes[0]?.bound?.transport).toBe("primary");
    policy.take("primary")?.done("failover");
    clock.now += 299_000;
    delivery.wake();
    await settled();
    expect(sendings).toHaveLength(1);
    policy.take("primary")?.done("failover");
    clock.now += 61_000;
    policy.take("primary")?.done("failover");
    delivery.wake();
    await begun(2);
    expect(sendings[1]?.transport).toBe("fallback1");
  });

  it("binds what is due before that time as well, of whatever it be", async () => {
    const until = NOW + 300_000;
    const bound = entry({ attempts: 1, bound: { transport: "primary", until } });
    const given = { down: "primary" };
    const { begun, clock, delivery, settled, sendings } = await bench(
      ["primary", "fallback1"],
      [bound],
      given,
    );
    await settled();
    expect(sendings).toHaveLength(0);
    clock.now = until;
    delivery.wake();
    expect((await begun(1))[0]?.transport).toBe("fallback1");
  });

  it("is told to the store before a message that holds is handed over", async () => {
    const { begun, store } = await bench(["primary"], [entry({ ambiguous: "hold" }), entry()]);
    const [hold, retry] = await begun(2);
    expect(await hold?.parcel.clearance?.()).toBe(true);
    // the others save themselves the sync
    expect(retry?.parcel).not.toHaveProperty("clearance");
    const later = { now: NOW + 60_000, until: NOW + 120_000, limit: 9, transport: "primary" };
    const { claims } = await store.claim({ ...later, interrupted: 9, holding: [], expiredOnly: false });
    for (const { record, interrupted } of claims) {
      expect(interrupted?.exposed).toBe(record.ambiguous === "hold");
    }
  });

  it("about the time: what must not come too late is asked about right before it is handed over", async () => {
    const soon = { expiresAt: NOW + 4000, expiresStrictly: true };
    const { begun, changed, changes, clock, delivery } = await bench(["primary"], [entry(soon)]);
    const [first] = await begun(1);
    expect(await first?.parcel.clearance?.()).toBe(true);
    clock.now += 4000;
    expect(await first?.parcel.clearance?.()).toBe(false);
    first?.end(first.parcel.to.map((address) => ({ address, fault: { stage: "data", cause: "ABORTED" } })));
    delivery.wake();
    await changed(2);
    expect(changes.at(-1)).toMatchObject({ recipients: [{ status: "expired" }] });
  });

  it("about the lease: whoever lost it hands nothing over, and writes nothing down", async () => {
    const { begun, settled, store, errors, changes } = await bench(
      ["primary"],
      [entry({ ambiguous: "hold" })],
    );
    const [first] = await begun(1);
    const later = { now: NOW + 60_000, until: NOW + 120_000, limit: 9, transport: "primary" };
    const { claims } = await store.claim({ ...later, interrupted: 9, holding: [], expiredOnly: false });
    expect(claims).toHaveLength(1);
    expect(await first?.parcel.clearance?.()).toBe(false);
    first?.end();
    await settled();
    expect(changes).toEqual([]);
    expect(errors).toMatchObject([{ message: expect.stringContaining("taken over") }]);
  });
});

/** What the test is about is an interval; nothing else stands still. */
const notIntervals = [
  "Date",
  "hrtime",
  "performance",
  "setImmediate",
  "setTimeout",
  "clearTimeout",
  "nextTick",
  "queueMicrotask",
] as const;

describe("a message that is long on the wire", () => {
  it("keeps its lease: it is prolonged before its end, again and again, until the outcome is written", async () => {
    jest.useFakeTimers({ doNotFake: [...notIntervals] });
    closing.push(async () => jest.useRealTimers());
    const { begun, changed, clock, sendings, settled, store } = await bench(["primary"], [entry()]);
    const renew = jest.spyOn(store, "renew");
    await begun(1);
    for (let passed = 0; passed < 180_000; passed += 20_000) {
      clock.now += 20_000;
      jest.advanceTimersByTime(20_000);
      await settled();
      const request = { now: clock.now, until: clock.now + 60_000, limit: 9, transport: "primary" };
      expect(
        (await store.claim({ ...request, interrupted: 9, holding: [], expiredOnly: false })).claims,
      ).toEqual([]);
    }
    sendings[0]?.end();
    await changed(1);
    expect(renew).toHaveBeenCalledTimes(9);
    jest.advanceTimersByTime(60_000);
    expect(renew).toHaveBeenCalledTimes(9);
  });
});

describe("a clock that is set", () => {
  it("forward starts nothing a second time that is on the wire", async () => {
    const { begun, changed, changes, clock, delivery, settled, sendings } = await bench(
      ["primary"],
      [entry()],
    );
    const [first] = await begun(1);
    clock.now += HOUR;
    delivery.wake();
    await settled();
    expect(sendings).toHaveLength(1);
    first?.end();
    await changed(1);
    expect(changes[0]).toMatchObject({ attempts: 1, recipients: [{ status: "sent" }] });
  });

  it("forward expires only what says itself when it is too late", async () => {
    const strict = entry({ expiresAt: NOW + 60_000, expiresStrictly: true });
    const { clock, delivery, changed, changes, settled, store } = await bench(
      ["primary"],
      [strict, entry({ expiresAt: NOW + 60_000 })],
      {
        down: "primary",
      },
    );
    await settled();
    expect(changes).toEqual([]);
    clock.now += 10 * 60_000;
    delivery.wake();
    await changed(1);
    expect(changes).toMatchObject([{ id: strict.record.id, recipients: [{ status: "expired" }] }]);
    expect((await store.stats(clock.now)).counts).toEqual({ expired: 1, queued: 1 });
  });

  it("back leaves due what was due", async () => {
    const { clock, delivery, begun, settled, store } = await bench(["primary"], []);
    clock.now += HOUR;
    await settled();
    delivery.wake();
    await settled();
    const late = entry({ createdAt: NOW + HOUR, updatedAt: NOW + HOUR });
    await store.enqueue(late, { now: NOW + HOUR, open: 10, keepBodies: false });
    clock.now -= HOUR;
    delivery.wake();
    await begun(1);
  });

  it("back sends nothing before its sendAt", async () => {
    const at = NOW + 2 * HOUR;
    const late = entry({
      sendAt: at,
      recipients: [{ address: "ann@example.com", status: "queued", dueAt: at }],
    });
    const { clock, delivery, begun, settled, sendings } = await bench(["primary"], [late]);
    clock.now += HOUR;
    await settled();
    delivery.wake();
    await settled();
    clock.now = NOW;
    delivery.wake();
    await settled();
    expect(sendings).toHaveLength(0);
    clock.now = at;
    delivery.wake();
    await begun(1);
  });
});

it("a clock that is set back behind sendAt, once the message was due, lets it wait all the same", async () => {
  const at = NOW + HOUR;
  const recipients = [{ address: "ann@example.com", status: "queued" as const, dueAt: at }];
  const given = { down: "primary" };
  const { begun, clock, delivery, policy, settled, sendings } = await bench(
    ["primary"],
    [entry({ sendAt: at, recipients })],
    given,
  );
  clock.now = at + HOUR;
  policy.take("primary")?.done("hold");
  delivery.wake();
  await settled();
  clock.now = NOW;
  policy.release();
  delivery.wake();
  await settled();
  expect(sendings).toHaveLength(0);
  clock.now = at + 2 * HOUR;
  policy.release();
  delivery.wake();
  await begun(1);
});

describe("news are", () => {
  it("an outcome, and nothing else: not that a message was put back without an attempt", async () => {
    const store = memoryStore();
    const waiting = { attempts: 1, bound: { transport: "primary", until: NOW + HOUR } };
    const [free, bound] = [entry(), entry(waiting)];
    for (const one of [free, bound]) await store.enqueue(one, { now: NOW, open: 10, keepBodies: false });
    await store.told([free.record, bound.record]);
    const given = { store, down: "primary" };
    const { begun, changed, settled, sendings } = await bench(["primary", "fallback1"], [], given);
    await begun(1);
    await settled();
    expect(await store.get(bound.record.id)).toMatchObject({ revision: 2 });
    expect(await store.untold(10)).toEqual([]);
    sendings[0]?.end();
    await changed(1);
    expect(await store.untold(10)).toMatchObject([{ id: free.record.id }]);
  });
});

describe("a stop", () => {
  it("claims nothing more, lets what is on the wire finish, and lets go who waits for the rest", async () => {
    const entries = [entry(), entry(), entry(), entry()];
    const { begun, delivery, sendings, settled, store } = await bench(["primary"], entries);
    await begun(3);
    const waits = delivery.attempted(entries[3]?.record.id ?? "", 60_000);
    delivery.quiesce();
    await waits;
    const stopped = delivery.stop(60_000);
    for (const sending of sendings) sending.end();
    expect(await stopped).toBe(0);
    await settled();
    expect(sendings).toHaveLength(3);
    expect((await store.stats(NOW)).counts).toEqual({ queued: 1, sent: 3 });
  });

  it("lets go, after six seconds, who waits for what is on the wire: their answers are to leave before the end", async () => {
    const one = entry();
    const { begun, delivery, sendings } = await bench(["primary"], [one]);
    await begun(1);
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask", "performance", "Date"] });
    let answered = false;
    const waits = delivery.attempted(one.record.id, 60_000).then((record) => {
      answered = true;
      return record;
    });
    delivery.quiesce();
    await jest.advanceTimersByTimeAsync(5999);
    expect(answered).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await waits).toBeUndefined();
    jest.useRealTimers();
    sendings[0]?.end();
    expect(await delivery.stop(60_000)).toBe(0);
  });

  it("breaks off what takes too long, and says how much", async () => {
    const { begun, delivery, store } = await bench(["primary"], [entry(), entry()]);
    await begun(2);
    expect(await delivery.stop(0)).toBe(2);
    expect((await store.stats(NOW)).counts).toEqual({ deferred: 2 });
  });
});

describe("a store that fails", () => {
  it("is asked again to write down what was sent, until it does", async () => {
    const store = memoryStore();
    let failures = 0;
    const flaky: OutboxStore = {
      ...store,
      settle: (...args) =>
        failures++ === 0 ? Promise.reject(new Error("the disk is full")) : store.settle(...args),
    };
    const { begun, changed, changes, errors, sendings } = await bench(["primary"], [entry()], {
      store: flaky,
    });
    const [first] = await begun(1);
    first?.end();
    await changed(1);
    expect(changes[0]).toMatchObject({ recipients: [{ status: "sent" }] });
    expect(errors).toHaveLength(1);
    expect(sendings).toHaveLength(1);
  });
});
