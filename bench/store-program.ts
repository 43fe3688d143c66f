/** A process that holds one store with a given backlog, so that its memory is that store's. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { checkSend } from "../lib/message/schema.ts";
import { contentOf, recordOf } from "../lib/outbox/admission.ts";
import { revised, settledRecipient } from "../lib/outbox/record.ts";
import { openSqliteStore } from "../lib/outbox/sqlite/store.ts";
import type { Change, Claim, NewEntry, OutboxStore } from "../lib/outbox/store.ts";
import { answer } from "./channel.ts";
import { letter } from "./load.ts";
import { connections } from "./mesh.ts";

const AT_A_TIME = 50;
const HOUR = 3_600_000;
const from = { name: "Shop", address: "shop@example.com" };
const message = checkSend(letter(0), { maxRecipients: 50, maxSize: 1_000_000, now: Date.now() });

let opened: Promise<OutboxStore>;

function newEntry(): NewEntry {
  const now = Date.now();
  const content = contentOf(message, from, now);
  return { record: recordOf(message, content, from, { now, retryFor: 48 * HOUR }), content };
}

async function enqueueAll(entries: readonly NewEntry[]): Promise<void> {
  const store = await opened;
  for (let at = 0; at < entries.length; at += AT_A_TIME) {
    const rules = { now: Date.now(), open: Infinity, keepBodies: false };
    const some = entries.slice(at, at + AT_A_TIME).map((entry) => store.enqueue(entry, rules));
    const results = await Promise.all(some);
    if (results.some(({ kind }) => kind !== "stored")) throw new Error("a message was not stored");
  }
}

async function claimAndSettle(count: number): Promise<void> {
  const store = await opened;
  for (let done = 0; done < count;) {
    const now = Date.now();
    const request = {
      now,
      until: now + HOUR,
      limit: connections,
      transport: "primary",
      interrupted: 1,
      holding: [],
    };
    const { claims } = await store.claim({ ...request, expiredOnly: false });
    if (claims.length === 0) throw new Error("nothing was claimed");
    const settled = await Promise.all(claims.map((claim) => store.settle(claim.lease, sent(claim))));
    if (settled.includes(undefined)) throw new Error("a lease was lost");
    done += claims.length;
  }
}

function sent({ record }: Claim): Change {
  const recipients = record.recipients.map((one) => settledRecipient(one, { status: "sent", code: 250 }));
  const next = revised(record, Date.now(), { recipients, attempts: 1 });
  return { record: next, dueAt: null, dropContent: true, news: true };
}

/** µs for each of so many. */
async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return ((performance.now() - begin) * 1000) / count;
}

answer({
  /** Resident memory afterwards, in MB, and what kind of store it is. */
  async fill({ path, depth }: { path: string; depth: number }) {
    opened = openSqliteStore(path);
    for (let left = depth; left > 0; left -= 10_000) {
      await enqueueAll(Array.from({ length: Math.min(left, 10_000) }, newEntry));
    }
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    return { rss: process.memoryUsage.rss() / 1024 / 1024, durable: (await opened).durable };
  },

  /** Puts in and takes out as many: the backlog stays as deep as it is. */
  async round({ count }: { count: number }) {
    const entries = Array.from({ length: count }, newEntry);
    const enqueue = await timed(count, () => enqueueAll(entries));
    const settle = await timed(count, () => claimAndSettle(count));
    return { enqueue, settle };
  },
});
