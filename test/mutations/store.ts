/** Faults planted in the outbox's file: what is on stable storage, whose it is, and what is found again. */
import type { Mutation } from "./mutation.ts";

const ledger = "lib/outbox/sqlite/ledger.ts";
const keeper = "lib/outbox/sqlite/keeper.ts";
const queries = "lib/outbox/sqlite/queries.ts";
const database = "lib/outbox/sqlite/database.ts";
const worker = "lib/outbox/sqlite/worker.ts";
const contract = "test/unit/outbox/sqlite/store.test.ts";
const groups = "test/unit/outbox/sqlite/ledger.test.ts";
const opening = "test/unit/outbox/sqlite/database.test.ts";
const killPoints = "test/crash/kill-points.test.ts";

const durable = "A positive answer means that the message is on stable storage";
const once = "No second copy of what was delivered, or is on the wire";
const oneMessage = "The same idempotency key and content: the same id, one message";
const comesToItsEnd = "Every accepted message comes to its end";

export const storeMutations: readonly Mutation[] = [
  {
    fault: "the answer leaves before the COMMIT that it speaks of",
    breaks: durable,
    file: ledger,
    changes: [
      [
        `      db.exec("COMMIT");\n`,
        `      if (isPromise) setTimeout(() => db.isTransaction && db.exec("COMMIT"), 50);
      else db.exec("COMMIT");\n`,
      ],
      [
        `    if (!isPromise) db.exec("PRAGMA synchronous = NORMAL");\n`,
        `    if (db.isTransaction) db.exec("COMMIT");
    if (!isPromise) db.exec("PRAGMA synchronous = NORMAL");\n`,
      ],
    ],
    test: killPoints,
    named: "before-commit insert: the caller has no answer",
  },
  {
    fault: "the file is opened with synchronous=NORMAL",
    breaks: durable,
    file: database,
    changes: [
      ["PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL"],
      [`pragma(db, "synchronous") !== 2`, `pragma(db, "synchronous") !== 1`],
    ],
    test: opening,
    named: "is written ahead, synced at every commit",
  },
  {
    fault: "nothing is committed with a sync",
    breaks: durable,
    file: ledger,
    changes: [
      ['if (!isPromise) db.exec("PRAGMA synchronous = NORMAL");', 'db.exec("PRAGMA synchronous = NORMAL");'],
    ],
    test: groups,
    named: "is synced where it promises something",
  },
  {
    fault: "accepting a message counts as promising nothing",
    breaks: durable,
    file: ledger,
    changes: [[`new Set<Verb>(["enqueue", "settle", "revise"])`, `new Set<Verb>(["settle", "revise"])`]],
    test: groups,
    named: "is synced where it promises something",
  },
  {
    fault: "“about to be handed over” is written down without a sync",
    breaks: "With `ambiguous: hold`, no second copy of what may have been delivered",
    file: ledger,
    changes: [[`promising.has(verb) || (verb === "renew" && args[2] === true)`, "promising.has(verb)"]],
    test: groups,
    named: "is synced where it promises something",
  },
  {
    fault: "after a call without a sync the ledger stays unsynced",
    breaks: durable,
    file: ledger,
    changes: [[`if (!isPromise) db.exec("PRAGMA synchronous = FULL");`, ""]],
    test: groups,
    named: "is synced where it promises something",
  },
  {
    fault: "a call that fails leaves half of what it had begun",
    breaks: "What is answered as refused is not kept",
    file: ledger,
    changes: [[`"ROLLBACK TO apart; RELEASE apart"`, `"RELEASE apart"`]],
    test: groups,
    named: "loses only the call that fails",
  },
  {
    fault: "the outcome is taken from whoever has lost the lease",
    breaks: once,
    file: queries,
    changes: [
      [
        `"SELECT * FROM messages WHERE id = :id AND token = :token"`,
        `"SELECT * FROM messages WHERE id = :id AND :token IS NOT NULL"`,
      ],
    ],
    test: contract,
    named: "writes nothing for a lease that another holds by now",
  },
  {
    fault: "a lease that was lost can be renewed",
    breaks: once,
    file: queries,
    changes: [
      [":exposed WHERE id = :id AND token = :token", ":exposed WHERE id = :id AND :token IS NOT NULL"],
    ],
    test: contract,
    named: "says no to whoever lost the lease",
  },
  {
    fault: "the earlier owner's token is still good after a start",
    breaks: once,
    file: queries,
    changes: [["SET token = NULL, due_at = :now", "SET due_at = :now"]],
    test: "test/unit/outbox/sqlite/keeper.test.ts",
    named: "takes from the earlier owner the right to write its outcome",
  },
  {
    fault: "a message is handed out again while it is on the wire",
    breaks: once,
    file: queries,
    changes: [["      due_at = :until, expires_at = NULL, status", "      expires_at = NULL, status"]],
    test: contract,
    named: "hands out each message once",
  },
  {
    fault: "what was on the wire at a crash is not taken over at start",
    breaks: comesToItsEnd,
    file: ledger,
    changes: [["  transaction(() => verbs.takeOver(Date.now()), true);\n", ""]],
    test: killPoints,
    named: "after-commit lease: it goes out once",
  },
  {
    fault: "claims that were never settled are not counted",
    breaks: "A message that kills the process is failed, and the others flow",
    file: queries,
    changes: [["claims = claims + 1", "claims = 1"]],
    test: contract,
    named: "comes with what is known of the claim that was not settled",
  },
  {
    fault: "the idempotency key is ignored",
    breaks: oneMessage,
    file: keeper,
    changes: [["idempotencyKey: idempotency ? scoped(idempotency) : null", "idempotencyKey: null"]],
    test: contract,
    named: "stores one message when a hundred callers use one key at once",
  },
  {
    fault: "the idempotency key is kept in memory, outside the transaction",
    breaks: oneMessage,
    file: keeper,
    changes: [
      [
        "idempotencyKey: idempotency ? scoped(idempotency) : null",
        "idempotencyKey: (idempotency && keys.set(scoped(idempotency), record.id), null)",
      ],
      [`one("byKey", [scoped(idempotency)])`, `one("get", [keys.get(scoped(idempotency)) ?? ""])`],
      ["  const prepared = new Map", "  const keys = new Map<string, string>();\n  const prepared = new Map"],
    ],
    test: killPoints,
    named: "after-commit insert: it is kept; asked again with its key",
  },
  {
    fault: "a known idempotency key hides other content",
    breaks: "The same key with other content is a conflict",
    file: keeper,
    changes: [["row.fingerprint === idempotency.fingerprint", "row.fingerprint !== null"]],
    test: contract,
    named: "refuses a known key with other content",
  },
  {
    fault: "idempotency keys of all callers are one",
    breaks: "Nobody gets the message of another caller's key",
    file: "lib/outbox/store.ts",
    changes: [["return JSON.stringify([scope, key]);", "return key ?? scope;"]],
    test: contract,
    named: "keeps the keys of different scopes apart",
  },
  {
    fault: "a replaced message goes on when its attempt has failed",
    breaks: "What was replaced is not sent any more",
    file: keeper,
    changes: [["if (row.replaced === 0 || change.dueAt === null)", "if (row.replaced >= 0)"]],
    test: contract,
    named: "cancels a replaced message that was on the wire",
  },
  {
    fault: "priority is ignored in the claim",
    breaks: "What is urgent goes first",
    file: "lib/outbox/store.ts",
    changes: [["{ high: 0, normal: 1, low: 2 }", "{ high: 1, normal: 1, low: 1 }"]],
    test: contract,
    named: "gives high priority first",
  },
  {
    fault: "the news flag is not written with the outcome",
    breaks: "Every state is told at least once, also after a crash",
    file: queries,
    changes: [["untold = untold OR :news", "untold = untold AND :news"]],
    test: contract,
    named: "come with a change that says so",
  },
  {
    fault: "telling an earlier state clears the news of a later one",
    breaks: "Every state is told at least once, also after a crash",
    file: queries,
    changes: [
      [
        "SET untold = 0 WHERE id = :id AND revision = :revision",
        "SET untold = 0 WHERE id = :id AND :revision > 0",
      ],
    ],
    test: contract,
    named: "of a later revision stay",
  },
  {
    fault: "the owner's lock is not taken",
    breaks: "One file, one owner: no second copy by a second node",
    file: database,
    changes: [
      [`"PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT"`, `"PRAGMA locking_mode = NORMAL"`],
    ],
    test: opening,
    named: "is refused in one sentence, also in the same process",
  },
  {
    fault: "nobody looks whether the file is still there",
    breaks: durable,
    file: worker,
    changes: [["      loseIfGone();\n      say(", "      say("]],
    test: "test/unit/outbox/sqlite/worker.test.ts",
    named: "the very next call is refused",
  },
  {
    fault: "a new outbox takes the place of one that vanished",
    breaks: comesToItsEnd,
    file: database,
    changes: [["else if (hadOutbox || ", "else if ("]],
    test: opening,
    named: "a file that cannot be used",
  },
  {
    fault: "a damaged file is used",
    breaks: comesToItsEnd,
    file: database,
    changes: [["if (faults.length === 0) return;", "if (faults.length >= 0) return;"]],
    test: opening,
    named: "a file that cannot be used",
  },
  {
    fault: "deleted pages keep their text",
    breaks: "No subject and no body stays in the file once it is delivered",
    file: database,
    changes: [["PRAGMA secure_delete = ON", "PRAGMA secure_delete = OFF"]],
    test: opening,
    named: "no longer holds the text of a message that was delivered",
  },
  {
    fault: "the reserve is given up for what is new",
    breaks: "What was sent can be written down on a full disk",
    file: ledger,
    changes: [[` && call.verb !== "enqueue";`, ";"]],
    test: groups,
    named: "keeps the reserve for what was sent",
  },
  {
    fault: "a large file is worked on before it was checked",
    breaks: comesToItsEnd,
    file: worker,
    changes: [["isChecked && !lowSpace() ? undefined", "!lowSpace() ? undefined"]],
    test: "test/unit/outbox/sqlite/worker.test.ts",
    named: "is given up when it turns out to be damaged, and nothing of it was handed out",
  },
];
