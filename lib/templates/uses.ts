/** What a letter uses, held against what its template says of the data, and of the brand. */
import { isRecord } from "../message/faults.ts";
import { nearest, suggest } from "../nearest.ts";
import { sometimes, throughout } from "./brand.ts";
import type { TemplateFault } from "./faults.ts";
import type { Manifest } from "./manifest.ts";
import { faultAt } from "./syntax.ts";
import type { HtmlUse, VariableUse } from "./variables.ts";

/**
 * Finds variables that there are not, and those that are printed although they may be missing.
 * @param file the letter's own; what stands elsewhere is in a partial, which may ask for values that it was not given
 */
export function checkUses(
  uses: readonly VariableUse[],
  manifest: Manifest | undefined,
  file: string,
  faults: TemplateFault[],
): void {
  for (const use of uses) {
    if (!use.needed && use.node.loc.source !== file && isUnknown(use, manifest)) continue;
    const complaint = use.path.length > 0 ? manifest && aboutData(use, manifest.data) : aboutGlobal(use);
    if (complaint !== undefined) faults.push(faultAt(use.node, complaint));
  }
}

function isUnknown({ path: [name = ""] }: VariableUse, manifest: Manifest | undefined): boolean {
  return manifest !== undefined && !Object.hasOwn(fieldsOf(manifest.data).properties, name);
}

/** Field by field, as far as the schema says what there is. */
function aboutData({ path, needed, sure }: VariableUse, schema: Record<string, unknown>): string | undefined {
  let within: unknown = schema;
  for (const [at, name] of path.entries()) {
    const { properties, required, hasMore } = fieldsOf(within);
    const names = Object.keys(properties);
    const field = path.slice(0, at + 1).join(".");
    if (!Object.hasOwn(properties, name)) {
      if (hasMore || names.length === 0) return undefined;
      return `${field} is no field of the data in template.json: ${suggest(name, names)}`;
    }
    const property = properties[name];
    if (needed && !sure.has(field)) {
      const isThere = required.includes(name) || (isRecord(property) && "default" in property);
      if (!isThere) return `${field} may be missing: ${guard(field)}, or require it in template.json`;
      if (mayBeNull(property)) return `${field} may be null: ${guard(field)}`;
    }
    within = property;
  }
  return undefined;
}

function aboutGlobal({ written, needed }: VariableUse): string | undefined {
  const [, name = ""] = /^@brand\.(.*)$/.exec(written) ?? [];
  if (name === "" || throughout.some((one) => one === name)) return undefined;
  if (sometimes.some((one) => one === name)) {
    return needed ? `${written} may be missing: ${guard(written)}` : undefined;
  }
  const names = [...throughout, ...sometimes];
  const meant = nearest(name, names);
  return `there is no ${written}: ${meant ? `did you mean @brand.${meant}?` : `expected ${names.join(", ")}`}`;
}

const guard = (variable: string): string => `write {{#if ${variable}}} around it`;

interface Fields {
  properties: Record<string, unknown>;
  required: readonly unknown[];
  /** Fields can come from elsewhere, too */
  hasMore: boolean;
}

function fieldsOf(schema: unknown): Fields {
  if (!isRecord(schema)) return { properties: {}, required: [], hasMore: true };
  const { properties, required, allOf } = schema;
  const all = Array.isArray(allOf) ? allOf.map(fieldsOf) : [];
  const branches = [schema["anyOf"], schema["oneOf"]].flat();
  return {
    properties: Object.assign({}, properties, ...all.map((one) => one.properties)) as Fields["properties"],
    required: [...(Array.isArray(required) ? required : []), ...all.flatMap((one) => one.required)],
    hasMore:
      ["$ref", "$dynamicRef", "if", "patternProperties", "dependentSchemas"].some((word) => word in schema) ||
      branches.some(
        (branch) => isRecord(branch) && !Object.keys(branch).every((word) => word === "required"),
      ) ||
      all.some((one) => one.hasMore),
  };
}

function mayBeNull(schema: unknown): boolean {
  return isRecord(schema) && [schema["type"]].flat().includes("null");
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
    description: "",
    raw: [],
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
