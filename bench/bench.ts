/** `npm run bench`: Meshmail and its peers side by side in one run, as a table and as JSON. What counts are the ratios. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { closeEverything } from "../test/support/open.ts";
import { answer } from "./answer.ts";
import { deliver } from "./deliver.ts";
import { openMesh } from "./mesh.ts";
import { start } from "./start.ts";
import { store } from "./store.ts";
import { markdown, results, type Table } from "./table.ts";

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    /** Under a minute: says whether it works, and roughly how fast */
    quick: { type: "boolean", default: false },
    /** Makes docs/benchmarks.md */
    write: { type: "boolean", default: false },
    only: { type: "string", default: "deliver,answer,start,store" },
    messages: { type: "string" },
    rounds: { type: "string" },
  },
});
/** How busy others kept the machine: a load near the number of processors spoils the ratios too. */
const load = Number((loadavg()[0] ?? 0).toFixed(1));
const { quick } = options;
const rounds = Number(options.rounds ?? (quick ? 3 : 7));
const messages = Number(options.messages ?? (quick ? 300 : 2000));
const wanted = new Set(options.only.split(","));
if (!(rounds > 0 && messages > 0)) throw new Error("--rounds and --messages want numbers");

function installPeers(): void {
  const installed = join(here, "node_modules/.package-lock.json");
  const fresh =
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(here, "package-lock.json")).mtimeMs;
  if (fresh) return;
  const { status } = spawnSync("npm", ["ci"], { cwd: here, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the peers could not be installed");
}

function say(what: string): void {
  console.error(`${what} …`);
}

async function measure(folder: string): Promise<Table[]> {
  const tables: Table[] = [];
  say("starting the mesh");
  const mesh = await openMesh(folder);
  if (wanted.has("deliver")) {
    say(`accept and deliver, ${rounds} rounds of ${messages} messages`);
    tables.push(...(await deliver(mesh, { messages, rounds, distanceMs: 0 })));
    say("the same, to a server that is as far away as providers are");
    const fewer = { messages: Math.min(messages, 500), rounds: Math.min(rounds, 3) };
    tables.push(...(await deliver(mesh, { ...fewer, distanceMs: 10 })));
  }
  if (wanted.has("answer")) {
    say("answer");
    tables.push(...(await answer(mesh, { calls: quick ? 100 : 500, rounds, folder })));
  }
  await mesh.account("at the end", []); // nothing came twice after its round
  if (wanted.has("start")) {
    say("start");
    tables.push(...(await start(mesh.natsUrl, folder, quick ? 1 : rounds)));
  }
  await closeEverything();
  if (wanted.has("store")) {
    say("store");
    tables.push(...(await store({ folder, depths: [1000, quick ? 20_000 : 1_000_000], rounds })));
  }
  return tables;
}

function report(tables: readonly Table[]): void {
  const cores = availableParallelism();
  const { dependencies: peers } = JSON.parse(readFileSync(join(here, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const conditions = { node: process.version, cores, load, rounds, messages, peers };
  const page = tables.map(markdown).join("\n");
  console.log(`\n${page}`);
  if (load > cores / 2)
    console.error(`The machine was busy (load ${load} on ${cores} processors): run it again.`);
  const json = {
    ...conditions,
    tables: tables.map((table) => ({ title: table.title, how: table.how, rows: results(table) })),
  };
  writeFileSync(join(here, "results.json"), `${JSON.stringify(json, null, 2)}\n`);
  if (!options.write) return;
  const versions = Object.entries(peers)
    .map((peer) => peer.join(" "))
    .join(", ");
  const intro = [
    "# Benchmarks",
    "",
    "`npm run bench -- --write` makes this page; `npm run bench` shows the same without writing it, with `--quick` in a minute or two,",
    "and leaves `bench/results.json`. Everyone is measured in one run, in turns, against the same SMTP server, which does nothing but",
    "count; a run with a lost or doubled message fails. Figures differ from machine to machine, ratios much less: each is the median of",
    "the rounds' own ratios. A range is from the lowest round to the highest.",
    "",
    `Node ${process.version}, ${versions}; ${cores} processors, shared by all processes of a run, with a load of ${load} at its`,
    `beginning; ${rounds} rounds.`,
  ];
  writeFileSync(join(here, "../docs/benchmarks.md"), `${intro.join("\n")}\n\n${page}`);
}

async function main(): Promise<void> {
  installPeers();
  // beside the peers and not in the system's temporary folder, which may be no disk at all
  const runs = join(here, "node_modules/.cache");
  mkdirSync(runs, { recursive: true });
  const folder = mkdtempSync(join(runs, "run-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  try {
    report(await measure(folder));
  } finally {
    await closeEverything();
  }
}

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interrupted = true;
    void closeEverything().finally(() => process.exit(1));
  });
}
await main().catch((error: unknown) => {
  // a program that was ended on purpose is no news
  if (!interrupted) console.error(error);
  process.exitCode = 1;
});
