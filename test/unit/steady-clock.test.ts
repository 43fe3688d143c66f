/** Facts about the clock that never goes back. */
import { describe, expect, it } from "@jest/globals";
import { steadyClock } from "../../lib/steady-clock.ts";

const HOUR = 3_600_000;

function clocks() {
  const time = { wall: 1_000_000, elapsed: 50 };
  const steady = steadyClock(
    () => time.wall,
    () => time.elapsed,
  );
  const pass = (ms: number) => {
    time.wall += ms;
    time.elapsed += ms;
  };
  return { time, steady, pass };
}

describe("the steady clock", () => {
  it("tells the wall clock's time as long as that goes on", () => {
    const { steady, pass, time } = clocks();
    expect(steady()).toBe(time.wall);
    pass(HOUR);
    expect(steady()).toBe(time.wall);
  });

  it("follows the wall clock forward", () => {
    const { steady, time } = clocks();
    time.wall += HOUR;
    expect(steady()).toBe(time.wall);
  });

  it("goes on at its own pace when the wall clock goes back, and joins it when it has caught up", () => {
    const { steady, pass, time } = clocks();
    const before = steady();
    time.wall -= HOUR;
    expect(steady()).toBe(before);
    pass(1000);
    expect(steady()).toBe(before + 1000);
    time.wall += 2 * HOUR;
    expect(steady()).toBe(time.wall);
  });

  it("tells whole milliseconds, for they are stored", () => {
    const { steady, time } = clocks();
    time.elapsed += 0.7;
    expect(Number.isInteger(steady())).toBe(true);
  });
});
