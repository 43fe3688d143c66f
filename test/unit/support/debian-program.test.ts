import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { fetchProgram, findProgram, natsServer, promtool } from "../../support/debian-program.ts";
import { closeEverything, expectNothingOpen } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";

afterEach(closeEverything);
afterAll(expectNothingOpen);

describe("a program that npm cannot bring", () => {
  it.each([natsServer, promtool])(
    "$name is taken from PATH before the cache, and only if it can be run",
    (program) => {
      const [onPath, cache] = [scratchFolder(), scratchFolder()];
      const path = [onPath, scratchFolder()].join(delimiter);
      expect(findProgram(program, path, cache)).toBeUndefined();

      writeFileSync(join(cache, program.name), "", { mode: 0o755 });
      expect(findProgram(program, path, cache)).toBe(join(cache, program.name));

      writeFileSync(join(onPath, program.name), "", { mode: 0o644 });
      expect(findProgram(program, path, cache)).toBe(join(cache, program.name));

      chmodSync(join(onPath, program.name), 0o755);
      expect(findProgram(program, path, cache)).toBe(join(onPath, program.name));
    },
  );

  it("that cannot be had is asked for in one sentence, with the ways to get it", async () => {
    const cache = scratchFolder();
    const unknown = { name: "no-such-tool", package: "hostname", remedy: "write it" };
    await expect(fetchProgram(unknown, cache)).rejects.toThrow(
      /^The tests need no-such-tool: [^\n]+ failed \([^\n]+\); write it, and run the tests again\.$/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });
});
