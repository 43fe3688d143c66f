/** SMTP_URI: a server, its credentials and a few options in one line, read without ever showing what must stay secret. */
import { Secret } from "../secret.ts";
import { maskUser } from "./config.ts";
import { nearest } from "../nearest.ts";
import {
  boolean,
  hasControls,
  integer,
  type Kind,
  normalHost,
  type Note,
  type Parsed,
  quote,
  refuse,
  words,
} from "./units.ts";
import { printHost } from "../url.ts";

export interface SmtpUri {
  /** `smtps`: TLS from the first byte */
  tls: boolean;
  host: string;
  port: number;
  username?: string;
  password?: Secret;
  options: UriOptions;
}

type OptionName = keyof typeof optionKinds;
export type UriOptions = { [N in OptionName]?: (typeof optionKinds)[N] extends Kind<infer T> ? T : never };

/** What EHLO says goes on the wire as it is: a domain or an address literal, nothing else (RFC 5321 section 4.1.3). */
const ehloName: Kind<string> = {
  expected: "a domain name or an address in brackets",
  parse: (written) =>
    /^([a-z0-9.-]{1,253}|\[[a-f0-9.:]+\])$/i.test(written) ? { value: written } : refuse(),
};

const milliseconds = integer(1, 3_600_000, "milliseconds");

/**
 * All there is: the documented list. Libraries take any of their settings from a URI, `disableFileAccess=false` and
 * `tls.rejectUnauthorized=false` included, so whoever writes the URI could switch off what protects us.
 */
const optionKinds = {
  pool: boolean,
  maxConnections: integer(1, 1000),
  maxMessages: integer(1, 1_000_000),
  rateLimit: integer(1, 1_000_000),
  rateDelta: milliseconds,
  name: ehloName,
  connectionTimeout: milliseconds,
  greetingTimeout: milliseconds,
  socketTimeout: milliseconds,
  requireTLS: boolean,
  ignoreTLS: boolean,
} satisfies Record<string, Kind<unknown>>;

/** Where to turn with what other programs put into the URI. */
const elsewhere: Readonly<Record<string, string>> = {
  secure: "smtps:// or smtp:// says it",
  "tls.rejectUnauthorized": "for a private CA there is SMTP_TLS_CA_FILE",
  "tls.ca": "there is SMTP_TLS_CA_FILE",
  "tls.servername": "there is SMTP_TLS_SERVERNAME",
  "tls.ciphers": "there is SMTP_CIPHER_SPEC",
  "tls.minVersion": "there is SMTP_CIPHER_SPEC",
};

const form = "smtps://user:password@host:port";

export const smtpUri: Kind<SmtpUri> = { expected: form, parse: parseUri, show: printUri };

/** SMTP_FALLBACK_URIS: several, separated by spaces or commas. */
export const smtpUris: Kind<readonly SmtpUri[]> = {
  expected: `${form}, several separated by spaces or commas`,
  parse(written) {
    const uris: SmtpUri[] = [];
    const notes: Note[] = [];
    for (const [index, item] of words(written).entries()) {
      const parsed = parseUri(item);
      if ("refused" in parsed) {
        const { expected = form, came } = parsed.refused;
        return refuse(
          `in entry ${index + 1} ${expected}`,
          `${came} (a space or comma in a password is written %20 or %2C)`,
        );
      }
      uris.push(parsed.value);
      notes.push(...(parsed.notes ?? []));
    }
    return { value: uris, notes };
  },
  show: (uris) => uris.map(printUri).join(" "),
};

/** Printable without secrets: `smtps://m***@qq.com:***@smtp.qq.com:465/?pool=true`. */
function printUri({ tls, host, port, username, password, options }: SmtpUri): string {
  const user = username === undefined ? "" : `${maskUser(username)}${password ? ":***" : ""}@`;
  const query = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return `${tls ? "smtps" : "smtp"}://${user}${printHost(host)}:${port}${query.length > 0 ? `/?${query.join("&")}` : ""}`;
}

/**
 * Reads a URI with the WHATWG parser, which takes a raw `@`, space or `ä` in user and password as they are meant. A raw `/`,
 * `?` or `#` ends the authority for it, so it would take the front of a password for the host: that is told before.
 * What is refused is never shown between `://` and the last `@`; errors of `new URL` hold the whole and are dropped.
 */
