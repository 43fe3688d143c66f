/** JSON Schema (2020-12) made from the rules that check parameters, so that what is described is what is checked. */
import type { Rule, Rules } from "./message/shape.ts";

type Type = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** A schema of its own, for others to refer to. */
export type NamedSchema = JsonSchema & { title: string };

/** As much of it as is used here. `$ref` holds the schema itself; whoever writes a document makes a pointer of it. */
export interface JsonSchema {
  $ref?: NamedSchema;
  title?: string;
  description?: string;
  type?: Type | readonly Type[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  maxProperties?: number;
  items?: JsonSchema;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  writeOnly?: boolean;
  minimum?: number;
  maximum?: number;
}

/**
 * What a rule lets through. Lengths are in characters: JSON Schema counts an emoji as one, the check as two, so that the schema
 * never refuses what the check takes.
 */
export function schemaOf({ doc, ...rule }: Rule): JsonSchema {
  return { ...plainSchemaOf(rule), ...doc };
}

/** An object with these fields and no others. */
export function objectSchema<const More extends JsonSchema>(rules: Rules, more: More): JsonSchema & More {
  const names = Object.keys(rules).filter((name) => rules[name]?.optional === false);
  const required = [...names, ...(more.required ?? [])];
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, schemaOf(rule)])),
    additionalProperties: false,
    ...more,
    ...(required.length > 0 && { required }),
  };
}

function plainSchemaOf(rule: Rule): JsonSchema {
  switch (rule.type) {
    case "any":
      return {};
    case "boolean":
    case "object":
      return { type: rule.type };
    case "string":
      return {
        type: "string",
        ...(rule.min !== undefined && { minLength: rule.min }),
        ...(rule.max !== undefined && { maxLength: rule.max }),
      };
    case "number":
      return {
        type: rule.integer ? "integer" : "number",
        ...(rule.min !== undefined && { minimum: rule.min }),
        ...(rule.max !== undefined && { maximum: rule.max }),
      };
    case "array":
      return {
        type: "array",
        ...(rule.items && { items: { type: rule.items } }),
        ...(rule.max !== undefined && { maxItems: rule.max }),
      };
    default:
      return { type: "string", enum: rule.values };
  }
}
