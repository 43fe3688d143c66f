/** Facts about which transport is next. */
import { describe, expect, it } from "@jest/globals";
import { type PolicyOptions, transportPolicy } from "../../../lib/smtp/policy.ts";
import { openTransport } from "../../../lib/smtp/transport.ts";
import { transportTo } from "../../support/transport.ts";

function policyOf(names: string[], options: PolicyOptions = {}) {
  const clock = { now: 1_000_000 };
  const transports = names.map((name) => openTransport(transportTo({ port: 25 }, { name })));
  const policy = transportPolicy(transports, { now: () => clock.now, ...options });
  return { clock, policy, next: () => policy.next()?.config.name };
}
const problem = { type: "SMTP_AUTH_FAILED", message: "no", remedy: "yes" };

describe("the failover policy", () => {
  it("gives the first transport as long as it is up", () => {
    const { next, clock, policy } = policyOf(["primary", "fallback1"]);
    expect([next(), next()]).toEqual(["primary", "primary"]);
    expect(policy.availableAt()).toBeLessThanOrEqual(clock.now);
  });

  it("gives the next one while the first rests, and the first again after its rest, once, as a probe", () => {
    const { next, clock, policy } = policyOf(["primary", "fallback1"]);
    expect(policy.report("primary", "failover")).toBe("down");
    expect(next()).toBe("fallback1");
    clock.now += 30_000;
    expect([next(), next()]).toEqual(["primary", "fallback1"]);
    expect(policy.report("primary", "up")).toBe("up");
    expect([next(), next()]).toEqual(["primary", "primary"]);
  });

  it("rests twice as long after each failure, up to a quarter of an hour", () => {
    const { clock, policy } = policyOf(["primary"]);
    const rests = Array.from({ length: 8 }, () => {
      policy.report("primary", "failover");
      const rest = policy.availableAt() - clock.now;
      clock.now += rest;
      return rest / 1000;
    });
    expect(rests).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it("holds a transport whose settings are refused, and tries it gently", () => {
    const { clock, policy, next } = policyOf(["primary"]);
    policy.report("primary", "hold", problem);
    expect(next()).toBeUndefined();
    expect(policy.availableAt()).toBe(clock.now + 15 * 60_000);
    expect(policy.states()).toMatchObject([
      { name: "primary", state: "held", problem: { type: "SMTP_AUTH_FAILED" } },
    ]);
  });

  it("ends a hold at once when it is released", () => {
    const { policy, next } = policyOf(["primary"]);
    policy.report("primary", "hold", problem);
    policy.release("primary");
    expect(next()).toBe("primary");
  });

  it("tells a change once, not every report", () => {
    const { policy } = policyOf(["primary"]);
    expect(policy.report("primary", "up")).toBeUndefined();
    expect(policy.report("primary", "failover")).toBe("down");
    expect(policy.report("primary", "hold")).toBeUndefined();
    expect(policy.report("primary", "up")).toBe("up");
  });

  it("uses the operator's own delays where they are given", () => {
    const { clock, policy } = policyOf(["primary"], { rest: () => 100, hold: 200 });
    policy.report("primary", "failover");
    expect(policy.availableAt() - clock.now).toBe(100);
    policy.report("primary", "hold");
    expect(policy.availableAt() - clock.now).toBe(200);
  });

  it("shows the servers without secrets", () => {
    const { policy } = policyOf(["primary"]);
    expect(policy.states()).toEqual([
      { name: "primary", server: "smtp://127.0.0.1:25 (user u***@example.com)", state: "up" },
    ]);
  });
});
