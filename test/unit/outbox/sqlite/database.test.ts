/** Facts about opening: what is asserted, who may, and which files are refused, in one sentence and untouched. */
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { MailError } from "../../../../lib/errors.ts";
import { openDatabase } from "../../../../lib/outbox/sqlite/database.ts";
import { keeper } from "../../../../lib/outbox/sqlite/keeper.ts";
import { pragma } from "../../../../lib/outbox/sqlite/schema.ts";
import { everything, NOW, rules, sent } from "../../../contract/outbox-store.ts";
import { closeEverything, expectNothingOpen, opened } from "../../../support/open.ts";
import { database, packed, scratchFolder } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});
afterAll(expectNothingOpen);

function open(path = join(scratchFolder(), "outbox.db")) {
  const { db, warnings, close } = openDatabase(path, false);
  const done = opened(path, async () => {
    close();
    done();
  });
  return { path, db, warnings, close };
}

function refusalOf(path: string): MailError {
  try {
    open(path);
  } catch (error) {
    if (error instanceof MailError && error.type === "MAIL_OUTBOX_UNAVAILABLE") return error;
    throw error;
  }
  throw new Error(`${path} was opened`);
}

describe("an open file", () => {
  it("is written ahead, synced at every commit, and wipes what is deleted", () => {
    const { db } = open();
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    expect([pragma(db, "synchronous"), pragma(db, "secure_delete"), pragma(db, "auto_vacuum")]).toEqual([
      2, 1, 2,
    ]);
  });

  it("and all that lies beside it are for this user alone", () => {
    const { path } = open();
    const folder = join(path, "..");
    const modes = readdirSync(folder).map((name) => [
      name,
      (statSync(join(folder, name)).mode & 0o777).toString(8),
    ]);
    expect(modes.map(([name]) => name)).toEqual(
      expect.arrayContaining(["outbox.db", "outbox.db-shm", "outbox.db-wal", "outbox.db.owner"]),
    );
    expect(new Set(modes.map(([, mode]) => mode))).toEqual(new Set(["600"]));
  });

  it("no longer holds the text of a message that was delivered", () => {
    const { path, db } = open();
    const verbs = keeper(db);
    const code = "one-time-password-481516";
    const message = packed();
    verbs.enqueue(
      { ...message, content: { ...message.content, head: JSON.stringify({ text: code }) } },
      rules,
    );
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    expect(readFileSync(path).includes(code)).toBe(true);
    const [claim] = verbs.claim(everything).claims;
    if (claim) verbs.settle(claim.lease, sent(claim));
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    for (const file of [path, `${path}-wal`]) expect(readFileSync(file).includes(code)).toBe(false);
  });

  it("can be opened again, with all that was in it", () => {
    const first = open();
    const message = packed();
    keeper(first.db).enqueue(message, rules);
    first.close();
    const { db } = open(first.path);
    expect(keeper(db).get(message.record.id)).toEqual(message.record);
  });

  it("goes on where the making of it was broken off", () => {
    const path = join(scratchFolder(), "outbox.db");
    const torn = database(path);
    torn.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
    torn.close();
    expect(pragma(open(path).db, "user_version")).toBe(1);
  });
});

describe("a second owner", () => {
  it("is refused in one sentence, also in the same process, and does not disturb the first", () => {
    const { path, db } = open();
    for (let times = 0; times < 2; times += 1) {
      expect(refusalOf(path).message).toBe(
        `the outbox cannot be used: another process owns ${path}, and it can have one owner only`,
      );
    }
    keeper(db).enqueue(packed(), rules);
    expect(keeper(db).stats(NOW).counts).toEqual({ queued: 1 });
  });

  it("may be whoever comes after the first", () => {
    const first = open();
    first.close();
    expect(() => open(first.path)).not.toThrow();
  });

  it("is not who only reads", () => {
    const { path } = open();
    expect(database(path).prepare("SELECT count(*) AS n FROM messages").get()).toEqual({ n: 0 });
  });
});

