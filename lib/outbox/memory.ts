/** The outbox in memory: for tests, for trying things out, and for whoever says `MAIL_OUTBOX=memory`. Not durable. */
import { randomUUID } from "node:crypto";
import type { Content } from "../message/message.ts";
import { claimed, dueAtOf, ended, expiryOf, isOpen, type MailRecord, statusOf } from "./record.ts";
import { storeClosed } from "./closed.ts";
import { type Cursor, readCursor, writeCursor } from "./cursor.ts";
import {
  type Change,
  type Claim,
  type Interruption,
  type NewEntry,
  type OutboxStore,
  rankOf,
  scoped,
} from "./store.ts";
import { SortedQueue } from "./sorted-queue.ts";

interface Row {
  record: MailRecord;
  content: Content | undefined;
  lease: { token: string; until: number } | undefined;
  /** Of claims that were not settled */
  interruption: Interruption | undefined;
  /** Its last news have not been told */
  untold: boolean;
  replaceKey: string | undefined;
  /** A newer message took its place while it was on the wire */
  replaced: "with its body" | "but for its body" | undefined;
  /** Its idempotency key is kept until then, epoch ms */
  keptUntil: number;
  /** Order of arrival: the cursor of `list` */
  order: number;
}

export function memoryStore(): OutboxStore {
  const rows = new Map<string, Row>();
  const idempotency = new Map<string, { id: string; fingerprint: string; until: number }>();
  const replaceable = new Map<string, string>();
  const due = new SortedQueue();
  const expiring = new SortedQueue();
  let arrivals = 0;

  const write = (row: Row, change: Change): MailRecord => {
    const { id, priority } = change.record;
    row.record = change.record;
    row.lease = undefined;
    row.interruption = undefined;
    if (change.news) row.untold = true;
    if (change.dropContent) row.content = undefined;
    due.remove(id);
    expiring.remove(id);
    if (change.dueAt !== null) {
      due.add(id, rankOf[priority], change.dueAt);
      expiring.add(id, 0, expiryOf(change.record));
    } else if (row.replaceKey !== undefined && replaceable.get(row.replaceKey) === id) {
      replaceable.delete(row.replaceKey);
    }
    return row.record;
  };

  const known = ({ idempotency: wanted }: NewEntry, now: number) => {
    if (!wanted) return undefined;
    const found = idempotency.get(scoped(wanted));
    const row = found && rows.get(found.id);
    if (!found || !row || (found.until <= now && !row.record.recipients.some(isOpen))) return undefined;
    return { row, same: found.fingerprint === wanted.fingerprint };
  };

  const replace = (entry: NewEntry, now: number, dropContent: boolean): MailRecord[] => {
    if (!entry.replace) return [];
    const key = scoped(entry.replace);
    const older = rows.get(replaceable.get(key) ?? "");
    replaceable.set(key, entry.record.id);
    if (!older || !older.record.recipients.some(isOpen)) return [];
    if (older.lease) {
      older.replaced = dropContent ? "with its body" : "but for its body";
      return [];
    }
    const record = ended(older.record, now, "canceled");
    return [write(older, { record, dueAt: null, dropContent, news: true })];
  };

  const store: OutboxStore = {
    durable: false,

    async enqueue(entry, { now, open, keepBodies }) {
      const earlier = known(entry, now);
      if (earlier) {
        const { record } = earlier.row;
        return earlier.same ? { kind: "duplicate", record } : { kind: "conflict", id: record.id };
      }
      if (due.size >= open) return { kind: "full" };
      const replaced = replace(entry, now, !keepBodies);
      const { record, content } = entry;
      const row: Row = {
        record,
        content,
        lease: undefined,
        interruption: undefined,
        untold: true,
        replaceKey: entry.replace && scoped(entry.replace),
        replaced: undefined,
        keptUntil: entry.idempotency?.until ?? 0,
        order: arrivals++,
      };
      rows.set(record.id, row);
      if (entry.idempotency) {
        const { fingerprint, until } = entry.idempotency;
        idempotency.set(scoped(entry.idempotency), { id: record.id, fingerprint, until });
      }
      write(row, { record, dueAt: dueAtOf(record), dropContent: false, news: true });
      return { kind: "stored", record, replaced };
    },

    async claim({ now, until, limit, transport, interrupted, exceptTimes, holding, expiredOnly }) {
      const queue = expiredOnly ? expiring : due;
      const claims: Claim[] = [];
      const leased: Row[] = [];
      const passedOver: Row[] = [];
      let allowed = interrupted;
      while (claims.length < limit) {
        const id = queue.take(now);
        if (id === undefined) break;
        const row = rows.get(id);
        if (!row?.content) continue;
        const { interruption } = row;
        const isHeld = row.lease !== undefined && holding.includes(id);
        if (isHeld || (interruption && (interruption.times === exceptTimes || allowed-- <= 0))) {
          passedOver.push(row);
          continue;
        }
        row.lease = { token: randomUUID(), until };
        row.record = claimed(row.record, now);
        row.interruption = { times: (interruption?.times ?? 0) + 1, at: now, transport, exposed: false };
        leased.push(row);
        claims.push({
          lease: { id, ...row.lease },
          record: row.record,
          content: row.content,
          ...(interruption && { interrupted: interruption }),
          ...(row.replaced && { replaced: true as const }),
        });
      }
      const nextDueAt = queue.nextAt();
      // a holder that dies leaves its message to the next one: it is due again when the lease ends
      for (const { record } of leased) {
        due.add(record.id, rankOf[record.priority], until);
        expiring.remove(record.id);
      }
      for (const { record } of passedOver) {
        if (expiredOnly) expiring.add(record.id, 0, expiryOf(record));
        else due.add(record.id, rankOf[record.priority], dueAtOf(record) ?? now);
      }
      return { claims, nextDueAt };
    },

    async renew(lease, until, exposed) {
      const row = rows.get(lease.id);
      if (row?.lease?.token !== lease.token) return false;
      if (row.interruption && exposed) row.interruption.exposed = true;
      row.lease.until = until;
      due.remove(lease.id);
      due.add(lease.id, rankOf[row.record.priority], until);
      return true;
    },

    async settle(lease, change) {
      const row = rows.get(lease.id);
      if (row?.lease?.token !== lease.token) return undefined;
      if (!row.replaced || change.dueAt === null) return write(row, change);
      const record = ended(change.record, change.record.updatedAt, "canceled");
      const dropContent = change.dropContent || row.replaced === "with its body";
      return write(row, { record, dueAt: null, dropContent, news: true });
    },

    async revise(id, revision, change) {
      const row = rows.get(id);
      if (!row || row.lease || row.record.revision !== revision) return undefined;
      row.replaced = undefined;
      return write(row, change);
    },

    async get(id) {
      return rows.get(id)?.record;
    },

    async hasContent(id) {
      return rows.get(id)?.content !== undefined;
    },

    async list(query) {
      const { status, recipient, tag, template, since, until } = query;
      const last = readCursor(query.cursor);
      const matching = [...rows.values()]
        .filter(
          ({ record, order }) =>
            (last === undefined || newestFirst(last, { createdAt: record.createdAt, order }) < 0) &&
            (status === undefined || statusOf(record, query.now) === status) &&
            (recipient === undefined || record.recipients.some(({ address }) => address === recipient)) &&
            (tag === undefined || record.tags.includes(tag)) &&
            (template === undefined || record.template === template) &&
            (since === undefined || record.createdAt >= since) &&
            (until === undefined || record.createdAt < until),
        )
        .map(({ record, order }) => ({ record, createdAt: record.createdAt, order }))
        .sort(newestFirst);
      const page = matching.slice(0, query.limit);
      const end = page.at(-1);
      return {
        records: page.map(({ record }) => record),
        ...(matching.length > page.length && end && { nextCursor: writeCursor(end) }),
      };
    },

    async stats(now) {
      const counts: Partial<Record<string, number>> = {};
      let oldestQueuedAt: number | null = null;
      for (const { record } of rows.values()) {
        const status = statusOf(record, now);
        counts[status] = (counts[status] ?? 0) + 1;
        if (status === "scheduled" || !record.recipients.some(isOpen)) continue;
        oldestQueuedAt = Math.min(oldestQueuedAt ?? Infinity, record.createdAt);
      }
      return { counts, oldestQueuedAt };
    },

    async prune({ before, now, limit }) {
      const old = [...rows.values()]
        .filter(
          ({ record, keptUntil }) =>
            record.updatedAt < before && keptUntil <= now && !record.recipients.some(isOpen),
        )
        .slice(0, limit);
      for (const { record } of old) rows.delete(record.id);
      for (const [key, { id, until }] of idempotency)
        if (until <= now && !rows.has(id)) idempotency.delete(key);
      return old.length;
    },

    async untold(limit) {
      const some = [...rows.values()].filter(({ untold }) => untold);
      return some.slice(0, limit).map(({ record }) => record);
    },

    async told(records) {
      for (const { id, revision } of records) {
        const row = rows.get(id);
        if (row?.record.revision === revision) row.untold = false;
      }
    },

    trouble: () => undefined,

    async close() {
      const verbs = Object.keys(store).filter((name) => !["durable", "trouble", "close"].includes(name));
      for (const verb of verbs) Object.assign(store, { [verb]: refuse });
    },
  };
  return store;
}

async function refuse(): Promise<never> {
  throw storeClosed();
}

function newestFirst(a: Cursor, b: Cursor): number {
  return b.createdAt - a.createdAt || b.order - a.order;
}
