#!/usr/bin/env node
/** `npx meshmail …`: the command line's door to the process it runs in. */
import { readEnvironment } from "./lib/config/environment.ts";
import { runCli } from "./lib/commands/cli.ts";
import { openLocalDoor } from "./lib/commands/door.ts";
import { askOnTerminal } from "./lib/commands/terminal.ts";

/** A reader that has seen enough (`meshmail providers | head`) is no error. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const someoneIsThere = process.stdin.isTTY && process.stderr.isTTY;

runCli(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: () => readEnvironment(),
  openDoor: (environment) => openLocalDoor(environment),
  ...(someoneIsThere && { ask: askOnTerminal }),
  // in this process, so that signals and the exit status are the node's own
  async start() {
    await import("./start.ts");
  },
}).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
