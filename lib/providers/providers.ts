/** Finding a provider: by a word, by the host of a server, by the address of a mailbox; and showing one to people. */
import { editDistance } from "../nearest.ts";
import type { Locale } from "../smtp/problem.ts";
import { china } from "./china.ts";
import { mailboxes } from "./mailboxes.ts";
import type { Provider } from "./provider.ts";
import { senders } from "./senders.ts";
import { normalizeWord, wellKnown } from "./wellknown.ts";

const curated: readonly Provider[] = [...mailboxes, ...china, ...senders];

/** Every provider once: those that we describe ourselves, then the rest of nodemailer's list. */
export const providers: readonly Provider[] = [
  ...curated,
  ...wellKnown.filter(({ id, host }) => !curated.some((own) => own.id === id || isAt(own, host))),
];

/** `zoho-eu` is Zoho at smtp.zoho.eu. */
const byRegion: ReadonlyMap<string, Provider> = new Map(
  providers.flatMap((provider) =>
    Object.entries(provider.regions ?? {}).map(([region, host]) => [
      `${provider.id}-${region}`,
      { ...provider, host },
    ]),
  ),
);

/**
 * The provider that a word means, as in SMTP_PROVIDER and `meshmail providers NAME`, in any case: an id (`qq`), an alias,
 * a mailbox domain (`163.com`), whatever nodemailer's `service` option takes (`QQex`), or an id with a region (`zoho-eu`),
 * whose host the result then has.
 */
export function findProvider(word: string): Provider | undefined {
  const wanted = normalizeWord(word);
  const isNamed = ({ id, aliases = [], domains = [] }: Provider) =>
    id === wanted || aliases.includes(wanted) || domains.includes(wanted);
  return pick(isNamed) ?? byRegion.get(wanted);
}

/** The provider that runs a server: by its host, those of its regions, and its old ones. Any case, final dot or not. */
export function providerOfHost(host: string): Provider | undefined {
  const wanted = canonicalDomain(host);
  return providers.find((provider) => isAt(provider, wanted));
}

/** The provider of a mailbox, by the domain of its address; undefined for domains of one's own, wherever they are hosted. */
export function providerOfAddress(address: string): Provider | undefined {
  const domain = canonicalDomain(address.slice(address.lastIndexOf("@") + 1));
  return pick(({ domains = [] }) => domains.includes(domain));
}

/** Up to three ids near a mistyped or unfinished word, the nearest first; for error messages. */
export function suggestProviders(word: string): string[] {
  const wanted = normalizeWord(word);
  if (wanted === "") return [];
  const distance = (known: string) => (known.startsWith(wanted) ? 0 : editDistance(wanted, known));
  return providers
    .map(({ id, aliases = [] }) => ({ id, distance: Math.min(...[id, ...aliases].map(distance)) }))
    .filter((near) => near.distance <= Math.ceil(wanted.length / 3))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ id }) => id);
}

/** What `mail.providers` and the CLI answer: plain JSON, in one language, without what only lookups need. */
export function presentProvider(provider: Provider, locale: Locale) {
  const { id, name, host, ports, regions, credential, plainPassword, passwordUrl, links, checked } = provider;
  const { username, password, sender, notes } = provider;
  return {
    id,
    name,
    host,
    ports: ports.map(({ port, security }) => ({ port, security })),
    ...(regions && { regions: { ...regions } }),
    credential,
    plainPassword,
    username: username[locale],
    password: password[locale],
    ...(passwordUrl && { passwordUrl }),
    ...(sender && { sender: sender[locale] }),
    ...(notes && { notes: notes.map((note) => note[locale]) }),
    links: [...links],
    ...(checked && { checked }),
  };
}

/**
 * The first provider that matches. Entries of nodemailer's list that one of ours replaced still count: its `GmailWorkspace`
 * becomes our Gmail at smtp-relay.gmail.com, and @aliyun.com our Aliyun at smtp.aliyun.com.
 */
function pick(matches: (provider: Provider) => boolean): Provider | undefined {
  const found = providers.find(matches);
  if (found) return found;
  const host = wellKnown.find(matches)?.host;
  const owner = host && providerOfHost(host);
  if (!owner) return undefined;
  return Object.values(owner.regions ?? {}).includes(host) ? { ...owner, host } : owner;
}

function isAt({ host, regions = {}, aliases = [], hostPattern }: Provider, wanted: string): boolean {
  return (
    host === wanted ||
    Object.values(regions).includes(wanted) ||
    aliases.includes(wanted) ||
    hostPattern?.test(wanted) === true
  );
}

function canonicalDomain(domain: string): string {
  return domain.toLowerCase().replace(/\.$/, "");
}
