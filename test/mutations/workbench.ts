/** A copy of the sources that may be spoiled: one fault at a time, and Jest to look at it. The sources themselves stay as they are. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type Mutation, mutated } from "./mutation.ts";

export interface Look {
  /** Full names of the tests that passed */
  passed: string[];
  failed: { name: string; why: string }[];
  /** Why there is nothing to be said: Jest took too long, or a test file could not be run */
  trouble?: string;
}

export interface Workbench {
  /** Runs the tests of these files whose names have one of these words in them, with the fault planted if there is one. */
  look(tests: readonly Pick<Mutation, "test" | "named">[], fault?: Mutation): Promise<Look>;
}

/** What Jest writes with `--json`. */
interface Results {
  testResults: {
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

const root = join(import.meta.dirname, "../..");
const left = new Set(["node_modules", ".git", "dist", "data", "coverage"]);
/** None needs more than a quarter of it; a fault may hold up the event loop, and Jest's own limits with it */
const LIMIT_MS = 60_000;
const ALL_LIMIT_MS = 300_000;
const running = new Set<ChildProcess>();

/** @param folder a new one, to be removed by whoever gave it */
export function openWorkbench(folder: string): Workbench {
  const isWanted = (path: string): boolean =>
    !relative(root, path)
      .split(sep)
      .some((name) => left.has(name));
  cpSync(root, folder, { recursive: true, filter: isWanted });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const own = join(folder, "data");
  mkdirSync(own);
  const output = join(own, "results.json");

  const jest = async (tests: readonly Pick<Mutation, "test" | "named">[], limitMs: number): Promise<Look> => {
    rmSync(output, { force: true });
    const files = new Set(tests.map(({ test }) => test));
    const names = tests.map(({ named }) => named.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const { RELIABILITY_OUT: _not, ...env } = process.env;
    const flags = ["--json", "--outputFile", output, "--cacheDirectory", join(own, "cache"), "--forceExit"];
    const end = await run(
      ["--runTestsByPath", ...files, "--testNamePattern", names.join("|"), ...flags],
      folder,
      env,
      limitMs,
    );
    if (end !== undefined) return { passed: [], failed: [], trouble: end };
    if (!existsSync(output)) return { passed: [], failed: [], trouble: "Jest came to no result" };
    return readResults(JSON.parse(readFileSync(output, "utf8")) as Results);
  };

  return {
    async look(tests, fault) {
      if (!fault) return jest(tests, ALL_LIMIT_MS);
      const file = join(folder, fault.file);
      const source = readFileSync(file, "utf8");
      writeFileSync(file, mutated(source, fault));
      try {
        return await jest(tests, LIMIT_MS);
      } finally {
        writeFileSync(file, source);
      }
    },
  };
}

/** Ends what still runs. */
export function endAll(): void {
  for (const child of running) endGroup(child);
}

/** Jest's output is nobody's: what it found is in its file. Returns why that cannot be relied on. */
async function run(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<string | undefined> {
  const program = join(root, "node_modules/jest/bin/jest.js");
  const child = spawn(process.execPath, [program, ...args], { cwd, env, detached: true, stdio: "ignore" });
  running.add(child);
  const limit = setTimeout(() => endGroup(child), limitMs);
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(limit);
  running.delete(child);
  // a test that fails may leave its nodes behind
  endGroup(child);
  return signal ? `Jest did not end within ${limitMs / 1000} s` : undefined;
}

/** It is the first of a process group of its own: what the tests started ends with it. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function readResults({ testResults }: Results): Look {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.find(
    ({ assertionResults, message }) => assertionResults.length === 0 && message,
  );
  return {
    passed: all.filter(({ status }) => status === "passed").map(({ fullName }) => fullName),
    failed: all
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages: [why = ""] }) => ({ name: fullName, why })),
    ...(broken && { trouble: `the tests could not be run: ${broken.message.trim().split("\n", 1)[0]}` }),
  };
}
