/** Kinds of values that are keys: those of the gateway's clients, and the one that signs mail. */
import { createPrivateKey } from "node:crypto";
import { Secret } from "../secret.ts";
import type { ApiKey } from "./config.ts";
import { type Kind, type Note, type Parsed, refuse } from "./units.ts";

const scopes = ["send", "read", "manage"] as const;

/**
 * GATEWAY_API_KEYS: `name:secret[:scope+scope]`, comma-separated. A refusal names an entry by its number only: what stands
 * in the place of a name may be the secret.
 */
export const apiKeys: Kind<readonly ApiKey[]> = {
  expected: "name:secret or name:secret:scope+scope, comma-separated",
  parse(written) {
    const keys: ApiKey[] = [];
    const notes: Note[] = [];
    for (const entry of written.split(",").filter((item) => item.trim())) {
      const place = `in entry ${keys.length + 1}`;
      const parsed = parseKey(entry.trim());
      if ("refused" in parsed) return refuse(`${place} ${parsed.refused.expected}`);
      const { name, secret } = parsed.value;
      const twin = keys.findIndex((key) => key.name === name || key.secret.reveal() === secret.reveal());
      if (twin >= 0) return refuse(`${place} another name and secret than in entry ${twin + 1}`);
      keys.push(parsed.value);
      notes.push(...(parsed.notes ?? []));
    }
    return keys.length > 0 ? { value: keys, notes } : refuse();
  },
  show: (keys) => keys.map(({ name, scopes: granted }) => `${name}:***:${granted.join("+")}`).join(","),
};

function parseKey(entry: string): Parsed<ApiKey> {
  const [name = "", secret, words = "send+read", ...more] = entry.split(":");
  if (secret === undefined) return refuse("a name and a secret with a colon between");
  if (more.length > 0) return refuse("name:secret:scope+scope (no colon in the secret)");
  if (!/^[\w.-]{1,64}$/.test(name)) return refuse("a name of letters, digits, . _ and -");
  if (!/^[\x21-\x7e]+$/.test(secret)) return refuse("a secret of printable ASCII characters without spaces");
  const granted = scopes.filter((scope) => words.split("+").includes(scope));
  if (words.split("+").length !== granted.length) return refuse(`scopes out of ${scopes.join("+")}`);
  const notes: Note[] = [];
  if (secret.length < 16) {
    notes.push({
      message: `the secret of the key ${name} is shorter than 16 characters and can be guessed`,
      remedy: "Take a random one, e.g. from `openssl rand -base64 24`.",
    });
  }
  return { value: { name, secret: new Secret(secret), scopes: granted }, notes };
}

/** MAIL_DKIM_SELECTOR: labels of DNS (RFC 6376 section 3.1); often a date, so digits alone will do. */
export const dkimSelector: Kind<string> = {
  expected: "a selector such as mail or 2026",
  parse: (written) =>
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i.test(written) ? { value: written } : refuse(),
};

/** MAIL_DKIM_KEY: an RSA private key in PEM (RFC 8301 section 3.2: 1024 bits at least, 2048 should be). */
export const dkimKey: Kind<Secret> = {
  expected: "an RSA private key in PEM of at least 1024 bits, not encrypted",
  parse(written) {
    // Files of variables hold one line per value, so the line breaks of the PEM are often written as \n.
    const pem = written.replaceAll("\\n", "\n");
    try {
      const key = createPrivateKey(pem);
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      if (key.asymmetricKeyType !== "rsa") return refuse(undefined, `a key of type ${key.asymmetricKeyType}`);
      if (bits < 1024) return refuse(undefined, `a key of ${bits} bits`);
      const note: Note = {
        message: `the DKIM key has ${bits} bits where receivers ask for 2048`,
        remedy: "Make a new one: `openssl genrsa 2048`, and publish its public half in DNS.",
      };
      return { value: new Secret(pem), notes: bits < 2048 ? [note] : [] };
    } catch {
      return refuse(undefined, "a value that OpenSSL cannot read as such");
    }
  },
};
