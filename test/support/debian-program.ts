/** Programs that npm cannot bring: on PATH, else in the project's cache, fetched there from the distribution. Nothing is installed. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

export interface DebianProgram {
  name: string;
  /** The distribution's package that holds it */
  package: string;
  /** How to get it where there is no such distribution */
  remedy: string;
}

export const natsServer: DebianProgram = {
  name: "nats-server",
  package: "nats-server",
  remedy:
    "install it, with `apt-get install nats-server`, `brew install nats-server` or from https://nats.io/download",
};

export const promtool: DebianProgram = {
  name: "promtool",
  package: "prometheus",
  remedy:
    "install it, with `apt-get install prometheus`, `brew install prometheus` or from https://prometheus.io/download",
};

const cache = join(import.meta.dirname, "../../node_modules/.cache/meshmail");
const run = promisify(execFile);

/** The program's file, undefined when it is on no directory of `path` and not in the cache. */
export function findProgram(
  { name }: DebianProgram,
  path = process.env.PATH ?? "",
  cacheDir = cache,
): string | undefined {
  const directories = path.split(delimiter).filter((directory) => directory !== "");
  return [...directories, cacheDir].map((directory) => join(directory, name)).find(isProgram);
}

/**
 * Downloads and unpacks the distribution's package into the cache; works as any user. Several may do so at once: each works in
 * a directory of its own and the finished program is moved into place.
 * @returns the program's file
 * @throws Error with one sentence on how to get it otherwise
 */
export async function fetchProgram(program: DebianProgram, cacheDir = cache): Promise<string> {
  const { name, remedy } = program;
  const file = join(cacheDir, name);
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, "fetch-"));
  try {
    await download(program, work);
    const files = await readdir(work);
    const deb = files.find((one) => one.endsWith(".deb"));
    if (deb === undefined) throw new Error("apt-get download brought no package");
    await run("dpkg-deb", ["-x", deb, "unpacked"], { cwd: work });
    const unpacked = ["usr/sbin", "usr/bin"].map((at) => join(work, "unpacked", at, name)).find(isProgram);
    if (unpacked === undefined) throw new Error(`the package holds no ${name}`);
    await rename(unpacked, file);
    return file;
  } catch (error) {
    throw new Error(
      `The tests need ${name}: it is not on PATH and fetching the distribution's package failed (${lastLine(error)}); ` +
        `${remedy}, and run the tests again.`,
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** With the machine's package lists; where there are none, or old ones, with fresh ones of our own. */
async function download(program: DebianProgram, work: string): Promise<void> {
  const asAnyUser = ["-q", "-o", "APT::Sandbox::User=root"];
  try {
    await run("apt-get", [...asAnyUser, "download", program.package], { cwd: work });
  } catch {
    for (const directory of ["state/lists/partial", "cache/archives/partial"]) {
      await mkdir(join(work, directory), { recursive: true });
    }
    const ownLists = ["-o", `Dir::State=${join(work, "state")}`, "-o", `Dir::Cache=${join(work, "cache")}`];
    await run("apt-get", [...asAnyUser, ...ownLists, "update"], { cwd: work });
    await run("apt-get", [...asAnyUser, ...ownLists, "download", program.package], { cwd: work });
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() || message || String(error)).split("\n").at(-1) ?? "";
}
