/** Which transport is next, which are resting, and how many messages may be on their way: the policy of failover and pace. */
import { describeTransport } from "../config/config.ts";
import type { Problem } from "./problem.ts";
import type { Transport } from "./transport.ts";

/** `resting`: tried again by itself, soon. `held`: our settings are refused, so only a probe now and then. */
export type TransportCondition = "up" | "resting" | "held";

export interface TransportState {
  name: string;
  server: string;
  state: TransportCondition;
  /** When the next probe may go out, epoch ms */
  until?: number;
  problem?: Problem;
}

/** What an attempt has shown of its transport; `nothing`: it proves neither. */
export type Seen = "up" | "failover" | "hold" | "nothing";

/** The right to send one message by a transport. */
export interface Turn {
  readonly transport: Transport;
  /** Gives the place back and says what was seen. */
  done(seen: Seen, problem?: Problem): void;
}

export interface TransportPolicy {
  /**
   * How many messages can be taken on now. They go by the first transport, in order, that is up or whose rest has ended:
   * as many as it has free connections and its rate limit allows; one, as a probe, where it has to prove itself again.
   * A busy transport is waited for: the next one is for when it is down.
   */
  room(): number;
  /** When there will be room without any message having come to its end: epoch ms, 0 for now, Infinity for never. */
  availableAt(): number;
  /** When the first transport is or will be up, whether busy or not: epoch ms, 0 for now. */
  upAt(): number;
  /** The name of the transport that a message taken on now goes by; undefined where all are down. */
  next(): string | undefined;
  /** Takes a place, by this transport where one is named, even if it is not the next; undefined where it has no room. */
  take(name?: string): Turn | undefined;
  /**
   * Lets every transport that rests or is held (or this one) prove itself at once: a verify said `ok`, or an operator asks for
   * another try.
   */
  release(name?: string): void;
  /** Calls the listener whenever a transport goes down or comes up. */
  watch(listener: (change: "down" | "up", state: TransportState) => void): void;
  states(): TransportState[];
}

export interface PolicyOptions {
  now?: () => number;
  /** Rest after the n-th failure in a row, in ms @default 30 s, doubled up to 15 min */
  rest?: (failures: number) => number;
  /** Between two probes of a transport whose settings are refused, in ms: gentle, for providers lock accounts @default 15 min */
  hold?: number;
}

interface Way {
  transport: Transport;
  condition: TransportCondition;
  /** In a row */
  failures: number;
  until: number;
  problem: Problem | undefined;
  busy: number;
  /** When its last messages were begun, as many as the rate limit counts */
  starts: number[];
}

const MINUTE = 60_000;

export function transportPolicy(
  transports: readonly Transport[],
  options: PolicyOptions = {},
): TransportPolicy {
  const now = options.now ?? Date.now;
  const hold = options.hold ?? 15 * MINUTE;
  const rest = options.rest ?? ((failures) => Math.min((MINUTE / 2) * 2 ** (failures - 1), 15 * MINUTE));
  const listeners: Parameters<TransportPolicy["watch"]>[0][] = [];
  const ways: Way[] = transports.map((transport) => ({
    transport,
    condition: "up",
    failures: 0,
    until: 0,
    problem: undefined,
    busy: 0,
    starts: [],
  }));

  const pauseOf = (way: Way): number => (way.condition === "held" ? hold : rest(Math.max(1, way.failures)));
  const nameOf = (way: Way): string => way.transport.config.name;
  const isOpen = (way: Way): boolean => way.condition === "up" || way.until <= now();
  const current = (): Way | undefined => ways.find(isOpen);

  const stateOf = ({ transport, condition, until, problem }: Way): TransportState => ({
    name: transport.config.name,
    server: describeTransport(transport.config),
    state: condition,
    ...(condition !== "up" && { until }),
    ...(problem && { problem }),
  });

  const report = (way: Way, seen: Seen, problem?: Problem): void => {
    if (seen === "nothing") return;
    const wasUp = way.condition === "up";
    if (seen === "up") {
      Object.assign(way, { condition: "up", failures: 0, until: 0, problem: undefined });
    } else {
      way.condition = seen === "hold" ? "held" : "resting";
      way.failures += 1;
      way.problem = problem;
      way.until = now() + pauseOf(way);
    }
    if (wasUp === (seen === "up")) return;
    for (const listener of listeners) listener(wasUp ? "down" : "up", stateOf(way));
  };

  const roomOf = (way: Way): number => {
    if (way.condition !== "up") return way.busy === 0 ? 1 : 0;
    return Math.min(way.transport.config.maxConnections - way.busy, paceRoom(way, now()));
  };

  const upAt = (): number => Math.min(...ways.map((way) => (isOpen(way) ? 0 : way.until)));

  return {
    room() {
      const way = current();
      return way ? Math.max(0, roomOf(way)) : 0;
    },

    availableAt() {
      const way = current();
      if (!way) return upAt();
      if (roomOf(way) > 0) return 0;
      return way.busy < way.transport.config.maxConnections ? paceAt(way) : Infinity;
    },

    upAt,

    next() {
      const way = current();
      return way && nameOf(way);
    },

    take(name) {
      const way = name === undefined ? current() : ways.find((one) => isOpen(one) && nameOf(one) === name);
      if (!way || roomOf(way) <= 0) return undefined;
      // a probe: for everyone else it rests on until this one has reported
      if (way.condition !== "up") way.until = now() + pauseOf(way);
      way.busy += 1;
      const { rateLimit = 0 } = way.transport.config;
      if (rateLimit > 0) way.starts = [...way.starts, now()].slice(-rateLimit);
      let ended = false;
      return {
        transport: way.transport,
        done(seen, problem) {
          if (ended) return;
          ended = true;
          way.busy -= 1;
          report(way, seen, problem);
        },
      };
    },

    release(name) {
      for (const way of ways) {
        if (way.condition === "up" || (name !== undefined && nameOf(way) !== name)) continue;
        // not `up`: a hold may come from a reply to the message itself, which no verify sees
        way.condition = "resting";
        way.until = now();
      }
    },

    watch(listener) {
      listeners.push(listener);
    },

    states: () => ways.map(stateOf),
  };
}

/** How many more may begin by now, at `rateLimit` in any `rateDelta` ms. */
function paceRoom({ transport, starts }: Way, now: number): number {
  const { rateLimit, rateDelta = 1000 } = transport.config;
  if (rateLimit === undefined) return Infinity;
  return rateLimit - starts.filter((start) => start > now - rateDelta).length;
}

/** When the oldest start that counts leaves the window. */
function paceAt({ transport, starts }: Way): number {
  return (starts[0] ?? 0) + (transport.config.rateDelta ?? 1000);
}
