/** What every keeper of the outbox must do: one suite, called by the test of each store. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Content } from "../../lib/message/message.ts";
import { ended, type MailRecord, revised, settledRecipient } from "../../lib/outbox/record.ts";
import type { Change, Claim, ClaimRequest, NewEntry, OutboxStore } from "../../lib/outbox/store.ts";

export const NOW = Date.parse("2026-11-01T00:00:00Z");
const HOUR = 3_600_000;
export const everything: ClaimRequest = {
  now: NOW,
  until: NOW + 60_000,
  limit: 10,
  transport: "primary",
  interrupted: 10,
  holding: [],
  expiredOnly: false,
};
export const rules = { now: NOW, open: 1000, keepBodies: false };

let serial = 0;

export function entry(change: Partial<MailRecord> = {}, more: Partial<NewEntry> = {}): NewEntry {
  const id = `message-${String(++serial).padStart(6, "0")}`;
  const content: Content = {
    to: [{ address: "ann@example.com" }],
    cc: [],
    bcc: [],
    replyTo: [],
    subject: `Subject of ${id}`,
    text: "Hello",
    attachments: [{ filename: "a.bin", content: Buffer.from([0, 255, 10]) }],
    headers: {},
    messageId: `<${id}@example.com>`,
    date: NOW,
    boundary: id,
  };
  const record: MailRecord = {
    id,
    revision: 1,
    messageId: content.messageId,
    from: "me@example.com",
    recipients: [{ address: "ann@example.com", status: "queued" }],
    attempts: 0,
    failures: 0,
    crashes: 0,
    createdAt: NOW,
    updatedAt: NOW,
    expiresAt: NOW + 48 * HOUR,
    expiresStrictly: false,
    priority: "normal",
    ambiguous: "retry",
    tags: [],
    metadata: {},
    timeline: [],
    ...change,
  };
  return { record, content, ...more };
}

function due(at: number, change: Partial<MailRecord> = {}): NewEntry {
  const recipients = [{ address: "ann@example.com", status: "queued" as const, dueAt: at }];
  return entry({ sendAt: at, recipients, ...change });
}

/** The record as it is after a delivery that was taken. */
export function sent({ record }: Pick<Claim, "record">, now = NOW): Change {
  const recipients = record.recipients.map((one) => settledRecipient(one, { status: "sent", code: 250 }));
  return {
    record: revised(record, now, { recipients, attempts: 1 }),
    dueAt: null,
    dropContent: true,
    news: true,
  };
}

function deferred({ record }: Claim, dueAt: number): Change {
  const recipients = record.recipients.map((one) => settledRecipient(one, { status: "deferred", dueAt }));
  return { record: revised(record, NOW, { recipients, attempts: 1 }), dueAt, dropContent: false, news: true };
}

/**
 * @param open a fresh, empty store
 * @param durable what it must say of itself
 * @param empty makes an open store fresh and empty again, where that is much cheaper than to open one: then all tests share it
 */
