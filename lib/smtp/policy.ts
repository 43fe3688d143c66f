/** Which transport is next, which are resting, and how many messages may be on their way: the policy of failover and pace. */
import { describeTransport } from "../config/config.ts";
import { askedDelay, quotaPause } from "./classify.ts";
import { steadyClock } from "../steady-clock.ts";
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
   * Free are those of `maxConnections` that the server bears: where it turns further ones away, fewer, and one more a minute.
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
  /** Rest after the n-th failure in a row, in ms @default 30 s, doubled up to 15 min, and no less than the server asks for */
  rest?: (failures: number, problem?: Problem) => number;
  /** Between two probes of a transport whose settings are refused, in ms: gentle, for providers lock accounts @default 15 min */
  hold?: number;
}

/** One message under way. */
interface Attempt {
  startedAt: number;
  /** The transport's `downs` and `ups` at that time */
  downs: number;
  ups: number;
}

interface Way {
  transport: Transport;
  condition: TransportCondition;
  /** In a row */
  failures: number;
  until: number;
  problem: Problem | undefined;
  underWay: Set<Attempt>;
  /** How many were under way at once, at most, since there were none */
  peak: number;
  /** How often it went down, and how many messages have shown it to be up */
  downs: number;
  ups: number;
  /** How many connections the server bore when it last turned one away, and when that was */
  bears: number;
  bearsSince: number;
  /** When its last messages were begun, as many as the rate limit counts */
  starts: number[];
}

const MINUTE = 60_000;
/** A server that turned a connection away is tried with one more after so long; a sign of life is worth as long. */
const GROWTH = MINUTE;

export function transportPolicy(
  transports: readonly Transport[],
  options: PolicyOptions = {},
): TransportPolicy {
  const now = options.now ?? steadyClock();
  const hold = options.hold ?? 15 * MINUTE;
  const rest = options.rest ?? restOf;
  const listeners: Parameters<TransportPolicy["watch"]>[0][] = [];
  const ways: Way[] = transports.map((transport) => ({
    transport,
    condition: "up",
    failures: 0,
    until: 0,
    problem: undefined,
    underWay: new Set(),
    peak: 0,
    downs: 0,
    ups: 0,
    bears: transport.config.maxConnections,
    bearsSince: 0,
    starts: [],
  }));

  const pauseOf = (way: Way): number =>
    way.condition === "held" ? hold : rest(Math.max(1, way.failures), way.problem);
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

  const report = (way: Way, attempt: Attempt, seen: Seen, problem?: Problem): void => {
    if (seen === "nothing") return;
    const wasUp = way.condition === "up";
    const older = attempt.downs !== way.downs;
    if (seen === "up") {
      way.ups += 1;
      // what was under way already when it refused our settings, or asked for a pause, proves nothing about now
      if (older && (way.condition === "held" || way.problem?.type === "SMTP_RATE_LIMITED")) return;
      Object.assign(way, { condition: "up", failures: 0, until: 0, problem: undefined });
    } else {
      // five that fail together are one failure
      if (older && (seen === "failover" || way.condition === "held")) return;
      if (wasUp && seen === "failover" && turnsAway(problem) && othersWork(way, attempt, now())) {
        way.bears = Math.max(1, Math.min(bearable(way, now()), way.peak) - 1);
        way.bearsSince = now();
        return;
      }
      way.condition = seen === "hold" ? "held" : "resting";
      way.failures += 1;
      way.downs += 1;
      way.problem = problem;
      way.until = now() + pauseOf(way);
      // nobody gets in: that is no question of how many
      way.bears = way.transport.config.maxConnections;
    }
    if (wasUp === (seen === "up")) return;
    for (const listener of listeners) listener(wasUp ? "down" : "up", stateOf(way));
  };

  const roomOf = (way: Way): number => {
    if (way.condition === "up") {
      return Math.min(bearable(way, now()) - way.underWay.size, paceRoom(way, now()));
    }
    // what has hung there since before it went down is no probe
    const probing = [...way.underWay].some(({ downs }) => downs === way.downs);
    return probing ? 0 : 1;
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
      if (way.condition !== "up") return Infinity; // its probe is under way
      return way.underWay.size < bearable(way, now()) ? paceAt(way) : growsAt(way, now());
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
      const attempt: Attempt = { startedAt: now(), downs: way.downs, ups: way.ups };
      way.underWay.add(attempt);
      way.peak = way.underWay.size === 1 ? 1 : Math.max(way.peak, way.underWay.size);
      const { rateLimit = 0 } = way.transport.config;
      if (rateLimit > 0) way.starts = [...way.starts, now()].slice(-rateLimit);
      return {
        transport: way.transport,
        done(seen, problem) {
          if (way.underWay.delete(attempt)) report(way, attempt, seen, problem);
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

function restOf(failures: number, problem?: Problem): number {
  const doubled = Math.min((MINUTE / 2) * 2 ** (failures - 1), 15 * MINUTE);
  if (!problem?.smtp) return doubled;
  const reply = { code: problem.smtp.code, text: problem.smtp.response };
  const quota = problem.type === "SMTP_RATE_LIMITED" ? quotaPause(reply) : 0;
  return Math.max(doubled, askedDelay(reply) ?? 0, quota);
}

/** Is this how a server answers one connection too many: hanging up, or a "not now" before any message is concerned? */
function turnsAway(problem: Problem | undefined): boolean {
  const { type = "", smtp } = problem ?? {};
  if (/^(MAIL FROM|RCPT TO|DATA)$/.test(smtp?.command ?? "")) return false;
  return rebuffs.has(type) || (smtp !== undefined && smtp.code < 500);
}

const rebuffs: ReadonlySet<string> = new Set([
  "SMTP_CONNECTION_REFUSED",
  "SMTP_CONNECTION_LOST",
  "SMTP_GREETING_REJECTED",
  "SMTP_RATE_LIMITED",
  "SMTP_AUTH_TEMPORARY",
]);

/** Some message went through while this one was turned away, or is about to; one that has hung for long shows nothing. */
function othersWork(way: Way, attempt: Attempt, now: number): boolean {
  return (
    way.ups > attempt.ups ||
    [...way.underWay].some(({ startedAt, downs }) => downs === way.downs && startedAt > now - GROWTH)
  );
}

/** How many connections the server is trusted to bear by now. */
function bearable({ transport, bears, bearsSince }: Way, now: number): number {
  const grown = Math.max(0, Math.floor((now - bearsSince) / GROWTH));
  return Math.min(transport.config.maxConnections, bears + grown);
}

/** When it is trusted to bear one more. */
function growsAt({ transport, bears, bearsSince }: Way, now: number): number {
  const grown = Math.max(0, Math.floor((now - bearsSince) / GROWTH));
  return bears + grown < transport.config.maxConnections ? bearsSince + (grown + 1) * GROWTH : Infinity;
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
