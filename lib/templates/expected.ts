/** What the values given to a helper must be. Refusals say what kind of value came, never the value: it may be a password. */
import { kindOf, printable } from "../message/faults.ts";
import { DataFault } from "./faults.ts";

/** @param name of the helper's named value, or of a field, that is wrong; absent: the first value */
export function expected(what: string, value: unknown, name?: string): DataFault {
  const at = name === undefined ? "" : `${printable(name)}: `;
  return new DataFault(`${at}expected ${what}, got ${kindOf(value)}`);
}

export function textOf(value: unknown, name?: string): string {
  if (typeof value !== "string") throw expected("a text", value, name);
  return value;
}

export function numberOf(value: unknown, name?: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw expected("a number", value, name);
  return value;
}

/** What can be written as text without a doubt: a text, a number, true or false. */
export function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

export function scalarOf(value: unknown, name?: string): string {
  if (isScalar(value)) return String(value);
  throw expected("a text, a number, true or false", value, name);
}

/** One of the words that there are, `otherwise` where nothing is said. */
export function oneOf<T extends string>(
  words: readonly T[],
  value: unknown,
  name: string,
  otherwise: NoInfer<T>,
): T {
  const word = words.find((candidate) => candidate === (value ?? otherwise));
  if (word === undefined) throw expected(words.join(", "), value, name);
  return word;
}
