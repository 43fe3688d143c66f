/** Every environment variable there is: the one table that the reader walks and that `meshmail config` and the docs show. */
import { findProvider, suggestProviders } from "../providers/providers.ts";
import type { Provider } from "../providers/provider.ts";
import { Secret } from "../secret.ts";
import { type Config, maskUser } from "./config.ts";
import { apiKeys, dkimKey, dkimSelector } from "./keys.ts";
import { sender } from "./sender.ts";
import { caFile, cipherSpec } from "./tls.ts";
import {
  boolean,
  color,
  duration,
  durations,
  folder,
  hasControls,
  host,
  integer,
  type Kind,
  listOf,
  locale,
  oneOf,
  origin,
  port,
  refuse,
  size,
  text,
  webUrl,
} from "./units.ts";
import { smtpUri, smtpUris } from "./uri.ts";

export const groups = {
  server: "The SMTP server",
  encryption: "Encryption",
  oauth2: "OAuth2",
  letters: "Letters",
  outbox: "Outbox and delivery",
  dkim: "DKIM",
  gateway: "HTTP gateway",
  node: "The node",
  terminal: "The command line",
} as const;

export interface Variable<T = unknown> {
  group: keyof typeof groups;
  kind: Kind<T>;
  /** As it would be written */
  default?: string;
  /** What stands in where the default depends on other settings, in words */
  otherwise?: string;
  /** Never shown; and `NAME_FILE` reads it from a file */
  secret?: true;
  /** One sentence */
  meaning: string;
}

const provider: Kind<Provider> = {
  expected: "a name that `meshmail providers` lists",
  parse(written) {
    const value = findProvider(written);
    if (value) return { value };
    const guesses = suggestProviders(written);
    return refuse(
      guesses.length > 0
        ? `a provider's name (did you mean ${guesses.map((guess) => `"${guess}"`).join(" or ")}?)`
        : undefined,
    );
  },
};

const outbox: Kind<Config["outbox"]> = {
  expected: "sqlite:PATH, jetstream or memory",
  parse(written) {
    if (written === "jetstream" || written === "memory") return { value: { kind: written } };
    const [, path = "", network] = /^sqlite:(?!\/\/|:memory:)([^?]+)(\?network=true)?$/.exec(written) ?? [];
    return path === "" ? refuse() : { value: { kind: "sqlite", path, network: network !== undefined } };
  },
};

const secretText: Kind<Secret> = {
  expected: "one line of text",
  parse(written) {
    if (hasControls(written)) return refuse(undefined, "a value with line breaks or control characters");
    const message = "the value begins or ends with a space, which is taken as part of it";
    const notes = written === written.trim() ? [] : [{ message, remedy: "Remove it, unless it is meant." }];
    return { value: new Secret(written), notes };
  },
};

const userName: Kind<string> = { ...text, parse: (written) => text.parse(written.trim()), show: maskUser };

const apiKey: Kind<Secret> = {
  expected: "a secret of printable ASCII characters without spaces",
  parse: (written) => (/^[\x21-\x7e]+$/.test(written) ? { value: new Secret(written) } : refuse()),
};

/** Moleculer's own variable: read by Moleculer, shown here without user and password. */
const transporter: Kind<string> = { ...text, show: (written) => written.replace(/\/\/.*@/s, "//***@") };

