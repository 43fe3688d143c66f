/** Which pages of other origins may call us (Fetch standard, CORS protocol): exactly those that are named, and none by default. */
import type { IncomingMessage } from "node:http";

/** Bearer tokens travel in a header that the page itself sets: cookies and the like stay out of it. */
const ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Request-ID";
const EXPOSED_HEADERS = "Retry-After, X-Request-ID";
/** Seconds for which a browser may remember a preflight */
const MAX_AGE = 600;

/** True for an Origin that is named letter by letter: a substring or a pattern would let neighbours in. */
export function isAllowedOrigin(
  origins: readonly string[],
  { headers }: Pick<IncomingMessage, "headers">,
): boolean {
  return headers.origin !== undefined && origins.includes(headers.origin);
}

/**
 * Headers for every answer. A cache in between must know that others get others.
 * @param methods  of the path, for an OPTIONS request: those are named in the answer to a preflight
 */
export function corsHeaders(
  origins: readonly string[],
  request: Pick<IncomingMessage, "headers">,
  methods?: readonly string[],
): Record<string, string> {
  if (origins.length === 0) return {};
  if (!isAllowedOrigin(origins, request)) return { Vary: "Origin" };
  const always = { Vary: "Origin", "Access-Control-Allow-Origin": String(request.headers.origin) };
  if (methods === undefined) return { ...always, "Access-Control-Expose-Headers": EXPOSED_HEADERS };
  if (request.headers["access-control-request-method"] === undefined) return always;
  return {
    ...always,
    "Access-Control-Allow-Methods": methods.join(", "),
    "Access-Control-Allow-Headers": ALLOWED_HEADERS,
    "Access-Control-Max-Age": String(MAX_AGE),
  };
}
