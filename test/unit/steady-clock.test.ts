/** Facts about the clock that never goes back. */
import { describe, expect, it } from "@jest/globals";
import { clockWatch, steadyClock } from "../../lib/steady-clock.ts";

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

describe("a clock that is watched", () => {
  function watched() {
    const time = { wall: 1_000_000, elapsed: 50 };
    const isTrue = clockWatch(
      () => time.wall,
      () => time.elapsed,
    );
    return { time, isTrue };
  }

  it("is believed once it has gone right for long enough", () => {
    const { time, isTrue } = watched();
    expect(isTrue(1000)).toBe(false);
    time.wall += 1000;
    time.elapsed += 1000;
    expect(isTrue(1000)).toBe(true);
  });

  it.each([HOUR, -HOUR])("is believed no more once it has jumped by %d ms", (jump) => {
    const { time, isTrue } = watched();
    time.wall += 1000 + jump;
    time.elapsed += 1000;
    expect(isTrue(1000)).toBe(false);
  });
});