export function outboxStoreContract(
  open: () => Promise<OutboxStore>,
  durable: boolean,
  empty?: () => void | Promise<void>,
): void {
  let shared: OutboxStore | undefined;
  let store: OutboxStore;
  beforeEach(async () => {
    if (shared) await empty?.();
    store = shared ?? (await open());
    if (empty) shared = store;
  });
  afterEach(async () => {
    if (!empty) await store.close();
  });
  afterAll(() => shared?.close());

  const put = async (...entries: NewEntry[]) => {
    for (const one of entries) expect(await store.enqueue(one, rules)).toMatchObject({ kind: "stored" });
  };
  const claim = async (change: Partial<ClaimRequest> = {}) =>
    (await store.claim({ ...everything, ...change })).claims;
  const one = async (change: Partial<ClaimRequest> = {}): Promise<Claim> => {
    const [first] = await claim(change);
    if (!first) throw new Error("nothing was claimed");
    return first;
  };
  const ids = (claims: readonly Claim[]) => claims.map(({ record }) => record.id);
  const finish = async (claimed: Claim, now = NOW) => {
    const record = await store.settle(claimed.lease, sent(claimed, now));
    if (!record) throw new Error("the lease was lost");
    return record;
  };

  it("says whether it is durable", () => {
    expect(store.durable).toBe(durable);
  });

  describe("enqueue", () => {
    it("keeps record and content as they came, bytes included", async () => {
      const message = entry({ tags: ["reset"], metadata: { user: "7" } });
      await put(message);
      const { record, content } = await one();
      expect(record).toMatchObject({ id: message.record.id, tags: ["reset"], metadata: { user: "7" } });
      expect(content).toMatchObject({ subject: message.content.subject, text: "Hello" });
      expect(Buffer.from(content.attachments[0]?.content ?? [])).toEqual(Buffer.from([0, 255, 10]));
    });

    it("keeps five megabytes byte for byte, and several attachments apart", async () => {
      const large = Buffer.alloc(5 * 1024 * 1024, Buffer.from(Array.from({ length: 251 }, (_, at) => at)));
      const message = entry();
      const attachments = [large, Buffer.alloc(0), Buffer.from("end")].map((content, at) => ({
        filename: `${at}.bin`,
        content,
      }));
      await put({ ...message, content: { ...message.content, attachments } });
      const { content } = await one();
      const kept = content.attachments.map(({ content: bytes }) => Buffer.from(bytes));
      expect(kept.map(({ byteLength }) => byteLength)).toEqual([large.byteLength, 0, 3]);
      expect(kept[0]?.equals(large)).toBe(true);
      expect(kept[2]?.toString()).toBe("end");
    });

    it.each([
      ["NUL", "a\u0000b"],
      ["a lone surrogate", "a\ud800b"],
      ["an emoji", "👩‍👩‍👧 é"],
      ["line ends", "a\r\nb\u2028c"],
      ["quotes", `'"\\;--`],
    ])("keeps %s in every text", async (_name, text) => {
      const message = entry({ metadata: { text }, tags: [text], template: text });
      await put({ ...message, content: { ...message.content, subject: text, text, html: text } });
      const { record, content } = await one();
      expect(record).toMatchObject({ metadata: { text }, tags: [text], template: text });
      expect(content).toMatchObject({ subject: text, text, html: text });
      const { records } = await store.list({ tag: text, template: text, limit: 10, now: NOW });
      expect(records.map(({ id }) => id)).toEqual([message.record.id]);
    });

    it("stores a hundred at once, each of them", async () => {
      const entries = Array.from({ length: 100 }, () => entry());
      const results = await Promise.all(entries.map((message) => store.enqueue(message, rules)));
      expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(["stored"]));
      const claims = await claim({ limit: 200 });
      expect(ids(claims)).toEqual(entries.map(({ record }) => record.id));
      for (const { record, content } of claims) expect(content.subject).toBe(`Subject of ${record.id}`);
    });

    it("gives the first message back for a known key with the same content", async () => {
      const idempotency = { scope: "", key: "k", fingerprint: "f", until: NOW + HOUR };
      const first = entry({}, { idempotency });
      await put(first);
      expect(await store.enqueue(entry({}, { idempotency }), rules)).toMatchObject({
        kind: "duplicate",
        record: { id: first.record.id },
      });
      expect(await claim()).toHaveLength(1);
    });

    it("stores one message when a hundred callers use one key at once", async () => {
      const idempotency = { scope: "", key: "k", fingerprint: "f", until: NOW + HOUR };
      const results = await Promise.all(
        Array.from({ length: 100 }, () => store.enqueue(entry({}, { idempotency }), rules)),
      );
      expect(results.filter(({ kind }) => kind === "stored")).toHaveLength(1);
      expect(results.filter(({ kind }) => kind === "duplicate")).toHaveLength(99);
      expect(await claim()).toHaveLength(1);
    });

    it("refuses a known key with other content and names the first message", async () => {
      const idempotency = { scope: "", key: "k", fingerprint: "f", until: NOW + HOUR };
      const first = entry({}, { idempotency });
      await put(first);
      const other = entry({}, { idempotency: { ...idempotency, fingerprint: "g" } });
      expect(await store.enqueue(other, rules)).toEqual({ kind: "conflict", id: first.record.id });
    });

    it("keeps the keys of different scopes apart", async () => {
      const idempotency = { scope: "shop", key: "k", fingerprint: "f", until: NOW + HOUR };
      await put(entry({}, { idempotency }), entry({}, { idempotency: { ...idempotency, scope: "blog" } }));
      expect(await claim()).toHaveLength(2);
    });

    it("forgets a key after its time, but not while its message is open", async () => {
      const idempotency = { scope: "", key: "k", fingerprint: "f", until: NOW + HOUR };
      await put(entry({}, { idempotency }));
      const later = { ...rules, now: NOW + 2 * HOUR };
      expect(await store.enqueue(entry({}, { idempotency }), later)).toMatchObject({ kind: "duplicate" });
      const claimed = await one();
      await store.settle(claimed.lease, sent(claimed));
      expect(await store.enqueue(entry({}, { idempotency }), later)).toMatchObject({ kind: "stored" });
    });

    it("cancels the older message of a replaceKey while it waits, and only then", async () => {
      const replace = { scope: "", key: "otp:7" };
      const first = entry({}, { replace });
      await put(first);
      const second = entry({}, { replace });
      expect(await store.enqueue(second, rules)).toMatchObject({
        kind: "stored",
        replaced: [{ id: first.record.id, recipients: [{ status: "canceled" }] }],
      });
      expect(ids(await claim())).toEqual([second.record.id]);
      expect(await store.enqueue(entry({}, { replace }), rules)).toMatchObject({ replaced: [] });
    });

    it("cancels a replaced message that was on the wire, as soon as it comes back unsent", async () => {
      const replace = { scope: "", key: "otp:7" };
      const first = entry({}, { replace });
      await put(first);
      const claimed = await one();
      await put(entry({}, { replace }));
      expect(await store.settle(claimed.lease, deferred(claimed, NOW))).toMatchObject({
        id: first.record.id,
        attempts: 1,
        recipients: [{ status: "canceled" }],
      });
      expect(ids(await claim())).not.toContain(first.record.id);
    });

    it("tells of a replacement, at once or as soon as it comes to pass", async () => {
      const replace = { scope: "", key: "otp:7" };
      const [waiting, onWire, last] = [
        entry({}, { replace }),
        entry({}, { replace }),
        entry({}, { replace }),
      ];
      await put(waiting);
      await store.told([waiting.record]);
      await put(onWire);
      expect((await store.untold(10)).map(({ id, revision }) => [id, revision])).toEqual([
        [waiting.record.id, 2],
        [onWire.record.id, 1],
      ]);
      const claimed = await one();
      await put(last);
      await store.told([{ ...waiting.record, revision: 2 }, onWire.record, last.record]);
      await store.settle(claimed.lease, { ...deferred(claimed, NOW), news: false });
      expect(await store.untold(10)).toMatchObject([
        { id: onWire.record.id, recipients: [{ status: "canceled" }] },
      ]);
    });

    it.each([
      ["keeps", true],
      ["drops", false],
    ])("%s the body of what was replaced on the wire, as it is told", async (_verb, keepBodies) => {
      const replace = { scope: "", key: "otp:7" };
      await put(entry({}, { replace }));
      const claimed = await one();
      await store.enqueue(entry({}, { replace }), { ...rules, keepBodies });
      await store.settle(claimed.lease, deferred(claimed, NOW));
      expect(await store.hasContent(claimed.record.id)).toBe(keepBodies);
    });

    it("leaves what was sent as it is, though it was replaced while on the wire", async () => {
      const replace = { scope: "", key: "otp:7" };
      await put(entry({}, { replace }));
      const claimed = await one();
      await put(entry({}, { replace }));
      expect(await finish(claimed)).toMatchObject({ recipients: [{ status: "sent" }] });
    });

    it("keeps the body of a replaced message where bodies are kept", async () => {
      const replace = { scope: "", key: "otp:7" };
      const [kept, dropped] = [entry({}, { replace }), entry({}, { replace })];
      await put(kept);
      await store.enqueue(dropped, { ...rules, keepBodies: true });
      await store.enqueue(entry({}, { replace }), rules);
      expect(await store.hasContent(kept.record.id)).toBe(true);
      expect(await store.hasContent(dropped.record.id)).toBe(false);
    });

    it("is full at the limit of open messages, and finished ones do not count", async () => {
      await put(entry());
      expect(await store.enqueue(entry(), { ...rules, open: 1 })).toEqual({ kind: "full" });
      const claimed = await one();
      await store.settle(claimed.lease, sent(claimed));
      expect(await store.enqueue(entry(), { ...rules, open: 1 })).toMatchObject({ kind: "stored" });
    });
  });

  it("counts what is scheduled, deferred or on the wire as open", async () => {
    await put(due(NOW + HOUR), entry(), entry());
    const [first] = await claim({ limit: 2 });
    if (!first) throw new Error("two were due");
    await store.settle(first.lease, deferred(first, NOW + HOUR));
    expect(await store.enqueue(entry(), { ...rules, open: 3 })).toEqual({ kind: "full" });
    expect(await store.enqueue(entry(), { ...rules, open: 4 })).toMatchObject({ kind: "stored" });
  });

  describe("claim", () => {
    it("hands out each message once, and marks its recipients as sending", async () => {
      await put(entry());
      const [first] = await claim();
      expect(first?.record.recipients).toMatchObject([{ status: "sending" }]);
      expect(await claim()).toEqual([]);
    });

    it("gives high priority first, then the order of arrival, and no more than asked for", async () => {
      const [low, a, b, high] = [entry({ priority: "low" }), entry(), entry(), entry({ priority: "high" })];
      await put(low, a, b, high);
      expect(ids(await claim({ limit: 3 }))).toEqual([high.record.id, a.record.id, b.record.id]);
      expect(ids(await claim())).toEqual([low.record.id]);
    });

    it("leaves alone what is not due, and says when to come back", async () => {
      const later = NOW + HOUR;
      await put(
        entry({
          sendAt: later,
          recipients: [{ address: "ann@example.com", status: "queued", dueAt: later }],
        }),
      );
      const answer = await store.claim(everything);
      expect(answer).toEqual({ claims: [], nextDueAt: later });
      expect(await claim({ now: later, until: later + 60_000 })).toHaveLength(1);
    });

    it("gives a message to the next one when its lease has run out, under a new token", async () => {
      await put(entry());
      const first = await one();
      const second = await one({ now: NOW + 60_000, until: NOW + 120_000 });
      expect(second.record.id).toBe(first.record.id);
      expect(second.lease.token).not.toBe(first.lease.token);
    });

    it("finds what has expired where nothing can be sent, and nothing else", async () => {
      const old = entry({ expiresAt: NOW - 1, expiresStrictly: true });
      await put(entry(), old);
      expect(ids(await claim({ expiredOnly: true }))).toEqual([old.record.id]);
    });

    it("finds the expired by their expiry, whatever their priority", async () => {
      const expiring = (ago: number, priority: MailRecord["priority"]) =>
        entry({ expiresAt: NOW - ago, expiresStrictly: true, priority });
      const [late, early] = [expiring(1, "high"), expiring(2, "low")];
      await put(late, early);
      expect(ids(await claim({ expiredOnly: true, limit: 1 }))).toEqual([early.record.id]);
      expect(ids(await claim({ expiredOnly: true }))).toEqual([late.record.id]);
    });

    it("hands out what has expired like all that is due", async () => {
      const message = entry({ expiresAt: NOW - 1, expiresStrictly: true });
      await put(message);
      expect(ids(await claim())).toEqual([message.record.id]);
      expect(await claim({ expiredOnly: true })).toEqual([]);
    });

    it("lets no expiry be found that counts only after an attempt", async () => {
      await put(entry({ expiresAt: NOW - 1 }));
      expect(await claim({ expiredOnly: true })).toEqual([]);
      const claimed = await one();
      await store.settle(claimed.lease, deferred(claimed, NOW + HOUR));
      expect(await claim({ expiredOnly: true })).toHaveLength(1);
    });

    it("says when the next one expires, where only those are asked for", async () => {
      await put(entry({ expiresAt: NOW + HOUR, expiresStrictly: true }), entry());
      const answer = await store.claim({ ...everything, expiredOnly: true });
      expect(answer).toMatchObject({ claims: [], nextDueAt: NOW + HOUR });
    });
  });

  describe("an interrupted message", () => {
    const later = { now: NOW + 60_000, until: NOW + 120_000 };
    const latest = { now: NOW + 120_000, until: NOW + 180_000 };

    it("comes with what is known of the claim that was not settled", async () => {
      await put(entry());
      expect((await one({ transport: "first" })).interrupted).toBeUndefined();
      expect((await one({ ...later, transport: "second" })).interrupted).toEqual({
        times: 1,
        at: NOW,
        transport: "first",
        exposed: false,
      });
      expect((await one(latest)).interrupted).toEqual({
        times: 2,
        at: later.now,
        transport: "second",
        exposed: false,
      });
    });

    it("says that it was replaced meanwhile", async () => {
      const replace = { scope: "", key: "otp:7" };
      const older = entry({}, { replace });
      await put(older, entry());
      await claim();
      await put(entry({}, { replace }));
      const claims = await claim(later);
      expect(claims.flatMap(({ record, replaced }) => (replaced ? record.id : []))).toEqual([
        older.record.id,
      ]);
    });

    it("is left for later where it was interrupted as often as told", async () => {
      await put(entry());
      await one();
      expect(await store.claim({ ...everything, ...later, exceptTimes: 1 })).toEqual({
        claims: [],
        nextDueAt: null,
      });
      expect(await one({ ...later, exceptTimes: 2 })).toMatchObject({ interrupted: { times: 1 } });
    });

    it("is not claimed again by whoever still holds it, and says nothing of when", async () => {
      await put(entry());
      const { lease } = await one();
      const again = { ...everything, ...later, holding: [lease.id] };
      expect(await store.claim(again)).toEqual({ claims: [], nextDueAt: null });
      expect(await store.claim({ ...again, holding: ["another"] })).toMatchObject({ claims: [{}] });
    });

    it("was exposed if its holder had said so, in the last claim only", async () => {
      await put(entry());
      const { lease } = await one();
      await store.renew(lease, NOW + 60_000, true);
      await store.renew(lease, NOW + 60_000, false);
      expect((await one(later)).interrupted).toMatchObject({ times: 1, exposed: true });
      expect((await one(latest)).interrupted).toMatchObject({ times: 2, exposed: false });
    });

    it("is one no more once its next claim was settled", async () => {
      await put(entry());
      await one();
      const second = await one(later);
      await store.settle(second.lease, deferred(second, later.now));
      expect((await one(later)).interrupted).toBeUndefined();
    });

    it("may be settled by the holder that goes on, and by nobody before it", async () => {
      await put(entry());
      const first = await one();
      const second = await one(later);
      expect(await store.renew(first.lease, latest.until, true)).toBe(false);
      expect(await store.settle(first.lease, sent(first))).toBeUndefined();
      expect(await store.renew(second.lease, latest.until, true)).toBe(true);
      expect(await finish(second)).toMatchObject({ recipients: [{ status: "sent" }] });
      expect(await claim({ now: latest.until, until: latest.until + 60_000 })).toEqual([]);
    });

    it("goes out no more often than asked for, and hides nothing that stands behind it", async () => {
      const suspects = [entry(), entry(), entry({ priority: "low" })];
      await put(...suspects);
      await claim();
      const [plain, low] = [entry(), entry({ priority: "low" })];
      await put(plain, low);
      const claims = await claim({ ...later, limit: 3, interrupted: 1 });
      expect(claims.map(({ interrupted }) => interrupted !== undefined)).toContain(true);
      expect(claims.filter(({ interrupted }) => interrupted)).toHaveLength(1);
      expect(ids(claims)).toEqual(expect.arrayContaining([plain.record.id, low.record.id]));
    });

    it("is not counted as the next one that is due where none is asked for", async () => {
      await put(entry(), entry());
      await claim();
      await put(due(NOW + 3 * HOUR));
      expect(await store.claim({ ...everything, ...later, interrupted: 0 })).toEqual({
        claims: [],
        nextDueAt: NOW + 3 * HOUR,
      });
      const { claims, nextDueAt } = await store.claim({ ...everything, ...later, interrupted: 1 });
      expect([claims.length, nextDueAt]).toEqual([1, NOW + 3 * HOUR]);
      expect(await claim({ ...later, interrupted: 1 })).toHaveLength(1);
    });
  });

  describe("settle", () => {
    it("writes the outcome and frees the message for its next time", async () => {
      await put(entry());
      const first = await one();
      const written = await store.settle(first.lease, deferred(first, NOW + HOUR));
      expect(written).toMatchObject({ attempts: 1, recipients: [{ status: "deferred" }] });
      expect(await claim()).toEqual([]);
      expect(await claim({ now: NOW + HOUR, until: NOW + 2 * HOUR })).toHaveLength(1);
    });

    it("writes nothing for a lease that another holds by now", async () => {
      await put(entry());
      const first = await one();
      const second = await one({ now: NOW + 60_000, until: NOW + 120_000 });
      expect(await store.settle(first.lease, sent(first))).toBeUndefined();
      expect(await store.settle(second.lease, sent(second))).toMatchObject({
        recipients: [{ status: "sent" }],
      });
      expect(await store.settle(second.lease, sent(second))).toBeUndefined();
    });

    it("keeps or drops the content as it is told", async () => {
      await put(entry(), entry());
      const [kept, dropped] = await claim();
      if (!kept || !dropped) throw new Error("two were stored");
      await store.settle(kept.lease, { ...sent(kept), dropContent: false });
      await store.settle(dropped.lease, sent(dropped));
      expect(await store.hasContent(kept.record.id)).toBe(true);
      expect(await store.hasContent(dropped.record.id)).toBe(false);
    });
  });

  describe("renew", () => {
    it("keeps the message with its holder beyond the first lease", async () => {
      await put(entry());
      const { lease } = await one();
      expect(await store.renew(lease, NOW + 120_000, false)).toBe(true);
      expect(await claim({ now: NOW + 90_000, until: NOW + 180_000 })).toEqual([]);
      expect(await claim({ now: NOW + 120_000, until: NOW + 180_000 })).toHaveLength(1);
    });

    it("says no to whoever lost the lease", async () => {
      await put(entry());
      const { lease } = await one();
      await claim({ now: NOW + 60_000, until: NOW + 120_000 });
      expect(await store.renew(lease, NOW + 180_000, false)).toBe(false);
    });
  });

  describe("revise", () => {
    const cancel = (record: MailRecord): Change => ({
      record: ended(record, NOW, "canceled"),
      dueAt: null,
      dropContent: true,
      news: true,
    });

    it("changes a message that waits", async () => {
      const message = entry();
      await put(message);
      const { id } = message.record;
      expect(await store.revise(id, 1, cancel(message.record))).toMatchObject({ revision: 2 });
      expect(await claim()).toEqual([]);
      expect(await store.get(id)).toMatchObject({ recipients: [{ status: "canceled" }] });
    });

    it("refuses where somebody was faster", async () => {
      const message = entry();
      await put(message);
      await store.revise(message.record.id, 1, cancel(message.record));
      expect(await store.revise(message.record.id, 1, cancel(message.record))).toBeUndefined();
    });

    it("refuses what is on the wire", async () => {
      const message = entry();
      await put(message);
      await claim();
      expect(await store.revise(message.record.id, 1, cancel(message.record))).toBeUndefined();
    });

    it("can make a finished message due again", async () => {
      await put(entry());
      const first = await one();
      const failed = await store.settle(first.lease, { ...deferred(first, NOW), dueAt: null });
      if (!failed) throw new Error("the lease was ours");
      await store.revise(failed.id, failed.revision, {
        record: revised(failed, NOW, {}),
        dueAt: NOW,
        dropContent: false,
        news: true,
      });
      expect(ids(await claim())).toEqual([failed.id]);
    });
  });

  describe("news", () => {
    const told = async () => (await store.untold(10)).map(({ id, revision }) => `${id}@${revision}`);

    it("are kept until somebody was told, the oldest first, and no more than asked for", async () => {
      const [a, b] = [entry(), entry()];
      await put(a, b);
      expect(await told()).toEqual([`${a.record.id}@1`, `${b.record.id}@1`]);
      expect(await store.untold(1)).toMatchObject([{ id: a.record.id }]);
      await store.told([a.record]);
      expect(await told()).toEqual([`${b.record.id}@1`]);
      await store.told([a.record, b.record]);
      expect(await told()).toEqual([]);
    });

    it("of a later revision stay, when those of an earlier one were told", async () => {
      const message = entry();
      await put(message);
      await finish(await one());
      await store.told([message.record]);
      expect(await told()).toEqual([`${message.record.id}@2`]);
      await store.told([{ id: message.record.id, revision: 2 }]);
      expect(await told()).toEqual([]);
    });

    it("come with a change that says so, and are not forgotten by one that does not", async () => {
      const message = entry();
      await put(message);
      const { id } = message.record;
      const again = (record: MailRecord, news: boolean) =>
        store.revise(id, record.revision, {
          record: revised(record, NOW, {}),
          dueAt: NOW,
          dropContent: false,
          news,
        });
      const second = await again(message.record, false);
      expect(await told()).toEqual([`${id}@2`]);
      await store.told([{ id, revision: 2 }]);
      const third = await again(second ?? message.record, false);
      expect(await told()).toEqual([]);
      await again(third ?? message.record, true);
      expect(await told()).toEqual([`${id}@4`]);
    });
  });

  describe("get, list and stats", () => {
    it("knows nothing of an id that it never stored", async () => {
      expect(await store.get("nobody")).toBeUndefined();
      expect(await store.hasContent("nobody")).toBe(false);
    });

    it("lists newest first, page by page, without doubles", async () => {
      const entries = Array.from({ length: 5 }, (_, index) =>
        entry({ createdAt: NOW + index, updatedAt: NOW + index }),
      );
      await put(...entries);
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ limit: 2, now: NOW, ...(cursor && { cursor }) });
        pages.push(page.records.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor);
      expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
      expect(pages.flat()).toEqual(entries.map(({ record }) => record.id).toReversed());
    });

    it.each([
      ["status", { status: "scheduled" as const }],
      ["recipient", { recipient: "bob@example.com" }],
      ["tag", { tag: "invoice" }],
      ["template", { template: "welcome" }],
      ["since", { since: NOW + HOUR }],
    ])("filters by %s", async (_name, query) => {
      const wanted = entry({
        sendAt: NOW + 2 * HOUR,
        createdAt: NOW + HOUR,
        recipients: [{ address: "bob@example.com", status: "queued", dueAt: NOW + 2 * HOUR }],
        tags: ["invoice"],
        template: "welcome",
      });
      await put(entry(), wanted);
      const { records } = await store.list({ ...query, limit: 10, now: NOW });
      expect(records.map(({ id }) => id)).toEqual([wanted.record.id]);
    });

    it("filters by all that is asked for at once, page by page", async () => {
      const wanted = {
        recipients: [
          { address: "ann@example.com", status: "queued" as const },
          { address: "bob@example.com", status: "queued" as const },
        ],
        tags: ["invoice", "shop"],
        template: "welcome",
        createdAt: NOW + 1,
      };
      const matching = [entry(wanted), entry(wanted), entry(wanted)];
      const others = [
        entry({ ...wanted, recipients: [{ address: "ann@example.com", status: "queued" }] }),
        entry({ ...wanted, tags: ["shop"] }),
        entry({ ...wanted, template: "other" }),
        entry({ ...wanted, createdAt: NOW }),
        entry({ ...wanted, createdAt: NOW + HOUR }),
        due(NOW + 2 * HOUR, {
          ...wanted,
          recipients: wanted.recipients.map((who) => ({ ...who, dueAt: NOW + HOUR })),
        }),
      ];
      const mixed = matching.flatMap((message, at) => [message, ...others.slice(2 * at, 2 * at + 2)]);
      await put(...mixed);
      const query = {
        recipient: "bob@example.com",
        tag: "invoice",
        template: "welcome",
        status: "queued",
        since: NOW + 1,
        until: NOW + HOUR,
        limit: 2,
        now: NOW,
      } as const;
      const first = await store.list(query);
      const second = await store.list({ ...query, ...(first.nextCursor && { cursor: first.nextCursor }) });
      expect(first.records.map(({ id }) => id)).toEqual([matching[2]?.record.id, matching[1]?.record.id]);
      expect(second.records.map(({ id }) => id)).toEqual([matching[0]?.record.id]);
      expect(second.nextCursor).toBeUndefined();
    });

    it("lists by creation, and by arrival where that is the same, also across pages", async () => {
      const [a, b, early, c] = [entry(), entry(), entry({ createdAt: NOW - 1 }), entry()];
      await put(a, b, early, c);
      const expected = [c, b, a, early].map(({ record }) => record.id);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ limit: 1, now: NOW, ...(cursor && { cursor }) });
        seen.push(...page.records.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor);
      expect(seen).toEqual(expected);
    });

    it("gives the next page also when messages have come in since", async () => {
      const entries = [entry(), entry(), entry()];
      await put(...entries);
      const { nextCursor = "" } = await store.list({ limit: 2, now: NOW });
      await put(entry({ createdAt: NOW + 1 }));
      const { records } = await store.list({ limit: 2, now: NOW, cursor: nextCursor });
      expect(records.map(({ id }) => id)).toEqual([entries[0]?.record.id]);
    });

    it("takes a message for scheduled until its time, and for queued from then on", async () => {
      const message = due(NOW + HOUR, { createdAt: NOW });
      await put(message);
      expect(await store.stats(NOW)).toEqual({ counts: { scheduled: 1 }, oldestQueuedAt: null });
      expect(await store.stats(NOW + HOUR)).toEqual({ counts: { queued: 1 }, oldestQueuedAt: NOW });
      const { records } = await store.list({ status: "queued", limit: 10, now: NOW + HOUR });
      expect(records.map(({ id }) => id)).toEqual([message.record.id]);
    });

    it("knows the oldest open message also when it came in last", async () => {
      await put(entry(), entry({ createdAt: NOW - HOUR }));
      expect(await store.stats(NOW)).toMatchObject({ oldestQueuedAt: NOW - HOUR });
    });

    it("shows a message on the wire to readers", async () => {
      const message = entry();
      await put(message);
      await claim();
      expect(await store.get(message.record.id)).toMatchObject({ recipients: [{ status: "sending" }] });
      const { records } = await store.list({ status: "sending", limit: 10, now: NOW });
      expect(records).toMatchObject([{ id: message.record.id, recipients: [{ status: "sending" }] }]);
    });

    it("filters by until, which is not included", async () => {
      const early = entry();
      await put(early, entry({ createdAt: NOW + HOUR }));
      const { records } = await store.list({ until: NOW + HOUR, limit: 10, now: NOW });
      expect(records.map(({ id }) => id)).toEqual([early.record.id]);
    });

    it("counts by status and knows the oldest open message", async () => {
      await put(entry({ createdAt: NOW - HOUR }), entry(), entry());
      expect(await store.stats(NOW)).toEqual({ counts: { queued: 3 }, oldestQueuedAt: NOW - HOUR });
      const claimed = await one({ limit: 1 });
      expect((await store.stats(NOW)).counts).toEqual({ queued: 2, sending: 1 });
      await store.settle(claimed.lease, sent(claimed));
      expect(await store.stats(NOW)).toEqual({ counts: { queued: 2, sent: 1 }, oldestQueuedAt: NOW });
    });
  });

  describe("prune", () => {
    it("forgets finished messages that are old enough, in small batches, and never an open one", async () => {
      const messages = [entry(), entry(), entry()];
      await put(...messages);
      const [a, b] = await claim({ limit: 2 });
      if (!a || !b) throw new Error("three were stored");
      await store.settle(a.lease, sent(a));
      await store.settle(b.lease, sent(b));
      const request = { before: NOW + 1, now: NOW + 1, limit: 1 };
      expect(await store.prune({ ...request, before: NOW })).toBe(0);
      expect(await store.prune(request)).toBe(1);
      expect(await store.prune(request)).toBe(1);
      expect(await store.prune(request)).toBe(0);
      expect(await store.get(messages[2]?.record.id ?? "")).toBeDefined();
    });

    it("comes to 0 however many there are, and leaves nothing of them", async () => {
      const many = Array.from({ length: 120 }, () => entry({ tags: ["old"] }));
      await Promise.all(many.map((message) => store.enqueue(message, rules)));
      for (const claimed of await claim({ limit: 200 })) await finish(claimed);
      await put(entry({ tags: ["old"] }));
      let forgotten = 0;
      for (;;) {
        const some = await store.prune({ before: NOW + 1, now: NOW + 1, limit: 50 });
        expect(some).toBeLessThanOrEqual(50);
        forgotten += some;
        if (some === 0) break;
      }
      expect(forgotten).toBe(120);
      expect((await store.stats(NOW)).counts).toEqual({ queued: 1 });
      expect((await store.list({ tag: "old", limit: 10, now: NOW })).records).toHaveLength(1);
      expect((await store.list({ recipient: "ann@example.com", limit: 10, now: NOW })).records).toHaveLength(
        1,
      );
    });

    it("frees the idempotency key", async () => {
      const idempotency = { scope: "", key: "k", fingerprint: "f", until: NOW };
      await put(entry({}, { idempotency }));
      await finish(await one());
      expect(await store.prune({ before: NOW + 1, now: NOW + 1, limit: 10 })).toBe(1);
      await put(entry({}, { idempotency: { ...idempotency, fingerprint: "g" } }));
    });
  });

  it("does not forget a message whose idempotency key is still kept", async () => {
    await put(entry({}, { idempotency: { scope: "", key: "k", fingerprint: "f", until: NOW + HOUR } }));
    const claimed = await one();
    await store.settle(claimed.lease, sent(claimed));
    expect(await store.prune({ before: NOW + 1, now: NOW + 1, limit: 10 })).toBe(0);
    expect(await store.prune({ before: NOW + HOUR, now: NOW + HOUR, limit: 10 })).toBe(1);
  });

  it("refuses a cursor that it never gave", async () => {
    await expect(store.list({ cursor: "canary", limit: 10, now: NOW })).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      data: { fields: [{ field: "cursor" }] },
    });
  });

  it("closes twice without harm, and does nothing from then on", async () => {
    const other = await open();
    await other.enqueue(entry(), rules);
    await other.close();
    await expect(other.close()).resolves.toBeUndefined();
    await expect(other.enqueue(entry(), rules)).rejects.toMatchObject({ type: "MAIL_OUTBOX_UNAVAILABLE" });
    await expect(other.claim(everything)).rejects.toMatchObject({ type: "MAIL_OUTBOX_UNAVAILABLE" });
    await expect(other.get("any")).rejects.toMatchObject({ type: "MAIL_OUTBOX_UNAVAILABLE" });
  });
}
