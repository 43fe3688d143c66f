/** A page that the browser is to show: who may read it, and that a missing browser is no failure. */
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { browse, type Browsed } from "../../../lib/commands/browse.ts";
import { closeEverything } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";

afterEach(closeEverything);

/** Its page is gone afterwards. */
async function browsed(
  env: NodeJS.ProcessEnv,
  platform?: NodeJS.Platform,
): Promise<Browsed & { text: string; mode: number }> {
  const shown = await browse("<p>page</p>", env, platform);
  try {
    return { ...shown, text: readFileSync(shown.path, "utf8"), mode: statSync(shown.path).mode & 0o777 };
  } finally {
    rmSync(shown.path);
  }
}

/** A PATH with one program on it. */
function pathWith(program: string): string {
  const folder = scratchFolder();
  const file = join(folder, program);
  writeFileSync(file, "#!/bin/sh\nexit 3\n");
  chmodSync(file, 0o755);
  return folder;
}

describe("a page", () => {
  it("is a fresh file that nobody else may read", async () => {
    const [one, other] = [await browsed({}), await browsed({})];
    expect(one).toMatchObject({ text: "<p>page</p>", mode: 0o600 });
    expect(one.path).not.toBe(other.path);
    expect(one.path).toMatch(/\.html$/);
  });

  it.each([
    ["linux", "xdg-open", { DISPLAY: ":0" }],
    ["linux", "xdg-open", { WAYLAND_DISPLAY: "wayland-0" }],
    ["darwin", "open", {}],
    ["win32", "explorer.exe", {}],
  ] as const)("is opened on %s with %s", async (platform, program, env) => {
    expect((await browsed({ ...env, PATH: pathWith(program) }, platform)).opened).toBe(true);
  });

  it.each([
    ["there is no screen", { PATH: "with" }],
    ["there is no opener", { DISPLAY: ":0", PATH: "" }],
  ])("is only written where %s", async (_name, { PATH, ...env }) => {
    const path = PATH === "with" ? pathWith("xdg-open") : scratchFolder();
    expect((await browsed({ ...env, PATH: path }, "linux")).opened).toBe(false);
  });
});
