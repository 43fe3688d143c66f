/** What every keeper of the outbox must do: one suite, called by the test of each store. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Content } from "../../lib/message/message.ts";
import { ended, type MailRecord, revised, settledRecipient } from "../../lib/outbox/record.ts";
import type { Change, Claim, ClaimRequest, NewEntry, OutboxStore } from "../../lib/outbox/store.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");
const HOUR = 3_600_000;
const everything: ClaimRequest = {
  now: NOW,
  until: NOW + 60_000,
  limit: 10,
  transport: "primary",
  interrupted: 10,
  expiredOnly: false,
};
const rules = { now: NOW, open: 1000, keepBodies: false };

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

/** The record as it is after a delivery that was taken. */
function sent({ record }: Claim, now = NOW): Change {
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
 * @param open a fresh, empty store for each test
 * @param durable what it must say of itself
 */
export function outboxStoreContract(open: () => Promise<OutboxStore>, durable: boolean): void {
  let store: OutboxStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

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

    it("says when the next one expires, where only those are asked for", async () => {
      await put(entry({ expiresAt: NOW + HOUR, expiresStrictly: true }), entry());
      const answer = await store.claim({ ...everything, expiredOnly: true });
      expect(answer).toMatchObject({ claims: [], nextDueAt: NOW + HOUR });
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

  it("closes twice without harm", async () => {
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
}
