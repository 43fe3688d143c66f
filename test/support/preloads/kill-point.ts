/**
 * Preload for a node under test, in each of its threads: the file KILL_AT holds a point such as `before-commit settle`, and the
 * process kills itself right there, at the first statement that fits. The file may be written while the node runs.
 */
import { readFileSync } from "node:fs";
import { DatabaseSync, StatementSync } from "node:sqlite";

/** What the node is about to do to its outbox, by the statement that does it. */
const deeds = {
  migrate: /CREATE TABLE messages/,
  "hand back": /^UPDATE messages SET token = NULL, due_at = :now/,
  insert: /^INSERT INTO messages/,
  lease: /^UPDATE messages SET token = :token/,
  expose: /^UPDATE messages SET due_at = :until, exposed/,
  settle: /^UPDATE messages SET record/,
  told: /^UPDATE messages SET untold = 0/,
  forget: /^DELETE FROM messages/,
  shrink: /^PRAGMA incremental_vacuum/,
  close: /^close$/,
} as const;

/** `-commit`: of the transaction that the deed is part of. */
type Moment = "before" | "after" | "before-commit" | "after-commit";
export type KillPoint = `${Moment} ${keyof typeof deeds}`;

function point(): { moment: string; deed: string } {
  let written = "";
  try {
    written = readFileSync(process.env["KILL_AT"] ?? "", "utf8");
  } catch {
    // not now
  }
  const [moment = "", ...deed] = written.trim().split(" ");
  return { moment, deed: deed.join(" ") };
}

let isPartOfTransaction = false;

/** The kernel lets this thread go no further; what the others do in the meantime they cannot have heard from here. */
function watched<T>(sql: string, perform: () => T): T {
  const { moment, deed } = point();
  const isIt = deed in deeds && deeds[deed as keyof typeof deeds].test(sql);
  const isEnd = isPartOfTransaction && sql === "COMMIT";
  const dieIf = (wanted: boolean): unknown => wanted && process.kill(process.pid, "SIGKILL");
  dieIf(isIt && moment === "before");
  dieIf(isEnd && moment === "before-commit");
  const result = perform();
  isPartOfTransaction = (isPartOfTransaction || isIt) && !isEnd;
  dieIf(isIt && moment === "after");
  dieIf(isEnd && moment === "after-commit");
  return result;
}

const { exec, close } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (sql) {
  return watched(sql, () => exec.call(this, sql));
};
DatabaseSync.prototype.close = function () {
  return watched("close", () => close.call(this));
};
for (const verb of ["run", "get", "all"] as const) {
  const original = StatementSync.prototype[verb] as (...values: unknown[]) => never;
  StatementSync.prototype[verb] = function (this: StatementSync, ...values: unknown[]) {
    return watched(this.sourceSQL, () => original.apply(this, values));
  };
}
