import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { clientAddress, networkOf } from "../../../lib/http/client-address.ts";

const addressOf = (proxies: number, forwarded?: string, remoteAddress: string | undefined = "10.0.0.9") => {
  const headers: IncomingHttpHeaders = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return clientAddress({ socket: { remoteAddress } as Socket, headers }, proxies);
};

describe("without proxies of ours", () => {
  it.each(["1.2.3.4", "127.0.0.1", "1.2.3.4, 5.6.7.8", "x", ""])(
    "X-Forwarded-For: %s says nothing",
    (forwarded) => expect(addressOf(0, forwarded)).toBe("10.0.0.9"),
  );

  it("a mapped IPv4 address is the IPv4 address", () => {
    expect(addressOf(0, undefined, "::ffff:192.0.2.7")).toBe("192.0.2.7");
    expect(addressOf(0, undefined, "fe80::1%eth0")).toBe("fe80::1");
  });
});

describe("behind proxies", () => {
  it.each([
    [1, "1.2.3.4", "1.2.3.4"],
    [1, "6.6.6.6, 1.2.3.4", "1.2.3.4"],
    [1, "6.6.6.6,7.7.7.7 , 1.2.3.4 ", "1.2.3.4"],
    [2, "6.6.6.6, 1.2.3.4, 10.0.0.8", "1.2.3.4"],
    [2, "1.2.3.4", "1.2.3.4"],
    [1, "1.2.3.4:5678", "1.2.3.4"],
    [1, "[2001:db8::1]:443", "2001:db8::1"],
    [1, "2001:db8::1", "2001:db8::1"],
    [1, "::ffff:1.2.3.4", "1.2.3.4"],
  ])("of %i, `%s` means %s: counted from the right, where our own wrote", (proxies, forwarded, expected) => {
    expect(addressOf(proxies, forwarded)).toBe(expected);
  });

  it.each([undefined, "", "unknown", "1.2.3", "6.6.6.6, unknown", "6.6.6.6, ", "_hidden", "1.2.3.4 5.6.7.8"])(
    "`%s` tells no address: the proxy itself counts",
    (forwarded) => expect(addressOf(1, forwarded)).toBe("10.0.0.9"),
  );

  it.each([
    ["commas", `${", ".repeat(8000)}1.2.3.4`],
    ["blanks within an entry", `1.1.1.1,${" ".repeat(15_000)}a b`],
    ["blanks and brackets", `1.1.1.1,${"[ ".repeat(7_000)}`],
  ])("a header of many thousand %s is read in no time", (_what, header) => {
    const before = process.cpuUsage();
    for (let time = 0; time < 20; time++) addressOf(1, header);
    expect(process.cpuUsage(before).user).toBeLessThan(300_000);
  });
});

describe("one subscriber", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:1::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", ""],
  ])("%s is of %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
