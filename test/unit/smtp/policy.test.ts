/** Facts about which transport is next, and how many messages it takes. */
import { describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import { type PolicyOptions, type Seen, transportPolicy } from "../../../lib/smtp/policy.ts";
import type { Problem } from "../../../lib/smtp/problem.ts";
import { openTransport } from "../../../lib/smtp/transport.ts";
import { transportTo } from "../../support/transport.ts";

const problem = { type: "SMTP_AUTH_FAILED", message: "no", remedy: "yes" };
const timeout = { type: "SMTP_TIMEOUT", message: "no", remedy: "yes" };
const HOLD = 15 * 60_000;

/** A problem with the server's reply to this command, or its greeting. */
function limited(line: string, command?: string, type = "SMTP_RATE_LIMITED"): Problem {
  return {
    type,
    message: "no",
    remedy: "yes",
    smtp: { code: Number.parseInt(line, 10), response: line, ...(command && { command }) },
  };
}

/** The same "random" numbers each time (Lehmer). */
function generator(): () => number {
  let state = 7;
  return () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
}

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

  it("takes what fails together for one failure", () => {
    const { policy, wait } = policyOf(["primary"]);
    const turns = Array.from({ length: 5 }, () => policy.take());
    for (const turn of turns) turn?.done("failover", timeout);
    expect(wait()).toBe(30_000);
  });

  it("is not talked out of a hold, nor of a pause, by what was under way already", () => {
    for (const [seen, why] of [
      ["hold", problem],
      ["failover", limited("450 4.2.1 rate limit exceeded", "MAIL FROM")],
    ] as const) {
      const { policy, clock, wait, send } = policyOf(["primary"]);
      const older = policy.take();
      policy.take()?.done(seen, why);
      older?.done("up");
      expect(policy.room()).toBe(0);
      clock.now += wait();
      expect(send("up")).toBe("primary");
      expect(policy.room()).toBeGreaterThan(1);
    }
  });

  it("believes what was under way already against a single failure to get through", () => {
    const { policy } = policyOf(["primary"]);
    const older = policy.take();
    policy.take()?.done("failover", timeout);
    older?.done("up");
    expect(policy.states()).toMatchObject([{ state: "up" }]);
  });

  it("probes after the rest, though something still hangs there from before", () => {
    const { policy, clock } = policyOf(["primary", "fallback1"]);
    policy.take();
    policy.take("primary")?.done("failover", timeout);
    clock.now += 30_000;
    expect(policy.next()).toBe("primary");
    expect(policy.room()).toBe(1);
    policy.take()?.done("failover", timeout);
    expect(policy.take()?.transport.config.name).toBe("fallback1");
  });

  it("waits for a probe that takes longer than the rest, without asking all the time", () => {
    const { policy, clock, send } = policyOf(["primary"], { rest: () => 50 });
    send("failover");
    clock.now += 50;
    policy.take();
    clock.now += 50;
    expect(policy.availableAt()).toBe(Infinity);
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

describe("a pause that the server asks for", () => {
  it.each([
    ["421 4.7.0 Too many messages, try again in 300 seconds", 300],
    ["450 4.2.1 rate limit exceeded, retry in 10 seconds", 30],
    ["421 4.7.0 rate limited, come back in 3 hours", 3600],
    ["550 5.4.5 Daily user sending limit exceeded.", 3600],
    ["450 hourly limit reached", 900],
    ["454 Throttling failure: Maximum sending rate exceeded.", 30],
  ])("%s: %i s", (line, seconds) => {
    const { policy, wait, clock } = policyOf(["primary"]);
    policy.take()?.done("failover", limited(line, "MAIL FROM"));
    expect(wait()).toBe(seconds * 1000);
    // a probe is as gentle
    clock.now += wait();
    policy.take();
    expect(wait()).toBe(seconds * 1000);
  });

  it("is honoured by a busy server's, too, but its quota words are none of ours", () => {
    const { policy, wait } = policyOf(["primary"]);
    const busy = "421 4.3.2 daily maintenance, try again in 10 minutes";
    policy.take()?.done("failover", { ...limited(busy), type: "SMTP_SERVER_BUSY" });
    expect(wait()).toBe(600_000);
  });

  it("yields to the operator's own delays", () => {
    const { policy, wait } = policyOf(["primary"], { rest: () => 100 });
    policy.take()?.done("failover", limited("550 5.4.5 Daily user sending limit exceeded."));
    expect(wait()).toBe(100);
  });
});

describe("a server that turns further connections away", () => {
  const many = limited("421 4.7.0 Too many connections");
  const MINUTE = 60_000;

  /** So many messages at once; the server bears `bears` of them. */
  function burst({ policy }: ReturnType<typeof policyOf>, bears: number): number {
    const turns = Array.from({ length: policy.room() }, () => policy.take());
    for (const turn of turns.slice(bears)) turn?.done("failover", many);
    for (const turn of turns.slice(0, bears)) turn?.done("up");
    return turns.length;
  }

  it.each([1, 2, 3, 4])("but bears %i keeps so many, and is not rested", (bears) => {
    const bench = policyOf(["primary", "fallback1"]);
    expect(burst(bench, bears)).toBe(5);
    expect(burst(bench, bears)).toBe(bears);
    expect(bench.changes).toEqual([]);
    expect(bench.policy.next()).toBe("primary");
  });

  it("is offered one more each minute, and the old number where it refuses that", () => {
    const bench = policyOf(["primary"]);
    burst(bench, 1);
    bench.clock.now += MINUTE;
    expect(burst(bench, 1)).toBe(2);
    expect(burst(bench, 1)).toBe(1);
    bench.clock.now += MINUTE;
    expect(burst(bench, 5)).toBe(2);
    bench.clock.now += 2 * MINUTE;
    expect(burst(bench, 5)).toBe(4);
    bench.clock.now += 10 * MINUTE;
    expect(burst(bench, 5)).toBe(5);
  });

  it("knows when there will be room for one more", () => {
    const bench = policyOf(["primary"]);
    burst(bench, 1);
    const turn = bench.policy.take();
    expect(bench.wait()).toBe(MINUTE);
    turn?.done("up");
    expect(bench.policy.availableAt()).toBe(0);
  });

  it("learns from the fewest that were too many", () => {
    const { policy } = policyOf(["primary"]);
    const [first, second] = [policy.take(), policy.take()];
    second?.done("failover", many);
    expect(policy.room()).toBe(0);
    first?.done("up");
    expect(policy.room()).toBe(1);
  });

  it.each([
    ["refused", { ...many, type: "SMTP_CONNECTION_REFUSED", smtp: undefined }],
    ["cut", { ...many, type: "SMTP_CONNECTION_LOST", smtp: undefined }],
    ["not now, said at EHLO", limited("450 4.3.2 later", "EHLO", "SMTP_PROTOCOL_ERROR")],
    ["not now, said at AUTH", limited("454 4.7.0 Too many logins", "AUTH", "SMTP_AUTH_TEMPORARY")],
    [
      "turned away for good",
      limited("554 too many connections from your address", undefined, "SMTP_GREETING_REJECTED"),
    ],
    ["busy", limited("421 4.3.2 busy", undefined, "SMTP_SERVER_BUSY")],
  ])("may say so in many ways: %s", (_name, why) => {
    const { policy, changes } = policyOf(["primary"]);
    policy.take();
    policy.take()?.done("failover", why as Problem);
    expect(changes).toEqual([]);
    expect(policy.room()).toBe(0);
  });

  it.each([
    ["silence", timeout],
    ["a limit that meets the message", limited("450 4.2.1 rate limit exceeded", "MAIL FROM")],
    ["a server that speaks something else", limited("550 access denied", "EHLO", "SMTP_PROTOCOL_ERROR")],
  ])("is not taken for one that rests for another reason: %s", (_name, why) => {
    const { policy, changes } = policyOf(["primary"]);
    policy.take();
    policy.take()?.done("failover", why);
    expect(changes).toEqual(["primary down"]);
  });

  it("rests where nobody gets in, and that is no question of how many", () => {
    const bench = policyOf(["primary"]);
    burst(bench, 0);
    expect(bench.changes).toEqual(["primary down"]);
    expect(bench.wait()).toBe(30_000);
    bench.clock.now += 30_000;
    expect(bench.send("up")).toBe("primary");
    expect(bench.policy.room()).toBe(5);
  });

  it("rests where all that is under way has hung for a minute", () => {
    const { policy, clock, changes } = policyOf(["primary"]);
    policy.take();
    clock.now += MINUTE;
    policy.take()?.done("failover", many);
    expect(changes).toEqual(["primary down"]);
  });

  it("keeps room when the clock is set back", () => {
    const bench = policyOf(["primary"]);
    burst(bench, 2);
    bench.clock.now -= 60 * MINUTE;
    expect(bench.policy.room()).toBe(2);
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

  it.each([
    [1, 100, 1],
    [3, 1000, 5],
    [7, 250, 2],
    [10, 60_000, 20],
  ])(
    "keeps %i in %i ms over %i connections and hundreds of messages",
    (rateLimit, rateDelta, maxConnections) => {
      const { policy, clock } = policyOf(["primary"], {}, { rateLimit, rateDelta, maxConnections });
      const random = generator();
      const starts: number[] = [];
      const underWay: { ends: number; turn: ReturnType<typeof policy.take> }[] = [];
      const begun = clock.now;
      while (starts.length < 300) {
        for (const one of underWay.filter(({ ends }) => ends <= clock.now)) {
          underWay.splice(underWay.indexOf(one), 1);
          one.turn?.done("up");
        }
        for (let room = policy.room(); room > 0; room--) {
          const turn = policy.take();
          expect(turn).toBeDefined();
          starts.push(clock.now);
          underWay.push({ turn, ends: clock.now + Math.floor(random() * rateDelta * 0.5) });
        }
        const next = Math.min(policy.availableAt(), ...underWay.map(({ ends }) => ends));
        clock.now = Math.max(clock.now + 1, next);
      }
      starts.forEach((start, index) => {
        const after = starts[index + rateLimit];
        if (after !== undefined) expect(after - start).toBeGreaterThanOrEqual(rateDelta);
      });
      // and it is no slower than it must be
      const windows = Math.ceil(300 / rateLimit);
      expect(clock.now - begun).toBeLessThan(windows * rateDelta * 1.6);
    },
  );

  it("is none where there is no transport", () => {
    const { policy } = policyOf([]);
    expect([policy.room(), policy.take(), policy.availableAt()]).toEqual([0, undefined, Infinity]);
  });
});
