/** `mail …` in Moleculer's REPL: reads the table of commands for a mesh, whose mail service does the work. */
import { CommanderError } from "commander";
import type { ServiceBroker } from "moleculer";
import { type Command, type Option, UsageError } from "./lib/commands/command.ts";
import { commands } from "./lib/commands/commands.ts";
import { gather } from "./lib/commands/gather.ts";
import { type Offer, programOf } from "./lib/commands/program.ts";
import { respond } from "./lib/commands/respond.ts";
import { progress } from "./lib/commands/terminal.ts";
import { openBrokerDoor } from "./mesh-door.ts";

/** For `replOptions.customCommands`. */
export const replCommands = [
  {
    command: "mail [words...]",
    description: "Send, list and look after messages, verify SMTP servers; `mail help` tells more.",
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
    async run(command, given, json) {
      const door = openBrokerDoor(broker);
      const room = {
        locale: given["locale"] === "zh-CN" ? "zh-CN" : "en",
        door: async () => door,
        service: async () => door,
        environment: notHere,
        browse: notHere,
        start: notHere,
        progress: <T>(text: string, work: Promise<T>) => progress(process.stdout, text, work),
      } as const;
      const work = async () => {
        const { input } = await gather(ownOptions(command), given, new Map());
        return command.run(input, room);
      };
      await respond(work, { ...process, stderr: process.stdout, json });
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

/** What is an argument here is no option as well. */
function offer(command: Command): Offer | undefined {
  const { repl } = command;
  if (repl === undefined) return undefined;
  const others = ownOptions(command).filter(({ name }) => !new RegExp(`[<[]${name}[\\]>]`).test(repl));
  return { signature: repl, options: others };
}

/** Options that stand for settings are left out: the service has its own; and so are those of the command line only. */
function ownOptions({ options = [] }: Command): readonly Option[] {
  return options.filter(({ setting, cliOnly }) => !setting && !cliOnly);
}

function notHere(): never {
  throw new UsageError("this is a command of the command line", "Use `meshmail` there.");
}
