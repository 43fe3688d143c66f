/** The table of commands as a commander program: where both readers get words, options and help from. */
import { Command as Program, Option as Flag } from "commander";
import type { Command, Input, Option } from "./command.ts";

/** How a reader offers a command. */
export interface Offer {
  /** In commander's words: `smtp verify`, `providers [name]` */
  signature: string;
  options: readonly Option[];
  examples?: readonly string[];
}

export interface ProgramOptions {
  name: string;
  description: string;
  /** Stands below errors of use */
  helpHint: string;
  /** Descriptions of words like `smtp` */
  groups?: Readonly<Record<string, string>>;
  /** Shown by `--version`, which every command then has */
  version?: string;
  /** Undefined: not offered */
  offer: (command: Command) => Offer | undefined;
  run: (command: Command, input: Input, json: boolean) => Promise<void>;
  write: (text: string) => void;
  /** Errors of use, and the help that answers them */
  writeError: (text: string) => void;
}

/** Use `parseAsync(words, { from: "user" })`: it throws commander's CommanderError instead of ending the process. */
export function programOf(commands: readonly Command[], options: ProgramOptions): Program {
  const { name, description, write, writeError } = options;
  // commands inherit these from the program
  const root = new Program(name)
    .description(description)
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .configureOutput({ writeOut: write, writeErr: writeError })
    .showHelpAfterError(options.helpHint)
    .exitOverride();
  for (const command of commands) {
    const offer = options.offer(command);
    if (offer) add(root, command, offer, options);
  }
  return withVersion(root, options);
}

function add(root: Program, command: Command, offer: Offer, options: ProgramOptions): void {
  const [, path = "", parameters = ""] = /^([a-z ]*[a-z])(.*)$/.exec(offer.signature) ?? [];
  const words = path.split(" ");
  const name = words.pop() ?? "";
  const parent = words.reduce((above, word) => group(above, word, options), root);
  const program = withVersion(parent.command(name + parameters).description(command.summary), options);
  const flags = offer.options.map((option) => ({ option, flag: flagOf(option) }));
  for (const { flag } of flags) program.addOption(flag);
  program.option("--json", "print one JSON document");
  program.action(async () => {
    const named = program.registeredArguments.map((argument, at) => [
      argument.name(),
      program.processedArgs[at],
    ]);
    const opts = program.opts<Record<string, unknown>>();
    const given = flags.map(({ option: { name: word, joinedBy }, flag }) => {
      const value = opts[flag.attributeName()];
      if (value === true) return [word, "on"];
      return [word, Array.isArray(value) ? value.join(joinedBy) : value];
    });
    const input = Object.fromEntries([...given, ...named]) as Input;
    await options.run(command, input, opts["json"] === true);
  });
  const examples = (offer.examples ?? []).map((example) => `\n  ${options.name} ${example}`);
  if (examples.length > 0) program.addHelpText("after", `\nExamples:${examples.join("")}`);
}

/** `smtp`, above `smtp verify` and `smtp test`. */
function group(above: Program, word: string, options: ProgramOptions): Program {
  const known = above.commands.find((one) => one.name() === word);
  return known ?? withVersion(above.command(word).description(options.groups?.[word] ?? ""), options);
}

function withVersion(program: Program, { version }: ProgramOptions): Program {
  return version === undefined ? program : program.version(version, "-V, --version", "show the version");
}

function flagOf({ name, value, summary, choices, conflicts, joinedBy }: Option): Flag {
  const several = joinedBy === undefined ? "" : "...";
  const shown = value === undefined ? "" : ` <${value}${several}>`;
  const flag = new Flag(`--${name}${shown}`, summary).conflicts([...(conflicts ?? [])]);
  return choices ? flag.choices(choices) : flag;
}
