/** When a recipient that was put off is tried again. */
import { askedDelay, isGreylisting } from "../smtp/classify.ts";
import type { Fault, Outcome } from "../smtp/problem.ts";

export interface RetrySettings {
  /** Delays after counted failures in ms; the last repeats */
  schedule: readonly number[];
  /** The operator's own schedule: its delays are the only ones, without floors */
  own: boolean;
}

const MINUTE = 60_000;
/** Greylisting servers want to see a pause; an ambiguous message wants time for the first copy to show. */
const FLOOR = 5 * MINUTE;
const SOON = MINUTE / 2;
const JITTER = 0.2;

/**
 * Milliseconds to wait after this outcome. Delays of the schedule vary by ±20 %, so that what failed together does not come back
 * together; what the server asks for is a minimum.
 * @param failures counted failures so far, this one included
 * @param random 0 to 1
 */
export function retryDelay(
  outcome: Exclude<Outcome, "fail" | "failover" | "hold">,
  fault: Fault,
  failures: number,
  settings: RetrySettings,
  random: () => number,
): number {
  const step = (index: number): number =>
    settings.schedule[Math.min(index, settings.schedule.length - 1)] ?? SOON;
  if (outcome === "split") return 0;
  if (outcome === "retry-soon") return Math.min(SOON, step(0));
  const scheduled = Math.round(step(failures - 1) * (1 - JITTER + 2 * JITTER * random()));
  if (settings.own) return scheduled;
  const floor = outcome === "uncertain" || (fault.reply && isGreylisting(fault.reply)) ? FLOOR : 0;
  return Math.max(scheduled, floor, (fault.reply && askedDelay(fault.reply)) ?? 0);
}

/**
 * How long a message that may have been delivered is bound to its transport, in ms: another one would make a second copy
 * of it without having been asked.
 */
export function bindingTime({ own, schedule }: RetrySettings): number {
  return own ? (schedule[0] ?? 0) : FLOOR;
}
