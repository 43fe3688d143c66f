/** Facts about groups of calls: one transaction and one sync, each call fails alone, and a full disk half-stores nothing. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "@jest/globals";
import { groupsOf, openLedger } from "../../../../lib/outbox/sqlite/ledger.ts";
import type { PackedClaim } from "../../../../lib/outbox/sqlite/keeper.ts";
import type { Answer, Call, Verb } from "../../../../lib/outbox/sqlite/protocol.ts";
import { pragma } from "../../../../lib/outbox/sqlite/schema.ts";
import { everything, NOW, rules, sent } from "../../../contract/outbox-store.ts";
import { closeEverything } from "../../../support/open.ts";
import { database, outboxDatabase, packed, scratchFolder } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});

/** `PRAGMA synchronous`: each commit reaches the disk */
const FULL = 2;

function setUp({
  db = outboxDatabase(),
  noClaimsUntil = (): number | undefined => undefined,
  room = 0,
} = {}) {
  const executed: string[] = [];
  const synced: boolean[] = [];
  const exec = db.exec.bind(db);
  db.exec = (sql) => {
    executed.push(sql);
    if (sql === "COMMIT") synced.push(pragma(db, "synchronous") === FULL);
    exec(sql);
  };
  let held = room > 0;
  const reserve = {
    released: 0,
    fill() {
      held = true;
    },
    get isSpent() {
      return reserve.released > 0 && !held;
    },
    release() {
      if (!held) return false;
      held = false;
      reserve.released += 1;
      exec(`PRAGMA max_page_count = ${pragma(db, "page_count") + room}`);
      return true;
    },
  };
  const ledger = openLedger(db, { path: "/data/outbox.db", reserve, noClaimsUntil });
  executed.length = 0;
  synced.length = 0;
  let calls = 0;
  const call = (verb: Verb, ...args: readonly unknown[]): Call => ({ call: ++calls, verb, args });
  const put = (count: number) => ledger.perform(times(count, () => call("enqueue", packed(), rules)));
  const claim = (): PackedClaim[] => {
    const [answer] = ledger.perform([call("claim", everything)]);
    return resultOf<{ claims: PackedClaim[] }>(answer).claims;
  };
  return { db, executed, synced, exec, reserve, ledger, call, put, claim };
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function resultOf<T>(answer: Answer | undefined): T {
  if (!answer || !("result" in answer)) throw new Error(`it was refused: ${JSON.stringify(answer)}`);
  return answer.result as T;
}

const refused = (message: RegExp) => ({
  call: expect.any(Number),
  error: {
    type: "MAIL_OUTBOX_UNAVAILABLE",
    message: expect.stringMatching(message),
    data: { remedy: expect.any(String) },
  },
});

/** No page more than there are. */
function fill(db: DatabaseSync): void {
  db.exec(`PRAGMA max_page_count = ${pragma(db, "page_count")}`);
}

const large = () => packed({ metadata: { text: "x".repeat(50_000) } });
const lines = (db: DatabaseSync, table: string) =>
  db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"];

describe("a group of calls", () => {
  it("shares one transaction, whatever is in it", () => {
    const { executed, ledger, call, put } = setUp();
    put(3);
    expect(executed.filter((sql) => /^(BEGIN|COMMIT)/.test(sql))).toEqual(["BEGIN IMMEDIATE", "COMMIT"]);
    executed.length = 0;
    const claims = ledger.perform([
      call("claim", everything),
      call("enqueue", packed(), rules),
      call("stats", NOW),
    ]);
    expect(claims).toHaveLength(3);
    expect(executed.filter((sql) => sql === "COMMIT")).toHaveLength(1);
  });

  it("is synced where it promises something, and only there", () => {
    const { ledger, call, claim, put, synced } = setUp();
    put(2);
    const [sentOne, exposed] = claim();
    if (!sentOne || !exposed) throw new Error("two were stored");
    const waiting = packed();
    ledger.perform([call("stats", NOW), call("enqueue", waiting, rules)]);
    ledger.perform([call("renew", exposed.lease, NOW + 60_000, false), call("told", [])]);
    ledger.perform([call("renew", exposed.lease, NOW + 60_000, true)]);
    ledger.perform([call("prune", { before: 0, now: NOW, limit: 1 })]);
    ledger.perform([call("settle", sentOne.lease, sent(sentOne))]);
    ledger.perform([call("list", { limit: 1, now: NOW })]);
    ledger.perform([call("revise", waiting.record.id, 1, sent(waiting))]);
    expect(synced).toEqual([true, false, true, false, true, false, true, false, true]);
  });

  it("that waits together is parted: what needs no sync does not wait for one", () => {
    const { call, claim, put } = setUp();
    put(1);
    const [held] = claim();
    if (!held) throw new Error("one was stored");
    const [claiming, exposing, taking, renewing] = [
      call("claim", everything),
      call("renew", held.lease, NOW, true),
      call("enqueue", packed(), rules),
      call("renew", held.lease, NOW, false),
    ];
    const calls = [taking, claiming, exposing, renewing];
    expect(groupsOf(calls)).toEqual([
      [claiming, renewing],
      [taking, exposing],
    ]);
  });

  it("that only reads needs none", () => {
    const { executed, ledger, call, put } = setUp();
    put(1);
    executed.length = 0;
    ledger.perform([call("get", "any"), call("hasContent", "any"), call("untold", 10)]);
    expect(executed).toEqual([]);
  });

  it("answers each call by its number", () => {
    const { ledger, call } = setUp();
    const group = [call("stats", NOW), call("get", "any"), call("list", { limit: 1, now: NOW })];
    expect(ledger.perform(group).map((answer) => answer.call)).toEqual(group.map((one) => one.call));
  });

  it("loses only the call that fails, and nothing that this one had begun", () => {
    const { db, ledger, call } = setUp();
    const broken = packed({ tags: ["good", { not: "text" } as never] });
    const answers = ledger.perform([
      call("enqueue", packed(), rules),
      call("enqueue", broken, rules),
      call("list", { cursor: "canary", limit: 1, now: NOW }),
      call("enqueue", packed(), rules),
    ]);
    expect(answers.map((answer) => "result" in answer)).toEqual([true, false, false, true]);
    expect(answers[2]).toMatchObject({ error: { type: "MAIL_INVALID_MESSAGE" } });
    expect([lines(db, "messages"), lines(db, "contents"), lines(db, "tags")]).toEqual([2, 2, 0]);
    expect(ledger.failure).toBeUndefined();
  });

  it("claims nothing while it must not, and says when to come back", () => {
    let until: number | undefined = NOW + 5000;
    const { claim, ledger, call, put } = setUp({ noClaimsUntil: () => until });
    put(1);
    expect(ledger.perform([call("claim", everything)])).toMatchObject([
      { result: { claims: [], nextDueAt: NOW + 5000 } },
    ]);
    until = undefined;
    expect(claim()).toHaveLength(1);
  });
});

describe("a full disk", () => {
  it("refuses what is new, stores nothing of it, and takes it once there is room", () => {
    const { db, exec, ledger, call, put } = setUp();
    put(2);
    fill(db);
    const message = large();
    expect(ledger.perform([call("enqueue", message, rules)])).toEqual([
      refused(/^the outbox cannot be used: the disk of \/data\/outbox\.db is full$/),
    ]);
    expect(ledger.failure?.message).toMatch(/is full$/);
    expect([lines(db, "messages"), lines(db, "contents"), lines(db, "recipients")]).toEqual([2, 2, 2]);
    expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    exec("PRAGMA max_page_count = 1000000");
    expect(ledger.perform([call("enqueue", message, rules)])).toMatchObject([{ result: { kind: "stored" } }]);
    expect(ledger.failure).toBeUndefined();
  });

  it("still writes down what was sent, in the room of the reserve, and refuses what is new beside it", () => {
    const { db, reserve, ledger, call, put, claim } = setUp({ room: 100 });
    put(1);
    const [held] = claim();
    if (!held) throw new Error("one was stored");
    fill(db);
    const { record, ...rest } = sent(held);
    const outcome = { ...rest, record: { ...record, metadata: { text: "x".repeat(50_000) } } };
    const [taken, settled] = [call("enqueue", large(), rules), call("settle", held.lease, outcome)];
    const answers = ledger.perform([taken, settled]);
    expect(answers.find((answer) => answer.call === settled.call)).toMatchObject({ result: { revision: 2 } });
    expect(answers.find((answer) => answer.call === taken.call)).toEqual({
      ...refused(/is full$/),
      call: taken.call,
    });
    expect(reserve.released).toBe(1);
    expect(lines(db, "messages")).toBe(1);
  });

  it("keeps the reserve for what was sent: nothing new takes it, nor its room once it was given up", () => {
    const { db, reserve, ledger, call, put, claim } = setUp({ room: 100 });
    put(1);
    const [held] = claim();
    if (!held) throw new Error("one was stored");
    fill(db);
    ledger.perform([call("enqueue", large(), rules)]);
    expect(reserve.released).toBe(0);
    const { record, ...rest } = sent(held);
    const outcome = { ...rest, record: { ...record, metadata: { text: "x".repeat(50_000) } } };
    ledger.perform([call("settle", held.lease, outcome)]);
    expect(reserve.released).toBe(1);
    expect(ledger.perform([call("enqueue", packed(), rules)])).toEqual([refused(/is full$/)]);
    reserve.fill();
    expect(ledger.perform([call("enqueue", packed(), rules)])).toMatchObject([
      { result: { kind: "stored" } },
    ]);
  });

  it("without a reserve refuses the outcome, and keeps the message on the wire", () => {
    const { db, ledger, call, put, claim } = setUp();
    put(1);
    const [held] = claim();
    if (!held) throw new Error("one was stored");
    fill(db);
    const { record, ...rest } = sent(held);
    const outcome = { ...rest, record: { ...record, metadata: { text: "x".repeat(50_000) } } };
    expect(ledger.perform([call("settle", held.lease, outcome)])).toEqual([refused(/is full$/)]);
    const [answer] = ledger.perform([call("renew", held.lease, NOW + 120_000, false)]);
    expect(resultOf(answer)).toBe(true);
  });
});

describe("another program's lock", () => {
  it("is told, holds up nothing for ever, and leaves nothing behind", () => {
    const path = join(scratchFolder(), "outbox.db");
    const db = outboxDatabase(path);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 10");
    const { ledger, call } = setUp({ db });
    const other = database(path);
    other.exec("BEGIN IMMEDIATE");
    expect(ledger.perform([call("enqueue", packed(), rules), call("stats", NOW)])).toEqual([
      refused(/another program keeps \/data\/outbox\.db locked$/),
      refused(/locked$/),
    ]);
    expect(ledger.failure?.remedy).toMatch(/sqlite3 shell/);
    expect(ledger.perform([call("get", "any")])).toMatchObject([{ result: undefined }]);
    other.exec("COMMIT");
    expect(ledger.perform([call("enqueue", packed(), rules)])).toMatchObject([
      { result: { kind: "stored" } },
    ]);
    expect(ledger.failure).toBeUndefined();
  });
});
