/** Who is asking: the peer of the connection, or whoever stands behind as many proxies as are trusted. */
import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";

/**
 * @param proxies  how many of ours are in front. Each adds the address of its own peer at the right end of X-Forwarded-For; what
 *                 stands further left came with the request, and anybody can write it
 * @returns an IPv4 or IPv6 address; the connection's own where a proxy tells none; "" for a connection that has gone
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, "socket" | "headers">,
  proxies: number,
): string {
  const peer = plainAddress(socket.remoteAddress);
  if (proxies === 0) return peer;
  const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
  const told = plainAddress(forwarded.at(-Math.min(proxies, forwarded.length)));
  return isIP(told) > 0 ? told : peer;
}

/** What one subscriber has: an IPv4 address, or an IPv6 network of 64 bits, whose every address is free to be taken. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const { hostname } = new URL(`http://[${address}]`);
  const [head = "", tail = ""] = hostname.slice(1, -1).split("::");
  const groups = [head, tail].map((part) => (part === "" ? [] : part.split(":")));
  const [left = [], right = []] = groups;
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}

/** An IPv6 address with brackets, a zone and a port is shorter */
const LONGEST = 100;

/** Without a port, brackets, a zone, and the clothes that IPv6 puts on IPv4. */
function plainAddress(written = ""): string {
  const entry = written.trim().slice(0, LONGEST);
  const bare = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d+)?$/.exec(entry);
  const address = bare?.[1] ?? bare?.[2] ?? entry;
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}
