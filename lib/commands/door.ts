/** Where commands get their work done: by the service of a mesh, or in this process with the settings of its environment. */
import { hostname } from "node:os";
import { type Config, describeTransport } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { loadConfig } from "../config/load.ts";
import { checkSend } from "../message/schema.ts";
import { memoryStore } from "../outbox/memory.ts";
import { type MailStats, openOutbox } from "../outbox/outbox.ts";
import type { MailReceipt, PublicRecord } from "../outbox/receipt.ts";
import type { TransportPolicy } from "../smtp/policy.ts";
import type { Locale } from "../smtp/problem.ts";
import type { SessionOptions } from "../smtp/session.ts";
import { openTransports } from "../smtp/transports.ts";
import type { VerifyReport } from "../smtp/verify.ts";
import { loadTemplates } from "../templates/load.ts";
import {
  EXAMPLE_WEB_URL,
  type RenderedTemplate,
  type RenderRequest,
  type Template,
} from "../templates/template.ts";

export interface Door {
  /** Whose words these are, and the SMTP servers by name, printable without secrets */
  whereabouts: () => Promise<{ node: string; transports: { name: string; server: string }[] }>;
  /** As `mail.verify` */
  verify: (params: { transport?: string; locale?: Locale }) => Promise<VerifyReport>;
  /** As `mail.send`. Where nobody tries again what is deferred, the receipt has no `nextAttemptAt` */
  send: (message: Readonly<Record<string, unknown>>) => Promise<MailReceipt>;
  /** @throws TemplateFaults for own templates that cannot be used */
  letters: () => Promise<Letters>;
  close: () => Promise<void>;
}

/** The letters that are kept ready, to be looked at. */
export interface Letters {
  templates: Template[];
  /** As `mail.render` */
  render: (request: RenderRequest) => Promise<RenderedTemplate>;
  /** What is not as in letters that are sent, in sentences */
  notes: (made: readonly Pick<RenderedTemplate, "html" | "text">[]) => string[];
}

/** One page of messages, newest first. */
export interface MessageList {
  items: PublicRecord[];
  nextCursor?: string;
}

/** A mail service that runs: it keeps what it takes, and can be asked about it. Each as the action `mail.…` of that name. */
export interface ServiceDoor {
  send: Door["send"];
  list: (query: Readonly<Record<string, string | number>>) => Promise<MessageList>;
  get: (id: string) => Promise<PublicRecord>;
  retry: (id: string) => Promise<PublicRecord>;
  cancel: (id: string) => Promise<PublicRecord>;
  stats: () => Promise<MailStats>;
  close: () => Promise<void>;
}

/**
 * Works in this process, without a mesh; nothing is kept on disk.
 * @throws ConfigError when the settings cannot be used
 */
export function openLocalDoor(environment: Environment, session?: SessionOptions): Door {
  const config = loadConfig(environment);
  const opened = openTransports(config, session);
  return {
    async whereabouts() {
      const transports = config.transports.map((one) => ({ name: one.name, server: describeTransport(one) }));
      return { node: hostname(), transports };
    },
    verify: ({ transport, locale }) => opened.verify(transport, locale && { locale }),
    send: (message) => sendOnce(message, config, opened.policy),
    letters: () => lettersOf(config),
    async close() {
      opened.close();
    },
  };
}

/** Without ADMIN_WEB_URL, letters that are only looked at have their links to an example. */
async function lettersOf(config: Config): Promise<Letters> {
  const { adminWebUrl } = config;
  const templates = await loadTemplates({ ...config, adminWebUrl: adminWebUrl ?? EXAMPLE_WEB_URL });
  const note = `ADMIN_WEB_URL is not set: links lead to ${EXAMPLE_WEB_URL} in its place.`;
  const hasStandIn = (part: string): boolean => adminWebUrl === undefined && part.includes(EXAMPLE_WEB_URL);
  return {
    templates: templates.list(),
    render: async (request) => templates.render(request),
    notes: (made) => (made.some(({ html, text }) => hasStandIn(html) || hasStandIn(text)) ? [note] : []),
  };
}

/** Through the same outbox as the service's, up to the end of the first attempt; then whatever is still open is dropped. */
async function sendOnce(
  message: Readonly<Record<string, unknown>>,
  config: Config,
  policy: TransportPolicy,
): Promise<MailReceipt> {
  const { maxRecipients, maxSize } = config.mail;
  const request = checkSend(message, { maxRecipients, maxSize, now: Date.now() });
  const failures: unknown[] = [];
  const outbox = openOutbox({
    config,
    store: memoryStore(),
    policy,
    templates: () => loadTemplates(config),
    emit: () => {},
    onError(error) {
      failures.push(error);
      // nothing will be attempted any more: this ends the wait
      void outbox.close();
    },
  });
  try {
    const receipt = await outbox.send({ ...request, dryRun: false });
    if (failures.length > 0) throw failures[0];
    const { nextAttemptAt: _never, ...rest } = receipt as MailReceipt;
    return rest;
  } finally {
    await outbox.close();
  }
}
