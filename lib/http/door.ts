/** The gateway's door: what is refused of any request, and who may ask for a route. Nothing of a body has been read by then. */
import type { IncomingMessage } from "node:http";
import type { Config } from "../config/config.ts";
import { refuseAmbiguous } from "./ambiguous.ts";
import { clientAddress } from "./client-address.ts";
import { isAllowedOrigin } from "./cors.ts";
import { isLocal, refuseStrangers } from "./host.ts";
import { openKeys } from "./keys.ts";
import { headersTooLarge } from "./problem.ts";
import { rateLimits } from "./rate-limit.ts";
import type { Route } from "./route.ts";

export interface Door {
  /** False where there are no keys: then only this machine is served */
  readonly isKeyed: boolean;
  /**
   * Looks at what every request has, whatever it asks for.
   * @throws MailError HTTP_BAD_REQUEST, HTTP_HEADERS_TOO_LARGE, HTTP_FORBIDDEN
   */
  check(request: IncomingMessage): void;
  /**
   * Counts the request, and lets it pass if it may ask for this.
   * @returns the name of the key that it came with, where one is needed
   * @throws MailError HTTP_UNAUTHORIZED, HTTP_FORBIDDEN, HTTP_RATE_LIMITED
   */
  admit(
    route: Pick<Route, "scope" | "isUnlimited" | "openOnLoopback">,
    request: IncomingMessage,
  ): Promise<string | undefined>;
}

/** Far more than browsers and proxies send; Node would silently drop those beyond 2,000. */
const HEADER_LINES = 64;

export function openDoor({ apiKeys, rateLimit, trustProxy, cors }: Config["gateway"]): Door {
  const keys = openKeys(apiKeys);
  const limits = rateLimits({ limit: rateLimit, keyed: keys.areSet });
  return {
    isKeyed: keys.areSet,

    check(request) {
      refuseAmbiguous(request);
      if (request.rawHeaders.length > 2 * HEADER_LINES) {
        throw headersTooLarge(`There are more than ${HEADER_LINES} header lines.`);
      }
      if (keys.areSet) return;
      const address = clientAddress(request, trustProxy);
      refuseStrangers(request, { address, isAllowedOrigin: isAllowedOrigin(cors, request) });
    },

    async admit({ scope, isUnlimited, openOnLoopback }, request) {
      if (!scope || (openOnLoopback && isLocal(request))) return undefined;
      const { authorization } = request.headers;
      const key = keys.recognize(authorization);
      // who has no key is counted everywhere: that is how one would be guessed
      if (!isUnlimited || (keys.areSet && key === undefined)) {
        await limits.count(key, clientAddress(request, trustProxy));
      }
      keys.demand(scope, key, authorization);
      return key;
    },
  };
}
