/** When a message may go out: moments as ISO 8601 with a zone, or epoch milliseconds. */
import { types } from "node:util";
import type { JsonSchema } from "../json-schema.ts";
import { type Faults, kindOf, refuse } from "./faults.ts";
import { limits } from "./limits.ts";

const EXPECTED = "expected a time such as 2026-11-21T08:00:00Z, or epoch milliseconds";

/** Year, month, day; hours and minutes; seconds and fraction; zone. A time without a zone would mean ours, which nobody knows. */
const ISO =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-][01]\d:?[0-5]\d)$/;

/** 9999-12-31T23:59:59.999Z */
const LAST = 253_402_300_799_999;

/** A moment as it is written. Days that there are not, and epoch seconds, pass this and are refused all the same. */
export const instantSchema: JsonSchema = {
  anyOf: [
    { type: "string", pattern: ISO.source },
    { type: "integer", minimum: 0, maximum: LAST },
  ],
};

/** Epoch seconds of our days, read as milliseconds, are days in 1970: the letter would go out at once. */
export const looksLikeSeconds = (value: number): boolean => value >= 1e9 && value < 1e11;

/** Reads `sendAt`, at most 30 days ahead, and `expiresAt`, after now and after `sendAt`; both in epoch ms. */
export function readTimes(
  given: { sendAt?: unknown; expiresAt?: unknown },
  now: number,
  faults: Faults,
): { sendAt?: number; expiresAt?: number } {
  const sendAt = readInstant(given.sendAt, "sendAt", faults);
  const expiresAt = readInstant(given.expiresAt, "expiresAt", faults);
  if (sendAt !== undefined && sendAt > now + limits.delay) {
    refuse(faults, "sendAt", "expected a time within the next 30 days");
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    refuse(faults, "expiresAt", "expected a time in the future");
  } else if (expiresAt !== undefined && sendAt !== undefined && expiresAt <= sendAt) {
    refuse(faults, "expiresAt", "expected a time after sendAt");
  }
  return { sendAt, expiresAt };
}

/** @returns epoch ms; undefined for nothing, and where a fault was told */
export function readInstant(value: unknown, field: string, faults: Faults): number | undefined {
  if (value === undefined) return undefined;
  const time = types.isDate(value) ? value.getTime() : typeof value === "string" ? parseIso(value) : value;
  if (typeof time !== "number") refuse(faults, field, `${EXPECTED}; got ${kindOf(time)}`);
  else if (!Number.isSafeInteger(time) || time < 0 || time > LAST) refuse(faults, field, EXPECTED);
  else if (looksLikeSeconds(time)) refuse(faults, field, `${EXPECTED}; this looks like seconds`);
  else return time;
  return undefined;
}

/** @returns epoch ms; NaN for what is no moment: `Date.parse` would take 30 February for 2 March */
export function parseIso(text: string): number {
  const [, day] = ISO.exec(text.slice(0, 40)) ?? [];
  if (day === undefined || text.length > 40) return Number.NaN;
  const exists = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(exists.getTime()) || exists.toISOString().slice(0, 10) !== day
    ? Number.NaN
    : Date.parse(text.replace(",", ".").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}
