/** The verbs of the store over an open database, one after the other: what happens between them is the worker's business. */
import { randomUUID } from "node:crypto";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { ended, expiryOf, type MailRecord, statusOf, withoutContent } from "../record.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import {
  type Change,
  type Claim,
  type ClaimRequest,
  type EnqueueResult,
  type Lease,
  type ListQuery,
  type NewEntry,
  type OutboxStore,
  scoped,
  type StoreStats,
} from "../store.ts";
import { type ListFilter, listFilters, listQuery, queries, type QueryName } from "./queries.ts";
import { columnsOf, firstColumnsOf, recordOf, type Row, type StoredContent } from "./rows.ts";

/** The content stays packed here: only whoever sends it needs to look inside. */
export type PackedEntry = Omit<NewEntry, "content"> & { content: StoredContent };
export type PackedClaim = Omit<Claim, "content"> & { content: StoredContent };

const RANKS = [0, 1, 2];
const countOf = {
  recipient: "countOfRecipient",
  tag: "countOfTag",
  template: "countOfTemplate",
  status: "countOfStatus",
} as const satisfies Record<ListFilter, QueryName>;
/** Where counting stops, and what more than that is taken for: only of states the exact number is known. */
const COUNTED = 10_000;
const MANY = 10 * COUNTED;
/** What `replaced` says of a message whose place was taken while it was on the wire. */
const REPLACED = 1;
const REPLACED_WITH_BODY = 2;
/** Forgetting may hold up a claim no longer than this, in ms. */
const PATIENCE_MS = 10;

export type Keeper = ReturnType<typeof keeper>;

