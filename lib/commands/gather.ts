/** From the options that were given to everything that a command needs: what is missing is asked for, or refused by name. */
import { type Environment, overlay } from "../config/environment.ts";
import { type Variable, variables } from "../config/variables.ts";
import { type Input, type Option, type Question, UsageError } from "./command.ts";

/** Asks a person until `check` finds nothing wrong with the answer. @throws Canceled */
export type Ask = (
  question: Pick<Question, "secret" | "choices"> & {
    text: string;
    initial?: string;
    check: (answer: string) => string | undefined;
  },
) => Promise<string>;

/** The person broke off, with Ctrl-C or Escape. */
export class Canceled extends Error {
  override readonly name = "Canceled";
}

export interface Gathered {
  input: Input;
  /** The environment with the given and the answered settings over it */
  environment: Environment;
}

/**
 * @param ask   absent: nobody is there to be asked
 * @throws UsageError naming what is missing or no good; Canceled
 */
export async function gather(
  options: readonly Option[],
  given: Input,
  base: Environment,
  ask?: Ask,
): Promise<Gathered> {
  const input: Record<string, string | undefined> = { ...given };
  const missing: string[] = [];
  let isSetting = false;
  let environment = base;
  for (const option of options) {
    const value = input[option.name];
    const fault =
      value !== undefined && (value.trim() === "" ? "expected a value, got none" : option.check?.(value));
    if (fault) throw new UsageError(`--${option.name}: ${fault}`, "See --help.");
    environment = lay(environment, option, value, `--${option.name}`);
  }
  for (const option of options) {
    const { name, setting, ask: question } = option;
    const known = new Set(Object.keys(input).filter((one) => input[one] !== undefined));
    if (!question || known.has(name) || !question.missing(environment, known)) continue;
    if (ask) {
      const initial = setting && !question.secret && base.get(setting)?.value;
      const text = typeof question.text === "string" ? question.text : question.text(environment);
      const answer = await ask({ ...question, text, ...(initial && { initial }), check: checkOf(option) });
      input[name] = answer || undefined;
      environment = lay(environment, option, input[name], "your answer");
    } else if (question.refusal) {
      missing.push(question.refusal);
      isSetting ||= setting !== undefined;
    }
  }
  if (missing.length === 0) return { input, environment };
  const places = isSetting ? "on the command line, in the environment or in .env" : "with the command";
  throw new UsageError(
    `${new Intl.ListFormat("en").format(missing)} ${missing.length > 1 ? "are" : "is"} missing`,
    `Give ${missing.length > 1 ? "them" : "it"} ${places}; see its help.`,
  );
}

function lay(below: Environment, option: Option, value: string | undefined, origin: string): Environment {
  const { setting, unsets = [] } = option;
  if (setting === undefined || value === undefined) return below;
  const unset = Object.fromEntries(unsets.map((name) => [name, ""]));
  return overlay(below, { ...unset, [setting]: value }, origin);
}

/** Settings are checked as those of the environment. */
function checkOf({ setting, check }: Option): (answer: string) => string | undefined {
  const { kind }: Partial<Variable> = setting ? variables[setting] : {};
  return (answer) => {
    if (answer.trim() === "") return "expected a value (Ctrl-C ends this)";
    const parsed = kind?.parse(answer);
    if (parsed && "refused" in parsed) return `expected ${parsed.refused.expected ?? kind?.expected}`;
    return check?.(answer);
  };
}
