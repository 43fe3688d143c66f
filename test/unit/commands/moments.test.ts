/** Moments as people type and read them. */
import { describe, expect, it } from "@jest/globals";
import { lasting, readMoment, tellMoment } from "../../../lib/commands/moments.ts";
import { NOW } from "./fakes.ts";

describe("a moment", () => {
  it.each([
    ["2026-11-21T09:00:00+01:00", -1, NOW],
    ["1795248000000", 1, 1_795_248_000_000],
    ["2h", 1, NOW + 7_200_000],
    [" 30m ", -1, NOW - 1_800_000],
  ] as const)("%j in direction %i is read", (written, direction, value) => {
    expect(readMoment(written, direction, NOW)).toEqual({ value });
  });

  it.each(["yesterday", "2026-11-21", "1795248000", "2026-02-30T00:00:00Z", "-2h"])(
    "%j is refused",
    (written) => {
      expect(readMoment(written, 1, NOW)).toEqual({
        fault: expect.stringMatching(/^expected a time .*a duration such as 30m, 2h or 3d$/),
      });
    },
  );

  it("is told with its distance", () => {
    expect(tellMoment("2026-11-21T09:59:59.900Z", NOW)).toBe("2026-11-21T09:59:59Z (in 2h)");
    expect(tellMoment("2026-11-21T07:58:30Z", NOW)).toBe("2026-11-21T07:58:30Z (1m 30s ago)");
  });

  it.each([
    [0, "0s"],
    [-5, "0s"],
    [59_400, "59s"],
    [3_600_000, "1h"],
    [90_061_000, "1d"],
  ])("%i ms last %s", (ms, text) => {
    expect(lasting(ms)).toBe(text);
  });
});
