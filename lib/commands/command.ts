/** What a command is: one row of the table that the command line and the REPL read. */
import type { Environment } from "../config/environment.ts";
import type { VariableName } from "../config/variables.ts";
import type { Locale } from "../smtp/problem.ts";
import type { Browsed } from "./browse.ts";
import type { Door, ServiceDoor } from "./door.ts";
import type { Page } from "./page.ts";

export interface Command {
  /** How each reader offers it, in commander's words: `smtp verify`, `providers [name]`. Absent: it does not. */
  cli?: string;
  /** Behind `mail`. An argument of the same name as an option stands in for it */
  repl?: string;
  summary: string;
  options?: readonly Option[];
  examples?: readonly string[];
  /** @throws UsageError, or what the door throws */
  run: (input: Input, room: Room) => Promise<Answer | undefined>;
}

/** Arguments and options by name; what was not given is absent. */
export type Input = Readonly<Record<string, string | undefined>>;

export interface Option {
  name: string;
  /** How help calls its value. Absent: it has none, and is given or not */
  value?: string;
  summary: string;
  choices?: readonly string[];
  /** What is wrong with a value, completing its name: `expected …, got …` */
  check?: (value: string) => string | undefined;
  conflicts?: readonly string[];
  /** It may be given several times, its values come joined by this; also `--name one two` */
  joinedBy?: string;
  /** Command line only: it does something on the machine of who gives it */
  cliOnly?: true;
  /** It stands for this variable: command line only, for a mesh has settings of its own */
  setting?: VariableName;
  /** What no longer counts when this setting is given: parts of another server */
  unsets?: readonly VariableName[];
  ask?: Question;
}

/** What is asked on a terminal where the option is missing. */
export interface Question {
  text: string | ((environment: Environment) => string);
  /** Not shown while it is typed */
  secret?: boolean;
  choices?: readonly { value: string; label: string; hint?: string }[];
  /** Whether an answer is needed. `given`: the options that were given or answered */
  missing: (environment: Environment, given: ReadonlySet<string>) => boolean;
  /** How a refusal names it where nobody can be asked; absent: the command tells itself what comes of it */
  refusal?: string;
}

/** What a reader gives a command to work with. */
export interface Room {
  locale: Locale;
  /** Opened at the first call, closed by the reader */
  door: () => Promise<Door>;
  /** A mail service that runs; opened and closed likewise */
  service: () => Promise<ServiceDoor>;
  /** All of standard input; absent where it is not for the command to read */
  stdin?: () => Promise<string>;
  environment: () => Environment;
  /** Says what is being waited for, on a terminal */
  progress: <T>(text: string, work: Promise<T>) => Promise<T>;
  /** Shows an html page to the person */
  browse: (html: string) => Promise<Browsed>;
  /** Becomes the node of `npm start` */
  start: () => Promise<void>;
}

/** What a command found out. */
export interface Answer {
  /** Exit status: 0 it is done, 1 it did not work */
  status: 0 | 1;
  /** The document of `--json` */
  document: unknown;
  /** For people */
  show: (page: Page) => string[];
}

/** The command was used wrongly: exit status 2. */
export class UsageError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.name = "UsageError";
    this.remedy = remedy;
  }
}
