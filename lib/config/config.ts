/** What the environment says, once read and validated: one frozen value that everything else is handed. */
import type { Mailbox } from "../message/message.ts";
import type { Secret } from "../secret.ts";
import { urlOf } from "../url.ts";

/**
 * How a connection is protected. `tls`: from the first byte. `starttls`: STARTTLS or nothing. `opportunistic`: STARTTLS
 * where offered, else in clear. `none`: in clear, even where STARTTLS is offered.
 */
export type Security = "tls" | "starttls" | "opportunistic" | "none";

/** Limits of one conversation, in milliseconds. */
export interface Timeouts {
  dns: number;
  connect: number;
  greeting: number;
  /** Silence after a command */
  command: number;
  /** Silence after the final dot: RFC 5321 section 4.5.3.2.6 asks for ten minutes */
  afterDot: number;
  /** The whole attempt, however busily the server drips */
  total: number;
}

/** One SMTP server and how to talk to it. Print it with `describeTransport`. */
export interface TransportConfig {
  /** `primary`, `fallback1`, … */
  name: string;
  host: string;
  port: number;
  security: Security;
  /** Credentials may cross without TLS: SMTP_ALLOW_CLEARTEXT_AUTH, in so many words */
  allowCleartextAuth: boolean;
  username?: string;
  password?: Secret;
  auth: "password" | "oauth2";
  /** Name of the preset, given or recognised by its host */
  provider?: string;
  /** Which variables made it, so that a fix names the right one */
  dialect: "uri" | "host" | "provider" | "fallback";
  tls: { servername?: string; ca?: string; ciphers?: string; minVersion?: "TLSv1.2" | "TLSv1.3" };
  timeouts: Timeouts;
  /** False: a new connection for each message */
  pool: boolean;
  maxConnections: number;
  /** Messages per connection */
  maxMessages: number;
  rateLimit?: number;
  rateDelta?: number;
  /** What EHLO says; default: this machine's name where that is a domain name, else its address literal */
  ehloName?: string;
}

/** A contradiction or an oddity that does not stop the start; shown by verify's `config` check and by `meshmail config`. */
export interface Finding {
  variable: string;
  /** What is odd, without a full stop */
  message: string;
  /** What to do about it: one sentence */
  remedy: string;
  fix?: { variable: string; value: string };
}

/** One row of `meshmail config`. */
export interface Setting {
  variable: string;
  /** As shown: secrets masked */
  value: string;
  /** `environment`, `.env`, `file /run/secrets/x`, `default`, `preset qq`, `SMTP_URI` … */
  origin: string;
  /** What this value took the place of, e.g. `.env` or `SMTP_HOST` */
  overrides?: string;
  meaning: string;
}

export interface ApiKey {
  name: string;
  secret: Secret;
  scopes: readonly ("send" | "read" | "manage")[];
}

export interface Config {
  /** In the order in which they are tried; empty: not configured */
  transports: readonly TransportConfig[];
  /** From SMTP_SENDER, else the user name where that is an address */
  sender?: Mailbox;
  /** `network`: the file may lie on a network file system */
  outbox: { kind: "sqlite"; path: string; network: boolean } | { kind: "memory" } | { kind: "jetstream" };
  /** Durations in milliseconds, sizes in bytes */
  mail: {
    sendWait: number;
    /** Delays after counted failures; the last repeats */
    retrySchedule: readonly number[];
    /** True when MAIL_RETRY_SCHEDULE was set: then no floors for greylisting or ambiguity */
    retryScheduleIsOwn: boolean;
    retryFor: number;
    retention: number;
    keepBodies: boolean;
    outboxLimit: number;
    maxSize: number;
    maxRecipients: number;
    probe: boolean;
    /** Folder of own templates */
    templates?: string;
    /** BCP 47: the language of letters where no other one is asked for and there */
    locale: string;
  };
  dkim?: { domain: string; selector: string; key: Secret };
  brand: { name?: string; logo?: string; color?: string; footer?: string; support?: string };
  adminWebUrl?: string;
  gateway: {
    enabled: boolean;
    host: string;
    port: number;
    apiKeys: readonly ApiKey[];
    cors: readonly string[];
    trustProxy: number;
    rateLimit: number;
  };
  /** What this node runs */
  services: readonly ("mail" | "gateway")[];
  findings: readonly Finding[];
  settings: readonly Setting[];
}

/** Printable without secrets: `smtps://smtp.qq.com:465 (qq, user m***@qq.com)`. */
export function describeTransport(transport: TransportConfig): string {
  const scheme = transport.security === "tls" ? "smtps" : "smtp";
  const notes = [transport.provider, transport.username && `user ${maskUser(transport.username)}`].filter(
    Boolean,
  );
  return `${urlOf(transport, scheme)}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}

/** `m***@qq.com`; a user name that is no address keeps its first letter only. */
export function maskUser(username: string): string {
  const at = username.lastIndexOf("@");
  return `${username.slice(0, 1)}***${at > 0 ? username.slice(at) : ""}`;
}
