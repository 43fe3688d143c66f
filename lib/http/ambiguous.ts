/** What Node's parser lets through although the next one on the way may read it otherwise (RFC 9112 sections 3.2 and 6.1). */
import type { IncomingMessage } from "node:http";
import { httpError } from "./problem.ts";

/**
 * @throws MailError HTTP_BAD_REQUEST for several Hosts or, from HTTP/1.1 on, none; and for a body in a coding that nobody here
 *   undoes
 */
export function refuseAmbiguous({
  httpVersion,
  headersDistinct: { host = [], "transfer-encoding": [coding = "chunked"] = [] },
}: Pick<IncomingMessage, "httpVersion" | "headersDistinct">): void {
  if (host.length > 1) {
    throw httpError("HTTP_BAD_REQUEST", "There is more than one Host header.", "Send one.");
  }
  if (host.length === 0 && httpVersion !== "1.0") {
    throw httpError("HTTP_BAD_REQUEST", "There is no Host header.", "Send one, as HTTP/1.1 demands.");
  }
  if (coding.toLowerCase() !== "chunked") {
    const remedy = "Send the body as it is, with Content-Length or in chunks.";
    throw httpError("HTTP_BAD_REQUEST", "The body's Transfer-Encoding is not known here.", remedy);
  }
}
