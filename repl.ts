/** `mail …` in Moleculer's REPL: reads the table of commands for a mesh, whose mail service does the work. */
import { CommanderError } from "commander";
import type { ServiceBroker } from "moleculer";
import { type Command, UsageError } from "./lib/commands/command.ts";
import { commands } from "./lib/commands/commands.ts";
import type { Door } from "./lib/commands/door.ts";
import { type Offer, programOf } from "./lib/commands/program.ts";
import { respond } from "./lib/commands/respond.ts";
import { progress } from "./lib/commands/terminal.ts";
import type { MailStats } from "./lib/outbox/outbox.ts";
import type { MailReceipt } from "./lib/outbox/receipt.ts";
import type { VerifyReport } from "./lib/smtp/verify.ts";

/** For `replOptions.customCommands`. */
export const replCommands = [
  {
    command: "mail [words...]",
    description: "Verify, test and look up SMTP servers; `mail help` tells more.",
    allowUnknownOptions: true,
    // moleculer-repl's own parser keeps the first of several words only
    parse(outer: { args: string[]; params?: string[] }) {
      outer.params = outer.args;
    },
    action: (broker: ServiceBroker, words: string[]) => mail(broker, words),
  },
];

async function mail(broker: ServiceBroker, words: readonly string[]): Promise<void> {
  const program = programOf(commands, {
    name: "mail",
    description: "Mail commands; everything else through `call mail.…`.",
    helpHint: "See `mail help`.",
    offer,
    async run(command, input, json) {
      const door = openBrokerDoor(broker);
      const room = {
        locale: input["locale"] === "zh-CN" ? "zh-CN" : "en",
        door: async () => door,
        environment: notHere,
        start: notHere,
        progress: <T>(text: string, work: Promise<T>) => progress(process.stdout, text, work),
      } as const;
      await respond(() => command.run(input, room), { ...process, stderr: process.stdout, json });
    },
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stdout.write(text),
  });
  try {
    await program.parseAsync(words.length > 0 ? words : ["help"], { from: "user" });
  } catch (error) {
    // commander has said it already
    if (!(error instanceof CommanderError)) throw error;
  }
}

/** Options that stand for settings are left out: the service has its own. What is an argument here is no option as well. */
function offer({ repl, options = [] }: Command): Offer | undefined {
  if (repl === undefined) return undefined;
  const others = options.filter(
    ({ name, setting }) => !setting && !new RegExp(`[<[]${name}[\\]>]`).test(repl),
  );
  return { signature: repl, options: others };
}

function notHere(): never {
  throw new UsageError("this is a command of the command line", "Use `meshmail` there.");
}

/** A walk or an attempt takes its time, longer than calls usually may; a retry would send a second message. */
const patiently = { timeout: 150_000, retries: 0 };

function openBrokerDoor(broker: ServiceBroker): Door {
  return {
    async whereabouts() {
      const { transports } = await broker.call<MailStats>("mail.stats");
      return { node: broker.nodeID, transports };
    },
    verify: (params) => broker.call<VerifyReport, object>("mail.verify", params, patiently),
    send: (message) => broker.call<MailReceipt, object>("mail.send", message, patiently),
    async close() {},
  };
}
