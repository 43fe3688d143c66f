/** Facts about which transport is next, and how many messages it takes. */
import { describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import { type PolicyOptions, type Seen, transportPolicy } from "../../../lib/smtp/policy.ts";
import { openTransport } from "../../../lib/smtp/transport.ts";
import { transportTo } from "../../support/transport.ts";

const problem = { type: "SMTP_AUTH_FAILED", message: "no", remedy: "yes" };
const HOLD = 15 * 60_000;

function policyOf(names: string[], options: PolicyOptions = {}, change: Partial<TransportConfig> = {}) {
  const clock = { now: 1_000_000 };
  const transports = names.map((name) => openTransport(transportTo({ port: 25 }, { name, ...change })));
  const policy = transportPolicy(transports, { now: () => clock.now, ...options });
  const changes: string[] = [];
  policy.watch((what, { name }) => changes.push(`${name} ${what}`));
  return {
    clock,
    policy,
    changes,
    /** Sends one message; by which transport */
    send(seen: Seen): string | undefined {
      const turn = policy.take();
      turn?.done(seen, seen === "up" ? undefined : problem);
      return turn?.transport.config.name;
    },
    wait: () => policy.availableAt() - clock.now,
  };
}

describe("the failover policy", () => {
  it("gives the first transport as long as it is up", () => {
    const { send, policy } = policyOf(["primary", "fallback1"]);
    expect([send("up"), send("up")]).toEqual(["primary", "primary"]);
    expect(policy.availableAt()).toBe(0);
  });

  it("gives the next one while the first rests, and the first again after its rest, once, as a probe", () => {
    const { send, clock, policy, changes } = policyOf(["primary", "fallback1"]);
    expect(send("failover")).toBe("primary");
    expect(send("up")).toBe("fallback1");
    clock.now += 30_000;
    expect(policy.room()).toBe(1);
    const probe = policy.take();
    expect(probe?.transport.config.name).toBe("primary");
    expect(send("up")).toBe("fallback1");
    probe?.done("up");
    expect(send("up")).toBe("primary");
    expect(changes).toEqual(["primary down", "primary up"]);
  });

  it("gives a named transport, though another one is next, unless it is down or full", () => {
    const { policy } = policyOf(["primary", "fallback1"], {}, { maxConnections: 1 });
    expect(policy.next()).toBe("primary");
    expect(policy.take("fallback1")?.transport.config.name).toBe("fallback1");
    expect(policy.take("fallback1")).toBeUndefined();
    policy.take("primary")?.done("failover", problem);
    expect(policy.take("primary")).toBeUndefined();
    expect(policy.next()).toBe("fallback1");
  });

  it("rests twice as long after each failure, up to a quarter of an hour", () => {
    const { clock, send, wait } = policyOf(["primary"]);
    const rests = Array.from({ length: 8 }, () => {
      send("failover");
      const rest = wait();
      clock.now += rest;
      return rest / 1000;
    });
    expect(rests).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it("holds a transport whose settings are refused, and tries it gently", () => {
    const { send, policy, wait } = policyOf(["primary"]);
    send("hold");
    expect(policy.room()).toBe(0);
    expect(policy.take()).toBeUndefined();
    expect(wait()).toBe(HOLD);
    expect(policy.states()).toMatchObject([
      { name: "primary", state: "held", problem: { type: "SMTP_AUTH_FAILED" } },
    ]);
  });

  it("lets a held transport prove itself at once when it is released, with one message", () => {
    const { send, policy } = policyOf(["primary"]);
    send("hold");
    policy.release("primary");
    expect(policy.room()).toBe(1);
    policy.take();
    expect(policy.room()).toBe(0);
  });

  it("tells a change once, not every report, and nothing where an attempt proved nothing", () => {
    const { send, clock, changes } = policyOf(["primary"]);
    send("up");
    send("nothing");
    send("failover");
    clock.now += 30_000;
    send("hold");
    clock.now += HOLD;
    send("up");
    expect(changes).toEqual(["primary down", "primary up"]);
  });

  it("uses the operator's own delays where they are given", () => {
    const { send, wait } = policyOf(["primary"], { rest: () => 100 });
    send("failover");
    expect(wait()).toBe(100);
  });

  it("shows the servers without secrets", () => {
    const { policy } = policyOf(["primary"]);
    expect(policy.states()).toEqual([
      { name: "primary", server: "smtp://127.0.0.1:25 (user u***@example.com)", state: "up" },
    ]);
  });
});

describe("room", () => {
  it("is one place for each connection; a busy transport is waited for, for the next one is for when it is down", () => {
    const { policy } = policyOf(["primary", "fallback1"], {}, { maxConnections: 2 });
    const turns = [policy.take(), policy.take()];
    expect(policy.room()).toBe(0);
    expect(policy.take()).toBeUndefined();
    expect(policy.availableAt()).toBe(Infinity);
    expect(policy.upAt()).toBe(0);
    turns[0]?.done("up");
    turns[0]?.done("up");
    expect(policy.room()).toBe(1);
  });

  it("keeps to the rate limit in any window, and knows when it opens", () => {
    const { policy, clock, send, wait } = policyOf(["primary"], {}, { rateLimit: 2, rateDelta: 1000 });
    send("up");
    clock.now += 400;
    send("up");
    expect(policy.room()).toBe(0);
    expect(wait()).toBe(600);
    clock.now += 600;
    expect(policy.room()).toBe(1);
    expect(send("up")).toBe("primary");
    expect(wait()).toBe(400);
  });

  it("is none where there is no transport", () => {
    const { policy } = policyOf([]);
    expect([policy.room(), policy.take(), policy.availableAt()]).toEqual([0, undefined, Infinity]);
  });
});
