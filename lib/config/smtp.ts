/** How each SMTP server is talked to: protection, limits, and what about its settings contradicts itself. */
import type { Finding, Security, Timeouts, TransportConfig } from "./config.ts";
import type { Report } from "./faults.ts";
import type { Reading } from "./reader.ts";
import { portSecurity, type Server, serversOf } from "./servers.ts";
import type { UriOptions } from "./uri.ts";
import type { Values, VariableName } from "./variables.ts";

const defaultTimeouts: Timeouts = {
  dns: 10_000,
  connect: 15_000,
  greeting: 30_000,
  command: 60_000,
  afterDot: 600_000,
  total: 900_000,
};

/** The servers in the order in which they are tried; none when nothing is configured, which is no fault. */
export function transportConfigs(reading: Reading, report: Report): TransportConfig[] {
  const { values, given } = reading;
  if (values.SMTP_AUTH === "password" && given("SMTP_OAUTH2_CLIENT_ID")) {
    report.findings.push({
      variable: "SMTP_OAUTH2_CLIENT_ID",
      message: "SMTP_OAUTH2_CLIENT_ID is set, but SMTP_AUTH is password: OAuth2 is not used",
      remedy: "Set SMTP_AUTH=oauth2, or remove the SMTP_OAUTH2_… variables.",
      fix: { variable: "SMTP_AUTH", value: "oauth2" },
    });
  }
  return serversOf(reading, report).map((server) => toTransport(server, values, report));
}

function toTransport(server: Server, values: Values, report: Report): TransportConfig {
  const { name, dialect, host, port, auth, username, password, provider, options } = server;
  checkCleartext(server, values, report);
  const security = securityOf(server, values);
  const oddities = [portMismatch, portInClear, oauth2Only, unusedPassword, idleRateDelta, cleartextAuth];
  report.findings.push(...oddities.flatMap((oddity) => oddity(server, security) ?? []));
  return {
    name,
    host,
    port,
    security,
    allowCleartextAuth: values.SMTP_ALLOW_CLEARTEXT_AUTH,
    username,
    password: auth === "password" ? password : undefined,
    auth,
    provider: provider?.id,
    dialect,
    tls: {
      ...values.SMTP_CIPHER_SPEC,
      ca: values.SMTP_TLS_CA_FILE,
      // It is the name in the first server's certificate; further servers have names of their own.
      servername: dialect === "fallback" ? undefined : values.SMTP_TLS_SERVERNAME,
    },
    timeouts: timeoutsOf(options),
    pool: options.pool ?? true,
    maxConnections: options.maxConnections ?? 5,
    maxMessages: options.maxMessages ?? 100,
    rateLimit: options.rateLimit,
    rateDelta: options.rateDelta,
    ehloName: options.name,
  };
}

/**
 * Credentials make TLS a must, on loopback too, unless SMTP_ALLOW_CLEARTEXT_AUTH says otherwise. The names of the
 * results are explained at {@link Security}.
 */
function securityOf({ tls, username, options, dialect }: Server, values: Values): Security {
  if (tls) return "tls";
  if (options.requireTLS) return "starttls";
  if (username !== undefined && !values.SMTP_ALLOW_CLEARTEXT_AUTH) return "starttls";
  return options.ignoreTLS || !isOpportunistic(dialect, values) ? "none" : "opportunistic";
}

/** SMTP_OPPORTUNISTIC_TLS speaks of the first server; the URIs of the others say it themselves. */
function isOpportunistic(dialect: Server["dialect"], values: Values): boolean {
  return dialect === "fallback" || values.SMTP_OPPORTUNISTIC_TLS;
}

/** Asking to do without TLS beside credentials stops the start: obeyed it gives the password away, else it is a lie. */
function checkCleartext({ uri, username, options, dialect }: Server, values: Values, report: Report): void {
  if (username === undefined || values.SMTP_ALLOW_CLEARTEXT_AUTH) return;
  const refuse = (variable: string, expected: string, came: string) =>
    report.faults.push({ variable, expected: `${expected} (or SMTP_ALLOW_CLEARTEXT_AUTH=true)`, came });
  const required = "TLS, which user and password require";
  if (uri && options.ignoreTLS) refuse(uri, `${required}, so no ignoreTLS`, "ignoreTLS=true");
  if (uri && options.requireTLS === false)
    refuse(uri, `${required}, so no requireTLS=false`, "requireTLS=false");
  if (!isOpportunistic(dialect, values) && !options.requireTLS)
    refuse("SMTP_OPPORTUNISTIC_TLS", `${required}: true, or no value`, "false");
}

