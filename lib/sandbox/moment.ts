/** Dates as people write them into a search: `2026/11/21`, `11/21/2026` (the American way), `2026-11-21T10:00Z`, seconds. */

const dates = [
  /^(?<year>\d{4})[-/.](?<month>\d{1,2})(?:[-/.](?<day>\d{1,2}))?/,
  /^(?<month>\d{1,2})[-/.](?<day>\d{1,2})[-/.](?<year>\d{4})/,
  /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?!\d)/,
  /^(?<year>\d{4})(?!\d)/,
];
const clock = /^(?:t| +)(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.\d+)?)? ?(?<half>[ap]m)?/i;
const zone = /^ ?(?:z|utc|gmt|(?<sign>[+-])(?<hours>\d\d):?(?<minutes>\d\d))$/i;

/**
 * Milliseconds since 1970; undefined for what is no date.
 * @param timeZone where nothing else is said, e.g. `Pacific/Auckland`; an unknown one counts for nothing. @default the system's
 */
export function readMoment(text: string, timeZone?: string): number | undefined {
  if (/^\d{10}$/.test(text)) return Number(text) * 1000;
  if (/^\d{13}$/.test(text)) return Number(text);
  const date = dates.map((pattern) => pattern.exec(text)).find((match) => match !== null);
  if (!date) return undefined;
  const afterDate = text.slice(date[0].length);
  const time = clock.exec(afterDate);
  const afterTime = afterDate.slice(time?.[0].length ?? 0);
  const offset = zone.exec(afterTime);
  if (afterTime.trim() !== "" && !offset) return undefined;
  const shown = utcOf({ ...date.groups }, { ...time?.groups });
  if (shown === undefined) return undefined;
  return offset ? shown - millisecondsOf({ ...offset.groups }) : inZone(shown, timeZone);
}

type Groups = Readonly<Record<string, string | undefined>>;

/** As if it were UTC; undefined where no calendar has such a day, or no clock such an hour. */
function utcOf(
  { year, month = "1", day = "1" }: Groups,
  { hour = "0", minute = "0", second = "0", half }: Groups,
): number | undefined {
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (/p/i.test(half) ? 12 : 0);
  if (hours > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day), hours, Number(minute), Number(second));
  // the 31st of April would become the 1st of May
  const isDay = new Date(at).getUTCDate() === Number(day) && new Date(at).getUTCMonth() === Number(month) - 1;
  return isDay ? at : undefined;
}

function millisecondsOf({ sign, hours = "0", minutes = "0" }: Groups): number {
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** What UTC says when the clocks of that zone show `shown`. The second look is for the hours around a change of the clocks. */
function inZone(shown: number, timeZone?: string): number {
  const first = shown - ahead(shown, timeZone);
  return shown - ahead(first, timeZone);
}

/** How far the clocks of the zone are ahead of UTC, in milliseconds. */
function ahead(at: number, timeZone?: string): number {
  // the Swedish write a date almost as ISO 8601 does
  const shown = new Date(at).toLocaleString("sv-SE", timeZone === undefined ? {} : { timeZone });
  return Date.parse(`${shown.replace(" ", "T")}Z`) - at;
}

/** Whether the system's table of zones has it. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}
