/** Which transport is next, and which are resting: the failover policy. Sending knows nothing of it. */
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

export interface TransportPolicy {
  /**
   * The first transport, in order, that is up or whose rest has ended. The latter is handed out once as a probe: until it
   * has reported, it rests again for everyone else.
   */
  next(): Transport | undefined;
  /** The earliest time at which `next` has an answer, epoch ms; 0 where a transport is up. */
  availableAt(): number;
  /** What an attempt has shown of a transport. Returns the change, if there is one, for the event. */
  report(name: string, seen: "up" | "failover" | "hold", problem?: Problem): "down" | "up" | undefined;
  /** Ends rests and holds at once: a verify said `ok`, or an operator asks for another try. */
  release(name?: string): void;
  states(): TransportState[];
}

export interface PolicyOptions {
  now?: () => number;
  /** Rest after the n-th failure in a row, in ms @default 30 s, doubled up to 15 min */
  rest?: (failures: number) => number;
  /** Between two probes of a transport whose settings are refused, in ms: gentle, for providers lock accounts @default 15 min */
  hold?: number;
}

const MINUTE = 60_000;

export function transportPolicy(
  transports: readonly Transport[],
  options: PolicyOptions = {},
): TransportPolicy {
  const now = options.now ?? Date.now;
  const hold = options.hold ?? 15 * MINUTE;
  const rest = options.rest ?? ((failures) => Math.min((MINUTE / 2) * 2 ** (failures - 1), 15 * MINUTE));
  const states = transports.map((transport) => ({
    transport,
    condition: "up" as TransportCondition,
    failures: 0,
    until: 0,
    problem: undefined as Problem | undefined,
  }));
  const pauseOf = (state: (typeof states)[number]) =>
    state.condition === "held" ? hold : rest(Math.max(1, state.failures));

  return {
    next() {
      const state = states.find(({ condition, until }) => condition === "up" || until <= now());
      if (state && state.condition !== "up") state.until = now() + pauseOf(state);
      return state?.transport;
    },

    availableAt() {
      return Math.min(...states.map(({ condition, until }) => (condition === "up" ? 0 : until)));
    },

    report(name, seen, problem) {
      const state = states.find(({ transport }) => transport.config.name === name);
      if (!state) return undefined;
      const wasUp = state.condition === "up";
      if (seen === "up") {
        Object.assign(state, { condition: "up", failures: 0, until: 0, problem: undefined });
        return wasUp ? undefined : "up";
      }
      state.condition = seen === "hold" ? "held" : "resting";
      state.failures += 1;
      state.problem = problem;
      state.until = now() + pauseOf(state);
      return wasUp ? "down" : undefined;
    },

    release(name) {
      for (const state of states) {
        if (state.condition === "up" || (name !== undefined && state.transport.config.name !== name))
          continue;
        state.condition = "resting";
        state.until = now();
      }
    },

    states: () =>
      states.map(({ transport, condition, until, problem }) => ({
        name: transport.config.name,
        server: describeTransport(transport.config),
        state: condition,
        ...(condition !== "up" && { until }),
        ...(problem && { problem }),
      })),
  };
}
