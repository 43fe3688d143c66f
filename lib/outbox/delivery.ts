/** The delivery loop: claim, compose, send, settle, tell; one message at a time through the same named steps. */
import { ConfigError } from "../config/faults.ts";
import type { Composed } from "../message/compose.ts";
import type { Content, Mailbox } from "../message/message.ts";
import type { TransportPolicy } from "../smtp/policy.ts";
import type { Problem } from "../smtp/problem.ts";
import type { Transport } from "../smtp/transport.ts";
import type { RetrySettings } from "./backoff.ts";
import { dueAtOf, ended, expiryOf, type MailRecord, revised, settledRecipient, statusOf } from "./record.ts";
import { judge, type Judged, settlement } from "./settlement.ts";
import type { Claim, OutboxStore } from "./store.ts";

export interface DeliveryOptions {
  store: OutboxStore;
  policy: TransportPolicy;
  retry: RetrySettings;
  keepBodies: boolean;
  /** The configured sender, for messages that bring none */
  sender?: Mailbox;
  /** Messages on the wire at a time */
  concurrency: number;
  compose: (content: Content, from: Mailbox) => Promise<Composed>;
  /** After every attempt and every end of a message, once it is written */
  onChange: (record: MailRecord) => void;
  onTransport: (change: "down" | "up", transport: Transport, problem?: Problem) => void;
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
  /**
   * Claims nothing more, lets what is on the wire finish for `drainMs`, then breaks it off. What was broken off stays in the
   * store. Harmless when called twice.
   */
  stop(drainMs: number): Promise<void>;
}

const LEASE_MS = 60_000;
/** Clocks jump and timers drift: look at least this often. */
const LONGEST_SLEEP_MS = 30_000;

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

  const announce = (record: MailRecord, before: MailRecord): void => {
    // put off without an attempt: nothing to tell
    if (record.attempts > before.attempts || dueAtOf(record) === null) options.onChange(record);
    const due = dueAtOf(record);
    if (due !== null && due <= now()) return;
    for (const resolve of waiting.get(record.id) ?? []) resolve();
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

  /** Claims as long as there is work and room; returns when to look again. */
  const pump = async (): Promise<number> => {
    for (;;) {
      const free = options.concurrency - running.size;
      if (stopping || free <= 0) return LONGEST_SLEEP_MS;
      const time = now();
      const openAt = policy.availableAt();
      const { claims, nextDueAt } = await store.claim({
        now: time,
        until: time + LEASE_MS,
        limit: free,
        expiredOnly: openAt > time,
      });
      for (const claim of claims) run(claim);
      if (claims.length > 0) continue;
      const next = openAt > time ? Math.min(openAt, nextDueAt ?? openAt) : (nextDueAt ?? Infinity);
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
  if (expiryOf(record) <= now()) return settle(claim, expired(record, now()), options);
  const transport = options.policy.next();
  if (!transport) return settle(claim, postponed(record, options.policy.availableAt(), now()), options);
  const stopRenewing = renewLease(claim, options);
  try {
    const startedAt = now();
    const judged = await attempt(claim, transport, options, signal);
    tellPolicy(transport, judged, options);
    const next = settlement(record, judged, {
      transport: transport.config.name,
      startedAt,
      now: now(),
      retry: options.retry,
      random: options.random ?? Math.random,
      availableAt: options.policy.availableAt(),
    });
    return await settle(claim, next, options);
  } finally {
    stopRenewing();
  }
}

function expired(record: MailRecord, now: number): MailRecord {
  return ended(record, now, "expired", record.problem);
}

/** No transport can take it now: as it was, but later. */
function postponed(record: MailRecord, dueAt: number, now: number): MailRecord {
  const status = record.attempts > 0 ? "deferred" : "queued";
  return revised(record, now, {
    recipients: record.recipients.map((recipient) =>
      recipient.status === "sending" ? settledRecipient(recipient, { status, dueAt }) : recipient,
    ),
  });
}

/** Composes and sends to the recipients that are due. */
async function attempt(
  { record, content }: Claim,
  transport: Transport,
  options: DeliveryOptions,
  signal: AbortSignal,
): Promise<Judged[]> {
  const to = record.recipients.filter(({ status }) => status === "sending").map(({ address }) => address);
  const from = content.from ?? options.sender;
  if (!from) return to.map((address) => ({ address, ...senderMissing }));
  let composed: Composed;
  try {
    composed = await options.compose(content, from);
  } catch (error) {
    return to.map((address) => ({ address, ...notComposable(error) }));
  }
  const sender = content.from ? "caller" : "configured";
  return judge(
    await transport.send({ from: from.address, to, bytes: composed.bytes, sender }, signal),
    transport.config,
  );
}

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
} as const satisfies Omit<Judged & { sent: false }, "address">;

/** The content has been checked, so what cannot be composed is a rarity; but our own settings must not fail messages. */
function notComposable(error: unknown): Omit<Judged & { sent: false }, "address"> {
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

/** Only faults of the transport itself rest it; whatever got as far as a recipient shows that it is up. */
function tellPolicy(
  transport: Transport,
  judged: readonly Judged[],
  { policy, onTransport }: DeliveryOptions,
): void {
  const faults = judged.flatMap((result) => (result.sent ? [] : [result]));
  const fault = faults.find(({ verdict: { outcome } }) => outcome === "hold" || outcome === "failover");
  const seen = fault ? (fault.verdict.outcome as "hold" | "failover") : "up";
  // a line that broke in the middle proves neither
  if (!fault && faults.some(({ verdict }) => verdict.scope === "transport")) return;
  const change = policy.report(transport.config.name, seen, fault?.problem);
  if (change) onTransport(change, transport, fault?.problem);
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
