/** What the schemas of answers are put together from. */
import type { JsonSchema, NamedSchema } from "../../../json-schema.ts";

type Fields = Readonly<Record<string, JsonSchema>>;

/** An object that has the required fields and may have the optional ones. Later versions may add to it. */
export function fields(required: Fields, optional: Fields = {}): JsonSchema {
  return { type: "object", properties: { ...required, ...optional }, required: Object.keys(required) };
}

/** The same under a name of its own. */
export function named(
  title: string,
  description: string,
  required: Fields,
  optional: Fields = {},
): NamedSchema {
  return { title, description, ...fields(required, optional) };
}

export const words: JsonSchema = { type: "string" };
export const count: JsonSchema = { type: "integer", minimum: 0 };
export const moment: JsonSchema = { type: "string", format: "date-time" };
export const wordsByName: JsonSchema = { type: "object", additionalProperties: words };

export function listOf(items: JsonSchema, description?: string): JsonSchema {
  return { type: "array", items, ...(description !== undefined && { description }) };
}

/** `schema` with a sentence of its own, for this place. */
export function about(description: string, schema: JsonSchema): JsonSchema {
  return { ...schema, description };
}
