/** The outbox in a SQLite file against the contract of all stores. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe } from "@jest/globals";
import { openSqliteStore } from "../../../../lib/outbox/sqlite/store.ts";
import { outboxStoreContract } from "../../../contract/outbox-store.ts";

const folder = mkdtempSync(join(tmpdir(), "meshmail-outbox-"));
const path = join(folder, "outbox.db");
let opened = 0;
const open = () => openSqliteStore(opened++ === 0 ? path : join(folder, `${opened}.db`));

/** By another connection to the file of the store that all tests share: to open one takes a thread. */
function empty(): void {
  const db = new DatabaseSync(path, { timeout: 2000 });
  for (const table of ["messages", "recipients", "tags", "contents", "counts"])
    db.exec(`DELETE FROM ${table}`);
  db.close();
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the outbox in a SQLite file", () => {
  outboxStoreContract(open, true, empty);
});
