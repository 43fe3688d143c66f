/** The rows of `meshmail config`: what each variable comes to, where that came from, and what it took the place of. */
import { type Config, maskUser, type Setting } from "./config.ts";
import type { Reading } from "./reader.ts";
import { printMailbox } from "./sender.ts";
import { variableNames, type VariableName, variables } from "./variables.ts";

/** One row per variable, in the order of the table; nothing secret in any. An unset variable without default is empty. */
export function settingsOf(reading: Reading, config: Pick<Config, "transports" | "sender">): Setting[] {
  const derived = derivedOf(config);
  return variableNames.map((variable) => {
    const { given, shown, origin, overrides } = reading.sources[variable];
    const { meaning } = variables[variable];
    const better = derived[variable];
    if (better && (better.wins || !given)) {
      const { value } = better;
      return { variable, value, origin: better.origin, ...(given && { overrides: variable }), meaning };
    }
    return { variable, value: shown, origin, ...(overrides && { overrides }), meaning };
  });
}

interface Derived {
  value: string;
  origin: string;
  /** Also over a value that was given */
  wins: boolean;
}

/** What one setting makes of others: the parts of a URI, a preset's host, the port that follows from nothing said. */
function derivedOf({ transports: [primary], sender }: Pick<Config, "transports" | "sender">) {
  const derived: Partial<Record<VariableName, Derived>> = {};
  if (!primary) return derived;
  const { dialect, host, port, security, username, password, provider } = primary;
  const wins = dialect === "uri";
  const source = wins ? "SMTP_URI" : dialect === "provider" ? `preset ${provider}` : "default";
  const derive = (name: VariableName, value: string, origin = source): void => {
    derived[name] = { value, origin, wins };
  };
  derive("SMTP_HOST", host);
  derive("SMTP_PORT", String(port));
  derive("SMTP_TLS", String(security === "tls"));
  derive("SMTP_USERNAME", username === undefined ? "" : maskUser(username));
  derive("SMTP_PASSWORD", password ? "***" : "");
  derive("SMTP_PROVIDER", provider ?? "", wins ? "SMTP_URI" : "SMTP_HOST");
  const from = wins ? "SMTP_URI" : "SMTP_USERNAME";
  if (sender) derived.SMTP_SENDER = { value: printMailbox(sender), origin: from, wins: false };
  return derived;
}
