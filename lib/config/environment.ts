/** Where the settings come from: layers of names and values, each value with its origin. Our settings leave process.env here. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { ConfigError } from "./faults.ts";

export interface Entry {
  /** As written; empty means not set */
  value: string;
  /** `environment`, `.env`, or what the layer is called, e.g. `--uri` */
  origin: string;
  /** Origin of the value that this one took the place of */
  overrides?: string;
  /** The line in `.env` loses everything after an unquoted `#` */
  cut?: true;
}

/** By name. Holds secrets in clear: hand it to `loadConfig` and nowhere else. */
export type Environment = ReadonlyMap<string, Entry>;

/**
 * Lays values over an environment; the upper ones win, an empty one unsets. `NAME` and `NAME_FILE` are two ways to give one
 * setting, so either takes the place of the other when it lies below.
 *
 * @example overlay(readEnvironment(), { SMTP_URI: "smtps://…" }, "--uri")
 */
export function overlay(
  below: Environment,
  values: Readonly<Record<string, string | undefined>>,
  origin: string,
): Environment {
  const merged = new Map(below);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const twin = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : `${name}_FILE`;
    const replaced = below.get(name) ?? below.get(twin);
    if (values[twin] === undefined) merged.delete(twin);
    merged.set(name, { value, origin, ...(replaced?.value && { overrides: replaced.origin }) });
  }
  return merged;
}

/** An environment of these values alone, for tests and for settings that are only tried (`mail.probe`). */
export function environmentOf(
  values: Readonly<Record<string, string | undefined>>,
  origin = "environment",
): Environment {
  return overlay(new Map(), values, origin);
}

/**
 * `.env` of the folder, where there is one, under the environment of the process.
 * @throws ConfigError when `.env` is there and cannot be read
 */
export function readEnvironment({ cwd = process.cwd(), env = process.env } = {}): Environment {
  return overlay(parseDotenv(readDotenv(join(cwd, ".env"))), env, "environment");
}

/**
 * Reads the text of a `.env` file with Node's parser, which loses parts of two kinds of lines without a word. Text behind
 * a closing quote (`SMTP_SENDER="My Name" me@example.com`, as the manuals have it) is kept here, as dotenv does; a value
 * with an unquoted `#` in it, often a password, is marked as cut.
 */
export function parseDotenv(text: string): Environment {
  const lines = text.matchAll(/^\s*(?:export\s+)?(\w+)\s*=[^\S\n]*(.*)$/gm);
  const written = new Map(Array.from(lines, ([, name = "", rest = ""]) => [name, rest]));
  return new Map(
    Object.entries(parseEnv(text)).map(([name, value = ""]) => [
      name,
      entryOf(value, written.get(name) ?? ""),
    ]),
  );
}

function entryOf(value: string, written: string): Entry {
  const goesOnBehindQuotes = /^(["'`])(?:(?!\1).)*\1\s*[^\s#]/.test(written);
  const isCut = /^(?!["'`])(?:[^#]*[^\s#])?#\S/.test(written);
  return {
    value: goesOnBehindQuotes ? unquoted(written.replace(/\s#.*$/, "").trim()) : value,
    origin: ".env",
    ...(isCut && { cut: true }),
  };
}

/** Without the quotes around it; `\"` within is a quote. */
function unquoted(written: string): string {
  const [, , inner] = /^(["'`])(.*)\1$/.exec(written) ?? [];
  return inner?.replaceAll('\\"', '"') ?? written;
}

function readDotenv(path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw new ConfigError([{ variable: ".env", expected: "a readable file", came: code ?? "an error" }]);
  }
}
