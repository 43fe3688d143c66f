/** `npm run dev`: the whole thing on one machine, against a sandbox instead of a provider. Nothing leaves the machine. */
import { ServiceBroker } from "moleculer";
import brokerOptions from "./moleculer.config.ts";
import { readEnvironment } from "./lib/config/environment.ts";
import type { Address } from "./lib/listen.ts";
import { EXAMPLE_WEB_URL } from "./lib/templates/template.ts";
import { urlOf } from "./lib/url.ts";
import { createGatewayService } from "./services/gateway.service.ts";
import { createMailService } from "./services/mail.service.ts";
import { createSandboxService } from "./services/sandbox.service.ts";

/** SANDBOX_PORT moves it where another mail catcher sits already. */
const SANDBOX = { host: "127.0.0.1", port: Number(process.env["SANDBOX_PORT"] || 1025) };

/** Settings that would send real mail, join a real mesh or ask for a key. Returns the names of those that were set. */
function ignoreRealSettings(): string[] {
  const names = [...readEnvironment()].flatMap(([name, { value }]) =>
    value !== "" && /^(SMTP_|TRANSPORTER$|MAIL_OUTBOX$|GATEWAY_(HOST|API_KEYS(_FILE)?)$)/.test(name)
      ? name
      : [],
  );
  // empty means not set, and wins over .env
  for (const name of names) process.env[name] = "";
  Object.assign(process.env, {
    SMTP_HOST: SANDBOX.host,
    SMTP_PORT: String(SANDBOX.port),
    SMTP_SENDER: '"Meshmail" <meshmail@example.com>',
    MAIL_OUTBOX: "sqlite:./data/dev.db",
    MAIL_PROBE: process.env["MAIL_PROBE"] || "on",
    ADMIN_WEB_URL: readEnvironment().get("ADMIN_WEB_URL")?.value || EXAMPLE_WEB_URL,
  });
  return names;
}

async function dev(): Promise<void> {
  const ignored = ignoreRealSettings();
  const broker = new ServiceBroker({ ...brokerOptions(), logLevel: logLevel() });
  broker.createService(createMailService({ watchTemplates: true, exitOnFaults: true }));
  broker.createService(createSandboxService(SANDBOX));
  const gateway = broker.createService(createGatewayService({ sandbox: true }));
  await broker.start();
  console.log(welcome(urlOf(gateway.settings as Address), ignored));
  if (process.stdin.isTTY) openRepl(broker);
}

function logLevel(): "info" | "debug" | "warn" {
  const level = process.env["LOGLEVEL"];
  return level === "debug" || level === "info" ? level : "warn";
}

function welcome(gateway: string, ignored: readonly string[]): string {
  const ignoring =
    ignored.length > 0
      ? `\nIgnored here, so that nothing leaves and nothing asks for a key: ${ignored.join(", ")}\n`
      : "";
  return `
Meshmail runs. Nothing leaves this machine: the sandbox takes every message.
${ignoring}
  gateway   ${gateway}
  docs      ${gateway}/docs
  sandbox   ${urlOf(SANDBOX, "smtp")}
  inbox     ${gateway}/api/v1/messages
  verify    ${gateway}/api/mail/verify
  letters   npx meshmail templates --open

Send a message (bounce@…, defer@…, slow@… show trouble):

  curl -s ${gateway}/api/mail/send -H 'Content-Type: application/json' -d '{"to":"ann@example.com","subject":"Hello","text":"It works."}'

Ctrl-C stops everything.
`;
}

/** One Ctrl-C ends the node; Moleculer's REPL would ask for a second one. */
function openRepl(broker: ServiceBroker): void {
  const repl = broker.repl() as unknown as NodeJS.EventEmitter & { close(): void };
  repl.removeAllListeners("SIGINT");
  repl.on("SIGINT", () => repl.close());
}

/** `node --watch` outlives a program that ends by itself; only a SIGTERM means that it wants to start it again. */
function endWithWatcher(): void {
  if (process.env["WATCH_REPORT_DEPENDENCIES"] === undefined) return;
  let restarting = false;
  process.once("SIGTERM", () => {
    restarting = true;
  });
  process.on("exit", () => {
    if (!restarting) process.kill(process.ppid, "SIGTERM");
  });
}

endWithWatcher();
dev().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
