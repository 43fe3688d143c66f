/** What the tests of bad input share: how to write down a bad call, and what must be true of every refusal. */
import { expect, it } from "@jest/globals";
import type { FieldFault } from "../../../lib/errors.ts";
import type { SendRequest } from "../../../lib/message/message.ts";
import { checkSend } from "../../../lib/message/schema.ts";

export const NOW = Date.UTC(2026, 10, 21, 8);
const MB = 1024 * 1024;

/** A call that is fine; rows of bad input change one thing in it. */
export const FINE = { to: "ann@x.test", text: "hello" };

export function check(
  params: unknown,
  limits: { maxSize?: number; senderConfigured?: boolean } = {},
): SendRequest {
  const { maxSize = 25 * MB, senderConfigured = true } = limits;
  return checkSend(params, { maxRecipients: 50, maxSize, now: NOW }, { senderConfigured });
}

interface Refusal {
  type: string;
  code: number;
  retryable: boolean;
  message: string;
  data: { remedy: string; fields: FieldFault[] };
}

/** The refusal of a call; fails where it is accepted or something else is thrown. */
export function refusalOf(params: unknown, limits: Parameters<typeof check>[1] = {}): Refusal {
  try {
    check(params, limits);
  } catch (error) {
    const refusal = error as Refusal;
    expect(refusal).toMatchObject({ name: "MailError", retryable: false });
    return refusal;
  }
  throw new Error("the call was accepted");
}

/** The number in the project's list of bad inputs, a name, the parameters, and the field that must be named. */
export type Row = [number: string, name: string, params: unknown, field: string];

/** The fine call with changes. */
export const letter = (changes: object): object => ({ ...FINE, ...changes });
/** A fine attachment with changes. */
export const file = (changes: object): object => ({ filename: "a.txt", content: "hello", ...changes });
export const nested = (depth: number): unknown => {
  let value: unknown = "x";
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
};
export const list = (depth: number): unknown => {
  let value: unknown = "x";
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};
export const keys = (count: number, value: unknown = "v", prefix = "X-K"): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, value]));

/** A label whose A-label is three times as long. */
export const chinese = (count: number): string =>
  Array.from({ length: count }, (_, index) => String.fromCodePoint(0x4e00 + index * 397)).join("");

/** Letters with another `to`; `field` is what must be named where it is not `to` itself. */
export const to = (number: string, rows: [name: string, to: unknown, field?: string][]): Row[] =>
  rows.map(([name, value, field = "to"]) => [number, `to: ${name}`, letter({ to: value }), field]);

/** Letters with another value in one field. */
export const field = (
  number: string,
  name: string,
  values: [what: string, value: unknown, field?: string][],
): Row[] =>
  values.map(([what, value, at = name]) => [number, `${name}: ${what}`, letter({ [name]: value }), at]);

/** Letters with one attachment that has something wrong in it. */
export const attachment = (number: string, rows: [name: string, changes: object, field: string][]): Row[] =>
  rows.map(([name, changes, at]) => [
    number,
    `attachment: ${name}`,
    letter({ attachments: [file(changes)] }),
    `attachments[0].${at}`,
  ]);

/** What expectations may say although it came. */
const OUR_WORDS = new Set([...Object.values(FINE), "object", "Buffer", "base64"]);

export function itRefuses(rows: readonly Row[]): void {
  it.each(rows)("%s: %s is refused by name, without the value", (_number, _name, params, at) => {
    const refusal = refusalOf(params);
    expect(refusal).toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422 });
    expect(refusal.data.fields.map((fault) => fault.field)).toContain(at);
    expect(refusal.data.remedy).toMatch(/^[A-Z].+\.$/);
    const answer = JSON.stringify([refusal.message, refusal.data]);
    const echoed = stringsIn(params).filter((text) => answer.includes(JSON.stringify(text).slice(1, -1)));
    expect(echoed.filter((text) => !OUR_WORDS.has(text))).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
}

/** Every string of six characters or more in a value: none of it may come back. */
function stringsIn(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return value.length >= 6 ? [value.slice(0, 200)] : [];
  if (typeof value !== "object" || value === null || depth > 5 || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap((item) => stringsIn(item, depth + 1));
}
