/** `npm start`: hands Moleculer's Runner the services of this node, after the settings have been checked. */
import { extname, join } from "node:path";
import { Runner } from "moleculer";
import { loadDotenv } from "./lib/config/dotenv.ts";
import { readEnvironment } from "./lib/config/environment.ts";
import { ConfigError } from "./lib/config/faults.ts";
import { loadConfig } from "./lib/config/load.ts";

/** Source and dist look alike but for the ending. */
const here = (name: string): string => join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);

async function start(): Promise<void> {
  loadDotenv();
  const config = loadConfig(readEnvironment());
  const services = config.services.filter((name) => name !== "gateway" || config.gateway.enabled);
  // the Runner has a SERVICES of its own, which means files; ours is told to the services in their own words
  delete process.env["SERVICES"];
  if (!services.includes("gateway")) process.env["GATEWAY"] = "off";
  const files = services.map((name) => here(`services/${name}.service`));
  await new Runner().start([process.execPath, "meshmail", "--config", here("moleculer.config"), ...files]);
}

// Node itself adds the stack and ends the process with status 1; whoever looks after it starts it again
process.on("uncaughtExceptionMonitor", (error, origin) =>
  console.error(`The node ends, for nobody caught this (${origin}): ${String(error)}`),
);

start().catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error;
  for (const line of error.message.split("\n")) console.error(line);
  process.exit(1);
});
