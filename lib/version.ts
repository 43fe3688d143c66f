/** Our own version, as package.json states it: from source and from dist alike. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export function version(): string {
  const here = join(import.meta.dirname, "..");
  const folder = existsSync(join(here, "package.json")) ? here : join(here, "..");
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}
