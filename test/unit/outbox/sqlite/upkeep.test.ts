/** Facts about the upkeep: the log stays short, room goes back to the disk, and little room is told. */
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { BUSY_MS } from "../../../../lib/outbox/sqlite/database.ts";
import { sizeOf } from "../../../../lib/outbox/sqlite/place.ts";
import { pragma } from "../../../../lib/outbox/sqlite/schema.ts";
import { upkeep, type UpkeepOptions } from "../../../../lib/outbox/sqlite/upkeep.ts";
import { closeEverything } from "../../../support/open.ts";
import { database, scratchFolder } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});

const MB = 1024 * 1024;

function setUp(options: Partial<UpkeepOptions> = {}) {
  const path = join(scratchFolder(), "outbox.db");
  const db = database(path);
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  db.exec("CREATE TABLE bytes (b)");
  const filled: number[] = [];
  const { lowSpace, tend } = upkeep(db, {
    path,
    reserve: { fill: (free) => void filled.push(free) },
    leastFree: 64 * MB,
    largeLog: MB,
    ...options,
  });
  const write = (bytes: number) => db.exec(`INSERT INTO bytes VALUES (zeroblob(${bytes}))`);
  return { path, db, filled, lowSpace, tend, write };
}

describe("the log", () => {
  it("is shortened when it has grown", () => {
    const { path, tend, write } = setUp();
    write(2 * MB);
    expect(sizeOf(`${path}-wal`)).toBeGreaterThan(MB);
    expect(tend()).toEqual([]);
    expect(sizeOf(`${path}-wal`)).toBe(0);
  });

  it("that a reader keeps long is told once, without waiting for the reader", () => {
    const { path, db, tend, write } = setUp();
    const reader = database(path);
    reader.exec("BEGIN; SELECT * FROM bytes");
    write(2 * MB);
    const before = performance.now();
    expect(tend()).toEqual([
      expect.stringMatching(/outbox\.db-wal has grown to 2 MB: another program reads/),
    ]);
    expect(performance.now() - before).toBeLessThan(BUSY_MS);
    expect(tend()).toEqual([]);
    reader.exec("COMMIT");
    expect(tend()).toEqual([]);
    expect(sizeOf(`${path}-wal`)).toBe(0);
    expect(pragma(db, "busy_timeout")).toBe(BUSY_MS);
  });
});

it("gives room back to the disk, a little at a time", () => {
  const { path, db, tend, write } = setUp({ largeLog: 0 });
  write(8 * MB);
  db.exec("DELETE FROM bytes");
  tend();
  const sizes = [sizeOf(path)];
  while (pragma(db, "freelist_count") > 500) {
    tend();
    tend();
    sizes.push(sizeOf(path));
  }
  expect(sizes.length).toBeGreaterThan(2);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(sizes.at(-1)).toBeLessThan(4 * MB);
});

describe("the room on the disk", () => {
  it("is told while it is too little to go on", () => {
    let free = 64 * MB;
    const { path, lowSpace } = setUp({ free: () => free });
    expect(lowSpace()).toBeUndefined();
    free = 3.5 * MB;
    expect(lowSpace()).toEqual({
      message: expect.stringMatching(
        new RegExp(`^the disk of ${path} has 3 MB left; below 64 MB nothing is sent`),
      ),
      remedy: expect.stringContaining("Make room"),
    });
  });

  it("is handed to the reserve", () => {
    const { filled, tend } = setUp({ free: () => 7 });
    tend();
    expect(filled).toEqual([7]);
  });

  it("that the reserve cannot take is told once, until it can", () => {
    let isFull = true;
    const fill = () => {
      if (isFull) throw new Error("ENOSPC: no space left on device, write");
    };
    const { tend } = setUp({ reserve: { fill } });
    expect([tend(), tend()]).toEqual([["ENOSPC: no space left on device, write"], []]);
    isFull = false;
    expect(tend()).toEqual([]);
    isFull = true;
    expect(tend()).toHaveLength(1);
  });
});
