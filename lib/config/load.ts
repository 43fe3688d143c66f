/** From the environment to one frozen Config, or to one error that names every fault. */
import type { Config } from "./config.ts";
import type { Environment } from "./environment.ts";
import { settingsOf } from "./explain.ts";
import { ConfigError, type Report } from "./faults.ts";
import { gatewayConfig } from "./gateway.ts";
import { brandConfig, dkimConfig, mailConfig, senderConfig } from "./mail.ts";
import { readVariables, reportUnknown } from "./reader.ts";
import { transportConfigs } from "./smtp.ts";

/**
 * Reads, checks and freezes the settings. Contradictions and oddities become `findings`; the service starts with them.
 * @throws ConfigError with a line for each setting that is unreadable, unsafe or missing its counterpart
 */
export function loadConfig(environment: Environment): Config {
  const report: Report = { faults: [], findings: [] };
  const reading = readVariables(environment, report);
  const { values } = reading;
  reportUnknown(environment, report);
  const transports = transportConfigs(reading, report);
  const sender = senderConfig(reading, transports[0]);
  const config: Config = {
    transports,
    sender,
    outbox: values.MAIL_OUTBOX,
    mail: mailConfig(reading, report),
    dkim: dkimConfig(reading, report),
    brand: brandConfig(reading),
    adminWebUrl: values.ADMIN_WEB_URL,
    gateway: gatewayConfig(reading, report),
    services: values.SERVICES,
    findings: report.findings,
    settings: settingsOf(reading, { transports, sender }),
  };
  if (report.faults.length > 0) throw new ConfigError(report.faults, report.findings);
  return deepFreeze(config);
}

/** Freezes plain objects and arrays all the way down; a Secret is immutable by itself. */
function deepFreeze<T>(value: T): T {
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value ?? "") === Object.prototype;
  if (isPlain && !Object.isFrozen(value)) Object.values(Object.freeze(value) as object).forEach(deepFreeze);
  return value;
}
