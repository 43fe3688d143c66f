/** The outbox in figures: what was accepted, attempted and ended, how long it took, and what waits, read when somebody asks. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { shared } from "../in-flight.ts";
import type { OutboxObserver } from "./observer.ts";
import type { MailStats } from "./outbox.ts";
import { messageStatuses, openStatuses } from "./record.ts";

/** Whose state the gauges show. */
export interface Watched {
  stats(): Promise<MailStats>;
  /** How many messages may wait */
  limit: number;
}

export interface OutboxMetrics {
  readonly observer: OutboxObserver;
  /** From now on the gauges show this outbox; without one, that it is down. */
  watch(outbox?: Watched): void;
}

const endStatuses = messageStatuses.filter((status) => !(openStatuses as readonly string[]).includes(status));
const conditions = ["up", "resting", "held"] as const;

/** Labels have few values that are known beforehand, or come from our own settings: never an address, an id or a word of a caller's. */
export function outboxMetrics(registry: Registry): OutboxMetrics {
  const registers = [registry];
  let watched: Watched | undefined;

  /** Asks once, however many of them are read at a time. */
  const collect = shared(() => read());

  const accepted = new Counter({
    name: "meshmail_messages_accepted_total",
    help: "Messages that were made safe",
    registers,
  });
  const ended = new Counter({
    name: "meshmail_messages_ended_total",
    help: "Messages that came to their end; one that an operator had tried again counts again",
    labelNames: ["status"],
    registers,
  });
  for (const status of endStatuses) ended.inc({ status }, 0);
  const outcomes = new Counter({
    name: "meshmail_recipient_outcomes_total",
    help: "What attempts made of recipients, one for each recipient of each attempt; type is the problem's word, empty where sent",
    labelNames: ["transport", "status", "type"],
    registers,
    collect,
  });
  const acceptTime = new Histogram({
    name: "meshmail_accept_duration_seconds",
    help: "From the call to the message being safe",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const attemptTime = new Histogram({
    name: "meshmail_attempt_duration_seconds",
    help: "One attempt, connecting included where it was needed",
    labelNames: ["transport"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers,
  });
  const delay = new Histogram({
    name: "meshmail_delivery_delay_seconds",
    help: "From acceptance, or from sendAt, to the server having taken it, for each recipient that was sent",
    labelNames: ["priority"],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 43_200, 172_800],
    registers,
  });

  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers, collect });

  const isUp = gauge("meshmail_outbox_up", "1 while the outbox can do its work, else 0");
  const waiting = gauge("meshmail_queue_messages", "Messages that have not come to their end", ["status"]);
  const limit = gauge("meshmail_queue_limit_messages", "How many messages may be open: MAIL_OUTBOX_LIMIT");
  const oldest = gauge(
    "meshmail_queue_oldest_age_seconds",
    "Since the oldest message was accepted that is open and not just scheduled; 0 where there is none",
  );
  const states = gauge("meshmail_transport_state", "1 for the state that the transport is in", [
    "transport",
    "state",
  ]);

  const read = async (): Promise<void> => {
    const stats = await watched?.stats().catch(() => undefined);
    isUp.set(stats && !stats.outbox.problem ? 1 : 0);
    // what is not known is not shown, rather than as it once was
    for (const one of [limit, oldest]) one.remove();
    for (const one of [waiting, states]) one.reset();
    if (!watched || !stats) return;
    limit.set(watched.limit);
    const since = stats.oldestQueuedAt === null ? Date.now() : Date.parse(stats.oldestQueuedAt);
    oldest.set(Math.max(0, Date.now() - since) / 1000);
    for (const status of openStatuses) waiting.set({ status }, stats.counts[status] ?? 0);
    for (const { name: transport, state } of stats.transports) {
      // a rate needs a zero to begin with
      outcomes.inc({ transport, status: "sent", type: "" }, 0);
      for (const one of conditions) states.set({ transport, state: one }, one === state ? 1 : 0);
    }
  };

  return {
    watch(outbox) {
      watched = outbox;
    },

    observer: {
      accepted(durationMs) {
        accepted.inc();
        acceptTime.observe(durationMs / 1000);
      },

      attempting({ createdAt, sendAt = createdAt, priority }, transport) {
        const began = performance.now();
        return ({ recipients }) => {
          attemptTime.observe({ transport }, (performance.now() - began) / 1000);
          for (const { status, problem: type = "" } of recipients) {
            outcomes.inc({ transport, status, type });
            // the wall clock, for acceptance may have been in an earlier process
            if (status === "sent") delay.observe({ priority }, Math.max(0, Date.now() - sendAt) / 1000);
          }
        };
      },

      ended: (status) => ended.inc({ status }),
    },
  };
}
