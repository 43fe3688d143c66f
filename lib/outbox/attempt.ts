/** One claimed message, step by step: recover, fresh, route, compose, transmit, judge, settle. */
import { ConfigError } from "../config/faults.ts";
import type { Composed } from "../message/compose.ts";
import type { Content, Mailbox } from "../message/message.ts";
import type { Seen, TransportPolicy, Turn } from "../smtp/policy.ts";
import type { Problem } from "../smtp/problem.ts";
import type { RetrySettings } from "./backoff.ts";
import { interruptedRecord } from "./interruption.ts";
import type { AttemptOutcome, OutboxObserver } from "./observer.ts";
import { dueAtOf, ended, expiryOf, isOpen, type MailRecord, revised, statusOf } from "./record.ts";
import { judge, type Judged, settlement } from "./settlement.ts";
import type { Claim, OutboxStore } from "./store.ts";

export interface AttemptOptions {
  store: OutboxStore;
  policy: TransportPolicy;
  retry: RetrySettings;
  keepBodies: boolean;
  /** The configured sender, for messages that bring none */
  sender?: Mailbox;
  compose: (content: Content, from: Mailbox) => Promise<Composed>;
  onAttempt?: OutboxObserver["attempting"];
  /** The wall clock: what people mean by a time */
  now: () => number;
  /** The same, but never going back: what delays count from */
  steady: () => number;
  random: () => number;
  onError: (error: unknown) => void;
}

/** A claimed message that is being worked on. */
export interface Job {
  claim: Claim;
  /** Which transport it was claimed for */
  transport: string;
  /** Breaks off what is on the wire */
  signal: AbortSignal;
  /** Called once its outcome is on the way to the store, and its place is free: the next claim may come right behind */
  onSettling: () => void;
}

/** How long a claim is ours without a sign of life, in ms */
export const LEASE_MS = 60_000;
/** Between two tries to write down what has happened: from, doubled up to */
const STORE_PAUSE_MS = 50;
const LONGEST_STORE_PAUSE_MS = 2000;
/** Until a transport that is only busy is asked again for a message that must go by no other */
const BUSY_MS = 1000;

/**
 * From the claim to what is written down.
 * @returns the record as written; undefined where the lease was lost, so that another one tells the story
 */
export async function attempt(job: Job, options: AttemptOptions): Promise<MailRecord | undefined> {
  const record = recover(job.claim, options);
  const end = record.recipients.some(isOpen) ? fresh(record, options) : record;
  if (end) return settle(job, end, options);
  const turn = route(record, job, options);
  if (!("done" in turn)) return settle(job, turn, options);
  const stopRenewing = renew(job, options);
  try {
    const startedAt = options.now();
    const transport = turn.transport.config.name;
    const told = options.onAttempt?.(record, transport);
    const judged = await transmit(record, job, turn, options);
    const next = settlement(record, judged, {
      transport,
      startedAt,
      now: options.now(),
      dueFrom: options.steady(),
      retry: options.retry,
      random: options.random,
    });
    told?.(attemptOutcome(next, judged));
    return await settle(job, next, options);
  } finally {
    turn.done("nothing");
    stopRenewing();
  }
}

/** What an earlier claim has left behind comes first. */
function recover({ record, interrupted, replaced }: Claim, { now, retry }: AttemptOptions): MailRecord {
  const time = now();
  const known = interrupted ? interruptedRecord(record, interrupted, { now: time, retry }) : record;
  return replaced ? ended(known, time, "canceled") : known;
}

/** Too late for it, or too early: a clock was set. */
function fresh(record: MailRecord, { now, steady }: AttemptOptions): MailRecord | undefined {
  const time = now();
  if (expiryOf(record) <= time) return ended(record, time, "expired");
  const early = record.attempts === 0 ? (record.sendAt ?? 0) - time : 0;
  return early > 0 ? putBack(record, time, steady() + early) : undefined;
}

/** A place on a transport; or the message as it was, for later. */
function route(
  record: MailRecord,
  { transport }: Job,
  { policy, now, steady }: AttemptOptions,
): Turn | MailRecord {
  const { bound } = record;
  if (bound && bound.until > steady()) {
    const way = policy.states().find(({ name }) => name === bound.transport);
    if (way) {
      const later = way.state === "up" ? Math.min(steady() + BUSY_MS, bound.until) : bound.until;
      return policy.take(bound.transport) ?? putBack(record, now(), later);
    }
  }
  return policy.take(transport) ?? putBack(record, now());
}

