/** Providers as people read them: all in a table, or one with everything about it and the lines for `.env`. */
import type { ProviderPort } from "../providers/provider.ts";
import { findProvider, type presentProvider } from "../providers/providers.ts";
import { type Cell, columns, paragraph, type Page } from "./page.ts";

export type PresentedProvider = ReturnType<typeof presentProvider>;

const securities = {
  tls: "TLS",
  starttls: "STARTTLS",
  none: "no encryption",
} as const satisfies Record<ProviderPort["security"], string>;

export function showProviders(page: Page, providers: readonly PresentedProvider[]): string[] {
  const head = ["NAME", "SERVER", "SIGNS IN WITH"].map((text): Cell => ({ text, tone: "strong" }));
  const rows = providers.map(({ id, host, ports, credential }): Cell[] => [
    id,
    `${host}:${ports[0]?.port}`,
    credential.replace("-", " "),
  ]);
  return columns(page, [head, ...rows], 0);
}

/** Everything about one provider. */
export function showProvider(page: Page, provider: PresentedProvider): string[] {
  const { name, host, ports, regions = {}, credential, plainPassword, notes = [], links, checked } = provider;
  const facts: [string, string][] = [
    ["server", host],
    ["ports", ports.map(({ port, security }) => `${port} (${securities[security]})`).join(", ")],
    ...Object.entries(regions).map(([region, server]): [string, string] => [`  ${region}`, server]),
    ["signs in with", credential.replace("-", " ") + (plainPassword ? "" : "; takes no password")],
    ...notes.map((note): [string, string] => ["note", note]),
    ...links.map((link): [string, string] => ["link", link]),
    ["checked", checked ?? "never by us: the facts are nodemailer's"],
  ];
  return [
    page.paint("strong", name),
    "",
    ...columns(
      page,
      facts.map(([label, text]): Cell[] => [{ text: label, tone: "quiet" }, text]),
    ),
    "",
    "For .env:",
    "",
    ...dotenv(page, provider),
  ];
}

/** What is known of each value stands above it as a comment, for the person who fills it in. */
function dotenv(page: Page, provider: PresentedProvider): string[] {
  const { username, password, passwordUrl = "", sender = "" } = provider;
  const comment = (text: string) =>
    text === ""
      ? []
      : paragraph({ ...page, width: page.width - 2 }, text).map((line) => page.paint("quiet", `# ${line}`));
  return [
    `SMTP_PROVIDER=${wordOf(provider)}`,
    ...comment(username),
    "SMTP_USERNAME=",
    ...comment(password),
    ...(passwordUrl ? [page.paint("quiet", `# ${passwordUrl}`)] : []),
    ...(provider.plainPassword ? ["SMTP_PASSWORD="] : oauth2),
    ...comment(sender),
    "SMTP_SENDER=",
  ];
}

const oauth2 = [
  "SMTP_AUTH=oauth2",
  "SMTP_OAUTH2_CLIENT_ID=",
  "SMTP_OAUTH2_CLIENT_SECRET=",
  "SMTP_OAUTH2_REFRESH_TOKEN=",
];

/** `zoho-eu` where the server is that of a region. */
function wordOf({ id, host, regions = {} }: PresentedProvider): string {
  const region = Object.keys(regions).find((name) => regions[name] === host);
  return region === undefined || findProvider(id)?.host === host ? id : `${id}-${region}`;
}
