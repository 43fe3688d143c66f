/** Facts about the store's thread: it sees that its file is gone, tells its troubles, and never holds up the service's thread. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import type { MailError } from "../../../../lib/errors.ts";
import { openSqliteStore, type SqliteStoreOptions } from "../../../../lib/outbox/sqlite/store.ts";
import type { Trouble } from "../../../../lib/outbox/store.ts";
import { entry, everything, NOW, rules } from "../../../contract/outbox-store.ts";
import { closeEverything, expectNothingOpen, opened } from "../../../support/open.ts";
import { database, scratchFolder } from "../../../support/scratch.ts";
import { createWatch } from "../../../support/watch.ts";

afterEach(async () => {
  await closeEverything();
});
afterAll(expectNothingOpen);

async function open(options: SqliteStoreOptions = {}, path = join(scratchFolder(), "outbox.db")) {
  const warnings: string[] = [];
  const troubles: (Trouble | undefined)[] = [];
  const lost: Error[] = [];
  const watch = createWatch(() => JSON.stringify({ warnings, troubles, lost: lost.map(String) }));
  const note =
    <T>(list: T[]) =>
    (value: T) => {
      list.push(value);
      watch.changed();
    };
  const store = await openSqliteStore(path, {
    onWarning: note(warnings),
    onTrouble: note(troubles),
    onLost: note(lost),
    ...options,
  });
  const done = opened(path, async () => {
    await store.close();
    done();
  });
  return { path, store, warnings, troubles, lost, until: watch.until };
}

const put = ({ store }: Awaited<ReturnType<typeof open>>) => store.enqueue(entry(), rules);
const gone = (path: string) => ({
  type: "MAIL_OUTBOX_UNAVAILABLE",
  message: `the outbox cannot be used: ${path} was deleted or replaced while it was open`,
  data: { remedy: expect.stringContaining("Bring it back") },
});

describe("files that are gone", () => {
  it.each<[what: string, harm: (path: string) => void]>([
    ["deleted", (path) => rmSync(path)],
    ["deleted with their folder", (path) => rmSync(join(path, ".."), { recursive: true })],
    ["deleted, but for the database", (path) => rmSync(`${path}-wal`)],
    [
      "replaced by a copy",
      (path) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
  ])("%s: the very next call is refused, and the process hears of it", async (_what, harm) => {
    const one = await open();
    await put(one);
    harm(one.path);
    await expect(put(one)).rejects.toMatchObject(gone(one.path));
    expect(one.lost).toEqual([expect.objectContaining(gone(one.path))]);
    await expect(one.store.get("any")).rejects.toMatchObject(gone(one.path));
    expect(one.store.trouble()?.message).toBe(one.lost[0]?.message);
  });

  it("are noticed also when nothing is asked for", async () => {
    const one = await open({ lookMs: 20 });
    rmSync(one.path);
    await one.until(() => one.lost.length > 0);
    expect(one.lost[0]).toMatchObject(gone(one.path));
  });
});

describe("trouble", () => {
  it("is told when it begins and when it is over", async () => {
    const one = await open();
    const other = database(one.path, 2000);
    other.exec("ALTER TABLE contents RENAME TO hidden");
    await expect(put(one)).rejects.toMatchObject({
      type: "MAIL_OUTBOX_UNAVAILABLE",
      message: expect.stringContaining(`of ${one.path}`),
    });
    await expect(put(one)).rejects.toMatchObject({ type: "MAIL_OUTBOX_UNAVAILABLE" });
    expect(one.store.trouble()?.message).toContain(one.path);
    other.exec("ALTER TABLE hidden RENAME TO contents");
    expect(await put(one)).toMatchObject({ kind: "stored" });
    await one.until(() => one.troubles.length === 2);
    expect(one.troubles).toEqual([{ message: expect.any(String), remedy: expect.any(String) }, undefined]);
    expect(one.store.trouble()).toBeUndefined();
  });

  it("of too little room holds back what would be sent, and takes what is new as long as it fits", async () => {
    const one = await open({ maxMessage: 2 ** 50 });
    await one.until(() => one.troubles.length === 1);
    expect(one.troubles[0]?.message).toMatch(/nothing is sent/);
    expect(await put(one)).toMatchObject({ kind: "stored" });
    const { claims, nextDueAt } = await one.store.claim(everything);
    expect([claims, nextDueAt]).toEqual([[], NOW + 5000]);
  });
});

it("warns of a folder that others can look into", async () => {
  const folder = scratchFolder();
  chmodSync(folder, 0o755);
  const { warnings } = await open({}, join(folder, "outbox.db"));
  expect(warnings).toEqual([expect.stringContaining(folder)]);
});

describe("a lock that another program holds for a moment", () => {
  it("holds up the answer, but not the thread of the service", async () => {
    const one = await open();
    const other = database(one.path, 2000);
    other.exec("BEGIN IMMEDIATE");
    let isStored = false;
    const stored = put(one).then(() => {
      isStored = true;
    });
    // were this thread held up, nobody would let go of the lock, and the call would fail
    let turns = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        expect(isStored).toBe(false);
        turns += 1;
        if (turns < 30) return;
        clearInterval(timer);
        other.exec("COMMIT");
        resolve();
      }, 10);
    });
    await stored;
    expect(await one.store.stats(NOW)).toMatchObject({ counts: { queued: 1 } });
  });
});

describe("a second owner", () => {
  it("on another thread or in another process is refused, and the first does not notice", async () => {
    const one = await open();
    const message = `another process owns ${one.path}, and it can have one owner only`;
    const refused = { type: "MAIL_OUTBOX_UNAVAILABLE", message: expect.stringContaining(message) };
    await expect(openSqliteStore(one.path)).rejects.toMatchObject(refused);
    // the attempt on a thread of this process must not have cost it the lock
    expect(openElsewhere(one.path)).toContain(message);
    expect(await put(one)).toMatchObject({ kind: "stored" });
    await one.store.close();
    expect(openElsewhere(one.path)).toBe("opened");
  });
});

function openElsewhere(path: string): string {
  const module = join(__dirname, "../../../../lib/outbox/sqlite/database.ts");
  const program = `
    import { openDatabase } from ${JSON.stringify(module)};
    try { openDatabase(${JSON.stringify(path)}, false).close(); console.log("opened"); }
    catch (error) { console.log(error.message); }`;
  const args = ["--input-type=module", "--no-warnings", "--eval", program];
  return execFileSync(process.execPath, args, { encoding: "utf8", env: {} }).trim();
}

describe("a file too large to be checked at start", () => {
  /** The end of it is a hole: it takes no room. */
  const large = async (spoil?: (path: string) => void) => {
    const { path, store } = await open();
    const entries = Array.from({ length: 200 }, () => entry({ metadata: { text: "x".repeat(2000) } }));
    await Promise.all(entries.map((message) => store.enqueue(message, rules)));
    await store.close();
    spoil?.(path);
    truncateSync(path, 1.25 * 1024 ** 3);
    return path;
  };

  it("hands out nothing before it was checked beside the work", async () => {
    const one = await open({}, await large());
    let claims = await one.store.claim(everything);
    while (claims.claims.length === 0) claims = await one.store.claim(everything);
    expect(claims.claims).toHaveLength(10);
    expect(one.lost).toEqual([]);
  });

  it("is given up when it turns out to be damaged, and nothing of it was handed out", async () => {
    const path = await large((file) => {
      const handle = openSync(file, "r+");
      // what was stored first, and last, can still be read
      writeSync(
        handle,
        Buffer.alloc(4096 * 8, "noise"),
        0,
        4096 * 8,
        4096 * Math.floor(statSync(file).size / 8192),
      );
      closeSync(handle);
    });
    const one = await open({}, path);
    // it may be lost already
    const early = await one.store.claim({ ...everything, limit: 1 }).catch(() => ({ claims: [] }));
    expect(early.claims).toEqual([]);
    await one.until(() => one.lost.length > 0, 10_000);
    expect(one.lost[0]?.message).toMatch(/is damaged/);
    expect((one.lost[0] as MailError).data.remedy).toContain("docs/operating.md");
    expect(readdirSync(join(path, ".."))).toContain("outbox.db");
  });
});

it("answers what was asked before it is closed", async () => {
  const one = await open();
  const results = Promise.all(Array.from({ length: 20 }, () => put(one)));
  await one.store.close();
  expect((await results).map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => "stored"));
});
