/** Loading settings in tests: from a plain record, and the lines of the error that they bring. */
import { environmentOf } from "../../../lib/config/environment.ts";
import type { ConfigError } from "../../../lib/config/faults.ts";
import { loadConfig } from "../../../lib/config/load.ts";

export type Written = Readonly<Record<string, string | undefined>>;

export const load = (values: Written) => loadConfig(environmentOf(values));

/** The first server of these settings; fails the test where there is none. */
export function primaryOf(values: Written) {
  const [primary] = load(values).transports;
  if (!primary) throw new Error("these settings make no transport");
  return primary;
}

/** The error of settings that must not load. */
export function errorOf(values: Written): ConfigError {
  try {
    load(values);
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error("these settings load");
}

/** Its lines, one per fault. */
export const faultsOf = (values: Written): string[] => errorOf(values).message.split("\n");

/** The findings as `VARIABLE: message`. */
export const findingsOf = (values: Written): string[] =>
  load(values).findings.map(({ variable, message }) => `${variable}: ${message}`);
