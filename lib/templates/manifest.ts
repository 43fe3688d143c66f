/** `template.json`: what a template is about, which data it takes, and an example of that. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { FieldFault } from "../errors.ts";
import { isRecord, kindOf, printable } from "../message/faults.ts";
import { nearest } from "../nearest.ts";
import type { TemplateFault } from "./faults.ts";
import type { SourceFile } from "./sources.ts";
import { faultAt } from "./syntax.ts";
import type { HtmlUse, VariableUse } from "./variables.ts";

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

const empty: Manifest = { description: "", data: { type: "object" }, sample: {}, raw: [] };

/** @returns what could be read; what could not is told */
export function readManifest({ file, text }: SourceFile, faults: TemplateFault[]): Manifest {
  const refuse = (name: string, message: string): void => {
    faults.push({ file, ...lineOf(text, name), message });
  };
  const given = readJson({ file, text }, faults);
  if (!given) return empty;
  for (const name of Object.keys(given)) {
    if (FIELDS.some((one) => one === name)) continue;
    const meant = nearest(name, FIELDS);
    refuse(
      name,
      `unknown field ${printable(name)}: ${meant ? `did you mean ${meant}?` : `expected ${FIELDS.join(", ")}`}`,
    );
  }
  const { description = "", data = empty.data, sample = {}, raw = [], lifetime, unsubscribe } = given;
  const wrong = (name: string, value: unknown, expected: string): void =>
    refuse(name, `${name}: expected ${expected}, got ${kindOf(value)}`);
  if (typeof description !== "string") wrong("description", description, "a text");
  if (!isRecord(data) || data["type"] !== "object")
    wrong("data", data, 'a JSON Schema with "type": "object"');
  if (!isRecord(sample)) wrong("sample", sample, "an object");
  if (!isListOfTexts(raw)) wrong("raw", raw, "a list of names");
  if (!isRecord(data) || !isRecord(sample) || typeof description !== "string" || !isListOfTexts(raw))
    return empty;

  const properties = propertiesOf(data);
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

/** Of a template that brings no manifest: what it uses is what it takes. */
export function manifestOf(uses: readonly VariableUse[]): Manifest {
  const sample: Record<string, unknown> = {};
  for (const { path } of uses) {
    let within = sample;
    for (const [at, name] of path.entries()) {
      const isLast = at === path.length - 1;
      if (isLast) within[name] ??= path.join(".");
      else within = inside(within, name);
    }
  }
  const required = new Set(uses.flatMap(({ needed, path }) => (needed ? path.slice(0, 1) : [])));
  return {
    ...empty,
    data: {
      type: "object",
      properties: Object.fromEntries(Object.keys(sample).map((name) => [name, {}])),
      ...(required.size > 0 && { required: [...required] }),
    },
    sample,
  };
}

function inside(fields: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = isRecord(fields[name]) ? fields[name] : {};
  fields[name] = value;
  return value;
}

/** Says what is wrong with data; nothing: it is what the schema asks for. Defaults of the schema are filled in. */
export type DataCheck = (data: Record<string, unknown>) => FieldFault[];

/**
 * For all templates that are read together: to make one takes longer than to compile their schemas.
 * @param isProven whether the schemas are known to be such: to check that takes longer still
 */
export function schemaCompiler(isProven: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strictTypes: false,
    validateSchema: !isProven,
    useDefaults: true,
    logger: false,
    // the parameters of each template are its own: nothing is kept under an $id
    addUsedSchema: false,
  });
  addFormats.default(ajv);
  return ajv;
}

/** @returns undefined where the schema cannot be used, which is told */
export function dataCheckOf(
  { data }: Manifest,
  source: SourceFile | undefined,
  { ajv, faults }: { ajv: Ajv2020; faults: TemplateFault[] },
): DataCheck | undefined {
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(data);
  } catch (error) {
    const { file = "template.json", text = "" } = source ?? {};
    const message = `data: expected a JSON Schema: ${(error as Error).message.replace(/^strict mode: /, "")}`;
    faults.push({ file, ...lineOf(text, "data"), message });
    return undefined;
  }
  return (given) => {
    if (validate(given)) return [];
    const errors = validate.errors ?? [];
    const told = errors.filter(({ keyword }) => !COMBINERS.has(keyword));
    return (told.length > 0 ? told : errors).slice(0, MOST_TOLD).map((error) => faultOf(error, given));
  };
}

/** What is within them is told. */
const COMBINERS = new Set(["anyOf", "oneOf", "allOf", "if", "not"]);
const MOST_TOLD = 20;

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

/** ajv's words hold nothing of the data. */
function faultOf({ instancePath, keyword, params, message = "" }: ErrorObject, data: unknown): FieldFault {
  const steps = instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
  const missing = params as {
    missingProperty?: string;
    additionalProperty?: string;
    type?: string | string[];
    allowedValues?: unknown[];
  };
  if (missing.missingProperty !== undefined) {
    return {
      field: fieldName([...steps, missing.missingProperty]),
      message: "expected a value, got nothing",
    };
  }
  const field = fieldName(steps);
  if (missing.additionalProperty !== undefined) {
    return {
      field: fieldName([...steps, missing.additionalProperty]),
      message: "is no field of this template's data",
    };
  }
  if (keyword === "type") {
    const value = steps.reduce<unknown>((within, step) => (within as Record<string, unknown>)[step], data);
    const types = [missing.type].flat().map((type = "") => KINDS[type] ?? type);
    return { field, message: `expected ${types.join(" or ")}, got ${kindOf(value)}` };
  }
  if (keyword === "enum") return { field, message: `expected one of ${missing.allowedValues?.join(", ")}` };
  return { field, message };
}

function fieldName(steps: readonly string[]): string {
  return ["data", ...steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${printable(step)}`))].join(
    "",
  );
}

/** Finds variables that the data does not have, or may not have. */
export function checkUses(uses: readonly VariableUse[], { data }: Manifest, faults: TemplateFault[]): void {
  const properties = propertiesOf(data);
  const names = Object.keys(properties);
  const required: unknown = data["required"];
  for (const { path, needed, node } of uses) {
    const [name] = path;
    if (name === undefined) continue;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (names.length > 0 && property === undefined) {
      const meant = nearest(name, names);
      faults.push(
        faultAt(
          node,
          `${name} is no field of the data in template.json: ${meant ? `did you mean ${meant}?` : `expected ${names.join(", ")}`}`,
        ),
      );
    } else if (needed && !isSure(name, required, property)) {
      faults.push(
        faultAt(
          node,
          `${name} may be missing: write {{#if ${name}}} around it, or require it in template.json`,
        ),
      );
    }
  }
}

/**
 * Finds html out of the data that the manifest does not name.
 * @param raw names of the fields that may stand in `{{{ }}}`
 */
export function checkHtmlUses(
  html: readonly HtmlUse[],
  raw: readonly string[],
  faults: TemplateFault[],
): void {
  for (const { field, node } of html) {
    if (field !== undefined && raw.includes(field)) continue;
    const { original } = node.path as hbs.AST.PathExpression;
    const remedy = `write {{${original}}}, or name its field in "raw" of template.json if it is html that you trust`;
    faults.push(faultAt(node, `expected no html out of data: ${remedy}`));
  }
}

function isSure(name: string, required: unknown, property: unknown): boolean {
  return (
    (Array.isArray(required) && required.includes(name)) || (isRecord(property) && "default" in property)
  );
}

function propertiesOf({ properties }: Record<string, unknown>): Record<string, unknown> {
  return isRecord(properties) ? properties : {};
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
