/** A route of the gateway: path, scope, and what is asked of the mesh. */
import type { IncomingHttpHeaders } from "node:http";
import { type JsonSchema, schemaOf } from "../json-schema.ts";
import type { Rules } from "../message/shape.ts";
import type { Answer } from "./answer.ts";
import type { Scope } from "./keys.ts";
import type { Operation } from "./openapi/operation.ts";

/** A request whose key has been checked. */
export interface Ask {
  /** Named parts of the path */
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  hasBody: boolean;
  /** Reads it, as JSON */
  body: () => Promise<Record<string, unknown>>;
  /** Calls an action of the mesh; `timeout` in milliseconds, 30,000 unless given */
  call: <Result>(action: string, params?: object, timeout?: number) => Promise<Result>;
  /** Throws where the gateway cannot do its work, with the reasons */
  ready: () => Promise<void>;
  /** Whether the client is still there for the answer */
  isAwaited: () => boolean;
  /** Those of every node, in Prometheus' text format */
  metrics: () => Promise<string>;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** What the key must allow; absent: no key is needed */
  scope?: Scope;
  /** The rate limit does not count it, if a valid key comes with it: tests wait by asking again and again */
  isUnlimited?: true;
  /** The rules of what may stand in the path, the query and the body; whoever answers sees to them */
  asks?: { path?: Rules; query?: Rules; body?: Rules };
  /** Takes a body for JSON whatever its Content-Type says. Not with POST, which another site's page may send unasked. */
  anyType?: boolean;
  /** No key is needed on this machine */
  openOnLoopback?: true;
  answer(ask: Ask): Promise<Answer>;
  /** What /openapi.json says of it; absent: it is not part of the API that we promise */
  operation?: Operation;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Of a query only the parameters that are known here; others are passed over, as everywhere on the web. */
export function pick(query: URLSearchParams, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? ""]] : [])),
  );
}

/**
 * Of a query what the rules name, numbers as numbers where one may be given. What is no number stays as it is, for the service
 * to refuse by name.
 */
export function paramsOf(query: URLSearchParams, rules: Rules): Record<string, string | number> {
  const given = Object.entries(pick(query, Object.keys(rules))).map(([name, value]) => {
    const rule = rules[name];
    const isNumber = rule && mayBeNumber(schemaOf(rule)) && /^\d{1,15}$/.test(value);
    return [name, isNumber ? Number(value) : value];
  });
  return Object.fromEntries(given) as Record<string, string | number>;
}

function mayBeNumber({ type, anyOf = [] }: JsonSchema): boolean {
  return type === "integer" || type === "number" || anyOf.some(mayBeNumber);
}
