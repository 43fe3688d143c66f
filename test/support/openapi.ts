/** The description of the API as tests ask for it: as the gateway makes it, and as a judge of requests and answers. */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { mailRoutes } from "../../lib/http/mail-routes.ts";
import { openApiDocument } from "../../lib/http/openapi/document.ts";
import { operatingRoutes } from "../../lib/http/operating-routes.ts";

/** The package's types promise a `default`; what it exports is the function itself. */
const addFormats = formats as unknown as typeof formats.default;

export const describedRoutes = [...mailRoutes, ...operatingRoutes];

interface Content {
  schema: object;
  examples?: Record<string, { summary: string; value: unknown }>;
}

interface Response {
  description: string;
  headers: Record<string, unknown>;
  content: Record<string, Content>;
}

export interface DescribedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: {
    name: string;
    in: string;
    required?: boolean;
    description: string;
    example?: unknown;
    schema: { examples?: unknown[] };
  }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Response>;
}

export interface Described {
  info: { version: string; description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, object> };
}

export function described(keyed = true): Described {
  return openApiDocument(describedRoutes, { keyed }) as unknown as Described;
}

/** With the method in capitals and the path, in the order of the document. */
export function operationsOf({ paths }: Described): [string, string, DescribedOperation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, string, DescribedOperation] => [
      method.toUpperCase(),
      path,
      operation,
    ]),
  );
}

export type Judge = (value: unknown) => string[];

/**
 * Makes a check of a schema out of the document; it returns what is wrong.
 * @param options `closed`: what the schema does not name is wrong as well
 */
export function judgeOf(document: Described, schema: object, { closed = false } = {}): Judge {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
  addFormats(ajv);
  ajv.addVocabulary(["components"]);
  const { schemas } = document.components;
  const whole = { allOf: [schema], components: { schemas } };
  const validate = ajv.compile((closed ? withoutMore(whole) : whole) as object);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(tell));
}

function tell({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || "/"} ${message} ${JSON.stringify(params)}`;
}

/** Every object with named fields has these and no others. */
function withoutMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMore);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutMore(inner)]));
  return copy["type"] === "object" && "properties" in copy ? { additionalProperties: false, ...copy } : copy;
}
