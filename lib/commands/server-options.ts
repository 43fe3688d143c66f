/** The options that name an SMTP server and a sender for one command, in place of those in the environment. */
import type { Environment } from "../config/environment.ts";
import { loadConfig } from "../config/load.ts";
import type { VariableName } from "../config/variables.ts";
import { findProvider, providers } from "../providers/providers.ts";
import type { Option } from "./command.ts";

/** What belongs to the server of the environment, and must not be mixed with another one's. */
const otherServer = [
  "SMTP_HOST",
  "SMTP_PORT",
  "SMTP_TLS",
  "SMTP_TLS_SERVERNAME",
  "SMTP_USERNAME",
  "SMTP_FALLBACK_URIS",
] as const satisfies readonly VariableName[];

/** Whether one of these variables has a value, or names a file that has it. */
function isSet(environment: Environment, ...names: readonly VariableName[]): boolean {
  return names.some((name) =>
    [name, `${name}_FILE`].some((variant) => (environment.get(variant)?.value ?? "").trim() !== ""),
  );
}

/** A question with what the chosen provider wants for an answer. */
const asProviderWants = (question: string, what: "username" | "password") => (environment: Environment) => {
  const provider = findProvider(environment.get("SMTP_PROVIDER")?.value ?? "");
  return provider ? `${question}. ${provider[what].en}` : question;
};

const noServer = (environment: Environment) => !isSet(environment, "SMTP_URI", "SMTP_HOST", "SMTP_PROVIDER");

/** The answer that leads on to the URI. */
const ANOTHER = "";

/** In the order in which they are asked for; each answer decides what is still missing. */
export const serverOptions: readonly Option[] = [
  {
    name: "provider",
    value: "NAME",
    summary: "a preset, see `meshmail providers`; with --username",
    setting: "SMTP_PROVIDER",
    unsets: ["SMTP_URI", ...otherServer],
    ask: {
      text: "No SMTP server is configured. Who sends your mail?",
      choices: [
        { value: ANOTHER, label: "Another server", hint: "I have its URI" },
        ...providers.map(({ id, name }) => ({ value: id, label: name, hint: id })),
      ],
      missing: noServer,
    },
  },
  {
    name: "uri",
    value: "URI",
    summary: "the server in one line, smtps://user:password@host:port",
    conflicts: ["provider", "username", "password"],
    setting: "SMTP_URI",
    unsets: ["SMTP_PROVIDER", "SMTP_PASSWORD", ...otherServer],
    ask: {
      text: "Its URI (not shown), as in smtps://user:password@host:port",
      secret: true,
      missing: noServer,
    },
  },
  {
    name: "username",
    value: "USER",
    summary: "the user to sign in with",
    setting: "SMTP_USERNAME",
    ask: {
      text: asProviderWants("User name", "username"),
      missing: (environment, given) => given.has("provider") && !isSet(environment, "SMTP_USERNAME"),
      refusal: "--username",
    },
  },
  {
    name: "password",
    value: "PASSWORD",
    summary: "better in SMTP_PASSWORD, or typed when asked",
    setting: "SMTP_PASSWORD",
    ask: {
      text: asProviderWants("Password (not shown)", "password"),
      secret: true,
      missing: (environment, given) =>
        !isSet(environment, "SMTP_URI", "SMTP_PASSWORD") &&
        (isSet(environment, "SMTP_USERNAME") || given.has("provider")) &&
        isSet(environment, "SMTP_HOST", "SMTP_PROVIDER") &&
        environment.get("SMTP_AUTH")?.value.trim() !== "oauth2",
      refusal: "SMTP_PASSWORD",
    },
  },
];

export const senderOption: Option = {
  name: "sender",
  value: "ADDRESS",
  summary: "who the message is from",
  setting: "SMTP_SENDER",
};

/** For commands that cannot do without a sender; asked after the server, whose user name may be one. */
export const requiredSenderOption: Option = {
  ...senderOption,
  ask: { text: "Sender address", missing: needsSender, refusal: "--sender (or SMTP_SENDER)" },
};

/** False also where the user name is still to come, or the settings cannot be used: opening them will say so. */
function needsSender(environment: Environment, given: ReadonlySet<string>): boolean {
  if (given.has("provider") && !isSet(environment, "SMTP_USERNAME")) return false;
  try {
    const { transports, sender } = loadConfig(environment);
    return transports.length > 0 && sender === undefined;
  } catch {
    return false;
  }
}