/** Each verb is to run within a transaction; none spans two messages, but for a replacement. */
export function keeper(db: DatabaseSync) {
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
  type Values = Record<string, SQLInputValue> | readonly SQLInputValue[];
  const bind = (values: Values): SQLInputValue[] =>
    Array.isArray(values) ? [...(values as readonly SQLInputValue[])] : [values as unknown as SQLInputValue];
  const run = (
    name: QueryName,
    values: Values,
  ): { changes: number | bigint; lastInsertRowid: number | bigint } =>
    prepare(queries[name]).run(...bind(values));
  const one = <T = Row>(name: QueryName, values: Values = []): T | undefined =>
    prepare(queries[name]).get(...bind(values)) as T | undefined;
  const all = <T = Row>(name: QueryName, values: Values = []): T[] =>
    prepare(queries[name]).all(...bind(values)) as T[];

  const write = (
    { seq }: Pick<Row, "seq">,
    { record, dueAt, dropContent, news }: Change,
    now: number,
  ): MailRecord => {
    run("write", { ...columnsOf(record, dueAt, now), news: Number(news), seq });
    if (dropContent) run("dropContent", [seq]);
    return record;
  };

  const insert = ({ record, content, idempotency, replace }: PackedEntry, now: number): void => {
    const { lastInsertRowid: seq } = run("insert", {
      ...firstColumnsOf(record, now),
      replaceKey: replace ? scoped(replace) : null,
      idempotencyKey: idempotency ? scoped(idempotency) : null,
      fingerprint: idempotency?.fingerprint ?? null,
      keptUntil: idempotency?.until ?? 0,
    });
    run("insertContent", [seq, content.head, content.attachments]);
    for (const { address } of record.recipients) run("insertRecipient", [address, record.createdAt, seq]);
    for (const tag of record.tags) run("insertTag", [tag, record.createdAt, seq]);
  };

  /** A finished message's key that is no longer kept makes room. */
  const known = ({ idempotency }: PackedEntry, now: number): EnqueueResult | undefined => {
    const row = idempotency && one("byKey", [scoped(idempotency)]);
    if (!row) return undefined;
    if (row.kept_until <= now && row.due_at === null) {
      run("releaseKey", [row.seq]);
      return undefined;
    }
    return row.fingerprint === idempotency.fingerprint
      ? { kind: "duplicate", record: recordOf(row) }
      : { kind: "conflict", id: row.id };
  };

  const replaceOlder = ({ replace }: PackedEntry, now: number, dropContent: boolean): MailRecord[] => {
    const older = replace ? all("replaceable", [scoped(replace)]) : [];
    return older.flatMap((row) => {
      if (row.token !== null) {
        run("markReplaced", [dropContent ? REPLACED_WITH_BODY : REPLACED, row.seq]);
        return [];
      }
      const record = ended(recordOf(row), now, "canceled");
      return [write(row, { record, dueAt: null, dropContent, news: true }, now)];
    });
  };

  /** Undefined: it had lost its content, and has come to its end. */
  const lease = (row: Row, { now, until, transport }: ClaimRequest): PackedClaim | undefined => {
    const content = one<StoredContent>("content", [row.seq]);
    if (!content) {
      const record = withoutContent(recordOf({ ...row, token: null }), now);
      write(row, { record, dueAt: null, dropContent: false, news: true }, now);
      return undefined;
    }
    const token = randomUUID();
    run("lease", { token, now, until, transport, seq: row.seq });
    return {
      lease: { id: row.id, token, until },
      record: recordOf({ ...row, token, claimed_at: now }),
      content: { ...content },
      ...(row.claims > 0 && {
        interrupted: {
          times: row.claims,
          at: row.claimed_at ?? now,
          transport: row.claimed_for ?? "",
          exposed: row.exposed === 1,
        },
      }),
      ...(row.replaced > 0 && { replaced: true as const }),
    };
  };

  /** The filter that gives the fewest messages: to look through a million for a rare one would hold up all mail. */
  const rarest = (filters: readonly ListFilter[], query: ListQuery): ListFilter | undefined => {
    if (filters.length < 2) return filters[0];
    const counted = filters.map((filter) => {
      const count = one<{ count: number }>(countOf[filter], [query[filter] ?? ""])?.count ?? 0;
      return { filter, count: filter !== "status" && count === COUNTED ? MANY : count };
    });
    return counted.reduce((best, other) => (other.count < best.count ? other : best)).filter;
  };

  const forget = (row: Row): void => {
    const { seq, created_at } = row;
    const { recipients, tags } = recordOf(row);
    for (const { address } of recipients) run("deleteRecipient", [address, created_at, seq]);
    for (const tag of tags) run("deleteTag", [tag, created_at, seq]);
    run("dropContent", [seq]);
    run("delete", [seq]);
  };

  return {
    /** Frees what an earlier owner of the file held when it died, and what a clock that was ahead has put off. */
    takeOver(now: number): void {
      for (const row of all("abandoned")) {
        const record = recordOf({ ...row, token: null });
        const expiry = expiryOf(record);
        run("handBack", {
          now,
          expiresAt: Number.isFinite(expiry) ? expiry : null,
          status: statusOf(record, now),
          seq: row.seq,
        });
      }
      const newest = one<{ at: number }>("newest")?.at ?? 0;
      if (newest > now) for (const rank of RANKS) run("hasten", { rank, now, newest });
    },

    enqueue(
      entry: PackedEntry,
      { now, open, keepBodies }: Parameters<OutboxStore["enqueue"]>[1],
    ): EnqueueResult {
      const earlier = known(entry, now);
      if (earlier) return earlier;
      if ((one<{ count: number }>("open")?.count ?? 0) >= open) return { kind: "full" };
      const replaced = replaceOlder(entry, now, !keepBodies);
      insert(entry, now);
      return { kind: "stored", record: entry.record, replaced };
    },

    claim(request: ClaimRequest): { claims: PackedClaim[]; nextDueAt: number | null } {
      const { now, limit, expiredOnly } = request;
      let allowed = request.interrupted;
      const holding = JSON.stringify(request.holding);
      const suspects = () => ({
        interrupted: Number(allowed > 0),
        except: request.exceptTimes ?? 0,
        holding,
      });
      const claims: PackedClaim[] = [];
      const take = (name: "due" | "expired", which: Record<string, number>): void => {
        let isMore = true;
        // again, where some were passed over: they must not hide what stands behind them
        while (isMore && claims.length < limit) {
          isMore = false;
          const wanted = { ...which, now, ...suspects(), limit: limit - claims.length };
          for (const row of all(name, wanted)) {
            const claim = row.claims === 0 || allowed-- > 0 ? lease(row, request) : undefined;
            if (claim) claims.push(claim);
            else isMore = true;
          }
        }
      };
      if (expiredOnly) take("expired", {});
      else for (const rank of RANKS) take("due", { rank });
      const more = suspects();
      const times = expiredOnly
        ? [one<{ at: number }>("nextExpired", more)]
        : RANKS.map((rank) => one<{ at: number }>("nextDue", { rank, ...more }));
      const next = Math.min(...times.map((found) => found?.at ?? Infinity));
      return { claims, nextDueAt: Number.isFinite(next) ? next : null };
    },

    renew({ id, token }: Lease, until: number, exposed: boolean): boolean {
      return run("renew", { id, token, until, exposed: Number(exposed) }).changes === 1;
    },

    settle({ id, token }: Lease, change: Change): MailRecord | undefined {
      const row = one("leased", { id, token });
      if (!row) return undefined;
      const now = change.record.updatedAt;
      if (row.replaced === 0 || change.dueAt === null) return write(row, change, now);
      const record = ended(change.record, now, "canceled");
      const dropContent = change.dropContent || row.replaced === REPLACED_WITH_BODY;
      return write(row, { record, dueAt: null, dropContent, news: true }, now);
    },

    revise(id: string, revision: number, change: Change): MailRecord | undefined {
      const row = one("get", [id]);
      if (!row || row.token !== null || row.revision !== revision) return undefined;
      if (row.replaced > 0) run("markReplaced", [0, row.seq]);
      return write(row, change, change.record.updatedAt);
    },

    get(id: string): MailRecord | undefined {
      const row = one("get", [id]);
      return row && recordOf(row);
    },

    hasContent: (id: string): boolean => one("hasContent", [id]) !== undefined,

    list(query: ListQuery): { records: MailRecord[]; nextCursor?: string } {
      run("arrived", [query.now]);
      const { limit, since, until } = query;
      const cursor = readCursor(query.cursor);
      const filters = listFilters.filter((filter) => query[filter] !== undefined);
      const sql = listQuery(filters, rarest(filters, query), cursor !== undefined);
      const rows = prepare(sql).all({
        ...Object.fromEntries(filters.map((filter) => [filter, query[filter] ?? ""])),
        ...(cursor && { cursorAt: cursor.createdAt, cursorSeq: cursor.order }),
        since: since ?? 0,
        until: until ?? Number.MAX_SAFE_INTEGER,
        limit: limit + 1,
      }) as unknown as Row[];
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        records: page.map(recordOf),
        ...(rows.length > limit &&
          last && { nextCursor: writeCursor({ createdAt: last.created_at, order: last.seq }) }),
      };
    },

    stats(now: number): StoreStats {
      run("arrived", [now]);
      const counts = all<{ status: string; messages: number }>("counts");
      return {
        counts: Object.fromEntries(counts.map(({ status, messages }) => [status, messages])),
        oldestQueuedAt: one<{ at: number }>("oldestWaiting")?.at ?? null,
      };
    },

    prune(request: { before: number; now: number; limit: number }): number {
      const end = performance.now() + PATIENCE_MS;
      let forgotten = 0;
      for (const row of all("forgettable", request)) {
        forget(row);
        forgotten += 1;
        if (performance.now() > end) break;
      }
      return forgotten;
    },

    untold: (limit: number): MailRecord[] => all("untold", [limit]).map(recordOf),

    told(records: readonly Pick<MailRecord, "id" | "revision">[]): void {
      for (const { id, revision } of records) run("told", { id, revision });
    },
  };
}
