/** The outer shape of an object that came in: which fields it has and of what type. What is not named is refused. */
import Validator from "fastest-validator";
import type { JsonSchema } from "../json-schema.ts";
import { nearest } from "../nearest.ts";
import { type Faults, isRecord, kindOf, ownFields, printable, refuse } from "./faults.ts";

/**
 * Rules of fastest-validator that look no deeper than the value itself; `any` leaves everything, null too, to who reads it.
 * Fields are optional unless they say otherwise. `doc` is for people and for OpenAPI: laid over the schema that follows from
 * the rule, it says what only the readers of the value check. No check looks at it.
 */
export type Rule = { optional?: false; doc?: JsonSchema } & (
  | { type: "any" | "boolean" | "object" }
  | { type: "string"; min?: number; max?: number }
  | { type: "number"; integer?: true; min?: number; max?: number }
  | { type: "array"; max?: number; items?: "string" }
  | { type: "enum"; values: readonly string[] }
);

export type Rules = Readonly<Record<string, Rule>>;

/** What a rule lets through. */
export type Typed<R> = R extends { type: "enum"; values: readonly (infer Word)[] }
  ? Word
  : R extends { type: "array"; items: "string" }
    ? string[]
    : R extends { type: infer T extends keyof Types }
      ? Types[T]
      : unknown;
interface Types {
  string: string;
  number: number;
  boolean: boolean;
  array: unknown[];
  object: object;
}

/**
 * Names that people bring from elsewhere, in lower case without `_` and `-`: the field that they mean, or what to do
 * instead.
 */
export type Hints = Readonly<Record<string, string>>;

/**
 * Makes a check of an object's outer shape. It reads each field once, and tells each fault to `faults` by the field's path
 * (`at` is the object's own; empty for the parameters). It returns a copy, without prototype, of those fields that are as
 * expected; undefined where the value is no object.
 */
export function shape<const R extends Rules>(rules: R, hints: Hints = {}) {
  const names = Object.keys(rules);
  let check: ReturnType<typeof compiled> | undefined;

  return (value: unknown, at: string, faults: Faults): { [name in keyof R]?: Typed<R[name]> } | undefined => {
    const path = (name: string): string => (at ? `${at}.${name}` : name);
    if (!isRecord(value)) {
      refuse(faults, at || "params", `expected an object, got ${kindOf(value)}`);
      return undefined;
    }
    const unknown = Object.keys(value).filter((name) => !names.includes(name));
    for (const name of unknown.slice(0, UNKNOWN_TOLD)) {
      refuse(faults, path(printable(name)), `unknown field${hintFor(name, names, hints)}`);
    }
    if (unknown.length > UNKNOWN_TOLD) {
      refuse(faults, at || "params", `has ${unknown.length - UNKNOWN_TOLD} more unknown fields`);
    }
    const known = ownFields(value, names);
    check ??= compiled(rules);
    for (const complaint of check(known)) {
      refuse(faults, path(complaint.field), sentence(complaint, rules[complaint.field]));
      delete known[complaint.field];
    }
    return known as { [name in keyof R]?: Typed<R[name]> };
  };
}

const UNKNOWN_TOLD = 10;

interface Complaint {
  type: string;
  field: string;
  expected?: unknown;
  actual?: unknown;
}

/** The package's types promise a `default`; what it exports is the class itself. */
const FastestValidator = Validator as unknown as typeof Validator.default;

function compiled(rules: Rules): (fields: object) => Complaint[] {
  // Its own messages are switched off: they quote the value, and make a string of it, where a deep list overflows the stack.
  const { messages } = new FastestValidator();
  const silent = Object.fromEntries(Object.keys(messages).map((type) => [type, ""]));
  const validator = new FastestValidator({ considerNullAsAValue: true, messages: silent });
  const schema = Object.entries(rules).map(([name, { doc: _doc, ...rule }]) => [
    name,
    { optional: true, nullable: rule.type === "any", ...rule },
  ]);
  const check = validator.compile({ $$strict: true, ...Object.fromEntries(schema) });
  return (fields) => {
    const complaints = check(fields);
    return Array.isArray(complaints) ? complaints : [];
  };
}

const TYPES: Readonly<Record<Rule["type"], string>> = {
  any: "a value",
  string: "a string",
  number: "a number",
  array: "a list",
  object: "an object",
  boolean: "true or false",
  enum: "a word",
};

function sentence({ type, expected, actual }: Complaint, rule: Rule = { type: "any" }): string {
  switch (type) {
    case "stringMin":
      return `expected at least ${String(expected)} characters, got ${String(actual)}`;
    case "stringMax":
      return `expected at most ${String(expected)} characters, got ${String(actual)}`;
    case "numberInteger":
      return "expected a whole number";
    case "numberMin":
      return `expected at least ${String(expected)}`;
    case "numberMax":
      return `expected at most ${String(expected)}`;
    case "arrayMax":
      return `expected a list of at most ${String(expected)}, got ${String(actual)}`;
    case "enumValue":
      return `expected one of ${String(expected)}; got ${typeof actual === "string" ? "another word" : kindOf(actual)}`;
    default:
      return `expected ${TYPES[rule.type]}, got ${kindOf(actual)}`;
  }
}

function hintFor(name: string, names: readonly string[], hints: Hints): string {
  const plain = simplified(name.slice(0, 40));
  const meant =
    names.find((known) => simplified(known) === plain) ??
    (Object.hasOwn(hints, plain) ? hints[plain] : nearest(plain, names));
  if (meant === undefined) return "";
  return names.includes(meant) ? `; did you mean ${meant}?` : `; ${meant}`;
}

function simplified(name: string): string {
  return name.replace(/[_-]/g, "").toLowerCase();
}
