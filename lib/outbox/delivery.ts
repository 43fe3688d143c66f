/** The delivery loop: claim, compose, send, settle, tell; one message at a time through the same named steps. */
import { ConfigError } from "../config/faults.ts";
import type { Composed } from "../message/compose.ts";
import type { Content, Mailbox } from "../message/message.ts";
import type { Seen, TransportPolicy, Turn } from "../smtp/policy.ts";
import type { Problem } from "../smtp/problem.ts";
import type { RetrySettings } from "./backoff.ts";
import { dueAtOf, ended, expiryOf, type MailRecord, revised, statusOf } from "./record.ts";
import { judge, type Judged, settlement } from "./settlement.ts";
import type { Claim, OutboxStore } from "./store.ts";

export interface DeliveryOptions {
  store: OutboxStore;
  policy: TransportPolicy;
  retry: RetrySettings;
  keepBodies: boolean;
  /** The configured sender, for messages that bring none */
  sender?: Mailbox;
  compose: (content: Content, from: Mailbox) => Promise<Composed>;
  /** After every attempt and every end of a message, once it is written */
  onChange: (record: MailRecord) => void;
  /** The store failed, or we did: nothing is lost, but an operator should know */
  onError: (error: unknown) => void;
  now?: () => number;
  random?: () => number;
}

export interface Delivery {
  /** There may be something to do: a message came in, or a transport came back. */
  wake(): void;
  /** Resolves when the message has had an attempt that is not followed by another one at once, or after `ms`. */
  attempted(id: string, ms: number): Promise<void>;
  /** The message has come to its end without us: whoever waits for its attempt need not. */
  ended(id: string): void;
  /**
   * Claims nothing more, lets what is on the wire finish for `drainMs`, then breaks it off. What was broken off stays in the
   * store. Harmless when called twice.
   */
  stop(drainMs: number): Promise<void>;
}

const LEASE_MS = 60_000;
/** Clocks jump and timers drift: look at least this often. */
const LONGEST_SLEEP_MS = 30_000;
/** Messages that have expired need no place, only a line in the store. */
const EXPIRED_BATCH = 50;

export function startDelivery(options: DeliveryOptions): Delivery {
  const { store, policy, onError } = options;
  const now = options.now ?? Date.now;
  const running = new Set<Promise<void>>();
  const waiting = new Map<string, Set<() => void>>();
  const aborter = new AbortController();
  let stopping = false;
  let pumping: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  const release = (id: string): void => {
    for (const resolve of waiting.get(id) ?? []) resolve();
  };

  const announce = (record: MailRecord, before: MailRecord): void => {
    // put off without an attempt: nothing to tell
    if (record.attempts > before.attempts || dueAtOf(record) === null) options.onChange(record);
    const due = dueAtOf(record);
    if (due !== null && due <= now() && policy.upAt() <= now()) return;
    release(record.id);
  };

  const run = (claim: Claim): void => {
    const job = deliver(claim, options, aborter.signal)
      .then((record) => record && announce(record, claim.record))
      .catch(onError)
      .finally(() => {
        running.delete(job);
        wake();
      });
    running.add(job);
  };

  /** Claims as long as there is work and room; returns when to look again, in ms. */
  const pump = async (): Promise<number> => {
    for (;;) {
      if (stopping) return LONGEST_SLEEP_MS;
      const time = now();
      const room = policy.room();
      const { claims, nextDueAt } = await store.claim({
        now: time,
        until: time + LEASE_MS,
        limit: room > 0 ? room : EXPIRED_BATCH,
        expiredOnly: room === 0,
      });
      for (const claim of claims) run(claim);
      if (claims.length > 0) continue;
      const next = Math.min(nextDueAt ?? Infinity, room > 0 ? Infinity : policy.availableAt());
      return Math.min(Math.max(next - now(), 0), LONGEST_SLEEP_MS);
    }
  };

  const wake = (): void => {
    if (stopping) return;
    again = true;
    pumping ??= (async () => {
      clearTimeout(timer);
      let sleep = LONGEST_SLEEP_MS;
      while (again && !stopping) {
        again = false;
        try {
          sleep = await pump();
        } catch (error) {
          onError(error);
          sleep = STORE_PAUSE_MS;
        }
      }
      pumping = undefined;
      // it also keeps a node alive that has nothing else to do
      if (!stopping) timer = setTimeout(wake, sleep);
    })();
  };

  wake();
  return {
    wake,
    ended: release,

    attempted(id, ms) {
      return new Promise((resolve) => {
        const resolvers = waiting.get(id) ?? new Set();
        waiting.set(id, resolvers);
        const done = () => {
          clearTimeout(limit);
          resolvers.delete(done);
          if (resolvers.size === 0) waiting.delete(id);
          resolve();
        };
        const limit = setTimeout(done, ms);
        resolvers.add(done);
      });
    },

    async stop(drainMs) {
      stopping = true;
      clearTimeout(timer);
      const patience = setTimeout(() => aborter.abort(), drainMs);
      await pumping;
      await Promise.all(running);
      clearTimeout(patience);
      for (const resolvers of waiting.values()) for (const resolve of resolvers) resolve();
    },
  };
}

