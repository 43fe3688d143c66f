/** What stops the start: every fault of the settings at once, one line each. */
import type { Finding } from "./config.ts";

/** One setting that cannot be used. The two texts complete "expected …, got …" and show no secret. */
export interface ConfigFault {
  variable: string;
  expected: string;
  came: string;
}

/** What reading the settings brought to light, gathered so that all of it is told at once. */
export interface Report {
  faults: ConfigFault[];
  findings: Finding[];
}

/**
 * The settings cannot be used. The message has one line per fault, e.g.
 * `SMTP_PORT: expected a port from 1 to 65535, got "abc"`. It has no `cause`: errors of `new URL` hold the whole URI.
 */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];
  /** What else was noticed: a misspelt name often explains a fault */
  readonly findings: readonly Finding[];

  constructor(faults: readonly ConfigFault[], findings: readonly Finding[] = []) {
    super(
      faults
        .map(({ variable, expected, came }) => `${variable}: expected ${expected}, got ${came}`)
        .join("\n"),
    );
    this.name = "ConfigError";
    this.faults = faults;
    this.findings = findings;
  }
}
