/** Which SMTP servers there are: one from SMTP_URI, a preset or SMTP_HOST, then those of SMTP_FALLBACK_URIS. */
import type { Provider, ProviderPort } from "../providers/provider.ts";
import { providerOfHost } from "../providers/providers.ts";
import type { Secret } from "../secret.ts";
import type { Finding, TransportConfig } from "./config.ts";
import type { Report } from "./faults.ts";
import type { Reading } from "./reader.ts";
import type { SmtpUri, UriOptions } from "./uri.ts";
import type { Values, VariableName } from "./variables.ts";

/** A server as one of the dialects names it, before anything is decided about its protection. */
export interface Server {
  name: string;
  dialect: TransportConfig["dialect"];
  /** The variable that names it, where a URI does */
  uri?: "SMTP_URI" | "SMTP_FALLBACK_URIS";
  host: string;
  port: number;
  /** TLS from the first byte */
  tls: boolean;
  username?: string;
  password?: Secret;
  auth: TransportConfig["auth"];
  /** Given, or recognised by the host */
  provider?: Provider;
  options: UriOptions;
}

/** In the order in which they are tried; none when nothing is configured, which is no fault. */
export function serversOf(reading: Reading, report: Report): Server[] {
  const primary = primaryServer(reading, report);
  const fallbacks = (reading.values.SMTP_FALLBACK_URIS ?? []).map((uri, index) =>
    uriServer(
      uri,
      { name: `fallback${index + 1}`, dialect: "fallback", uri: "SMTP_FALLBACK_URIS", auth: "password" },
      report,
    ),
  );
  return [...(primary ? [primary] : []), ...fallbacks];
}

/** What a provider's port speaks, else what the port is registered for (RFC 8314 section 7.3, RFC 6409 section 3.1). */
export function portSecurity(
  port: number,
  provider: Provider | undefined,
): ProviderPort["security"] | undefined {
  const known = provider?.ports.find((one) => one.port === port)?.security;
  return known ?? ({ 465: "tls", 587: "starttls" } as const)[port];
}

/** What SMTP_URI takes the place of. */
const partVariables = [
  "SMTP_PROVIDER",
  "SMTP_HOST",
  "SMTP_PORT",
  "SMTP_TLS",
  "SMTP_USERNAME",
  "SMTP_PASSWORD",
] as const satisfies readonly VariableName[];

function primaryServer(reading: Reading, report: Report): Server | undefined {
  const { values, given } = reading;
  if (given("SMTP_URI")) {
    const ignored = partVariables.filter(given).join(", ");
    if (ignored) {
      report.findings.push({
        variable: "SMTP_URI",
        message: `SMTP_URI is set beside ${ignored}: the URI wins, the rest has no effect`,
        remedy: `Remove SMTP_URI, or ${ignored}.`,
      });
    }
    const place = { name: "primary", dialect: "uri", uri: "SMTP_URI", auth: values.SMTP_AUTH } as const;
    return values.SMTP_URI && uriServer(values.SMTP_URI, place, report);
  }
  if (!given("SMTP_PROVIDER") && !given("SMTP_HOST")) {
    checkStrays(reading, report);
    return undefined;
  }
  checkCredentials(reading, report);
  return given("SMTP_PROVIDER") ? presetServer(reading, report) : hostServer(reading);
}

type Place = Required<Pick<Server, "name" | "dialect" | "uri" | "auth">>;

function uriServer(uri: SmtpUri, place: Place, report: Report): Server {
  const fault = (expected: string, came: string) =>
    report.faults.push({ variable: place.uri, expected, came });
  const { username, password } = uri;
  if (place.auth === "oauth2" && username === undefined)
    fault("a user, since SMTP_AUTH=oauth2", "a URI without one");
  if (place.auth === "password" && username !== undefined && !password) {
    fault("a password behind the user, as in smtps://user:password@host", "a URI without one");
  }
  return { ...uri, ...place, provider: providerOfHost(uri.host) };
}

function hostServer({ values }: Reading): Server | undefined {
  const { SMTP_HOST: host, SMTP_PORT: port = 587, SMTP_TLS: tls = port === 465 } = values;
  if (host === undefined) return undefined;
  const provider = providerOfHost(host);
  return { name: "primary", dialect: "host", host, port, tls, provider, ...signIn(values), options: {} };
}

/** A preset fills in what SMTP_HOST, SMTP_PORT and SMTP_TLS leave open; a region is chosen by its host. */
function presetServer({ values }: Reading, report: Report): Server | undefined {
  const { SMTP_PROVIDER: provider } = values;
  if (!provider) return undefined;
  // SMTP_TLS alone chooses among the preset's ports
  const isWanted = ({ security }: ProviderPort) =>
    security !== "none" && (security === "tls") === values.SMTP_TLS;
  const wanted = provider.ports.find(isWanted) ?? provider.ports[0];
  const { SMTP_HOST: host = provider.host, SMTP_PORT: port = wanted?.port ?? 587 } = values;
  const { SMTP_TLS: tls = portSecurity(port, provider) === "tls" } = values;
  const ports = provider.ports.map((known) => known.port);
  const isForeign = host !== provider.host && providerOfHost(host)?.id !== provider.id;
  if (isForeign) report.findings.push(override("SMTP_HOST", host, provider, provider.host));
  if (!ports.includes(port)) report.findings.push(override("SMTP_PORT", port, provider, ports.join(", ")));
  return { name: "primary", dialect: "provider", host, port, tls, provider, ...signIn(values), options: {} };
}

function override(variable: VariableName, chosen: string | number, preset: Provider, known: string): Finding {
  return {
    variable,
    message: `${variable}=${chosen} is none of what the preset ${preset.id} knows (${known}), and wins over it`,
    remedy: `Remove ${variable}, unless it is meant.`,
  };
}

function signIn({ SMTP_USERNAME: username, SMTP_PASSWORD: password, SMTP_AUTH: auth }: Values) {
  return { username, password, auth };
}

/** User and password both or neither; with OAuth2 the user is enough. */
function checkCredentials({ values, given }: Reading, report: Report): void {
  const missing = (variable: VariableName, why: string) =>
    report.faults.push({ variable, expected: `a value, since ${why}`, came: "nothing" });
  const [user, password] = [given("SMTP_USERNAME"), given("SMTP_PASSWORD")];
  if (values.SMTP_AUTH === "oauth2" && !user) missing("SMTP_USERNAME", "SMTP_AUTH=oauth2");
  if (values.SMTP_AUTH === "oauth2" || user === password) return;
  const [absent, present] = user
    ? (["SMTP_PASSWORD", "SMTP_USERNAME"] as const)
    : (["SMTP_USERNAME", "SMTP_PASSWORD"] as const);
  missing(absent, `${present} is set (both or neither)`);
}

/** Parts of a server without the server. */
function checkStrays({ given }: Reading, report: Report): void {
  const strays = (["SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD"] as const).filter(given);
  if (strays.length > 0) {
    const expected = `the server's name, since ${strays.join(" and ")} is set (or SMTP_PROVIDER, or SMTP_URI)`;
    report.faults.push({ variable: "SMTP_HOST", expected, came: "nothing" });
  }
  if (given("SMTP_FALLBACK_URIS")) {
    const expected = "the first server, since SMTP_FALLBACK_URIS names further ones";
    report.faults.push({ variable: "SMTP_URI", expected, came: "nothing" });
  }
}
