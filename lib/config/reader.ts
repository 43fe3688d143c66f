/** Walks the table of variables over an environment: values, where each came from, and everything that is wrong with them. */
import { readFileSync } from "node:fs";
import type { Entry, Environment } from "./environment.ts";
import type { Report } from "./faults.ts";
import { nearest } from "../nearest.ts";
import { quote } from "./units.ts";
import { type Values, type Variable, variableNames, type VariableName, variables } from "./variables.ts";

/** Where one value came from and how it may be shown. */
interface Source {
  /** False: the default, or nothing */
  given: boolean;
  shown: string;
  origin: string;
  overrides?: string;
}

export interface Reading {
  values: Values;
  sources: Readonly<Record<VariableName, Source>>;
  given: (name: VariableName) => boolean;
}

/** Reads every variable of the table. Faults and findings go to the report; what is refused still counts as given. */
export function readVariables(environment: Environment, report: Report): Reading {
  const rows = variableNames.map((name) => ({ name, ...readVariable(name, environment, report) }));
  const sources = Object.fromEntries(rows.map(({ name, source }) => [name, source])) as Reading["sources"];
  const values = Object.fromEntries(rows.map(({ name, value }) => [name, value])) as Values;
  return { values, sources, given: (name) => sources[name].given };
}

function readVariable(
  name: VariableName,
  environment: Environment,
  report: Report,
): { value: unknown; source: Source } {
  const variable: Variable = variables[name];
  const standard = standardOf(variable);
  const entry = entryOf(name, environment, report);
  if (entry === "refused") return { value: standard, source: { given: true, shown: "", origin: "refused" } };
  const { value: written = "", origin = "default", overrides } = entry ?? {};
  if (isEmpty(written)) {
    return {
      value: standard,
      source: { given: false, shown: variable.default ?? "", origin: "default", overrides },
    };
  }
  const source = { given: true, shown: "", origin, overrides };
  const text = variable.secret ? written : written.trim();
  const parsed = variable.kind.parse(text);
  if ("refused" in parsed) {
    const { expected = variable.kind.expected, came = variable.secret ? "***" : quote(text) } =
      parsed.refused;
    report.faults.push({ variable: name, expected, came });
    return { value: standard, source };
  }
  report.findings.push(...(parsed.notes ?? []).map((note) => ({ variable: name, ...note })));
  const shown = variable.kind.show?.(parsed.value) ?? (variable.secret ? "***" : text);
  return { value: parsed.value, source: { ...source, shown } };
}

/** The default, read by the variable's own kind. */
function standardOf({ kind, default: written }: Variable): unknown {
  const parsed = written === undefined ? undefined : kind.parse(written);
  return parsed && "value" in parsed ? parsed.value : undefined;
}

const isEmpty = (written: string | undefined): boolean => written === undefined || written.trim() === "";

/** The variable's own entry, or what the file holds that its `_FILE` variant names. */
function entryOf(
  name: VariableName,
  environment: Environment,
  report: Report,
): Entry | "refused" | undefined {
  const refuse = (variable: string, expected: string, came: string): "refused" => {
    report.faults.push({ variable, expected, came });
    return "refused";
  };
  const { secret }: Variable = variables[name];
  const own = environment.get(name);
  const file = secret && environment.get(`${name}_FILE`);
  if (own?.cut || file?.cut) {
    const expected = "quotes around a value that holds a #";
    return refuse(name, expected, "a line in .env whose rest, from the # on, counts as a comment");
  }
  if (!file || isEmpty(file.value)) return own;
  if (!isEmpty(own?.value)) return refuse(name, `either ${name} or ${name}_FILE`, `both from ${file.origin}`);
  const path = file.value.trim();
  // A password put here by mistake is no path, and must not be shown as one.
  const shown = /^(\.{0,2}\/|[a-z]:\\)/i.test(path) ? JSON.stringify(path) : "***";
  const expected = "the path of a readable file with the secret in it";
  try {
    const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return isEmpty(value)
      ? refuse(`${name}_FILE`, expected, `${shown}, which is empty`)
      : { ...file, value, origin: `file ${path}` };
  } catch (error) {
    return refuse(`${name}_FILE`, expected, `${shown} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** What other programs call ours; spelling alone would not lead from one to the other. */
const synonyms: Readonly<Record<string, VariableName>> = {
  SMTP_URL: "SMTP_URI",
  SMTP_SERVER: "SMTP_HOST",
  SMTP_FROM: "SMTP_SENDER",
  SMTP_SECURE: "SMTP_TLS",
  SMTP_SSL: "SMTP_TLS",
};

/**
 * Findings for names that look like ours and are not. In `.env` and on the command line every unknown SMTP_, MAIL_,
 * GATEWAY_ or MESHMAIL_ is told. The environment is shared with other programs (Laravel's MAIL_HOST, CGI's GATEWAY_INTERFACE): there
 * only unknown SMTP_ names are told, and of the others those that are a mistyped one of ours.
 */
export function reportUnknown(environment: Environment, report: Report): void {
  const known: string[] = variableNames.flatMap((name) =>
    "secret" in variables[name] ? [name, `${name}_FILE`] : [name],
  );
  for (const [name, { value, origin }] of environment) {
    if (!/^(SMTP|MAIL|GATEWAY|MESHMAIL)_/.test(name) || known.includes(name) || value === "") continue;
    if (/_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)/.test(name) || /^(tcp|udp):\/\//.test(value)) continue; // Kubernetes
    const guess = synonyms[name] ?? nearest(name, variableNames) ?? nearest(name, known);
    if (!guess && origin === "environment" && !name.startsWith("SMTP_")) continue;
    report.findings.push({
      variable: name,
      message: `there is no variable ${name}, so it has no effect`,
      remedy: guess
        ? `Did you mean ${guess}?`
        : "Remove it, or see `meshmail config` for those that there are.",
    });
  }
}
