/** A Meshmail node, or any other Node program, as a child process: its output kept, its end awaited. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opened } from "./open.ts";

export interface Program {
  readonly process: ChildProcess;
  /** Standard output and standard error so far, in the order of arrival */
  readonly output: string;
  /** Resolves with the output once it matches; rejects when the program ends before, or after `withinMs` (15,000) */
  says(pattern: RegExp, withinMs?: number): Promise<string>;
  /** Writes a line to standard input */
  tell(line: string): void;
  /** Resolves with exit code or signal */
  readonly ended: Promise<number | string>;
  /** SIGKILL, if it still runs */
  close(): Promise<void>;
}

const root = join(import.meta.dirname, "..", "..");

/**
 * Runs a TypeScript file of the project with this very Node. The environment is exactly `env` and PATH, and the folder is an
 * empty one: nothing of the machine's settings gets in, nor of a developer's `.env`.
 */
export function runProgram(
  file: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Program {
  const folder = mkdtempSync(join(tmpdir(), "meshmail-test-"));
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe", "ipc"],
  }) as ChildProcessWithoutNullStreams;
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const look of waiting) look();
    });
  }
  const ended = once(child, "close").then(([code, signal]: (number | string)[]) => code ?? signal ?? "ended");
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
    closed();
  };
  const closed = opened(file, close);

  return {
    process: child,
    get output() {
      return output;
    },
    says(pattern, withinMs = 15_000) {
      return new Promise((resolve, reject) => {
        const done = (settle: () => void) => {
          clearTimeout(limit);
          waiting.delete(look);
          settle();
        };
        const look = () => pattern.test(output) && done(() => resolve(output));
        const fail = (why: string) =>
          done(() => reject(new Error(`${file} ${why} before it said ${pattern}:\n${output}`)));
        const limit = setTimeout(() => fail("took too long"), withinMs);
        void ended.then(() => fail("ended"));
        waiting.add(look);
        look();
      });
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    ended,
    close,
  };
}

/** `npm start`'s program with these settings, ready when the broker says so. */
export async function startNode(env: Record<string, string>): Promise<Program> {
  const node = runProgram("start.ts", { LOGLEVEL: "info", ...env });
  await node.says(/ServiceBroker with \d+ service/);
  return node;
}
