/** `meshmail …`: reads the table of commands as a command line, for people, pipes and programs. */
import { CommanderError } from "commander";
import type { Environment } from "../config/environment.ts";
import { ConfigError } from "../config/faults.ts";
import type { Locale } from "../smtp/problem.ts";
import { version } from "../version.ts";
import { type Answer, type Command, type Input, UsageError } from "./command.ts";
import type { Browsed } from "./browse.ts";
import { commands, groups } from "./commands.ts";
import type { Door, ServiceDoor } from "./door.ts";
import { type Ask, gather } from "./gather.ts";
import { localeOf } from "../locale.ts";
import { pageFor, paragraph } from "./page.ts";
import { programOf } from "./program.ts";
import { type Output, printDocument, respond } from "./respond.ts";
import { progress } from "./terminal.ts";

/** All that the command line touches. */
export interface World {
  env: NodeJS.ProcessEnv;
  stdout: Output;
  /** Notices, progress, and errors for people */
  stderr: Output;
  /** The settings of environment and `.env` */
  environment: () => Environment;
  openDoor: (environment: Environment) => Door;
  openService: (environment: Environment) => Promise<ServiceDoor>;
  /** All of standard input */
  stdin: () => Promise<string>;
  /** Absent: nobody is there to be asked */
  ask?: Ask;
  /** Shows an html page to the person */
  browse: (html: string) => Promise<Browsed>;
  /** Becomes the node of `npm start` */
  start: () => Promise<void>;
}

/**
 * Runs one command.
 * @param words what stood behind `meshmail`
 * @returns the exit status: 0 done, 1 it did not work, 2 used wrongly, 130 broken off at a question
 */
export async function runCli(words: readonly string[], world: World): Promise<number> {
  let status = 0;
  const program = programOf(commands, {
    name: "meshmail",
    description: "Transactional mail for a Moleculer mesh.",
    helpHint: SEE_HELP,
    groups,
    version: version(),
    offer: ({ cli, options = [], examples }) =>
      cli === undefined ? undefined : { signature: cli, options, ...(examples && { examples }) },
    async run(command, input, json) {
      status = await execute(command, input, json, world);
    },
    write: (text) => world.stdout.write(text),
    writeError: (text) => world.stderr.write(withoutSecrets(text)),
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (words.includes("--json")) {
      const message = withoutSecrets(error.message).replace(/^error: /, "");
      printDocument(world.stdout, { error: { type: "CLI_USAGE", message, remedy: SEE_HELP } });
    }
    return 2;
  }
}

const SEE_HELP = "See --help.";

async function execute(command: Command, given: Input, json: boolean, world: World): Promise<number> {
  const { env, stderr } = world;
  let door: Door | undefined;
  let service: ServiceDoor | undefined;
  for (const hint of hintsFor(given)) stderr.write(`${paragraph(pageFor(stderr, env), hint).join("\n")}\n`);
  const work = async (): Promise<Answer | undefined> => {
    const { input, environment } = await gather(command.options ?? [], given, world.environment(), world.ask);
    return command.run(input, {
      locale: chooseLocale(input["locale"], env),
      environment: () => environment,
      door: async () => (door ??= await open(environment, async () => world.openDoor(environment))),
      service: async () => (service ??= await open(environment, () => world.openService(environment))),
      stdin: world.stdin,
      progress: (text, waiting) => progress(stderr, text, waiting),
      browse: world.browse,
      start: world.start,
    });
  };
  try {
    return await respond(work, { ...world, json });
  } finally {
    await door?.close();
    await service?.close();
  }
}

/** Settings that cannot be used are a wrong use where one of them stood on the command line. */
async function open<T>(environment: Environment, opening: () => Promise<T>): Promise<T> {
  try {
    return await opening();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const nameOf = (variable: string) => {
      const { origin = "" } = environment.get(variable) ?? {};
      return origin.startsWith("--") ? origin : variable;
    };
    const names = error.faults.map(({ variable }) => nameOf(variable));
    if (!names.some((name) => name.startsWith("--"))) throw error;
    const sentences = error.faults.map(
      ({ expected, came }, at) => `${names[at]}: expected ${expected}, got ${came}`,
    );
    throw new UsageError(sentences.join("; "), SEE_HELP);
  }
}

const holdsPassword = (url: string): boolean => /\/\/.*:.*@/s.test(url);

/** What a secret among the words is worth saying. */
function hintsFor({ password, uri = "", key, transporter = "" }: Input): string[] {
  const saferPlaces = [
    ...(password !== undefined || holdsPassword(uri) ? ["SMTP_PASSWORD or SMTP_URI"] : []),
    ...(key === undefined ? [] : ["MESHMAIL_API_KEY"]),
    ...(holdsPassword(transporter) ? ["TRANSPORTER"] : []),
  ];
  return saferPlaces.map(
    (place) =>
      `Hint: a secret on the command line can be read by every user of this machine and stays in the shell's history; ${place}, in the environment or in .env, is safer.`,
  );
}

/** commander repeats the words that it does not understand; one of them may be a URI or hold a password. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/.*@/gs, "//***@").replace(/('--?[^\s'=]+=).*'/g, "$1***'");
}

/** The locale asked for, else Chinese where the system speaks it, else English. */
function chooseLocale(asked: string | undefined, env: NodeJS.ProcessEnv): Locale {
  const system = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  return localeOf(asked ?? system);
}
