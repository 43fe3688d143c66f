/** Moments as people type them: ISO 8601, epoch milliseconds, or a duration from now such as `2h`. */
import { duration } from "../config/units.ts";
import { noFaults } from "../message/faults.ts";
import { readInstant } from "../message/instants.ts";

const span = duration("1ms", "365d");

/**
 * Epoch ms.
 * @param direction what a duration means: -1 so long ago, 1 so long from now
 */
export function readMoment(
  written: string,
  direction: -1 | 1,
  now = Date.now(),
): { value: number } | { fault: string } {
  const parsed = span.parse(written.trim());
  if ("value" in parsed) return { value: now + direction * parsed.value };
  const faults = noFaults();
  const plain = written.trim();
  const value = readInstant(/^\d+$/.test(plain) ? Number(plain) : plain, "", faults);
  return value === undefined
    ? { fault: `${faults.invalid[0]?.message ?? ""}; or a duration such as 30m, 2h or 3d` }
    : { value };
}

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** How long that is, in whole units from the greatest on: `3m`, with two of them `3m 20s`. */
export function lasting(ms: number, most: 1 | 2 = 1): string {
  let left = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, most).join(" ") || "0s";
}

/** To be read and copied: ISO 8601 in whole seconds, and how far away it is. */
export function tellMoment(iso: string, now = Date.now()): string {
  const away = Date.parse(iso) - now;
  const distance = away > 0 ? `in ${lasting(away, 2)}` : `${lasting(-away, 2)} ago`;
  return `${inSeconds(iso)} (${distance})`;
}

/** Without its milliseconds. */
export const inSeconds = (iso: string): string => iso.replace(/\.\d+Z$/, "Z");