/** As it was before the claim; not to be tried before `dueAt`, if that is given. */
function putBack(record: MailRecord, now: number, dueAt?: number): MailRecord {
  const status = record.attempts > 0 ? "deferred" : "queued";
  return revised(record, now, {
    recipients: record.recipients.map((recipient) =>
      recipient.status === "sending"
        ? { ...recipient, status, ...(dueAt !== undefined && { dueAt }) }
        : recipient,
    ),
  });
}

/** For whoever observes: the attempt that made this record. */
function attemptOutcome({ attempts, timeline }: MailRecord, judged: readonly Judged[]): AttemptOutcome {
  const { status = "deferred", problem, recipients = [] } = timeline.at(-1) ?? {};
  const faults = new Map(
    judged.flatMap((result) => (result.sent ? [] : [[result.address, result.problem.type]])),
  );
  return {
    attempts,
    status,
    ...(problem && { problem: problem.type }),
    recipients: recipients.map((recipient) => {
      const fault = faults.get(recipient.address);
      return { status: recipient.status, ...(fault !== undefined && { problem: fault }) };
    }),
  };
}

/** Composes and sends to the recipients that are due, and tells the policy what was seen of the transport. */
async function transmit(
  record: MailRecord,
  job: Job,
  turn: Turn,
  options: AttemptOptions,
): Promise<Judged[]> {
  const { content } = job.claim;
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
  const parcel = {
    from: from.address,
    to,
    bytes: composed.bytes,
    sender,
    ...clearanceOf(record, job, turn, options),
  } as const;
  const judged = judge(await turn.transport.send(parcel, job.signal), turn.transport.config);
  turn.done(...seenOf(judged));
  return judged;
}

/**
 * What is asked right before DATA. Whoever wants no second copy must be found in doubt after a crash, so the store is told
 * first; and what must not come too late may have become so while the server took its time. Others save themselves the wait.
 */
function clearanceOf(
  record: MailRecord,
  { claim: { lease } }: Job,
  { transport }: Turn,
  { store, now, steady }: AttemptOptions,
): { clearance?: () => Promise<boolean> } {
  const holds = record.ambiguous === "hold";
  const isUrgent = record.expiresStrictly && record.expiresAt < now() + transport.config.timeouts.total;
  if (!holds && !isUrgent) return {};
  return {
    clearance: async () =>
      expiryOf(record) > now() && (!holds || (await store.renew(lease, steady() + LEASE_MS, true))),
  };
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

/** Writes it down, and does not give up: what was sent and is not written down is sent again. */
async function settle(
  job: Job,
  record: MailRecord,
  { store, keepBodies, now, onError }: AttemptOptions,
): Promise<MailRecord | undefined> {
  const status = statusOf(record, now());
  const dueAt = dueAtOf(record);
  const change = {
    record,
    dueAt,
    dropContent: !keepBodies && (status === "sent" || status === "canceled"),
    // put back without an attempt: nothing to tell
    news: record.attempts > job.claim.record.attempts || dueAt === null,
  };
  for (let pause = STORE_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_STORE_PAUSE_MS)) {
    try {
      const writing = store.settle(job.claim.lease, change);
      job.onSettling();
      const written = await writing;
      if (!written && record.attempts > job.claim.record.attempts) onError(leaseLost(record));
      return written;
    } catch (error) {
      if (pause === STORE_PAUSE_MS) onError(error);
      if (job.signal.aborted) return undefined;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function leaseLost({ id, attempts }: MailRecord): Error {
  return new Error(
    `Message ${id} was taken over during attempt ${attempts}: what became of it here is not written down, and a second copy may have gone out.`,
  );
}

/** While the message is on the wire its lease must not run out, or another would send it as well. */
function renew(job: Job, { store, onError, steady }: AttemptOptions): () => void {
  const timer = setInterval(() => {
    store.renew(job.claim.lease, steady() + LEASE_MS, false).catch(onError);
  }, LEASE_MS / 3).unref();
  return () => clearInterval(timer);
}
