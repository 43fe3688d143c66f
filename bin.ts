#!/usr/bin/env node
/** `npx meshmail …`: the command line's door to the process it runs in. */
import { text } from "node:stream/consumers";
import { type Environment, readEnvironment } from "./lib/config/environment.ts";
import { browse } from "./lib/commands/browse.ts";
import { runCli } from "./lib/commands/cli.ts";
import { openLocalDoor, type ServiceDoor } from "./lib/commands/door.ts";
import { openGatewayDoor } from "./lib/commands/gateway-door.ts";
import { serviceOf } from "./lib/commands/service-options.ts";
import { askOnTerminal } from "./lib/commands/terminal.ts";

/** A reader that has seen enough (`meshmail providers | head`) is no error. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

async function openService(environment: Environment): Promise<ServiceDoor> {
  const service = serviceOf(environment);
  if (service.kind === "gateway") return openGatewayDoor(service);
  // loaded when needed: Moleculer takes its time
  const { openMeshDoor } = await import("./mesh-door.ts");
  return openMeshDoor(environment, service.shown);
}

/** True once this process is a node, which ends by itself. */
let isNode = false;

const someoneIsThere = process.stdin.isTTY && process.stderr.isTTY;

runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: () => readEnvironment(),
  openDoor: (environment) => openLocalDoor(environment),
  openService,
  stdin: () => text(process.stdin),
  ...(someoneIsThere && { ask: askOnTerminal }),
  browse: (html) => browse(html, process.env),
  // in this process, so that signals and the exit status are the node's own
  async start() {
    isNode = true;
    await import("./start.ts");
  },
}).then(
  (status) => {
    process.exitCode = status;
    // the client of NATS keeps the socket of a server that never answered
    if (!isNode) process.stdout.write("", () => process.exit());
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
