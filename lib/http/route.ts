/** A route of the gateway: path, scope, and what is asked of the mesh. */
import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "./answer.ts";
import type { Scope } from "./keys.ts";

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
  /** Those of every node, in Prometheus' text format */
  metrics: () => Promise<string>;
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** What the key must allow; absent: no key is needed */
  scope?: Scope;
  /** No key is needed on this machine */
  openOnLoopback?: true;
  answer(ask: Ask): Promise<Answer>;
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
