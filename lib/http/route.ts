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
  /** Not counted by the rate limit: tests wait by asking again and again. @default true where a scope is needed */
  isLimited?: false;
  /** Takes a body for JSON whatever its Content-Type says. Not with POST, which another site's page may send unasked. */
  anyType?: boolean;
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
