/** How many requests a minute: of each key, and of each address that brings no valid one. */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { networkOf } from "./client-address.ts";
import { httpError } from "./problem.ts";

/** Without a valid key, per address: enough for a mistake or two a second, too few for guessing. */
const WITHOUT_KEY = 60;
const MINUTE = 60;

export interface RateLimits {
  /**
   * Counts a request to the key where there is one, else to the address.
   * @throws MailError HTTP_RATE_LIMITED, with `data.retryAfter` in seconds
   */
  count(key: string | undefined, address: string): Promise<void>;
}

/**
 * Counts live in this process, a minute from the first request on. Addresses have counters of their own: whoever floods us
 * without a key takes nothing from those who have one, from wherever they come.
 * @param keyed  false where there are no keys: then this machine is served as if it had one
 */
export function rateLimits({ limit, keyed }: { limit: number; keyed: boolean }): RateLimits {
  const keys = new RateLimiterMemory({ points: limit, duration: MINUTE });
  const addresses = new RateLimiterMemory({ points: keyed ? WITHOUT_KEY : limit, duration: MINUTE });
  return {
    async count(key, address) {
      const [limiter, name] = key === undefined ? [addresses, networkOf(address)] : [keys, key];
      await limiter.consume(name).catch((reason: unknown) => {
        // a rejection that is no error is the library's way to say no
        if (!(reason instanceof RateLimiterRes)) throw reason;
        throw rateLimited(limiter.points, key, keyed, Math.ceil(reason.msBeforeNext / 1000));
      });
    },
  };
}

function rateLimited(points: number, key: string | undefined, keyed: boolean, retryAfter: number): Error {
  const who = key === undefined ? "this address" : `the key ${key}`;
  const further =
    keyed && key === undefined
      ? "and send a valid API key"
      : "spread the requests, or raise GATEWAY_RATE_LIMIT";
  return httpError(
    "HTTP_RATE_LIMITED",
    `More than ${points} requests a minute came from ${who}.`,
    `Wait ${retryAfter} seconds, ${further}.`,
    { retryAfter },
  );
}
