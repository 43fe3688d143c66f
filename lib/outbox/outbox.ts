/** The outbox as callers see it: takes responsibility for a message, answers for it, and lets it be asked about. */
import type { Config } from "../config/config.ts";
import { compose, dryRun, type DryRun } from "../message/compose.ts";
import { clockWatch } from "../steady-clock.ts";
import { fingerprint } from "../message/fingerprint.ts";
import type { Content, Mailbox, SendRequest } from "../message/message.ts";
import type { Problem } from "../smtp/problem.ts";
import type { TransportPolicy, TransportState } from "../smtp/policy.ts";
import { contentOf, recordOf, senderOf } from "./admission.ts";
import { startDelivery } from "./delivery.ts";
import { startHerald } from "./herald.ts";
import type { OutboxObserver } from "./observer.ts";
import type { Templates } from "../templates/template.ts";
import { rateMeter } from "./rate-meter.ts";
import { type MailReceipt, publicRecord, type PublicRecord, receiptOf } from "./receipt.ts";
import { dueAtOf, ended, isOpen, type MailRecord, reopened, statusOf, type Trace } from "./record.ts";
import {
  idempotencyConflict,
  notCancelable,
  notConfigured,
  notFound,
  notRetryable,
  outboxFull,
  silent,
  stopping,
  throwIfRefused,
} from "./refusals.ts";
import type { ListQuery, OutboxStore } from "./store.ts";

export interface OutboxOptions {
  config: Config;
  store: OutboxStore;
  policy: TransportPolicy;
  /** Makes the letters of requests that name a template; asked for when there is one */
  templates: () => Promise<Pick<Templates, "fill">>;
  /** Tells the mesh; rejects or throws where nobody could be told, and is asked again later */
  emit: (event: string, payload: unknown) => unknown;
  /** Resolves once everything emitted so far has left this process. @default at once */
  flushed?: () => Promise<void>;
  onError: (error: unknown) => void;
  observe?: OutboxObserver;
  now?: () => number;
  random?: () => number;
}

export interface Caller {
  /** Whose idempotency and replace keys these are: the API key's name; empty on the bus */
  scope?: string;
  /** Milliseconds until the answer must leave, for the caller to get it in time; absent: whenever */
  patience?: number;
  /** The span that the message's attempts belong to */
  trace?: Trace;
}

export interface MailStats {
  counts: Record<string, number>;
  oldestQueuedAt: string | null;
  /** `problem`: why nothing is accepted or sent at the moment, if it is the outbox's fault */
  outbox: { durable: boolean; problem?: Problem };
  transports: (Omit<TransportState, "until"> & { until?: string; ratePerMinute: number })[];
}

export interface Outbox {
  /** Makes the message safe, then waits for its first attempt as long as it may. */
  send(request: SendRequest, caller?: Caller): Promise<MailReceipt | DryRun>;
  get(id: string): Promise<PublicRecord>;
  list(query: Omit<ListQuery, "now">): Promise<{ items: PublicRecord[]; nextCursor?: string }>;
  cancel(id: string): Promise<PublicRecord>;
  retry(id: string): Promise<PublicRecord>;
  stats(): Promise<MailStats>;
  /** A transport may be usable again: look at once */
  wake(): void;
  /** The mesh is there (again): tells what nobody has been told. */
  tellAgain: () => void;
  /** The node is about to stop: takes and claims nothing more, and answers who waits for what is not on the wire. */
  quiesce(): void;
  /**
   * Finishes what is on the wire, within 20 s, and closes the store. Harmless when called twice.
   * @returns how many messages were broken off; they stay in the outbox
   */
  close(): Promise<number>;
}

const DAY = 24 * 60 * 60_000;
const HOUSEKEEPING_MS = 60_000;
/** A clock that was right for so long is believed to be right. */
const TRIAL_MS = 10 * 60_000;
const PRUNE_BATCH = 500;
/** A page of the list must fit into one NATS packet, 1 MB unless set; what does not is for the next page. */
const LARGEST_PAGE = 500_000;
/** How long the store may take to say what it holds, in ms: less than those who ask wait. */
const STATS_MS = 1500;
/** How long what is on the wire may take once we are asked to stop. */
const DRAIN_MS = 20_000;

