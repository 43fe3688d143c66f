/** Every command there is: one table, which the command line (`cli.ts`) and the REPL (`repl.ts`) read. */
import { findProvider, presentProvider, providers, suggestProviders } from "../providers/providers.ts";
import { type Answer, type Command, type Input, type Option, type Room, UsageError } from "./command.ts";
import { mailboxFault } from "./letter.ts";
import { messageCommands } from "./messages.ts";
import { requiredSenderOption, senderOption, serverOptions } from "./server-options.ts";
import { showProvider, showProviders } from "./show-providers.ts";
import { isSent, showReceipt, showReport } from "./show-report.ts";
import { readSettings, showSettings } from "./show-settings.ts";
import { letterLocaleOption, sampleOf, templatesCommand } from "./templates.ts";

const localeOption: Option = {
  name: "locale",
  value: "LOCALE",
  choices: ["en", "zh-CN"],
  summary: "language of the advice",
};

const transportOption: Option = {
  name: "transport",
  value: "NAME",
  summary: "primary, fallback1, …",
};

const toOption: Option = {
  name: "to",
  value: "ADDRESS",
  summary: "who gets the test message",
  check: mailboxFault,
  ask: { text: "Who gets the test message?", missing: () => true, refusal: "--to" },
};

const templateOption: Option = {
  name: "template",
  value: "NAME",
  summary: "send this letter with its sample, see `templates`",
};

/** What stands before further words. */
export const groups: Readonly<Record<string, string>> = { smtp: "Try the SMTP settings" };

export const commands: readonly Command[] = [
  {
    cli: "smtp verify",
    repl: "verify [transport]",
    summary: "Walk the way that a message would take, without sending one",
    options: [transportOption, ...serverOptions, senderOption, localeOption],
    examples: ["smtp verify", "smtp verify --provider qq --username me@qq.com", "smtp verify --json"],
    run: verify,
  },
  {
    cli: "smtp test",
    repl: "test <to>",
    summary: "Send one short message and tell what the server said to it",
    options: [toOption, templateOption, letterLocaleOption, ...serverOptions, requiredSenderOption],
    examples: [
      "smtp test --to me@example.com",
      "smtp test --to me@example.com --template verification --locale zh-CN",
    ],
    run: test,
  },
  {
    cli: "config",
    summary: "Every setting, where it came from, and what contradicts itself; secrets masked",
    run: config,
  },
  {
    cli: "providers [name]",
    repl: "providers [name]",
    summary: "The presets for SMTP_PROVIDER, or everything about one of them",
    options: [localeOption],
    examples: ["providers", "providers qq"],
    run: listProviders,
  },
  templatesCommand,
  ...messageCommands,
  {
    cli: "start",
    summary: "Run the node, as npm start does",
    async run(_input, { start }) {
      await start();
      return undefined;
    },
  },
];

async function verify({ transport }: Input, { door, locale, progress }: Room): Promise<Answer> {
  const { verify: walk } = await door();
  const report = await progress(
    "on the way to the server",
    walk({ ...(transport && { transport }), locale }),
  );
  return {
    status: report.verdict === "ok" ? 0 : 1,
    document: report,
    show: (page) => showReport(page, report),
  };
}

/** The limit of patience for one attempt; a server that takes longer is told as one that did not answer. */
const PATIENCE_MS = 120_000;

async function test({ to = "", template, locale }: Input, { door, progress }: Room): Promise<Answer> {
  if (locale !== undefined && template === undefined) {
    throw new UsageError("--locale: the test message is in English", "Name a letter with --template.");
  }
  const { send, whereabouts, letters } = await door();
  const { node, transports } = await whereabouts();
  const letter = template === undefined ? undefined : await sampleOf(await letters(), template, locale);
  const message = {
    to,
    ...(letter?.request ?? testLetter(node, transports)),
    headers: { "Auto-Submitted": "auto-generated" },
    tags: ["meshmail-test"],
    wait: PATIENCE_MS,
  };
  const receipt = await progress("sending", send(message));
  const server = transports.find(({ name }) => name === receipt.transport)?.server;
  return {
    status: isSent(receipt) ? 0 : 1,
    document: receipt,
    show: (page) => showReceipt(page, receipt, { server, letter: letter?.words }),
  };
}

function testLetter(node: string, transports: readonly { server: string }[]) {
  const servers = transports.map(({ server }) => server).join(", then ");
  return {
    subject: "Meshmail test",
    text: `Mail from this node arrives: here is a test message.\n\nnode    ${node}\nserver  ${servers}\ntime    ${new Date().toISOString()}\n`,
  };
}

async function config(_input: Input, { environment }: Room): Promise<Answer> {
  const settings = readSettings(environment());
  return {
    status: settings.faults.length > 0 ? 1 : 0,
    document: settings,
    show: (page) => showSettings(page, settings),
  };
}

async function listProviders({ name }: Input, { locale }: Room): Promise<Answer> {
  if (name === undefined) {
    const all = providers.map((provider) => presentProvider(provider, locale));
    return { status: 0, document: all, show: (page) => showProviders(page, all) };
  }
  const found = findProvider(name);
  if (!found) throw unknownProvider(name);
  const provider = presentProvider(found, locale);
  return { status: 0, document: provider, show: (page) => showProvider(page, provider) };
}

function unknownProvider(name: string): UsageError {
  const near = suggestProviders(name);
  return new UsageError(
    "there is no provider of this name",
    near.length > 0
      ? `Did you mean ${near.map((known) => `"${known}"`).join(" or ")}?`
      : "See `meshmail providers` for those that there are.",
  );
}