export const variables = {
  SMTP_URI: {
    group: "server",
    kind: smtpUri,
    secret: true,
    meaning:
      "The SMTP server in one line, user and password percent-encoded; takes the place of SMTP_HOST and its like.",
  },
  SMTP_SENDER: {
    group: "server",
    kind: sender,
    otherwise: "the user name where that is an address",
    meaning: "The sender of messages that name none.",
  },
  SMTP_PROVIDER: {
    group: "server",
    kind: provider,
    meaning:
      "A preset that fills in host, port and security (see `meshmail providers`); user and password are then enough.",
  },
  SMTP_HOST: {
    group: "server",
    kind: host,
    otherwise: "the preset's",
    meaning: "The SMTP server's name or address.",
  },
  SMTP_PORT: {
    group: "server",
    kind: port(),
    otherwise: "587, or the preset's",
    meaning: "The SMTP server's port.",
  },
  SMTP_USERNAME: {
    group: "server",
    kind: userName,
    secret: true,
    meaning: "The user to sign in with; user and password both or neither (with OAuth2: the user only).",
  },
  SMTP_PASSWORD: {
    group: "server",
    kind: secretText,
    secret: true,
    meaning: "The password, app password, authorization code or API key to sign in with.",
  },
  SMTP_AUTH: {
    group: "server",
    kind: oneOf("password", "oauth2"),
    default: "password",
    meaning: "How to sign in: password or oauth2.",
  },
  SMTP_FALLBACK_URIS: {
    group: "server",
    kind: smtpUris,
    secret: true,
    meaning:
      "Further servers, written as SMTP_URI and separated by spaces or commas, tried in order when those before are down.",
  },
  SMTP_TLS: {
    group: "encryption",
    kind: boolean,
    otherwise: "true exactly when the port is 465, or the preset's",
    meaning: "TLS from the first byte (true) or STARTTLS (false).",
  },
  SMTP_OPPORTUNISTIC_TLS: {
    group: "encryption",
    kind: boolean,
    default: "true",
    meaning:
      "Without credentials: use STARTTLS where the server offers it; with credentials TLS is required in any case.",
  },
  SMTP_ALLOW_CLEARTEXT_AUTH: {
    group: "encryption",
    kind: boolean,
    default: "false",
    meaning: "Allows user and password to cross the network unencrypted.",
  },
  SMTP_CIPHER_SPEC: {
    group: "encryption",
    kind: cipherSpec,
    otherwise: "what Node.js accepts",
    meaning: "OpenSSL cipher list; TLSv1.2 or TLSv1.3 sets the oldest protocol instead.",
  },
  SMTP_TLS_CA_FILE: {
    group: "encryption",
    kind: caFile,
    meaning: "File with the certificates of a private CA, in PEM.",
  },
  SMTP_TLS_SERVERNAME: {
    group: "encryption",
    kind: host,
    otherwise: "the host",
    meaning: "The name to look for in the server's certificate.",
  },
  SMTP_OAUTH2_CLIENT_ID: { group: "oauth2", kind: text, meaning: "The application's id at the provider." },
  SMTP_OAUTH2_CLIENT_SECRET: {
    group: "oauth2",
    kind: secretText,
    secret: true,
    meaning: "The application's secret at the provider.",
  },
  SMTP_OAUTH2_REFRESH_TOKEN: {
    group: "oauth2",
    kind: secretText,
    secret: true,
    meaning: "The token that access tokens are got with.",
  },
  SMTP_OAUTH2_TENANT: { group: "oauth2", kind: text, meaning: "The organisation's id, for Microsoft." },
  SMTP_OAUTH2_TOKEN_URL: {
    group: "oauth2",
    kind: webUrl,
    otherwise: "the preset's",
    meaning: "Where access tokens are got.",
  },
  SMTP_OAUTH2_SCOPE: {
    group: "oauth2",
    kind: text,
    otherwise: "the preset's",
    meaning: "The scope to ask for.",
  },
  SMTP_OAUTH2_GRANT: {
    group: "oauth2",
    kind: oneOf("refresh_token", "client_credentials"),
    default: "refresh_token",
    meaning: "How access tokens are got: refresh_token or client_credentials.",
  },
  ADMIN_WEB_URL: { group: "letters", kind: webUrl, meaning: "Base of the links in the built-in templates." },
  MAIL_TEMPLATES: {
    group: "letters",
    kind: folder,
    meaning: "Folder of your own templates, laid over the built-in ones.",
  },
  MAIL_LOCALE: {
    group: "letters",
    kind: locale,
    default: "en",
    meaning: "Language of letters where the call names none, or one that a template lacks; BCP 47.",
  },
  MAIL_BRAND_NAME: {
    group: "letters",
    kind: text,
    meaning: "The name in the letters, and the sender's where SMTP_SENDER has none.",
  },
  MAIL_BRAND_LOGO: {
    group: "letters",
    kind: webUrl,
    meaning: "Address of the picture at the head of the letters.",
  },
  MAIL_BRAND_COLOR: {
    group: "letters",
    kind: color,
    meaning: "Colour of buttons and links in the letters; in .env in quotes.",
  },
  MAIL_BRAND_FOOTER: { group: "letters", kind: text, meaning: "The line at the foot of the letters." },
  MAIL_BRAND_SUPPORT: { group: "letters", kind: text, meaning: "Where the letters' readers find help." },
  MAIL_OUTBOX: {
    group: "outbox",
    kind: outbox,
    default: "sqlite:./data/meshmail.db",
    meaning: "Where messages wait: sqlite:PATH, jetstream (several mail nodes), or memory: not durable.",
  },
  MAIL_SEND_WAIT: {
    group: "outbox",
    kind: duration("0", "1h"),
    default: "5s",
    meaning: "How long mail.send waits for the first attempt unless the call says otherwise.",
  },
  MAIL_RETRY_SCHEDULE: {
    group: "outbox",
    kind: durations,
    default: "30s, 2m, 10m, 30m, 1h, 2h, 4h, 8h, 12h*2",
    meaning: "Delays between the attempts (±20 %); the last repeats.",
  },
  MAIL_RETRY_FOR: {
    group: "outbox",
    kind: duration("1ms", "365d"),
    default: "48h",
    meaning: "How long a message is tried before it expires.",
  },
  MAIL_RETENTION: {
    group: "outbox",
    kind: duration("0", "3650d"),
    default: "30d",
    meaning: "How long the records of finished messages are kept.",
  },
  MAIL_KEEP_BODIES: {
    group: "outbox",
    kind: boolean,
    default: "false",
    meaning: "Keep the bodies of sent and canceled messages as long as their records; else they go at once.",
  },
  MAIL_OUTBOX_LIMIT: {
    group: "outbox",
    kind: integer(1, 1_000_000_000),
    default: "1000000",
    meaning: "How many messages may wait before new ones are refused.",
  },
  MAIL_MAX_SIZE: {
    group: "outbox",
    kind: size("1kb", "1gb"),
    default: "25mb",
    meaning: "The largest message, attachments included.",
  },
  MAIL_MAX_RECIPIENTS: {
    group: "outbox",
    kind: integer(1, 1000),
    default: "50",
    meaning: "The most recipients of one message.",
  },
  MAIL_PROBE: {
    group: "outbox",
    kind: boolean,
    default: "off",
    meaning: "Allows mail.probe, which tries settings that are not saved.",
  },
  MAIL_DKIM_DOMAIN: {
    group: "dkim",
    kind: host,
    meaning: "The domain that signs outgoing mail; all three or none.",
  },
  MAIL_DKIM_SELECTOR: {
    group: "dkim",
    kind: dkimSelector,
    meaning: "The selector under which the domain publishes its key.",
  },
  MAIL_DKIM_KEY: {
    group: "dkim",
    kind: dkimKey,
    secret: true,
    meaning: "The RSA private key in PEM; its line breaks may be written as \\n.",
  },
  GATEWAY: { group: "gateway", kind: boolean, default: "on", meaning: "The HTTP gateway: on or off." },
  GATEWAY_HOST: {
    group: "gateway",
    kind: host,
    default: "127.0.0.1",
    meaning: "The address to listen on; any but loopback needs GATEWAY_API_KEYS.",
  },
  GATEWAY_PORT: {
    group: "gateway",
    kind: port(0),
    default: "3000",
    meaning: "The port to listen on; 0 takes a free one.",
  },
  GATEWAY_API_KEYS: {
    group: "gateway",
    kind: apiKeys,
    secret: true,
    meaning:
      "Keys, name:secret[:scope+scope] and comma-separated; scopes send, read, manage, by default send+read.",
  },
  GATEWAY_CORS: {
    group: "gateway",
    kind: listOf(origin, "origins such as https://app.example.com, comma-separated"),
    meaning: "Origins whose pages may call the gateway, comma-separated.",
  },
  GATEWAY_TRUST_PROXY: {
    group: "gateway",
    kind: integer(0, 32),
    default: "0",
    meaning: "Number of proxies in front whose X-Forwarded-For counts.",
  },
  GATEWAY_RATE_LIMIT: {
    group: "gateway",
    kind: integer(1, 1_000_000),
    default: "600",
    meaning:
      "Requests a minute per key, or per address where there are no keys; without a valid one it is 60 per address.",
  },
  SERVICES: {
    group: "node",
    kind: listOf(oneOf("mail", "gateway"), "mail, gateway or both"),
    default: "mail, gateway",
    meaning: "What `npm start` runs here: mail, gateway or both.",
  },
  TRANSPORTER: {
    group: "node",
    kind: transporter,
    meaning: "The mesh to join, e.g. nats://host:4222 (Moleculer's own variable); without it one node alone.",
  },
  MESHMAIL_URL: {
    group: "terminal",
    kind: webUrl,
    meaning: "The gateway that `meshmail list` and its like ask, also where TRANSPORTER is set.",
  },
  MESHMAIL_API_KEY: {
    group: "terminal",
    kind: apiKey,
    secret: true,
    meaning: "The secret of the API key that they show to a gateway.",
  },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

export const variableNames = Object.keys(variables) as VariableName[];

/** What the variables say, each as its kind reads it; undefined where neither a value nor a default is. */
export type Values = {
  readonly [N in VariableName]: (typeof variables)[N] extends { kind: Kind<infer T> }
    ? (typeof variables)[N] extends { default: string }
      ? T
      : T | undefined
    : never;
};
