/** Runs calls on the database: those that wait together share one transaction and one sync, and one that fails fails alone. */
import type { DatabaseSync } from "node:sqlite";
import { MailError } from "../../errors.ts";
import type { Trouble } from "../store.ts";
import { BUSY, diskFull, explained, FULL, primaryCode } from "./faults.ts";
import { keeper } from "./keeper.ts";
import type { Reserve } from "./place.ts";
import type { Answer, Call, PlainError, Verb } from "./protocol.ts";

export interface Ledger {
  /** Every answer that promises something is on the disk when this returns. */
  perform(calls: readonly Call[]): Answer[];
  /** What the last calls ran into; undefined: nothing */
  readonly failure: Trouble | undefined;
}

export interface LedgerOptions {
  /** For people */
  path: string;
  /** The last resort when the disk is full */
  reserve: Pick<Reserve, "release" | "isSpent">;
  /** Until when nothing may be claimed, epoch ms; undefined: go on */
  noClaimsUntil: (now: number) => number | undefined;
}

const BUSY_TRIES = 3;
/** They change nothing: no transaction, no sync. */
const reading: ReadonlySet<Verb> = new Set(["get", "hasContent", "untold"]);
/**
 * Nothing is promised by these. Their writes survive the process all the same, and reach the disk before any later promise,
 * for the log is written in order; if a power cut takes a claim, the message goes out again, as after any interruption.
 */
const promising = new Set<Verb>(["enqueue", "settle", "revise"]);

function promises({ verb, args }: Call): boolean {
  return promising.has(verb) || (verb === "renew" && args[2] === true);
}

/** The calls that need no sync need not wait for those that do. */
export function groupsOf(calls: readonly Call[]): Call[][] {
  const quick = calls.filter((call) => !promises(call));
  return [quick, calls.filter(promises)].filter((group) => group.length > 0);
}

/** Takes the file over from whoever had it before, and opens the books. */
export function openLedger(db: DatabaseSync, { path, reserve, noClaimsUntil }: LedgerOptions): Ledger {
  const verbs = keeper(db);
  let failure: Trouble | undefined;

  const transaction = <T>(work: () => T, isPromise: boolean): T => {
    if (!isPromise) db.exec("PRAGMA synchronous = NORMAL");
    try {
      begin(db);
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    } finally {
      if (!isPromise) db.exec("PRAGMA synchronous = FULL");
    }
  };

  const run = ({ verb, args }: Call): unknown => {
    if (verb === "claim") {
      const [{ now }] = args as Parameters<typeof verbs.claim>;
      const nextDueAt = noClaimsUntil(now);
      if (nextDueAt !== undefined) return { claims: [], nextDueAt };
    }
    if (verb === "enqueue" && reserve.isSpent) throw diskFull(path);
    return (verbs[verb] as (...values: readonly unknown[]) => unknown)(...args);
  };

  const refuse = ({ call }: Call, error: unknown): Answer => {
    const told = explained(error, path);
    if (told instanceof MailError && told.type === "MAIL_OUTBOX_UNAVAILABLE")
      failure = { message: told.message, remedy: told.data.remedy };
    return { call, error: plain(told) };
  };

  const runAlone = (call: Call): Answer => {
    try {
      return { call: call.call, result: run(call) };
    } catch (error) {
      return refuse(call, error);
    }
  };

  /** It fails alone, unless that ends the transaction or is what the reserve is for. */
  const runApart = (call: Call): Answer => {
    db.exec("SAVEPOINT apart");
    try {
      const result = run(call);
      db.exec("RELEASE apart");
      return { call: call.call, result };
    } catch (error) {
      const needsReserve = primaryCode(error) === FULL && call.verb !== "enqueue";
      if (!db.isTransaction || needsReserve) throw error;
      db.exec("ROLLBACK TO apart; RELEASE apart");
      return refuse(call, error);
    }
  };

  const perform = (calls: readonly Call[]): Answer[] => {
    if (calls.every(({ verb }) => reading.has(verb))) return calls.map(runAlone);
    failure = undefined;
    try {
      return transaction(() => calls.map(runApart), calls.some(promises));
    } catch (error) {
      if (primaryCode(error) !== FULL || !reserve.release()) return calls.map((call) => refuse(call, error));
      // the last resort is for what has happened already, not for taking on more
      const [taking, other] = [calls.filter(isNew), calls.filter((call) => !isNew(call))];
      const answers = other.length > 0 ? perform(other) : [];
      return [...answers, ...taking.map((call) => refuse(call, error))];
    }
  };

  transaction(() => verbs.takeOver(Date.now()), true);
  return {
    perform,
    get failure() {
      return failure;
    },
  };
}

function isNew({ verb }: Call): boolean {
  return verb === "enqueue";
}

/** Other programs may read the file, and hold a lock for a moment. */
function begin(db: DatabaseSync): void {
  for (let tries = 1; ; tries += 1) {
    try {
      db.exec("BEGIN IMMEDIATE");
      return;
    } catch (error) {
      if (primaryCode(error) !== BUSY || tries === BUSY_TRIES) throw error;
    }
  }
}

/** An error as it crosses between threads. */
export function plain(error: unknown): PlainError {
  if (error instanceof MailError) return { type: error.type, message: error.message, data: error.data };
  const { message, stack } = error as Error;
  return { message, ...(stack && { stack }) };
}
