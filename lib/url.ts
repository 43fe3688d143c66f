/** How a host and a port stand in a URL, for people to read and for programs to open. */

/** As it stands before a port: an IPv6 address in brackets. */
export function printHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** @example urlOf({ host: "::1", port: 1025 }, "smtp") // "smtp://[::1]:1025" */
export function urlOf({ host, port }: { host: string; port: number }, scheme = "http"): string {
  return `${scheme}://${printHost(host)}:${port}`;
}
