/** Lets `.env` speak to Moleculer too: NAMESPACE, TRANSPORTER, LOGLEVEL and whatever else its Runner reads from process.env. */
import { readEnvironment } from "./environment.ts";
import { variableNames } from "./variables.ts";

/** Ours are read by `loadConfig`, with their origin; in process.env they would seem to come from the environment. */
const ours: ReadonlySet<string> = new Set(variableNames.filter((name) => name !== "TRANSPORTER"));

/** Sets what `.env` has and the environment has not. The environment wins. */
export function loadDotenv(): void {
  for (const [name, { value, origin }] of readEnvironment()) {
    if (origin === ".env" && !ours.has(name.replace(/_FILE$/, ""))) process.env[name] ??= value;
  }
}
