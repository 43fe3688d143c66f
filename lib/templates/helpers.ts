/** What a template can do besides printing its data: dates, numbers and words by the letter's language, and addresses. */
import { looksLikeSeconds, parseIso } from "../message/instants.ts";
import { expected, numberOf, oneOf, scalarOf, textOf } from "./expected.ts";
import { DataFault } from "./faults.ts";
import { encode, printAddress, printLink, queryOf } from "./links.ts";

export interface HelperContext {
  /** BCP 47 tag of the letter's language */
  locale: string;
  /** As ADMIN_WEB_URL says */
  adminWebUrl?: string;
}

export interface Helper {
  /** How many values it takes */
  params: readonly [least: number, most: number];
  /** The names of its named values */
  named: readonly string[] | "any";
  /** @throws DataFault for values that it cannot take */
  run(params: readonly unknown[], named: Readonly<Record<string, unknown>>, context: HelperContext): unknown;
}

type Named = Readonly<Record<string, unknown>>;

const STYLES = ["full", "long", "medium", "short"] as const;

export const helpers: Readonly<Record<string, Helper>> = {
  date: {
    params: [1, 1],
    named: ["style", "time", "zone"],
    run: ([value], named, { locale }) => printDate(value, named, locale),
  },
  number: {
    params: [1, 1],
    named: ["style", "currency", "digits"],
    run: ([value], named, { locale }) => printNumber(value, named, locale),
  },
  plural: {
    params: [1, 1],
    named: ["zero", "one", "two", "few", "many", "other", "type"],
    run: ([count], named, { locale }) => printPlural(count, named, locale),
  },
  duration: {
    params: [1, 1],
    named: [],
    run: ([minutes], _named, { locale }) => printDuration(minutes, locale),
  },
  url: {
    params: [1, 1],
    named: "any",
    run: ([address], named) => printAddress(address, named),
  },
  link: {
    params: [1, 2],
    named: "any",
    run: ([path, query], named, { adminWebUrl }) =>
      printLink(adminWebUrl, path, { ...queryOf(query), ...named }),
  },
  encode: { params: [1, 1], named: [], run: ([value]) => encode(scalarOf(value)) },
  eq: { params: [2, 2], named: [], run: ([one, other]) => one === other },
};

function printDate(value: unknown, named: Named, locale: string): string {
  const moment = momentOf(value);
  const dateStyle = oneOf(STYLES, named.style, "style", "long");
  const timeStyle = named.time === undefined ? undefined : oneOf(STYLES, named.time, "time", "short");
  const timeZone = named.zone === undefined ? "UTC" : textOf(named.zone, "zone");
  try {
    return dateFormat(locale, { dateStyle, timeStyle, timeZone }).format(moment);
  } catch {
    throw expected("a time zone such as Asia/Shanghai", timeZone, "zone");
  }
}

/** @returns epoch ms. A moment without a zone would mean the server's, which the reader does not know. */
function momentOf(value: unknown): number {
  const moment = typeof value === "string" ? parseIso(value) : value;
  if (typeof moment !== "number" || Number.isNaN(new Date(moment).getTime())) {
    throw expected("a moment (ISO 8601 with a zone, or epoch milliseconds)", value);
  }
  if (typeof value === "number" && looksLikeSeconds(value)) {
    throw new DataFault("expected epoch milliseconds, got what looks like seconds");
  }
  return moment;
}

function printNumber(value: unknown, named: Named, locale: string): string {
  const style = oneOf(["decimal", "percent", "currency"], named.style, "style", "decimal");
  const currency = named.currency === undefined ? undefined : currencyOf(named.currency);
  if ((style === "currency") !== (currency !== undefined)) {
    throw new DataFault('style="currency" and currency="…" need each other');
  }
  const digits = named.digits === undefined ? undefined : digitsOf(named.digits);
  const options = { style, currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  // Else what is rounded to nothing is printed as -0.
  return numberFormat(locale, { ...options, signDisplay: "negative" }).format(numberOf(value));
}

function currencyOf(value: unknown): string {
  const code = textOf(value, "currency");
  if (!/^[a-z]{3}$/i.test(code)) throw expected("a code of ISO 4217 such as EUR", value, "currency");
  return code;
}

function digitsOf(value: unknown): number {
  const digits = numberOf(value, "digits");
  if (!Number.isInteger(digits) || digits < 0 || digits > 20) {
    throw expected("a whole number from 0 to 20", value, "digits");
  }
  return digits;
}

function printPlural(value: unknown, named: Named, locale: string): string {
  const count = numberOf(value);
  const type = oneOf(["cardinal", "ordinal"], named.type, "type", "cardinal");
  const category = pluralRules(locale, { type }).select(count);
  const other = textOf(named.other, "other");
  const words = named[category] === undefined ? other : textOf(named[category], category);
  const printed = numberFormat(locale, {}).format(count);
  return words.replaceAll("#", () => printed);
}

/** In minutes of each; the largest that the time is a whole number of is printed. */
const units = [
  { unit: "day", length: 1440 },
  { unit: "hour", length: 60 },
] as const;

function printDuration(value: unknown, locale: string): string {
  const minutes = numberOf(value);
  if (minutes < 0) throw new DataFault("expected minutes, 0 or more, got fewer");
  const { unit, length } = units.find((candidate) => minutes > 0 && minutes % candidate.length === 0) ?? {
    unit: "minute",
    length: 1,
  };
  return numberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(minutes / length);
}

const dateFormat = kept(
  (locale, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);
const numberFormat = kept(
  (locale, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);
const pluralRules = kept((locale, options: Intl.PluralRulesOptions) => new Intl.PluralRules(locale, options));

/** Of all letters so far: whoever gives the data may not have them made without an end. */
export let formattersMade = 0;

/** Formatters are dear to make and cheap to use. Zones and currencies come with the data, so not all are kept for ever. */
function kept<O, F>(make: (locale: string, options: O) => F): (locale: string, options: O) => F {
  const formatters = new Map<string, F>();
  return (locale, options) => {
    const key = JSON.stringify([locale, options]);
    const known = formatters.get(key);
    if (known) return known;
    const made = make(locale, options);
    formattersMade++;
    if (formatters.size >= 200) formatters.clear();
    formatters.set(key, made);
    return made;
  };
}
