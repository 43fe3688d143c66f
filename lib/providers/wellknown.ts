/** The other well-known services, as nodemailer lists them: host and port, put into our shape; nothing of it checked by us. */
import services from "nodemailer/lib/well-known/services.json" with { type: "json" };
import type { WellKnownServiceDefinition } from "nodemailer/lib/well-known";
import type { Provider, ProviderPort } from "./provider.ts";

/** A word as nodemailer compares them: letters, digits, dots and hyphens, in lower case. `Aruba PEC` is `arubapec`. */
export function normalizeWord(word: string): string {
  return word.replace(/[^a-zA-Z0-9.-]/g, "").toLowerCase();
}

function toProvider(key: string, service: WellKnownServiceDefinition, host: string): Provider {
  const { description = key, aliases = [], domains = [] } = service;
  return {
    id: normalizeWord(key),
    name: description,
    aliases: aliases.map(normalizeWord),
    host,
    ports: [toPort(service)],
    // One entry's domain is its web site.
    domains: domains.filter((domain) => !domain.startsWith("www.")),
    credential: "password",
    plainPassword: true,
    username: {
      en: "As the provider says, mostly the whole address.",
      "zh-CN": "以服务商说明为准，通常为完整的邮箱地址。",
    },
    password: {
      en: "As the provider says: the account's password, an app password or a key.",
      "zh-CN": "以服务商说明为准：可能是账号密码、应用专用密码或密钥。",
    },
    links: ["https://nodemailer.com/smtp/well-known-services"],
  };
}

/** The list's traps: a port may be a string, or missing (then 587); on 465 TLS is meant even where it is not said. */
function toPort(service: WellKnownServiceDefinition): ProviderPort {
  const port = Number(service.port ?? 587);
  if (service.secure || port === 465) return { port, security: "tls" };
  return { port, security: service.ignoreTLS ? "none" : "starttls" };
}

const list: Record<string, WellKnownServiceDefinition> = services;

/** All of nodemailer's services that have a host (MailDev, a program of one's own machine, has none). */
export const wellKnown: readonly Provider[] = Object.entries(list).flatMap(([key, service]) =>
  service.host ? [toProvider(key, service, service.host)] : [],
);