const STORE_PAUSE_MS = 1000;

/** One claimed message, from freshness to what is written down. Undefined: the lease was lost, so another tells the story. */
async function deliver(
  claim: Claim,
  options: DeliveryOptions,
  signal: AbortSignal,
): Promise<MailRecord | undefined> {
  const now = options.now ?? Date.now;
  const { record } = claim;
  if (expiryOf(record) <= now()) return settle(claim, ended(record, now(), "expired"), options);
  const turn = options.policy.take();
  if (!turn) return settle(claim, putBack(record, now()), options);
  const stopRenewing = renewLease(claim, options);
  try {
    const startedAt = now();
    const judged = await attempt(claim, turn, options, signal);
    const next = settlement(record, judged, {
      transport: turn.transport.config.name,
      startedAt,
      now: now(),
      retry: options.retry,
      random: options.random ?? Math.random,
    });
    return await settle(claim, next, options);
  } finally {
    turn.done("nothing");
    stopRenewing();
  }
}

/** There was no room after all: as it was, at the same place in the queue. */
function putBack(record: MailRecord, now: number): MailRecord {
  const status = record.attempts > 0 ? "deferred" : "queued";
  return revised(record, now, {
    recipients: record.recipients.map((recipient) =>
      recipient.status === "sending" ? { ...recipient, status } : recipient,
    ),
  });
}

/** Composes and sends to the recipients that are due. */
async function attempt(
  { record, content }: Claim,
  turn: Turn,
  options: DeliveryOptions,
  signal: AbortSignal,
): Promise<Judged[]> {
  const to = record.recipients.filter(({ status }) => status === "sending").map(({ address }) => address);
  const from = content.from ?? options.sender;
  // nothing was sent: whether the transport is up stays open, but a fault of our settings holds it
  const unsent = (fault: Unsent): Judged[] => {
    turn.done(fault.verdict.outcome === "hold" ? "hold" : "nothing", fault.problem);
    return to.map((address) => ({ address, ...fault }));
  };
  if (!from) return unsent(senderMissing);
  let composed: Composed;
  try {
    composed = await options.compose(content, from);
  } catch (error) {
    return unsent(notComposable(error));
  }
  const sender = content.from ? "caller" : "configured";
  const parcel = { from: from.address, to, bytes: composed.bytes, sender } as const;
  const judged = judge(await turn.transport.send(parcel, signal), turn.transport.config);
  turn.done(...seenOf(judged));
  return judged;
}

type Unsent = Omit<Judged & { sent: false }, "address">;

const senderMissing = {
  sent: false,
  fault: { stage: "mail" },
  verdict: { type: "SMTP_SENDER_REJECTED", scope: "transport", permanent: true, outcome: "hold" },
  problem: {
    type: "SMTP_SENDER_REJECTED",
    message: "the message has no sender and SMTP_SENDER is no longer set",
    remedy: "Set SMTP_SENDER and start the node again; the message is kept.",
    fix: { variable: "SMTP_SENDER", value: '"My Name" <me@example.com>' },
  },
} as const satisfies Unsent;

/** The content has been checked, so what cannot be composed is a rarity; but our own settings must not fail messages. */
function notComposable(error: unknown): Unsent {
  const ours = error instanceof ConfigError;
  return {
    sent: false,
    fault: { stage: "mail" },
    verdict: ours
      ? { type: "SMTP_MESSAGE_REJECTED", scope: "transport", permanent: true, outcome: "hold" }
      : { type: "SMTP_MESSAGE_REJECTED", scope: "message", permanent: true, outcome: "fail" },
    problem: {
      type: ours ? "MAIL_NOT_CONFIGURED" : "MAIL_INVALID_MESSAGE",
      message: `the message could not be composed: ${(error as Error).message}`,
      remedy: ours
        ? "Correct the variable and start the node again; the message is kept."
        : "Look at the content type and the encoding of the attachments.",
    },
  };
}

/** Only faults of the transport itself rest it; whatever got as far as a recipient or a message shows that it is up. */
function seenOf(judged: readonly Judged[]): [seen: Seen, problem?: Problem] {
  const faults = judged.flatMap((result) => (result.sent ? [] : [result]));
  for (const { verdict, problem } of faults) {
    if (verdict.outcome === "hold" || verdict.outcome === "failover") return [verdict.outcome, problem];
  }
  // a line that broke in the middle proves neither
  return [faults.some(({ verdict }) => verdict.scope === "transport") ? "nothing" : "up"];
}

async function settle(
  { lease }: Claim,
  record: MailRecord,
  { store, keepBodies, now = Date.now }: DeliveryOptions,
): Promise<MailRecord | undefined> {
  const status = statusOf(record, now());
  const dropContent = !keepBodies && (status === "sent" || status === "canceled");
  return store.settle(lease, { record, dueAt: dueAtOf(record), dropContent });
}

/** While the message is on the wire its lease must not run out, or another would send it as well. */
function renewLease({ lease }: Claim, { store, onError, now = Date.now }: DeliveryOptions): () => void {
  const timer = setInterval(() => {
    store.renew(lease, now() + LEASE_MS).catch(onError);
  }, LEASE_MS / 3).unref();
  return () => clearInterval(timer);
}
