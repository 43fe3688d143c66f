/** Facts about when a recipient is tried again. */
import { describe, expect, it } from "@jest/globals";
import { retryDelay } from "../../../lib/outbox/backoff.ts";
import type { Fault } from "../../../lib/smtp/problem.ts";

const MINUTE = 60_000;
const schedule = [30_000, 2 * MINUTE, 10 * MINUTE];
const settings = { schedule, own: false };
const busy: Fault = { stage: "rcpt", reply: { code: 450, text: "later" } };
const greylisted: Fault = {
  stage: "rcpt",
  reply: { code: 451, enhancedCode: "4.7.1", text: "4.7.1 Greylisted" },
};
const asks: Fault = { stage: "rcpt", reply: { code: 450, text: "try again in 300 seconds" } };
const middle = () => 0.5;

describe("the delay before the next attempt", () => {
  it("follows the schedule, whose last step repeats", () => {
    const delays = [1, 2, 3, 4, 99].map((failures) => retryDelay("retry", busy, failures, settings, middle));
    expect(delays).toEqual([30_000, 2 * MINUTE, 10 * MINUTE, 10 * MINUTE, 10 * MINUTE]);
  });

  it("varies by a fifth to both sides", () => {
    expect(retryDelay("retry", busy, 1, settings, () => 0)).toBe(24_000);
    expect(retryDelay("retry", busy, 1, settings, () => 1)).toBe(36_000);
  });

  it("is five minutes at least for greylisting and for an ambiguous end", () => {
    expect(retryDelay("retry", greylisted, 1, settings, middle)).toBe(5 * MINUTE);
    expect(retryDelay("uncertain", { stage: "reply", cause: "CLOSED" }, 1, settings, middle)).toBe(
      5 * MINUTE,
    );
  });

  it("is what the server asks for, if that is longer", () => {
    expect(retryDelay("retry", asks, 1, settings, middle)).toBe(300_000);
    expect(retryDelay("retry", asks, 3, settings, middle)).toBe(10 * MINUTE);
  });

  it("has no floor under the operator's own schedule", () => {
    const own = { schedule: [100], own: true };
    for (const fault of [greylisted, asks]) expect(retryDelay("retry", fault, 1, own, middle)).toBe(100);
  });

  it("is half a minute at most for what is nobody's fault, and none for the rest of a split", () => {
    expect(retryDelay("retry-soon", busy, 9, settings, middle)).toBe(30_000);
    expect(retryDelay("retry-soon", busy, 1, { schedule: [100], own: true }, middle)).toBe(100);
    expect(retryDelay("split", busy, 1, settings, middle)).toBe(0);
  });
});
