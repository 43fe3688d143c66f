/** The rule of a gateway without keys: whoever asks does so from this machine, and not through a web page of somebody else. */
import type { IncomingMessage } from "node:http";
import { isIPv4 } from "node:net";
import { httpError } from "./problem.ts";

/** True for an address, or a name to listen on, that other machines cannot reach. */
export function isLoopback(address = ""): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "localhost" || plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** What proxies say of whom they ask for. */
const forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

/**
 * True for who asks from this machine by its own name: no other one through a proxy that runs here, and no page of the web by
 * DNS rebinding, for where there are keys nobody else looks at the Host header.
 */
export function isLocal({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): boolean {
  if (!isLoopback(socket.remoteAddress) || !loopbackHost.test(headers.host ?? "")) return false;
  return forwarding.every((name) => headers[name] === undefined);
}

type Visit = Pick<IncomingMessage, "headers" | "method">;

/** What browsers say of the page that asks: older ones only where it would change something. */
function isOfOtherSite({ headers, method = "GET" }: Visit): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (site === "cross-site") return true;
  if (["GET", "HEAD", "OPTIONS"].includes(method)) return false;
  return origin !== undefined && !loopbackHost.test(origin.replace(/^https?:\/\//, ""));
}

/**
 * A browser on this machine is a loopback peer too. A page of the web reaches us through it by DNS rebinding, which the Host
 * header gives away, or by a plain cross-site request, which browsers mark (Fetch Metadata) and which could at least make us
 * log in at the SMTP server.
 * @param visitor  `address`: the client's, as far as our own proxies tell it; `isAllowedOrigin`: the page is one of GATEWAY_CORS
 * @throws MailError HTTP_FORBIDDEN
 */
export function refuseStrangers(
  visit: Visit,
  { address, isAllowedOrigin }: { address: string; isAllowedOrigin: boolean },
): void {
  const { headers } = visit;
  const remedy = "Set GATEWAY_API_KEYS to serve others than this machine.";
  if (!isLoopback(address)) {
    throw httpError("HTTP_FORBIDDEN", "Without API keys only this machine is served.", remedy);
  }
  if (!loopbackHost.test(headers.host ?? "")) {
    const detail = "Without API keys the Host header must be localhost, 127.0.0.1 or [::1].";
    throw httpError("HTTP_FORBIDDEN", detail, remedy);
  }
  if (!isAllowedOrigin && isOfOtherSite(visit)) {
    const detail = "Without API keys no other site's page is served.";
    throw httpError("HTTP_FORBIDDEN", detail, `Name its origin in GATEWAY_CORS. ${remedy}`);
  }
}
