/** The delivery loop: claims what is due as long as a transport has room for it, and knows who waits for which message. */
import { steadyClock } from "../steady-clock.ts";
import { attempt, type AttemptOptions, type Job, LEASE_MS } from "./attempt.ts";
import { dueAtOf, type MailRecord } from "./record.ts";
import type { Claim } from "./store.ts";

export interface DeliveryOptions extends Omit<AttemptOptions, "now" | "steady" | "random"> {
  /** After every attempt and every end of a message, once it is written */
  onChange: (record: MailRecord) => void;
  now?: () => number;
  random?: () => number;
}

export interface Delivery {
  /** There may be something to do: a message came in, or a transport came back. */
  wake: () => void;
  /**
   * Resolves when the message has had an attempt that is not followed by another one at once, with what was written; or after
   * `ms`, or when there is nothing to wait for, without.
   */
  attempted(id: string, ms: number): Promise<MailRecord | undefined>;
  /** The message has come to its end without us: whoever waits for its attempt need not. */
  ended(id: string): void;
  /**
   * Claims nothing more; whoever waits for a message that is not on the wire need not, and for one that is, no longer than six
   * seconds. Harmless when called twice.
   */
  quiesce(): void;
  /**
   * Lets what is on the wire finish for `drainMs`, then breaks it off; that stays in the store. Harmless when called twice.
   * @returns how many were broken off
   */
  stop(drainMs: number): Promise<number>;
}

/** Timers drift: look at least this often. */
const LONGEST_SLEEP_MS = 30_000;
const STORE_PAUSE_MS = 1000;
/** How long a call may wait when the node stops: less than the broker's tracker gives it, or its answer would be lost. */
const LAST_WAIT_MS = 6000;
/** Messages that have expired need no place, only a line in the store: so many at a time, so often. */
const EXPIRED_BATCH = 50;
const SWEEP_MS = 1000;

/**
 * A process that has just started may die of anything, and does so again and again: what was on the wire at two of its deaths
 * is not blamed for the third before it has lived so long without it.
 */
const PROBATION_MS = 5000;

export function startDelivery(given: DeliveryOptions): Delivery {
  const { store, policy, onError } = given;
  const now = given.now ?? Date.now;
  const steady = steadyClock(now);
  const options: AttemptOptions = { ...given, now, steady, random: given.random ?? Math.random };
  const running = new Map<Job, Promise<void>>();
  const waiting = new Map<string, Set<(record?: MailRecord) => void>>();
  const aborter = new AbortController();
  let stopping = false;
  let pumping: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let lastWait: NodeJS.Timeout | undefined;
  let sweptAt = -Infinity;
  const startedAt = steady();

  const release = (id: string, record?: MailRecord): void => {
    for (const resolve of waiting.get(id) ?? []) resolve(record);
  };

  const announce = (record: MailRecord, before: MailRecord): void => {
    if (record.attempts > before.attempts || dueAtOf(record) === null) given.onChange(record);
    const due = dueAtOf(record);
    if (!stopping && due !== null && due <= steady() && policy.upAt() <= steady()) return;
    release(record.id, record);
  };

  const run = (claim: Claim, transport: string): void => {
    const job: Job = {
      claim,
      transport,
      signal: aborter.signal,
      // the next claim goes to the store together with this outcome, and shares its sync
      onSettling: wake,
    };
    const end = attempt(job, options)
      .catch(onError)
      .then((record) => {
        running.delete(job);
        if (record) announce(record, claim.record);
        // what is finished leaves nothing to look for; other suspects have waited for this one
        if (!record || dueAtOf(record) !== null || claim.interrupted) wake();
      })
      .catch(onError);
    running.set(job, end);
  };

  /** Those that two crashes have met are left alone for a while. */
  const probation = (): { exceptTimes?: number; until: number } => {
    const until = startedAt + PROBATION_MS;
    return steady() < until ? { exceptTimes: 2, until } : { until: Infinity };
  };

  const claim = async (transport: string | undefined, limit: number): Promise<number | undefined> => {
    const { exceptTimes, until } = probation();
    const isSuspectOut = [...running.keys()].some((job) => job.claim.interrupted);
    const { claims, nextDueAt } = await store.claim({
      // an expiry is meant by the wall clock
      now: transport === undefined ? now() : steady(),
      until: steady() + LEASE_MS,
      limit,
      transport: transport ?? "",
      interrupted: isSuspectOut ? 0 : 1,
      ...(exceptTimes !== undefined && { exceptTimes }),
      holding: held(),
      expiredOnly: transport === undefined,
    });
    for (const one of claims) run(one, transport ?? "");
    return claims.length > 0 ? undefined : Math.min(nextDueAt ?? Infinity, until);
  };

  /** Claims as long as there is work and room; returns when to look again. */
  const pump = async (): Promise<number> => {
    while (!stopping) {
      const room = policy.room();
      const next = room > 0 ? await claim(policy.next(), room) : policy.availableAt();
      if (next === undefined) continue;
      if (room > 0) return next;
      // nothing can be sent: what expires meanwhile is told all the same, now and then
      if (steady() < sweptAt + SWEEP_MS) return Math.min(next, sweptAt + SWEEP_MS);
      const expires = await claim(undefined, EXPIRED_BATCH);
      if (expires === undefined) continue;
      sweptAt = steady();
      return Math.min(next, Math.max(expires, sweptAt + SWEEP_MS));
    }
    return Infinity;
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
          sleep = Math.min(Math.max((await pump()) - steady(), 0), LONGEST_SLEEP_MS);
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

  const held = (): string[] => [...running.keys()].map((job) => job.claim.lease.id);

  const releaseAll = (): void => {
    for (const id of waiting.keys()) release(id);
  };

  /** Whoever waits for a message that is not on the wire need not. */
  const releaseIdle = (): void => {
    const busy = new Set(held());
    for (const id of waiting.keys()) if (!busy.has(id)) release(id);
  };

  const quiesce = (): void => {
    if (stopping) return;
    stopping = true;
    clearTimeout(timer);
    releaseIdle();
    lastWait = setTimeout(releaseAll, LAST_WAIT_MS).unref();
  };

  policy.watch((change) => {
    // nothing will be tried for a while: who waits for a place need not
    if (change === "down" && policy.upAt() > steady()) releaseIdle();
  });
  wake();
  return {
    wake,
    ended: (id) => release(id),
    quiesce,

    attempted(id, ms) {
      if (stopping && !held().includes(id)) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const resolvers = waiting.get(id) ?? new Set();
        waiting.set(id, resolvers);
        const done = (record?: MailRecord) => {
          clearTimeout(limit);
          resolvers.delete(done);
          if (resolvers.size === 0) waiting.delete(id);
          resolve(record);
        };
        const limit = setTimeout(done, ms);
        resolvers.add(done);
      });
    },

    async stop(drainMs) {
      quiesce();
      let brokenOff = 0;
      const patience = setTimeout(() => {
        brokenOff = running.size;
        aborter.abort();
      }, drainMs);
      await pumping;
      while (running.size > 0) await Promise.all(running.values());
      clearTimeout(patience);
      clearTimeout(lastWait);
      releaseAll();
      return brokenOff;
    },
  };
}
