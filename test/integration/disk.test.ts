/** Facts about a node and its outbox's file: what it cannot use ends it at once, in one sentence, and losing it ends it too. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, jest } from "@jest/globals";
import { openSqliteStore } from "../../lib/outbox/sqlite/store.ts";
import { runProgram, startNode } from "../support/node.ts";
import { closeEverything, expectNothingOpen } from "../support/open.ts";
import { scratchFolder } from "../support/scratch.ts";

// a node takes a second to start, or several where the machine is busy
jest.setTimeout(30_000);
afterEach(async () => {
  await closeEverything();
});
afterAll(expectNothingOpen);

const settings = (path: string) => ({
  SMTP_HOST: "127.0.0.1",
  SMTP_PORT: "1",
  SMTP_SENDER: "me@example.com",
  GATEWAY: "off",
  MAIL_OUTBOX: `sqlite:${path}`,
});

/** What a start says besides that it starts; and how it ends. */
async function refusedStart(path: string): Promise<string> {
  const node = runProgram("start.ts", settings(path));
  const status = await node.ended;
  const lines = node.output
    .trim()
    .split("\n")
    .filter((line) => !/\bINFO\b/.test(line));
  expect({ status, lines }).toEqual({ status: 1, lines: [expect.any(String)] });
  return lines[0] ?? "";
}

async function soundFile(): Promise<string> {
  const path = join(scratchFolder(), "outbox.db");
  const store = await openSqliteStore(path);
  await store.close();
  return path;
}

describe("a start on a file that cannot be used ends with status 1 and one line", () => {
  it("for a folder", async () => {
    const folder = scratchFolder();
    expect(await refusedStart(folder)).toMatch(
      new RegExp(
        `the outbox cannot be used: ${folder} is a folder. Name a file in MAIL_OUTBOX=sqlite:PATH.$`,
      ),
    );
  });

  it.each(["/proc/none/outbox.db", "/sys/none/outbox.db"])(
    "for a path where nothing can be written: %s",
    async (path) => {
      expect(await refusedStart(path)).toMatch(
        new RegExp(
          `${path} cannot be written \\(.*\\). Let this user write there, or name another file in MAIL_OUTBOX.$`,
        ),
      );
    },
  );

  it("for text", async () => {
    const path = join(scratchFolder(), "outbox.db");
    writeFileSync(path, "hello");
    expect(await refusedStart(path)).toMatch(
      new RegExp(`${path} is no SQLite database. Move the file aside, or name another one in MAIL_OUTBOX.$`),
    );
  });

  it("for a damaged one", async () => {
    const path = await soundFile();
    writeFileSync(path, Buffer.alloc(20 * 4096, "noise"), { flag: "r+", flush: true });
    expect(await refusedStart(path)).toMatch(new RegExp(`${path} is (no SQLite database|damaged).*\\.$`));
  });

  it("for one that was there and is missing", async () => {
    const path = await soundFile();
    rmSync(path);
    expect(await refusedStart(path)).toMatch(
      new RegExp(`${path} is empty or missing, but there has been an outbox. Bring the file back`),
    );
  });
});

describe("a running node", () => {
  it("keeps a second one off its file, and goes on", async () => {
    const path = join(scratchFolder(), "outbox.db");
    const node = await startNode(settings(path));
    expect(await refusedStart(path)).toMatch(
      new RegExp(
        `another process owns ${path}, and it can have one owner only. Stop the other node, or name another`,
      ),
    );
    node.process.kill("SIGTERM");
    expect(await node.ended).toBe(0);
  });

  it("ends with status 1 when its file is deleted, and says so once", async () => {
    const path = join(scratchFolder(), "outbox.db");
    const node = await startNode(settings(path));
    for (const name of readdirSync(join(path, ".."))) rmSync(join(path, "..", name));
    expect(await node.ended).toBe(1);
    const lines = node.output.split("\n").filter((line) => line.includes(path) && !line.includes("INFO"));
    expect(lines).toEqual([
      expect.stringMatching(/FATAL .* was deleted or replaced while it was open. Bring it back .*\.$/),
    ]);
  });
});
