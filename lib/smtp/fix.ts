/** The one setting to change, where a fault tells it: which variable, which value, and the sentence that says so. */
import type { TransportConfig } from "../config/config.ts";
import type { Provider, ProviderPort } from "../providers/provider.ts";
import { unreachable } from "./patterns.ts";
import type { Fault, Localized, Problem, SmtpProblemType } from "./problem.ts";
import { printHost } from "../url.ts";

interface Fix {
  fix: NonNullable<Problem["fix"]>;
  sentence: Localized;
}

/** A way to the same server that should work, and the variable that leads there where each has its own. */
interface Way {
  variable: "SMTP_PORT" | "SMTP_TLS" | "SMTP_OPPORTUNISTIC_TLS";
  port: number;
  tls: boolean;
}

/**
 * What to set so that this fault goes away; undefined where that is not known. Where one URI holds everything, the value is
 * the whole URI with `<username>` and `<password>` to be filled in: never a secret.
 */
export function findFix(
  type: SmtpProblemType,
  fault: Fault,
  transport: TransportConfig | undefined,
  provider: Provider | undefined,
): Fix | undefined {
  if (!transport) return undefined;
  const way =
    type === "SMTP_TLS_MODE_MISMATCH"
      ? otherMode(fault, transport)
      : otherPort(type, fault, transport, provider);
  return way && settingFor(way, transport);
}

/** A port worth trying beside the transport's own: one that the provider lists, else the usual ones. */
export function portToTry(transport: TransportConfig | undefined, provider: Provider | undefined): number {
  const listed = provider && safePorts(provider).find(({ port }) => port !== transport?.port);
  return listed?.port ?? (transport?.port === 587 ? 465 : 587);
}

/** What we did was wrong, so the opposite is right; a reply that wants STARTTLS tells that we may not use it. */
function otherMode(fault: Fault, { port, security }: TransportConfig): Way | undefined {
  if (!fault.reply) return { variable: "SMTP_TLS", port, tls: security !== "tls" };
  return security === "none" ? { variable: "SMTP_OPPORTUNISTIC_TLS", port, tls: false } : undefined;
}

function otherPort(
  type: SmtpProblemType,
  fault: Fault,
  { port }: TransportConfig,
  provider: Provider | undefined,
): Way | undefined {
  const listed = provider ? safePorts(provider) : [];
  const isListed = listed.some((known) => known.port === port);
  if (type === "SMTP_STARTTLS_UNAVAILABLE") {
    return to(
      listed.find((known) => known.security === "tls" && known.port !== port) ??
        (isListed ? undefined : listed[0]),
    );
  }
  const noConnection = type === "SMTP_CONNECTION_REFUSED" || type === "SMTP_CONNECTION_TIMEOUT";
  if (!noConnection || unreachable.test(fault.cause ?? "")) return undefined;
  if (provider) return to(isListed && port !== 25 ? undefined : listed.find((known) => known.port !== port));
  // many hosters let nothing out through 25; 587 is where clients belong (RFC 6409)
  return type === "SMTP_CONNECTION_TIMEOUT" && port === 25
    ? to({ port: 587, security: "starttls" })
    : undefined;
}

function to(found: ProviderPort | undefined): Way | undefined {
  return found && { variable: "SMTP_PORT", port: found.port, tls: found.security === "tls" };
}

function safePorts({ ports }: Provider): ProviderPort[] {
  return ports.filter(({ security }) => security !== "none");
}

function settingFor(way: Way, transport: TransportConfig): Fix {
  if (transport.dialect === "uri" || transport.dialect === "fallback") return inUri(way, transport);
  const { variable, port, tls } = way;
  if (variable === "SMTP_PORT") {
    return {
      fix: { variable, value: String(port) },
      sentence: {
        en: `Set SMTP_PORT to ${port}, with SMTP_TLS=${tls}.`,
        "zh-CN": `请将 SMTP_PORT 设为 ${port}，并设 SMTP_TLS=${tls}。`,
      },
    };
  }
  const value = String(variable === "SMTP_OPPORTUNISTIC_TLS" || tls);
  return {
    fix: { variable, value },
    sentence: { en: `Set ${variable} to ${value}.`, "zh-CN": `请将 ${variable} 设为 ${value}。` },
  };
}

function inUri({ port, tls }: Way, { dialect, host, username, password }: TransportConfig): Fix {
  const login =
    username === undefined ? "" : password === undefined ? "<username>@" : "<username>:<password>@";
  const value = `${tls ? "smtps" : "smtp"}://${login}${printHost(host)}:${port}/`;
  if (dialect === "fallback") {
    const sentence = {
      en: `In SMTP_FALLBACK_URIS, write this server as ${value}`,
      "zh-CN": `请在 SMTP_FALLBACK_URIS 中将该服务器写为 ${value}`,
    };
    return { fix: { variable: "SMTP_FALLBACK_URIS", value }, sentence };
  }
  const sentence = { en: `Set SMTP_URI to ${value}`, "zh-CN": `请将 SMTP_URI 设为 ${value}` };
  return { fix: { variable: "SMTP_URI", value }, sentence };
}
