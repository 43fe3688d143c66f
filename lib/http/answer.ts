/** Sends an answer whole; nobody may guess at its type, or keep it unless it says so. */
import type { ServerResponse } from "node:http";
import type { HttpProblem } from "./problem.ts";

export interface Answer {
  status: number;
  /** A string is sent as plain text, bytes as they are, anything else as JSON */
  body: unknown;
  /** @default by the kind of the body */
  type?: string;
  /** Beside those that every answer has, e.g. `Location`; `Cache-Control` in place of `no-store` */
  headers?: Readonly<Record<string, string>>;
}

/**
 * Does nothing when the client has gone. One that is still sending would meet a broken connection instead of the answer
 * (RFC 9112 section 9.6), so the rest of its body is read and dropped before the end; it costs no memory, and the server's
 * time limit holds.
 */
export function send(response: ServerResponse, { status, body, type, headers }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const isPlain = typeof body === "string" || Buffer.isBuffer(body);
  const content = isPlain ? body : JSON.stringify(body ?? null);
  // a file that is served again and again is not to be copied each time
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  response.writeHead(status, {
    "Cache-Control": "no-store",
    ...headers,
    "Content-Type": type ?? (isPlain ? "text/plain; charset=utf-8" : "application/json; charset=utf-8"),
    "Content-Length": bytes.length,
    "X-Content-Type-Options": "nosniff",
  });
  response.write(bytes);
  const request = response.req.resume();
  // who still waits for `100 Continue` sends nothing more
  if (request.complete || request.headers.expect !== undefined) response.end();
  else request.once("close", () => response.end());
}

/** Like {@link send}, with the headers that belong to the problem: how to log in, and when to come again. */
export function sendProblem(response: ServerResponse, problem: HttpProblem): void {
  // the client may have gone, with its headers sent or not
  if (response.headersSent) return;
  if (problem.status === 401) response.setHeader("WWW-Authenticate", "Bearer");
  // where one request ends, and so where the next begins, was not beyond doubt
  if (problem.type === "HTTP_BAD_REQUEST") response.shouldKeepAlive = false;
  if (problem.retryAfter !== undefined) response.setHeader("Retry-After", problem.retryAfter);
  send(response, { status: problem.status, body: problem, type: "application/problem+json" });
}