describe("a file that cannot be used", () => {
  let model: string;
  let modelFolder: string;
  beforeAll(() => {
    modelFolder = scratchFolder();
    model = join(modelFolder, "model.db");
    const { db, close } = openDatabase(model, false);
    const verbs = keeper(db);
    db.exec("BEGIN");
    for (let at = 0; at < 200; at += 1)
      verbs.enqueue(packed({ metadata: { text: "x".repeat(2000) } }), rules);
    db.exec("COMMIT");
    close();
    files = new Map(
      readdirSync(modelFolder).map((name) => [
        name.replace("model.db", ""),
        readFileSync(join(modelFolder, name)),
      ]),
    );
  });
  let files: Map<string, Buffer>;

  const copy = (): string => {
    const path = join(scratchFolder(), "outbox.db");
    for (const [ending, bytes] of files) writeFileSync(`${path}${ending}`, bytes);
    return path;
  };
  const overwrite = (path: string, at: number, bytes: Uint8Array) => {
    const file = openSync(path, "r+");
    writeSync(file, bytes, 0, bytes.byteLength, at);
    closeSync(file);
  };
  const pages = (path: string) => statSync(path).size / 4096;
  const fingerprint = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

  it("the model itself can", () => {
    const { db } = open(copy());
    expect(keeper(db).stats(NOW).counts).toEqual({ queued: 200 });
  });

  it.each<[name: string, reason: RegExp, spoil: (path: string) => void]>([
    ["is text", /is no SQLite database$/, (path) => writeFileSync(path, "hello ".repeat(1000))],
    ["is shorter than a header", /is no SQLite database$/, (path) => writeFileSync(path, "hello")],
    ["has a header of zeros", /is no SQLite database$/, (path) => overwrite(path, 0, Buffer.alloc(100))],
    [
      "begins with a page of zeros",
      /is no SQLite database$/,
      (path) => overwrite(path, 0, Buffer.alloc(4096)),
    ],
    [
      "has pages overwritten with zeros",
      /is damaged/,
      (path) => overwrite(path, 4096 * 10, Buffer.alloc(4096 * 20)),
    ],
    [
      "has pages overwritten with noise",
      /is damaged/,
      (path) => overwrite(path, 4096 * Math.floor(pages(path) / 2), Buffer.alloc(4096 * 4, "noise")),
    ],
    [
      "has its schema overwritten",
      /is damaged|no SQLite database/,
      (path) => overwrite(path, 100, Buffer.alloc(3996, 0xff)),
    ],
    ["is cut in the middle", /is damaged/, (path) => truncateSync(path, 4096 * Math.floor(pages(path) / 2))],
    ["is cut within a page", /is damaged/, (path) => truncateSync(path, statSync(path).size - 5000)],
    [
      "is cut to nothing",
      /is empty or missing, but there has been an outbox$/,
      (path) => truncateSync(path, 0),
    ],
    ["is missing", /is empty or missing, but there has been an outbox$/, (path) => rmSync(path)],
    [
      "is missing, but for its log",
      /is empty or missing, but there has been an outbox$/,
      (path) => {
        rmSync(path);
        rmSync(`${path}.owner`);
        writeFileSync(`${path}-wal`, "frames");
      },
    ],
    [
      "is another program's database",
      /was not made by this version \(it is a database of something else\)$/,
      (path) => {
        rmSync(path);
        const db = database(path);
        db.exec("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
        db.close();
      },
    ],
    [
      "is a newer version's",
      /was not made by this version \(a newer version of Meshmail wrote it\)$/,
      (path) => {
        const db = database(path);
        db.exec("PRAGMA user_version = 99");
        db.close();
      },
    ],
  ])("%s: one sentence names it, and every file stays as it is", (_name, reason, spoil) => {
    const path = copy();
    spoil(path);
    const folder = join(path, "..");
    const kept = readdirSync(folder);
    const before = kept.map((name) => fingerprint(join(folder, name)));
    const { message, data } = refusalOf(path);
    expect(message).toMatch(reason);
    expect(message.startsWith(`the outbox cannot be used: ${path} `)).toBe(true);
    expect(message).not.toContain("\n");
    expect(data.remedy).toMatch(/\.$/);
    expect(kept.map((name) => fingerprint(join(folder, name)))).toEqual(before);
    expect(refusalOf(path).message).toBe(message);
  });

  it("has a log that was not written back: that stays as well", () => {
    const path = copy();
    const writer = database(path);
    writer.exec("PRAGMA wal_autocheckpoint = 0; UPDATE messages SET revision = 7 WHERE seq = 1");
    for (const ending of ["", "-wal"]) copyFileSync(`${path}${ending}`, `${path}.kept${ending}`);
    writer.close();
    for (const ending of ["", "-wal"]) renameSync(`${path}.kept${ending}`, `${path}${ending}`);
    overwrite(path, 4096 * 10, Buffer.alloc(4096 * 20));
    const before = fingerprint(`${path}-wal`);
    expect(refusalOf(path).message).toMatch(/is damaged/);
    expect(fingerprint(`${path}-wal`)).toBe(before);
  });

  it("has a damaged file of ownership: that is what is named", () => {
    const path = copy();
    writeFileSync(`${path}.owner`, "hello ".repeat(1000));
    expect(refusalOf(path).message).toBe(`the outbox cannot be used: ${path}.owner is no SQLite database`);
  });
});