function parseUri(uri: string): Parsed<SmtpUri> {
  const written = uri.trim();
  const [, scheme = "", authority = "", rest = ""] =
    /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(written) ?? [];
  const masked = `${scheme.toLowerCase()}://***`;
  if (hasControls(written))
    return refuse(`${form} in one line`, "a value with line breaks or control characters");
  if (scheme === "") return refuse(`${form}, beginning with smtps:// or smtp://`, "a value without a scheme");
  if (!/^smtps?$/i.test(scheme)) return refuse(`${form}: smtps or smtp before the ://`, masked);
  if (/[@#]/.test(rest)) {
    const escapes = "%23 for #, %2F for /, %3F for ?, %25 for %";
    return refuse(
      `${form} with user and password percent-encoded (write ${escapes})`,
      `${masked} with a raw #, / or ? in it`,
    );
  }
  const url = URL.parse(written);
  const host = normalHost(decode(url?.hostname ?? "").text);
  if (!url || host === undefined || url.port === "0") return refuseServer(authority, masked);
  if (!/^\/?$/.test(url.pathname))
    return refuse("nothing but /?options after host and port", `${masked} with a path`);
  const username = decode(url.username);
  const password = decode(url.password);
  if (hasControls(username.text + password.text)) {
    return refuse("user and password without control characters, encoded ones included", masked);
  }
  if (password.text && !username.text)
    return refuse(`${form}: a user before the password`, `${masked} without a user`);
  const options = parseOptions(url.searchParams, masked);
  if ("refused" in options) return options;
  const tls = url.protocol === "smtps:";
  const value: SmtpUri = {
    tls,
    host,
    port: url.port ? Number(url.port) : tls ? 465 : 587,
    ...(username.text && { username: username.text }),
    ...(password.text && { password: new Secret(password.text) }),
    options: options.value,
  };
  return { value, notes: username.raw || password.raw ? [rawPercent] : [] };
}

/** Why there is no host or no port to be had. Without an `@` all of it may be the front of a password: nothing is shown. */
function refuseServer(authority: string, masked: string): Parsed<never> {
  const server = authority.slice(authority.lastIndexOf("@") + 1);
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(server) ?? [];
  if (name === "") return refuse(`${form}: a host behind the @`, `${masked} without a host`);
  if (port === undefined || normalHost(name) === undefined) {
    return refuse(
      "a host name or an IP address (IPv6 in brackets)",
      `${masked} with something else for a host`,
    );
  }
  const expected = "a port from 1 to 65535 after the host";
  const hint = authority.includes("@") ? "" : ", or user:password@ before it";
  return refuse(expected + hint, `${masked} with something else for a port`);
}

function parseOptions(query: URLSearchParams, masked: string): Parsed<UriOptions> {
  const options: Record<string, unknown> = {};
  const names = Object.keys(optionKinds);
  for (const [name, written] of query) {
    if (!isOption(name)) {
      const guess = nearest(name, names);
      const hint = elsewhere[name] ?? (guess ? `did you mean ${guess}?` : `known are ${names.join(", ")}`);
      const shown = /^[a-z.]{1,40}$/i.test(name) ? `the option ${name}` : "an option of another name";
      return refuse(`only known options (${hint})`, `${masked} with ${shown}`);
    }
    if (Object.hasOwn(options, name)) return refuse(`the option ${name} once`, `${masked} with it twice`);
    const parsed = optionKinds[name].parse(written);
    if ("refused" in parsed)
      return refuse(`${optionKinds[name].expected} for the option ${name}`, quote(written));
    options[name] = parsed.value;
  }
  if (options.requireTLS && options.ignoreTLS)
    return refuse("requireTLS or ignoreTLS", `${masked} with both`);
  return { value: options };
}

const isOption = (name: string): name is OptionName => Object.hasOwn(optionKinds, name);

const rawPercent: Note = {
  message: "a % in user or password begins no percent-encoding; it is read as the character itself",
  remedy: "Write %25 for a %.",
};

/** Percent-decodes what can be decoded; `raw` tells of a `%` that begins no encoding of UTF-8 and stays as it is. */
function decode(encoded: string): { text: string; raw: boolean } {
  let raw = false;
  const text = encoded.replace(/(?:%[0-9a-f]{2})+|%/gi, (sequence) => {
    try {
      return decodeURIComponent(sequence);
    } catch {
      raw = true;
      return sequence;
    }
  });
  return { text, raw };
}
