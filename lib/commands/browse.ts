/** A page for a person: written to a file of this user's own, and opened with what the system opens pages with. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A page that was written. */
export interface Browsed {
  path: string;
  /** False: nothing here opens pages, and the person has to */
  opened: boolean;
}

/**
 * The file stays when the command has ended: the browser reads it then. Nobody else may read it, and no file or link that
 * lies in its place is written to.
 * @throws Error when the file cannot be written; never because nothing opens it
 */
export async function browse(
  html: string,
  env: NodeJS.ProcessEnv,
  platform = process.platform,
): Promise<Browsed> {
  const path = join(tmpdir(), `meshmail-templates-${randomUUID()}.html`);
  await writeFile(path, html, { mode: 0o600, flag: "wx" });
  return { path, opened: await open(path, env, platform) };
}

/** `explorer` rather than cmd's `start`, to which an `&` in the path is the next command. */
const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", win32: "explorer.exe" };

function open(path: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Promise<boolean> {
  const opener = openers[platform] ?? "xdg-open";
  // without a screen, xdg-open may take a browser of the terminal's, and its keys
  if (opener === "xdg-open" && !env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(opener, [path], { env, detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
