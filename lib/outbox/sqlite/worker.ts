/** The store's own thread: a slow disk holds up nobody else. */
import { DatabaseSync } from "node:sqlite";
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { CHECKED_AT_START, checkIntegrity, openDatabase } from "./database.ts";
import { explained, unavailable } from "./faults.ts";
import type { PackedClaim } from "./keeper.ts";
import { groupsOf, openLedger, plain } from "./ledger.ts";
import { Reserve, sizeOf, watchFiles } from "./place.ts";
import type { Trouble } from "../store.ts";
import type { Answer, Message, PlainError, Request, StoreOptions } from "./protocol.ts";
import { upkeep } from "./upkeep.ts";

export interface WorkerInput {
  path: string;
  options: StoreOptions;
  /** Only look whether the file is sound, and end */
  checkOnly?: boolean;
}

const MB = 1024 * 1024;
const LOOK_MS = 5000;
const LEAST_FREE = 64 * MB;
/** As many calls as share one sync: more would let the first wait for the last. */
const TOGETHER = 256;

function serve(port: MessagePort, { path, options }: WorkerInput): void {
  const say = (message: Message, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const { db, warnings, close } = openDatabase(path, options.allowNetwork ?? false);
  const isThere = watchFiles(path, `${path}-wal`);
  const reserve = new Reserve(path);
  const { maxMessage = 0, lookMs = LOOK_MS } = options;
  const { lowSpace, tend } = upkeep(db, {
    path,
    reserve,
    leastFree: Math.max(LEAST_FREE, 2 * maxMessage),
  });
  let isChecked = sizeOf(path) <= CHECKED_AT_START;
  let said: string | undefined;
  /** What the last calls ran into */
  let failure: Trouble | undefined;

  const ledger = openLedger(db, {
    path,
    reserve,
    noClaimsUntil: (now) => (isChecked && !lowSpace() ? undefined : now + lookMs),
  });

  const lose = (error: PlainError): never => {
    say({ kind: "lost", error });
    process.exit(1);
  };

  const loseIfGone = (): void => {
    if (!isThere()) lose(plain(gone(path)));
  };

  const tellTrouble = (): void => {
    // a full disk is first of all a disk with little room: one trouble, told once
    const trouble = lowSpace() ?? failure;
    // the figures in it change all the time
    const gist = trouble?.message.replace(/\d+/g, "");
    if (gist === said) return;
    said = gist;
    say({ kind: "trouble", trouble });
  };

  const look = (): void => {
    loseIfGone();
    for (const message of tend()) say({ kind: "warning", message });
    tellTrouble();
  };
  const timer = setInterval(look, lookMs);

  port.on("message", (first: Request) => {
    const requests = [first, ...waitingOn(port, TOGETHER)];
    const calls = requests.filter((request) => request !== "close");
    failure = undefined;
    for (const group of groupsOf(calls)) {
      const answers = ledger.perform(group);
      failure ??= ledger.failure;
      // what was written to a deleted file is gone: that must not be answered with success
      loseIfGone();
      say({ kind: "answers", answers }, buffersOf(answers));
    }
    tellTrouble();
    if (calls.length === requests.length) return;
    clearInterval(timer);
    close();
    port.close();
  });

  if (!isChecked) {
    void checkBeside(path).then((fault) => {
      if (fault) lose(fault);
      isChecked = true;
    });
  }
  say({ kind: "open", warnings });
  tellTrouble();
}

function* waitingOn(port: MessagePort, limit: number): Generator<Request> {
  for (let taken = 1; taken < limit; taken += 1) {
    const next = receiveMessageOnPort(port);
    if (!next) return;
    yield next.message as Request;
  }
}

function gone(path: string): Error {
  return unavailable(
    `${path} was deleted or replaced while it was open`,
    "Bring it back from where it went, and start the node again; what was answered in the last moment may be lost.",
  );
}

/** The bytes of claimed messages change hands instead of being copied. */
function buffersOf(answers: readonly Answer[]): ArrayBuffer[] {
  return answers.flatMap((answer) => {
    const result = "result" in answer ? (answer.result as { claims?: PackedClaim[] } | undefined) : undefined;
    const contents = (result?.claims ?? []).map(({ content }) => content.attachments);
    return contents.flatMap((bytes) => (bytes.byteLength > 0 ? [bytes.buffer as ArrayBuffer] : []));
  });
}

/** A large file takes long to check: on a thread of its own, and nothing is claimed before it is done. */
function checkBeside(path: string): Promise<PlainError | undefined> {
  const input: WorkerInput = { path, options: {}, checkOnly: true };
  const checker = new Worker(new URL(import.meta.url), { workerData: input });
  // who closes meanwhile need not wait for it
  checker.unref();
  return new Promise((resolve) => {
    checker.once("message", resolve);
    checker.once("error", (error) => resolve(plain(error)));
  });
}

function check(path: string): PlainError | undefined {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    checkIntegrity(db, path);
    return undefined;
  } catch (error) {
    return plain(explained(error, path));
  } finally {
    db.close();
  }
}

if (!isMainThread && parentPort) {
  const input = workerData as WorkerInput;
  try {
    if (input.checkOnly) parentPort.postMessage(check(input.path), []);
    else serve(parentPort, input);
  } catch (error) {
    parentPort.postMessage({ kind: "lost", error: plain(error) } satisfies Message, []);
  }
}
