/** Schemas that refer to each other, as OpenAPI writes them: each named one once, under `components`, and pointers to it. */
import type { JsonSchema, NamedSchema } from "../../json-schema.ts";

export interface Components {
  /** The same schema with pointers in place of named ones */
  written: (schema: JsonSchema) => object;
  /** The named ones that were met so far, by their names */
  readonly schemas: Readonly<Record<string, object>>;
}

/** @throws Error where two different schemas have one name: a mistake in a table */
export function components(): Components {
  const schemas: Record<string, object> = {};
  const known = new Map<string, NamedSchema>();

  function written(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(written);
    if (typeof value !== "object" || value === null) return value;
    const { $ref, ...rest } = value as { $ref?: NamedSchema };
    const inside = Object.entries(rest).map(([name, inner]) => [name, written(inner)]);
    return { ...($ref && { $ref: pointerTo($ref) }), ...Object.fromEntries(inside) };
  }

  function pointerTo(schema: NamedSchema): string {
    const { title } = schema;
    const before = known.get(title);
    if (before && before !== schema) throw new Error(`Two schemas are called ${title}.`);
    if (!before) {
      known.set(title, schema);
      schemas[title] = written(schema) as object;
    }
    return `#/components/schemas/${title}`;
  }

  return { written: (schema) => written(schema) as object, schemas };
}
