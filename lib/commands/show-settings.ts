/** The settings as `meshmail config` reads and shows them: usable or not, each with its origin and what it overrode. */
import type { Finding, Setting } from "../config/config.ts";
import type { Environment } from "../config/environment.ts";
import { settingsOf } from "../config/explain.ts";
import { ConfigError, type ConfigFault } from "../config/faults.ts";
import { loadConfig } from "../config/load.ts";
import { readVariables } from "../config/reader.ts";
import { groups, type VariableName, variables } from "../config/variables.ts";
import { type Cell, columns, mark, type Page, type Row } from "./page.ts";

export interface Settings {
  settings: readonly Setting[];
  /** What does not go together, or has no effect */
  findings: readonly Finding[];
  /** What stops the start */
  faults: readonly ConfigFault[];
}

/** With faults, the rows are as far as they can be told: a refused value is empty, and nothing follows from others. */
export function readSettings(environment: Environment): Settings {
  try {
    const { settings, findings } = loadConfig(environment);
    return { settings, findings, faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { faults, findings } = error;
    const reading = readVariables(environment, { faults: [], findings: [] });
    return { settings: settingsOf(reading, { transports: [] }), findings, faults };
  }
}

/** Every setting by group, then what stops the start and what is odd, with what to do about it. */
export function showSettings(page: Page, { settings, findings, faults }: Settings): string[] {
  const refused = new Set(faults.map(({ variable }) => variable.replace(/_FILE$/, "")));
  const rows = Object.entries(groups).flatMap(([group, heading]): Row[] => [
    { heading },
    ...settings
      .filter(({ variable }) => variables[variable as VariableName].group === group)
      .map((setting) => settingRow(page, setting, refused.has(setting.variable))),
  ]);
  const faultRows = faults.map(({ variable, expected, came }): Cell[] => [
    mark(page, "bad"),
    `${variable}: expected ${expected}, got ${came}`,
  ]);
  const findingRows = findings.map(({ variable, message, remedy, fix }): Cell[] => [
    mark(page, "odd"),
    `${variable}: ${message}. ${remedy}${fix ? ` (${fix.variable}=${fix.value})` : ""}`,
  ]);
  return [
    ...columns(page, rows).slice(1),
    ...columns(page, faults.length > 0 ? [{ heading: "These stop the start" }, ...faultRows] : []),
    ...columns(page, findings.length > 0 ? [{ heading: "Worth a look" }, ...findingRows] : []),
  ];
}

/** What was set, or follows from what was set, stands out; defaults and what has no value stay quiet. */
function settingRow(page: Page, { variable, value, origin, overrides }: Setting, refused: boolean): Cell[] {
  if (refused) {
    const missing = origin === "default";
    const text = missing ? "missing" : "cannot be used";
    return [mark(page, "bad"), variable, { text, tone: "bad" }, missing ? "" : origin];
  }
  if (value === "" && !overrides) return [" ", variable, { text: page.symbols.quiet, tone: "quiet" }];
  const source = overrides ? `${origin}, over ${overrides}` : origin;
  if (origin === "default")
    return [" ", variable, { text: value, tone: "quiet" }, { text: source, tone: "quiet" }];
  return [mark(page, "good"), variable, value, source];
}
