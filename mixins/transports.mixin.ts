/** Gives a service its SMTP servers as `this.transports`: opened at start, hung up once at stop. */
import { loadConfig } from "../lib/config/load.ts";
import { readEnvironment } from "../lib/config/environment.ts";
import { type Config, describeTransport } from "../lib/config/config.ts";
import { openTransports, type Transports } from "../lib/smtp/transports.ts";
import type { SessionOptions } from "../lib/smtp/session.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";

export interface TransportsVars {
  config: Config;
  transports: Transports;
}

export interface TransportsOptions {
  /** @default read from the environment when the service is created */
  config?: Config;
  session?: SessionOptions;
  /** Opens something else instead, for tests. @default openTransports */
  open?: (config: Config, session?: SessionOptions) => Transports;
}

export function transportsMixin(options: TransportsOptions = {}): Mixin {
  return defineMixin<object, TransportsVars>({
    created() {
      this.config = options.config ?? loadConfig(readEnvironment());
      this.transports = (options.open ?? openTransports)(this.config, options.session);
    },

    started() {
      for (const { variable, message, remedy } of this.config.findings) {
        this.logger.warn(`${variable}: ${message}. ${remedy}`);
      }
      this.transports.policy.watch((change, { name, server, problem }) => {
        const why = problem ? `: ${problem.message}. ${problem.remedy}` : ".";
        if (change === "down") this.logger.warn(`${name}, ${server}, is down${why}`);
        else this.logger.info(`${name}, ${server}, is up again.`);
      });
      const servers = this.config.transports.map(describeTransport);
      if (servers.length > 0) this.logger.info(`SMTP: ${servers.join(", then ")}`);
      else
        this.logger.warn(
          "No SMTP server is configured: mail.send refuses with MAIL_NOT_CONFIGURED. Set SMTP_URI.",
        );
    },

    stopped() {
      this.transports.close();
    },
  });
}
