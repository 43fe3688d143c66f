/** The outbox in a SQLite file against the contract of all stores, and what only a file can do. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "@jest/globals";
import { openSqliteStore } from "../../../../lib/outbox/sqlite/store.ts";
import { outboxStoreContract } from "../../../contract/outbox-store.ts";

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "meshmail-outbox-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const nextFile = () => join(folder, `${++serial}`, "outbox.db");

describe("the outbox in a SQLite file", () => {
  outboxStoreContract(() => openSqliteStore(nextFile()), true);
});
