/** The language of a letter: which one suits a reader, which way it is written, which folder holds one. */

/** What a folder may be named after: languages that CLDR has a name for. */
const languages = new Intl.DisplayNames("en", { type: "language", fallback: "none" });

/** Intl takes them for two languages; browsers ask for the first, folders are named after either. */
const SAME: Readonly<Record<string, string>> = { nb: "no" };

/** Scripts in use that run from right to left (Unicode Standard Annex 9); `Aran` is Arabic in the hand of Urdu. */
const RIGHT_TO_LEFT = new Set(
  "Adlm Arab Aran Gara Hebr Hung Mand Mend Nkoo Rohg Samr Syrc Thaa Yezi".split(" "),
);

/**
 * Which language a letter is written in: the one asked for or else the nearest (same language, script and region; then
 * language and script; then language); else the same of `otherwise`; else of English; else the first.
 * @param available canonical BCP 47 tags
 * @returns undefined only where none is available
 * @example chooseLocale("zh-Hans-SG", ["en", "zh-TW", "zh-CN"], "en") // "zh-CN"
 */
export function chooseLocale(
  asked: string | undefined,
  available: readonly string[],
  otherwise: string,
): string | undefined {
  for (const wanted of [asked, otherwise, "en"]) {
    const found = wanted === undefined ? undefined : nearestLocale(wanted, available);
    if (found !== undefined) return found;
  }
  return available[0];
}

/** @param locale a BCP 47 tag */
export function directionOf(locale: string): "ltr" | "rtl" {
  const script = readTag(locale)?.maximize().script;
  return script !== undefined && RIGHT_TO_LEFT.has(script) ? "rtl" : "ltr";
}

/**
 * @param name of a folder: `_` is read as `-`
 * @returns the canonical BCP 47 tag; undefined for what names no language
 * @example languageTag("zh_cn") // "zh-CN"
 */
export function languageTag(name: string): string | undefined {
  const locale = readTag(name.replaceAll("_", "-"));
  // V8 has no language for `und`, the standard has `und`: neither has a name.
  if (!locale?.language || locale.language === "und") return undefined;
  return languages.of(locale.language) === undefined ? undefined : locale.toString();
}

/** The available one that comes nearest to the wanted one, of the same language at least. */
export function nearestLocale(wanted: string, available: readonly string[]): string | undefined {
  const locale = readTag(wanted);
  // CLDR's likely language of nobody in particular is English: who says `und` has not asked for that.
  if (!locale || locale.baseName === "und") return undefined;
  if (available.includes(locale.toString())) return locale.toString();
  const steps = stepsOf(locale);
  const [best] = available
    .map((tag) => ({ tag, likeness: likeness(steps, stepsOf(new Intl.Locale(tag))) }))
    .filter((candidate) => candidate.likeness > 0)
    .sort((a, b) => b.likeness - a.likeness || compareBreadth(a.tag, b.tag));
  return best?.tag;
}

/** Language, script and region, the likely ones (CLDR) where the tag does not say. */
function stepsOf(locale: Intl.Locale): readonly (string | undefined)[] {
  const { language, script, region } = locale.maximize();
  return [SAME[language] ?? language, script, region];
}

/** How many steps are the same before the first that is not. */
function likeness(one: readonly unknown[], other: readonly unknown[]): number {
  const differs = one.findIndex((step, index) => step !== other[index]);
  return differs === -1 ? one.length : differs;
}

/** Of two that are as near, the broader first: en before en-GB, es-419 (a part of the world) before es-ES. */
function compareBreadth(a: string, b: string): number {
  return a.split("-").length - b.split("-").length || (a < b ? -1 : 1);
}

/** @returns undefined for what is no tag */
export function readTag(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}
