import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { isLocal, isLoopback, refuseStrangers } from "../../../lib/http/host.ts";

const visit =
  (address: string, headers: IncomingHttpHeaders, isAllowedOrigin = false) =>
  () =>
    refuseStrangers({ headers }, { address, isAllowedOrigin });

describe("loopback", () => {
  it.each([
    ["127.0.0.1", true],
    ["127.8.9.1", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["localhost", true],
    ["0.0.0.0", false],
    ["::", false],
    ["10.0.0.1", false],
    ["::ffff:10.0.0.1", false],
    ["127.0.0.1.example.com", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});

describe("without keys", () => {
  it.each([
    "localhost",
    "LOCALHOST:3000",
    "127.0.0.1",
    "127.0.0.1:3000",
    "127.0.0.2:80",
    "[::1]",
    "[::1]:3000",
  ])("this machine asking for %s is served", (host) => {
    expect(visit("127.0.0.1", { host })).not.toThrow();
  });

  it.each([
    "evil.example",
    "evil.example:3000",
    "localhost.evil.example",
    "evil-localhost",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "localhost:3000, evil.example",
    "localhost:",
    "::1",
    "0.0.0.0",
    "192.168.1.5:3000",
    "",
  ])("this machine asking for %j is not: a name of the web may point here (DNS rebinding)", (host) => {
    expect(visit("127.0.0.1", { host })).toThrow(
      expect.objectContaining({ type: "HTTP_FORBIDDEN", code: 403 }),
    );
  });

  it("a request without a Host header is not served", () => {
    expect(visit("127.0.0.1", {})).toThrow(/Host/);
  });

  it.each(["10.0.0.1", "::ffff:192.168.0.9", ""])(
    "the peer %s is not, whatever it says of itself",
    (peer) => {
      const headers = { host: "localhost", "x-forwarded-for": "127.0.0.1", forwarded: "for=127.0.0.1" };
      expect(visit(peer, headers)).toThrow(/only this machine/);
    },
  );

  it.each([
    ["cross-site", false],
    ["same-origin", true],
    ["same-site", true],
    ["none", true],
  ])("a browser's %s request is served: %s", (site, served) => {
    const visiting = expect(visit("::1", { host: "localhost:3000", "sec-fetch-site": site }));
    if (served) visiting.not.toThrow();
    else visiting.toThrow(/other site/);
  });

  it("a cross-site request of a page that GATEWAY_CORS names is served", () => {
    expect(visit("::1", { host: "localhost:3000", "sec-fetch-site": "cross-site" }, true)).not.toThrow();
  });
});

describe("who asks from this machine by its own name", () => {
  const isLocalVisit = (remoteAddress: string | undefined, headers: IncomingHttpHeaders) =>
    isLocal({ socket: { remoteAddress } as never, headers });

  it.each([
    ["127.0.0.1", { host: "127.0.0.1:3000" }],
    ["::1", { host: "localhost:3000" }],
    ["::ffff:127.0.0.1", { host: "[::1]:3000" }],
  ])("is local: %s with %j", (address, headers) => {
    expect(isLocalVisit(address, headers)).toBe(true);
  });

  it.each([
    ["192.0.2.1", { host: "localhost:3000" }],
    [undefined, { host: "localhost:3000" }],
    ["127.0.0.1", {}],
    ["127.0.0.1", { host: "evil.example" }],
    ["127.0.0.1", { host: "localhost", "x-forwarded-for": "127.0.0.1" }],
    ["127.0.0.1", { host: "localhost", forwarded: "for=192.0.2.1" }],
    ["127.0.0.1", { host: "localhost", "x-real-ip": "192.0.2.1" }],
    ["127.0.0.1", { host: "localhost", via: "1.1 proxy" }],
  ])("is not: %s with %j", (address, headers) => {
    expect(isLocalVisit(address, headers)).toBe(false);
  });

  it.each([
    ["POST", "https://evil.example", false],
    ["DELETE", "null", false],
    ["POST", "http://127.0.0.1.evil.example", false],
    ["POST", "http://localhost:5173", true],
    ["POST", "http://127.0.0.1:3000", true],
    ["POST", undefined, true],
    ["GET", "https://evil.example", true],
    ["OPTIONS", "https://evil.example", true],
  ])(
    "of a browser that tells no more than its page's origin, %s from %s is served: %s",
    (method, origin, served) => {
      const headers = { host: "localhost:3000", ...(origin !== undefined && { origin }) };
      const visiting = expect(() =>
        refuseStrangers({ headers, method }, { address: "::1", isAllowedOrigin: false }),
      );
      if (served) visiting.not.toThrow();
      else visiting.toThrow(/other site/);
    },
  );
});
