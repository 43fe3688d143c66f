/** `template.json`: what a template is about, which data it takes, and an example of that. */
import { isRecord, kindOf, printable } from "../message/faults.ts";
import { suggest } from "../nearest.ts";
import type { TemplateFault } from "./faults.ts";
import type { SourceFile } from "./sources.ts";

export interface Manifest {
  description: string;
  /** JSON Schema (2020-12) of an object */
  data: Record<string, unknown>;
  sample: Record<string, unknown>;
  /** Fields of the data that are html, to be printed as such */
  raw: readonly string[];
  /** The field that says for how many minutes the letter is of use */
  lifetime?: string;
  /** The field with the address that ends a subscription (RFC 8058) */
  unsubscribe?: string;
}

const FIELDS = ["description", "data", "sample", "raw", "lifetime", "unsubscribe"] as const;

/** A lifetime that comes as a text would never end. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  raw: ["string"],
  lifetime: ["integer", "number"],
  unsubscribe: ["string"],
};

/** @returns undefined where it cannot be used, which is told */
export function readManifest({ file, text }: SourceFile, faults: TemplateFault[]): Manifest | undefined {
  const refuse = (name: string, message: string): void => {
    faults.push({ file, ...lineOf(text, name), message });
  };
  const given = readJson({ file, text }, faults);
  if (!given) return undefined;
  for (const name of Object.keys(given)) {
    if (FIELDS.some((one) => one === name)) continue;
    refuse(name, `unknown field ${printable(name)}: ${suggest(name, FIELDS)}`);
  }
  const { description = "", data = { type: "object" }, sample = {}, raw = [], lifetime, unsubscribe } = given;
  const wrong = (name: string, value: unknown, expected: string): void =>
    refuse(name, `${name}: expected ${expected}, got ${kindOf(value)}`);
  if (typeof description !== "string") wrong("description", description, "a text");
  if (!isRecord(data)) wrong("data", data, 'a JSON Schema with "type": "object"');
  else if (data["type"] !== "object") refuse("data", 'data: expected a JSON Schema with "type": "object"');
  if (!isRecord(sample)) wrong("sample", sample, "an object");
  if (!isListOfTexts(raw)) wrong("raw", raw, "a list of names");
  if (!isRecord(data) || !isRecord(sample) || typeof description !== "string" || !isListOfTexts(raw))
    return undefined;

  const properties = isRecord(data["properties"]) ? data["properties"] : {};
  const names = Object.keys(properties);
  const named = [...raw.map((one) => ["raw", one]), ["lifetime", lifetime], ["unsubscribe", unsubscribe]];
  for (const [name = "", value] of named as [string, unknown][]) {
    if (value === undefined) continue;
    const types = TYPES[name] ?? [];
    const property =
      typeof value === "string" && Object.hasOwn(properties, value) ? properties[value] : undefined;
    if (property === undefined) {
      refuse(name, `${name}: expected the name of a field of the data: ${names.join(", ")}`);
    } else if (!isRecord(property) || !types.some((type) => [property["type"]].flat().includes(type))) {
      refuse(name, `${name}: expected a field with "type": ${types.map((type) => `"${type}"`).join(" or ")}`);
    }
  }
  return {
    description,
    data,
    sample,
    raw,
    ...(typeof lifetime === "string" && { lifetime }),
    ...(typeof unsubscribe === "string" && { unsubscribe }),
  };
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function readJson({ file, text }: SourceFile, faults: TemplateFault[]): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
    faults.push({ file, message: `expected an object, got ${kindOf(value)}` });
  } catch {
    const lines = text.slice(0, breakOf(text)).split("\n");
    const column = (lines.at(-1)?.length ?? 0) + 1;
    faults.push({ file, line: lines.length, message: `expected JSON; it breaks off at column ${column}` });
  }
  return undefined;
}

/** Where a text stops being JSON. V8 says so for some faults only, and quotes the text. */
function breakOf(text: string): number {
  let [right, wrong] = [0, text.length + 1];
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2);
    if (isBeginning(text.slice(0, middle))) right = middle;
    else wrong = middle;
  }
  return right;
}

function isBeginning(text: string): boolean {
  // half a `true` is no word
  const whole = text.replace(/[a-z]+$/, "");
  try {
    JSON.parse(whole);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const [, position] = /position (\d+)/.exec(message) ?? [];
    return /end of JSON|Unterminated/.test(message) || Number(position) >= whole.length;
  }
}

/** Where a field of a JSON text is named first. */
export function lineOf(text: string, name: string): { line?: number } {
  const at = text.indexOf(JSON.stringify(name));
  return at < 0 ? {} : { line: text.slice(0, at).split("\n").length };
}