/**
 * nodemailer's three time-outs, as its users mean them: `socketTimeout` is silence at any time, so it holds after the final
 * dot too, although giving up early there can deliver a message twice.
 */
function timeoutsOf({ connectionTimeout, greetingTimeout, socketTimeout }: UriOptions): Timeouts {
  return {
    ...defaultTimeouts,
    connect: connectionTimeout ?? defaultTimeouts.connect,
    greeting: greetingTimeout ?? defaultTimeouts.greeting,
    command: socketTimeout ?? defaultTimeouts.command,
    afterDot: socketTimeout ?? defaultTimeouts.afterDot,
    total: Math.max(defaultTimeouts.total, socketTimeout ?? 0),
  };
}

/* Oddities of one server that do not stop the start; verify shows what comes of them. */

interface Oddity {
  /** The variable, where the server is given in parts */
  part: VariableName;
  message: string;
  remedy: string;
  /** What to set the part to; a URI would have to be shown whole, so there the remedy alone says it */
  value?: string;
}

function findingAt({ uri, name, dialect }: Server, { part, message, remedy, value }: Oddity): Finding {
  const place = dialect === "fallback" ? `${name}: ` : "";
  const fix = !uri && value !== undefined && { fix: { variable: part, value } };
  return { variable: uri ?? part, message: place + message, remedy, ...fix };
}

const meaning = (secure: boolean): string => (secure ? "TLS from the first byte" : "STARTTLS");

function portMismatch(server: Server): Finding | undefined {
  const { uri, tls, port, provider } = server;
  const spoken = portSecurity(port, provider);
  if (spoken === undefined || spoken === "none" || tls === (spoken === "tls")) return undefined;
  const word = (secure: boolean) => (uri ? `${secure ? "smtps" : "smtp"}://` : `SMTP_TLS=${secure}`);
  return findingAt(server, {
    part: "SMTP_TLS",
    message: `${word(tls)} means ${meaning(tls)}, but servers expect ${meaning(!tls)} on port ${port}`,
    remedy: `Use ${word(!tls)} with port ${port}, or ${word(tls)} with port ${tls ? 465 : 587}.`,
    value: String(!tls),
  });
}

function portInClear(server: Server): Finding | undefined {
  const { provider, port } = server;
  if (portSecurity(port, provider) !== "none") return undefined;
  const better = provider?.ports.find(({ security }) => security !== "none")?.port ?? 465;
  const message = `${provider?.name} offers no encryption on port ${port}`;
  return findingAt(server, {
    part: "SMTP_PORT",
    message,
    remedy: `Use port ${better}.`,
    value: String(better),
  });
}

function oauth2Only({ provider, auth }: Server): Finding | undefined {
  if (auth === "oauth2" || provider?.plainPassword !== false) return undefined;
  return {
    variable: "SMTP_AUTH",
    message: `${provider.name} takes OAuth2 only: passwords are refused, app passwords too`,
    remedy: "Set SMTP_AUTH=oauth2 and the SMTP_OAUTH2_… variables, or use another provider.",
    fix: { variable: "SMTP_AUTH", value: "oauth2" },
  };
}

function unusedPassword(server: Server): Finding | undefined {
  if (server.auth === "password" || !server.password) return undefined;
  const message = "with SMTP_AUTH=oauth2 the password is not used";
  return findingAt(server, { part: "SMTP_PASSWORD", message, remedy: "Remove the password." });
}

function idleRateDelta(server: Server): Finding | undefined {
  const { rateLimit, rateDelta } = server.options;
  if (rateDelta === undefined || rateLimit !== undefined) return undefined;
  const message = "rateDelta has no effect without rateLimit";
  return findingAt(server, {
    part: "SMTP_URI",
    message,
    remedy: "Add rateLimit, the messages per rateDelta.",
  });
}

function cleartextAuth({ username, host, port }: Server, security: Security): Finding | undefined {
  if (username === undefined || security === "tls" || security === "starttls") return undefined;
  return {
    variable: "SMTP_ALLOW_CLEARTEXT_AUTH",
    message: `user and password may go to ${host}:${port} unencrypted`,
    remedy: "Remove SMTP_ALLOW_CLEARTEXT_AUTH, unless the way there is safe by itself.",
  };
}
