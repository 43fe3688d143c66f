/** What must hold after every ordeal, and the figures that tell how it was. */
import { expect } from "@jest/globals";
import { CONCURRENCY, type Outcome } from "./random-kills.ts";

export function expectNothingLost(outcome: Outcome, seed: number): void {
  const { messages, kills, dropped, extra, dotsWithoutReply } = outcome;
  // the seed is printed with the outcome where this fails
  expect({ seed, ...outcome }).toMatchObject({
    seed,
    accepted: messages,
    lost: 0,
    unsent: 0,
    different: 0,
    twins: 0,
    claimed: 0,
    faults: [],
  });
  expect(extra).toBeLessThanOrEqual(dotsWithoutReply);
  expect(extra).toBeLessThanOrEqual(kills * CONCURRENCY + dropped);
}

export function figuresOf({ seconds, faults, ...counts }: Outcome): {
  counts: Record<string, number>;
  seconds: number;
} {
  return { counts: { ...counts, faults: faults.length }, seconds };
}