export function openOutbox(options: OutboxOptions): Outbox {
  const { config, store, policy, emit, observe } = options;
  const now = options.now ?? Date.now;
  const lastMinute = rateMeter(now);
  let isQuiet = false;
  let closed: Promise<number> | undefined;

  const herald = startHerald({
    store,
    emit,
    ...(options.flushed && { flushed: options.flushed }),
    now,
    onError: options.onError,
  });
  const { tell } = herald;
  const tellEnd = (record: MailRecord): void => {
    observe?.ended(statusOf(record, now()));
    tell(record);
  };
  /** Of work in the background: a store that has just been closed is no news. */
  const onError = (error: unknown): void => {
    if (!closed) options.onError(error);
  };
  const tellAgain = (): void => void herald.catchUp().catch(onError);

  const composed = (content: Content, from: Mailbox) =>
    compose(content, { from, ...(config.dkim && { dkim: config.dkim }) });

  const delivery = startDelivery({
    store,
    policy,
    retry: { schedule: config.mail.retrySchedule, own: config.mail.retryScheduleIsOwn },
    keepBodies: config.mail.keepBodies,
    ...(config.sender && { sender: config.sender }),
    compose: composed,
    onAttempt(record, transport) {
      const told = observe?.attempting(record, transport);
      return (outcome) => {
        if (outcome.recipients.some(({ status }) => status === "sent")) lastMinute.count(transport);
        told?.(outcome);
      };
    },
    onChange(record) {
      if (dueAtOf(record) === null) tellEnd(record);
      else tell(record);
    },
    onError: options.onError,
    now,
    ...(options.random && { random: options.random }),
  });
  // what an earlier process could not tell any more
  tellAgain();

  policy.watch((change, { name, server, problem }) => {
    const at = new Date(now()).toISOString();
    const payload = { transport: name, server, at, ...(problem && { problem }) };
    // the state of a transport is news for a moment only: it is not kept
    Promise.resolve()
      .then(() => emit(`mail.transport.${change}`, payload))
      .catch(onError);
  });

  const isClockTrue = clockWatch(now);
  const keepHouse = async (): Promise<void> => {
    if (isClockTrue(Math.min(TRIAL_MS, config.mail.retryFor))) await expireUntried();
    await prune(store, now(), config.mail.retention);
  };

  /** Ends what nobody holds, and tells it; undefined: somebody was faster. */
  const end = async (
    record: MailRecord,
    status: "canceled" | "expired",
    dropContent: boolean,
  ): Promise<MailRecord | undefined> => {
    const change = { record: ended(record, now(), status), dueAt: null, dropContent, news: true };
    const written = await store.revise(record.id, record.revision, change);
    if (!written) return undefined;
    delivery.ended(record.id);
    tellEnd(written);
    return written;
  };

  /** What no server was up for. A wrong clock must not do this, for it would end everything at once. */
  const expireUntried = async (): Promise<void> => {
    const query = { status: "queued", until: now() - config.mail.retryFor, limit: 100 } as const;
    let cursor: string | undefined;
    do {
      const page = await store.list({ ...query, now: now(), ...(cursor && { cursor }) });
      for (const record of page.records) {
        if (record.attempts > 0 || record.expiresAt > now()) continue;
        await end(record, "expired", false);
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  };

  const pace = Math.min(HOUSEKEEPING_MS, Math.max(1000, config.mail.retryFor / 2));
  const housekeeping = setInterval(() => void keepHouse().catch(onError), pace).unref();

  const quiesce = (): void => {
    isQuiet = true;
    clearInterval(housekeeping);
    delivery.quiesce();
  };

  const found = async (id: string): Promise<MailRecord> => {
    const record = await store.get(id);
    if (!record) throw notFound(id);
    return record;
  };

  const facts = () => ({
    durable: store.durable,
    transportProblem: blockage(policy, now()),
    upAt: policy.upAt(),
  });
  const show = (record: MailRecord): PublicRecord => publicRecord(record, now(), facts());

  return {
    async send(request, caller = {}) {
      const began = performance.now();
      if (isQuiet) throw stopping();
      if (config.transports.length === 0 && !request.dryRun) throw notConfigured();
      const from = senderOf(request, config.sender);
      const time = now();
      const letter =
        request.template === undefined
          ? request
          : (await options.templates()).fill(request, { now: time, retryFor: config.mail.retryFor });
      const content = contentOf(letter, from, time);
      if (request.dryRun) return dryRun(content, await composed(content, from));

      const { scope = "" } = caller;
      const result = await store.enqueue(
        {
          record: recordOf(letter, content, from, {
            now: time,
            retryFor: config.mail.retryFor,
            trace: caller.trace,
          }),
          content,
          ...(request.idempotencyKey !== undefined && {
            idempotency: {
              scope,
              key: request.idempotencyKey,
              // of what was asked for: a template may change between a call and its repetition
              fingerprint: fingerprint(request),
              until: time + DAY,
            },
          }),
          ...(request.replaceKey !== undefined && { replace: { scope, key: request.replaceKey } }),
        },
        { now: time, open: config.mail.outboxLimit, keepBodies: config.mail.keepBodies },
      );
      if (result.kind === "full") throw outboxFull(config.mail.outboxLimit);
      if (result.kind === "conflict") throw idempotencyConflict(result.id);
      if (result.kind === "stored") {
        observe?.accepted(performance.now() - began);
        for (const replaced of result.replaced) {
          delivery.ended(replaced.id);
          tellEnd(replaced);
        }
        tell(result.record);
      }
      const duplicate = result.kind === "duplicate";
      const wait =
        duplicate || !canBeTriedNow(result.record, policy, time)
          ? 0
          : waitOf(request, caller, config, performance.now() - began);
      const attempted = wait > 0 ? delivery.attempted(result.record.id, wait) : undefined;
      // who does not wait gets the answer first
      if (attempted) delivery.wake();
      else setImmediate(delivery.wake);
      // it is accepted: a store that fails now must not make that look undone
      const known = async () => (await store.get(result.record.id).catch(onError)) ?? result.record;
      const record = attempted ? ((await attempted) ?? (await known())) : result.record;
      throwIfRefused(record);
      return receiptOf(record, now(), { ...facts(), duplicate });
    },

    async get(id) {
      return show(await found(id));
    },

    async list(query) {
      const asked = { ...query, now: now() };
      let { records, nextCursor } = await store.list(asked);
      const items = records.map(show);
      const fitting = fittingIn(items, LARGEST_PAGE);
      if (fitting === items.length) return { items, ...(nextCursor && { nextCursor }) };
      ({ records, nextCursor } = await store.list({ ...asked, limit: fitting }));
      return { items: records.map(show), ...(nextCursor && { nextCursor }) };
    },

    async cancel(id) {
      const record = await found(id);
      const open = record.recipients.some(isOpen);
      const written = open ? await end(record, "canceled", !config.mail.keepBodies) : undefined;
      if (!written) throw notCancelable(id, open);
      return show(written);
    },

    async retry(id) {
      const record = await found(id);
      policy.release();
      // it has never been tried: it goes as soon as a server is up, and that is what the release is for
      if (statusOf(record, now()) === "queued") {
        delivery.wake();
        return show(record);
      }
      const change = reopened(record, now(), config.mail.retryFor);
      const kept = await store.hasContent(id);
      const written =
        change && kept
          ? await store.revise(id, record.revision, {
              record: change,
              dueAt: dueAtOf(change),
              dropContent: false,
              news: false,
            })
          : undefined;
      if (!written) throw notRetryable(id, statusOf(record, now()));
      delivery.wake();
      return show(written);
    },

    async stats() {
      const { counts, oldestQueuedAt } = await inTime(store.stats(now()));
      const trouble = store.trouble();
      return {
        counts,
        oldestQueuedAt: oldestQueuedAt === null ? null : new Date(oldestQueuedAt).toISOString(),
        outbox: {
          durable: store.durable,
          ...(trouble && { problem: { type: "MAIL_OUTBOX_UNAVAILABLE", ...trouble } }),
        },
        transports: policy.states().map(({ until, ...state }) => ({
          ...state,
          ...(until !== undefined && { until: new Date(until).toISOString() }),
          ratePerMinute: lastMinute.of(state.name),
        })),
      };
    },

    wake: () => delivery.wake(),
    tellAgain,
    quiesce,

    close() {
      quiesce();
      closed ??= (async () => {
        const brokenOff = await delivery.stop(DRAIN_MS);
        await herald.close();
        await store.close();
        return brokenOff;
      })();
      return closed;
    },
  };
}

/** A file that somebody else has locked is waited for: who asks how the outbox is gets to hear that it does not answer. */
function inTime<Result>(asked: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(silent()), STATS_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** Forgets what finished longer ago than the retention, a little at a time, so that nothing else has to wait. */
async function prune(store: OutboxStore, now: number, retention: number): Promise<void> {
  const request = { before: now - retention, now, limit: PRUNE_BATCH };
  while ((await store.prune(request)) > 0);
}

/** How many of these, from the first on, have no more characters than this as JSON; at least one. */
function fittingIn(items: readonly PublicRecord[], characters: number): number {
  let left = characters;
  const beyond = items.findIndex((item) => (left -= JSON.stringify(item).length) < 0);
  return beyond < 0 ? items.length : Math.max(1, beyond);
}

/** The smaller of what the request, the settings and the caller's own time-out allow, in ms. */
function waitOf({ wait }: SendRequest, { patience }: Caller, config: Config, spent: number): number {
  const wanted = wait === true ? config.mail.sendWait : wait;
  return Math.min(wanted, (patience ?? Infinity) - spent);
}

function canBeTriedNow(record: MailRecord, policy: TransportPolicy, now: number): boolean {
  const due = dueAtOf(record);
  return due !== null && due <= now && policy.upAt() <= now;
}

/** Why nothing goes out at the moment, if that is so. */
function blockage(policy: TransportPolicy, now: number): Problem | undefined {
  return policy.upAt() > now ? policy.states()[0]?.problem : undefined;
}
