/** An outbox on a bench: in memory, over real connections, with a clock that can be put forward. */
import type { TransportConfig } from "../../lib/config/config.ts";
import { checkSend } from "../../lib/message/schema.ts";
import { memoryStore } from "../../lib/outbox/memory.ts";
import { type Caller, type Outbox, openOutbox } from "../../lib/outbox/outbox.ts";
import type { MailReceipt } from "../../lib/outbox/receipt.ts";
import type { SessionOptions } from "../../lib/smtp/session.ts";
import { openTransports, type Transports } from "../../lib/smtp/transports.ts";
import { configFor } from "./config.ts";
import { opened } from "./open.ts";
import { createWatch } from "./watch.ts";

interface Told {
  name: string;
  payload: Record<string, unknown>;
}

export interface OutboxBench {
  readonly outbox: Outbox;
  readonly transports: Transports;
  /** In the order in which they were told */
  readonly events: readonly Told[];
  /** A letter to ann@example.com, unless `params` say otherwise */
  send(params?: object, caller?: Caller): Promise<MailReceipt>;
  /** Resolves when such an event has been told so often, of this message where one is named; rejects after ten seconds */
  told(name: string, id?: string, times?: number): Promise<void>;
  now(): number;
  /** So many milliseconds have passed: what has become due goes out */
  advance(ms: number): void;
}

export interface OutboxBenchOptions {
  /** Laid over those of `configFor` @default the usual delays */
  env?: Record<string, string>;
  session?: SessionOptions;
}

/** Delays have no chance in them: each is the shortest that it may be. A first attempt is waited for on a busy machine, too. */
export function openOutboxBench(
  transports: readonly TransportConfig[],
  options: OutboxBenchOptions = {},
): OutboxBench {
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const config = configFor(transports, { MAIL_RETRY_SCHEDULE: "", MAIL_SEND_WAIT: "15s", ...options.env });
  const open = openTransports(config, { ...options.session, now });
  const events: Told[] = [];
  const errors: unknown[] = [];
  const watch = createWatch(() => JSON.stringify(events, null, 1));
  const outbox = openOutbox({
    templates: async () => ({ fill: (request) => request }),
    config,
    store: memoryStore(),
    policy: open.policy,
    emit(name, payload) {
      events.push({ name, payload: payload as Record<string, unknown> });
      watch.changed();
    },
    onError: (error) => errors.push(error),
    now,
    random: () => 0,
  });
  const closed = opened("outbox", async () => {
    closed();
    watch.giveUp("before the outbox was closed");
    await outbox.close();
    open.close();
    if (errors.length > 0) throw new AggregateError(errors, "the outbox met errors");
  });
  return {
    outbox,
    transports: open,
    events,
    send: (params = {}, caller = {}) =>
      outbox.send(
        checkSend(
          { to: "ann@example.com", subject: "Hello", text: "It works.", ...params },
          { maxRecipients: 50, maxSize: 25_000_000, now: now() },
        ),
        caller,
      ) as Promise<MailReceipt>,
    told(name, id, times = 1) {
      const wanted = (one: Told) => one.name === name && (id === undefined || one.payload["id"] === id);
      return watch.until(() => events.filter(wanted).length >= times, 10_000, `${name} ${id ?? ""}`);
    },
    now,
    advance(ms) {
      ahead += ms;
      outbox.wake();
    },
  };
}
