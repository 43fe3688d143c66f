import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { rateLimits } from "../../../lib/http/rate-limit.ts";

afterEach(() => {
  jest.useRealTimers();
});

async function passed(
  limits: ReturnType<typeof rateLimits>,
  times: number,
  key: string | undefined,
  address = "192.0.2.1",
) {
  let count = 0;
  for (let time = 0; time < times; time++) {
    await limits.count(key, address).then(
      () => count++,
      () => {},
    );
  }
  return count;
}

describe("the rate limit", () => {
  it("counts each key for itself, from wherever it is used", async () => {
    const limits = rateLimits({ limit: 5, keyed: true });
    expect(await passed(limits, 3, "web", "192.0.2.1")).toBe(3);
    expect(await passed(limits, 3, "web", "192.0.2.2")).toBe(2);
    expect(await passed(limits, 9, "ops")).toBe(5);
  });

  it("counts 60 a minute of each address without a key, and takes nothing from keys", async () => {
    const limits = rateLimits({ limit: 5, keyed: true });
    expect(await passed(limits, 100, undefined)).toBe(60);
    expect(await passed(limits, 1, undefined, "192.0.2.2")).toBe(1);
    expect(await passed(limits, 5, "web")).toBe(5);
  });

  it("takes an IPv6 network of 64 bits for one address", async () => {
    const limits = rateLimits({ limit: 5, keyed: true });
    const addresses = Array.from({ length: 100 }, (_, index) => `2001:db8::${index.toString(16)}`);
    const counts = await Promise.all(addresses.map((address) => passed(limits, 1, undefined, address)));
    expect(counts.filter((count) => count === 1)).toHaveLength(60);
  });

  it("without keys serves an address as it would a key", async () => {
    expect(await passed(rateLimits({ limit: 5, keyed: false }), 9, undefined)).toBe(5);
    expect(await passed(rateLimits({ limit: 600, keyed: false }), 601, undefined)).toBe(600);
  });

  it("says who, how many and how long to wait", async () => {
    const limits = rateLimits({ limit: 1, keyed: true });
    await limits.count("web", "192.0.2.1");
    await expect(limits.count("web", "192.0.2.1")).rejects.toMatchObject({
      type: "HTTP_RATE_LIMITED",
      code: 429,
      retryable: true,
      message: "More than 1 requests a minute came from the key web.",
      data: { retryAfter: 60, remedy: expect.stringContaining("Wait 60 seconds") },
    });
  });

  it.each([
    [true, undefined, /send a valid API key/],
    [true, "web", /raise GATEWAY_RATE_LIMIT/],
    [false, undefined, /raise GATEWAY_RATE_LIMIT/],
  ])("tells what helps: keys are there %s, came %s", async (keyed, key, remedy) => {
    const limits = rateLimits({ limit: 1, keyed });
    expect(await passed(limits, 60, key)).toBeGreaterThan(0);
    await expect(limits.count(key, "192.0.2.1")).rejects.toMatchObject({
      data: { remedy: expect.stringMatching(remedy) },
    });
  });

  it("lets pass again once the minute is over", async () => {
    jest.useFakeTimers();
    const limits = rateLimits({ limit: 2, keyed: true });
    expect(await passed(limits, 3, "web")).toBe(2);
    jest.advanceTimersByTime(59_000);
    expect(await passed(limits, 1, "web")).toBe(0);
    jest.advanceTimersByTime(1_001);
    expect(await passed(limits, 3, "web")).toBe(2);
  });
});
