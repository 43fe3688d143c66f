/** Data of a letter, held against the JSON Schema of its template; no word of it is repeated. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { FieldFault } from "../errors.ts";
import { kindOf, printable } from "../message/faults.ts";
import type { TemplateFault } from "./faults.ts";
import { lineOf, type Manifest } from "./manifest.ts";
import type { SourceFile } from "./sources.ts";

/** Says what is wrong with data; nothing: it is what the schema asks for. Defaults of the schema are filled in. */
export type DataCheck = (data: Record<string, unknown>) => FieldFault[];

/**
 * For all templates that are read together: to make one takes longer than to compile their schemas.
 * @param isProven whether the schemas are known to be such: to check that takes longer still
 */
export function schemaCompiler(isProven: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    // for the words of a field's description
    verbose: true,
    strictTypes: false,
    validateSchema: !isProven,
    useDefaults: true,
    logger: false,
    // the parameters of each template are its own: nothing is kept under an $id
    addUsedSchema: false,
  });
  addFormats.default(ajv);
  // their pattern takes seconds for some 80 KB
  ajv.addFormat("url", (text) => /^(?:https?|ftp):\/\/\S+$/i.test(text) && URL.canParse(text));
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
    // it would answer with a promise, which is true whatever the data
    if ("$async" in data) throw new Error("expected one without $async");
  } catch (error) {
    const { file = "template.json", text = "" } = source ?? {};
    const said = (error as Error).message.replace(/^strict mode: /, "");
    const message = `data: expected a JSON Schema (2020-12): ${said}`;
    faults.push({ file, ...lineOf(text, "data"), message });
    return undefined;
  }
  return (given) => {
    if (validate(given)) return [];
    return toldOf(validate.errors ?? [])
      .slice(0, MOST_TOLD)
      .map((error) => faultOf(error, given));
  };
}

/** What is within `anyOf` and the like is told, but for fields of which one or another would do. */
function toldOf(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.flatMap((error) => {
    if (error.keyword !== "anyOf" && error.keyword !== "oneOf") return [];
    const within = errors.filter(({ schemaPath }) => schemaPath.startsWith(`${error.schemaPath}/`));
    const names = within.flatMap(({ keyword, params }) =>
      keyword === "required" ? String(params["missingProperty"]) : [],
    );
    const isChoice = within.length > 1 && names.length === within.length;
    return isChoice ? { within, error: { ...error, keyword: "choice", params: { names } } } : [];
  });
  const told = errors.filter(
    (error) => !COMBINERS.has(error.keyword) && !choices.some(({ within }) => within.includes(error)),
  );
  const all = [...choices.map(({ error }) => error), ...told];
  return all.length > 0 ? all : [...errors];
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
function faultOf(
  { instancePath, keyword, params, parentSchema, message = "" }: ErrorObject,
  data: unknown,
): FieldFault {
  const steps = instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
  const missing = params as {
    missingProperty?: string;
    additionalProperty?: string;
    type?: string | string[];
    allowedValues?: unknown[];
    names?: string[];
  };
  const { description } = (parentSchema ?? {}) as { description?: string };
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
  if (keyword === "choice") return { field, message: `expected ${missing.names?.join(" or ")}, got neither` };
  if (keyword === "pattern" && description !== undefined) {
    return { field, message: `does not fit what it is: ${description}` };
  }
  if (keyword === "enum") return { field, message: `expected one of ${missing.allowedValues?.join(", ")}` };
  return { field, message };
}

function fieldName(steps: readonly string[]): string {
  return ["data", ...steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${printable(step)}`))].join(
    "",
  );
}
