/** Settings for tests: as `loadConfig` would make them, pointed at scripted servers. */
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import type { Config, TransportConfig } from "../../lib/config/config.ts";

/** Sender me@example.com, delays of 50 ms; `env` lies over it. */
export function configFor(transports: readonly TransportConfig[], env: Record<string, string> = {}): Config {
  const config = loadConfig(
    environmentOf({
      SMTP_HOST: "127.0.0.1",
      SMTP_SENDER: "Me <me@example.com>",
      MAIL_RETRY_SCHEDULE: "50ms",
      MAIL_OUTBOX: "memory",
      ...env,
    }),
  );
  return { ...config, transports };
}
