/** One letter: filled in with data, and held against what may leave the house as one. */
import { hasUnprintable, wellFormed } from "../message/characters.ts";
import { isFaultless, kindOf, noFaults } from "../message/faults.ts";
import { readHeaders } from "../message/headers.ts";
import { limits } from "../message/limits.ts";
import { plainText } from "../message/plain-text.ts";
import type { Looks } from "./brand.ts";
import type { Fill } from "./compile.ts";
import { DataFault } from "./faults.ts";
import { directionOf } from "./locale.ts";
import type { Manifest } from "./manifest.ts";
import type { Part } from "./sources.ts";
import type { RenderedTemplate } from "./template.ts";

/** One language of a template, compiled. */
export interface Letter {
  locale: string;
  manifest: Manifest;
  fills: Partial<Record<Part, Fill>>;
}

/** What the settings say to every letter. */
export interface House {
  looks: Looks;
  /** Base of the links */
  adminWebUrl?: string;
}

/** A letter, and what its data says besides. */
export interface Filled {
  letter: RenderedTemplate;
  headers: Readonly<Record<string, string>>;
  /** How long it is of use, in ms; Infinity: always */
  lifetime: number;
}

/**
 * @param data checked, its defaults filled in
 * @param given the subject of the call, in place of the template's; without either it is empty
 * @throws DataFault
 */
export function fillIn(
  { locale, manifest, fills }: Letter,
  data: Record<string, unknown>,
  { looks, adminWebUrl }: House,
  given?: string,
): Filled {
  const globals = { locale, dir: directionOf(locale), brand: looks };
  const context = { locale, ...(adminWebUrl !== undefined && { adminWebUrl }) };
  const subject = given?.trim()
    ? given
    : fills.subject
      ? checkedSubject(fills.subject(data, globals, context))
      : "";
  const html = checkedBody(fills.html?.(data, { ...globals, subject }, context) ?? "", "html");
  if (fills.html && isBlank(html))
    throw new DataFault("expected data that leaves something to read; the html would be blank");
  const text = checkedBody(fills.text?.(data, { ...globals, subject }, context) ?? plainText(html), "text");
  if (text.trim() === "")
    throw new DataFault("expected data that leaves something to read; the text part would be blank");
  return {
    letter: { subject, html, text, locale },
    headers: headersOf(manifest, data),
    lifetime: lifetimeOf(manifest, data),
  };
}

/** Whether a reader would see nothing. Cheap, for it is asked of every letter, and in time that grows with the length alone. */
export function isBlank(html: string): boolean {
  const body = without(without(html.toLowerCase(), /<!--/g, "-->"), /<head[\s>]/g, "</head>");
  const shown = without(body, /<style[\s>]/g, "</style>");
  return !shown.includes("<img") && /^(?:<[^>]*>|\s|&nbsp;)*$/.test(shown);
}

/** Without what stands from each opening to the closing behind it, or to the end. */
function without(html: string, opening: RegExp, closing: string): string {
  const kept: string[] = [];
  let from = 0;
  for (let found = opening.exec(html); found; found = opening.exec(html)) {
    kept.push(html.slice(from, found.index));
    const end = html.indexOf(closing, found.index);
    if (end < 0) return kept.join("");
    from = end + closing.length;
    opening.lastIndex = from;
  }
  return kept.join("") + html.slice(from);
}

/** @throws DataFault for what would be no subject, or more than one header (the line break of an injection) */
function checkedSubject(rendered: string): string {
  const subject = wellFormed(rendered.trim());
  if (subject === "") throw new DataFault("expected data that leaves a subject; it would be blank");
  if (hasUnprintable(subject))
    throw new DataFault("expected data without line breaks and control characters for the subject");
  if (subject.length > limits.subject) {
    throw new DataFault(`makes the subject longer than ${limits.subject} characters`);
  }
  return subject;
}

/** Of what a call may bring, with a frame around it; in bytes. */
const LONGEST_BODY = limits.body + limits.templateFile;

/** @throws DataFault */
function checkedBody(rendered: string, part: string): string {
  if (Buffer.byteLength(rendered) > LONGEST_BODY)
    throw new DataFault(`makes the ${part} longer than ${LONGEST_BODY} bytes`);
  if (rendered.includes("\0")) throw new DataFault(`expected data without NUL characters for the ${part}`);
  return wellFormed(rendered);
}

/** @throws DataFault for an address that ends no subscription at one click */
function headersOf({ unsubscribe }: Manifest, data: Record<string, unknown>): Record<string, string> {
  // RFC 3834 section 5: no holiday message is to answer
  const ours = { "Auto-Submitted": "auto-generated" };
  const address = valueOf(unsubscribe, data);
  if (address === undefined) return ours;
  // URL.parse leaves white space out: what is read would not be what was given
  const url = typeof address === "string" && !/[\s\p{Cc}]/u.test(address) ? URL.parse(address) : null;
  const listed = {
    "List-Unsubscribe": `<${url?.href}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
  const faults = noFaults();
  readHeaders(listed, faults);
  // RFC 8058 section 3.1
  if (url?.protocol === "https:" && isFaultless(faults)) return { ...ours, ...listed };
  const most = limits.headerWord - "<>".length;
  throw new DataFault(
    `expected an https: address of at most ${most} characters, got ${kindOf(address)}`,
    unsubscribe,
  );
}

/** @throws DataFault */
function lifetimeOf({ lifetime }: Manifest, data: Record<string, unknown>): number {
  const minutes = valueOf(lifetime, data);
  if (minutes === undefined) return Infinity;
  if (typeof minutes === "number" && minutes > 0) return minutes * 60_000;
  throw new DataFault(`expected a number of minutes above 0, got ${kindOf(minutes)}`, lifetime);
}

function valueOf(field: string | undefined, data: Record<string, unknown>): unknown {
  return field === undefined ? undefined : (data[field] ?? undefined);
}
