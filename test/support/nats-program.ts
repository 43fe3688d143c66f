/** Where the nats-server program is: on PATH, else in the project's cache, fetched there from the distribution. Nothing is installed. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const cache = join(import.meta.dirname, "../../node_modules/.cache/meshmail");
const run = promisify(execFile);

/** The program's file, undefined when it is on no directory of `path` and not in the cache. */
export function findNatsServer(path = process.env.PATH ?? "", cacheDir = cache): string | undefined {
  const directories = path.split(delimiter).filter((directory) => directory !== "");
  return [...directories, cacheDir].map((directory) => join(directory, "nats-server")).find(isProgram);
}

/**
 * Downloads and unpacks the distribution's package into the cache; works as any user. Several may do so at once: each works in
 * a directory of its own and the finished program is moved into place.
 */
export async function fetchNatsServer(cacheDir = cache): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, "fetch-"));
  try {
    await download(work);
    const files = await readdir(work);
    const deb = files.find((file) => file.endsWith(".deb"));
    if (deb === undefined) throw new Error("apt-get download brought no package");
    await run("dpkg-deb", ["-x", deb, "unpacked"], { cwd: work });
    const program = ["usr/sbin", "usr/bin"]
      .map((at) => join(work, "unpacked", at, "nats-server"))
      .find(isProgram);
    if (program === undefined) throw new Error("the package holds no nats-server");
    await rename(program, join(cacheDir, "nats-server"));
  } catch (error) {
    throw new Error(
      `The tests need nats-server: it is not on PATH and fetching the distribution's package failed (${lastLine(error)}); ` +
        "install it, with `apt-get install nats-server`, `brew install nats-server` or from https://nats.io/download, and run the tests again.",
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** With the machine's package lists; where there are none, or old ones, with fresh ones of our own. */
async function download(work: string): Promise<void> {
  const asAnyUser = ["-q", "-o", "APT::Sandbox::User=root"];
  try {
    await run("apt-get", [...asAnyUser, "download", "nats-server"], { cwd: work });
  } catch {
    for (const directory of ["state/lists/partial", "cache/archives/partial"]) {
      await mkdir(join(work, directory), { recursive: true });
    }
    const ownLists = ["-o", `Dir::State=${join(work, "state")}`, "-o", `Dir::Cache=${join(work, "cache")}`];
    await run("apt-get", [...asAnyUser, ...ownLists, "update"], { cwd: work });
    await run("apt-get", [...asAnyUser, ...ownLists, "download", "nats-server"], { cwd: work });
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
