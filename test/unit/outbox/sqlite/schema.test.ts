/** Facts about the file's versions: each older one becomes the newest, whatever interrupts it; no other file is touched. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { keeper } from "../../../../lib/outbox/sqlite/keeper.ts";
import { migrate, migrations, pragma, versionOf } from "../../../../lib/outbox/sqlite/schema.ts";
import { everything, rules } from "../../../contract/outbox-store.ts";
import { closeEverything } from "../../../support/open.ts";
import { database, packed } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});

const tables = (db: ReturnType<typeof database>) =>
  db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
/** Two more steps, as later versions will have them. */
const later = [...migrations, "CREATE TABLE one (a ANY) STRICT", "CREATE TABLE two (a ANY) STRICT"];

describe("a new file", () => {
  it("gets all tables, the version and our mark", () => {
    const db = database();
    expect(versionOf(db)).toBe(0);
    migrate(db);
    expect(versionOf(db)).toBe(migrations.length);
    expect(pragma(db, "application_id").toString(16)).toBe(Buffer.from("Mesh").toString("hex"));
    const message = packed();
    keeper(db).enqueue(message, rules);
    expect(keeper(db).claim(everything).claims).toHaveLength(1);
  });

  it("is left alone once it has the newest version", () => {
    const db = database();
    migrate(db);
    const before = pragma(db, "schema_version");
    migrate(db);
    expect(pragma(db, "schema_version")).toBe(before);
  });
});

describe("an older file", () => {
  it.each(Array.from({ length: later.length }, (_, version) => version))(
    "of version %i becomes the newest, messages included",
    (version) => {
      const db = database();
      migrate(db, later.slice(0, version));
      const message = packed();
      if (version >= migrations.length) keeper(db).enqueue(message, rules);
      migrate(db, later);
      expect(versionOf(db, later)).toBe(later.length);
      expect(tables(db)).toEqual(expect.arrayContaining([{ name: "one" }, { name: "two" }]));
      const { id } = message.record;
      expect(keeper(db).get(id)?.id).toBe(version >= migrations.length ? id : undefined);
    },
  );

  it.each(later.map((_, step) => step))("goes on after an interruption in step %i", (step) => {
    const db = database();
    const broken = later.with(step, `${later[step]}; SELECT no_such_function()`);
    expect(() => migrate(db, broken)).toThrow("no_such_function");
    expect(db.isTransaction).toBe(false);
    expect(versionOf(db, later)).toBe(step);
    const between = tables(db);
    migrate(db, later.slice(0, step));
    expect(tables(db)).toEqual(between);
    migrate(db, later);
    const fresh = database();
    migrate(fresh, later);
    expect(tables(db)).toEqual(tables(fresh));
  });
});

describe("another file", () => {
  it("of a newer version is refused", () => {
    const db = database();
    migrate(db, later);
    expect(() => migrate(db)).toThrow("a newer version of Meshmail wrote it");
  });

  it.each([
    ["with tables and no version", "CREATE TABLE theirs (a)"],
    ["with a version of its own", "PRAGMA user_version = 1"],
    ["with another mark", "PRAGMA user_version = 1; PRAGMA application_id = 42"],
  ])("%s is refused, and nothing is written", (_name, sql) => {
    const db = database();
    db.exec(sql);
    const before = [tables(db), pragma(db, "user_version"), pragma(db, "application_id")];
    expect(() => migrate(db)).toThrow("a database of something else");
    expect([tables(db), pragma(db, "user_version"), pragma(db, "application_id")]).toEqual(before);
  });
});
