/** The store's own thread: a slow disk holds up nobody else. It also keeps an eye on the file and the disk. */
import { DatabaseSync } from "node:sqlite";
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";
import type { Trouble } from "../store.ts";
import { CHECKED_AT_START, checkIntegrity, openDatabase } from "./database.ts";
import { explained, unavailable } from "./faults.ts";
import type { PackedClaim } from "./keeper.ts";
import { openLedger, plain } from "./ledger.ts";
import { freeSpace, Reserve, sizeOf, watchFiles } from "./place.ts";
import { pragma } from "./schema.ts";
import type { Answer, Message, PlainError, Request, StoreOptions } from "./protocol.ts";

export interface WorkerInput {
  path: string;
  options: StoreOptions;
  /** Only look whether the file is sound, and end */
  checkOnly?: boolean;
}

const MB = 1024 * 1024;
const LOOK_MS = 5000;
const LARGE_WAL = 256 * MB;
const LEAST_FREE = 64 * MB;
/** As many calls as share one sync: more would let the first wait for the last. */
const TOGETHER = 256;
/** Pages that are given back to the disk at a time. */
const SHRINK_PAGES = 500;

function serve(port: MessagePort, { path, options }: WorkerInput): void {
  const say = (message: Message, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const { db, warnings, close } = openDatabase(path, options.allowNetwork ?? false);
  const isThere = watchFiles(path, `${path}-wal`);
  const reserve = new Reserve(path);
  const leastFree = Math.max(LEAST_FREE, 2 * (options.maxMessage ?? 0));
  let isChecked = sizeOf(path) <= CHECKED_AT_START;
  let isWalLarge = false;
  let said: string | undefined;

  const ledger = openLedger(db, {
    path,
    reserve,
    noClaimsUntil: (now) => (isChecked && freeSpace(path) >= leastFree ? undefined : now + LOOK_MS),
  });

  const lose = (error: PlainError): never => {
    say({ kind: "lost", error });
    process.exit(1);
  };

  const loseIfGone = (): void => {
    if (!isThere()) lose(plain(gone(path)));
  };

  const tellTrouble = (): void => {
    const trouble = ledger.failure ?? lowSpace(path, leastFree);
    // the figures in it change all the time
    const gist = trouble?.message.replace(/\d+/g, "");
    if (gist === said) return;
    said = gist;
    say({ kind: "trouble", trouble });
  };

  const look = (): void => {
    loseIfGone();
    try {
      reserve.fill(freeSpace(path));
      if (sizeOf(`${path}-wal`) > LARGE_WAL) db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      const size = sizeOf(`${path}-wal`);
      if (size > LARGE_WAL && !isWalLarge) {
        const message = `${path}-wal has grown to ${Math.round(size / MB)} MB: another program reads the file and does not end.`;
        say({ kind: "warning", message });
      }
      isWalLarge = size > LARGE_WAL;
      if (pragma(db, "freelist_count") > SHRINK_PAGES) db.exec(`PRAGMA incremental_vacuum(${SHRINK_PAGES})`);
    } catch (error) {
      say({ kind: "warning", message: plain(explained(error, path)).message });
    }
    tellTrouble();
  };
  const timer = setInterval(look, LOOK_MS);

  port.on("message", (first: Request) => {
    const requests = [first, ...waitingOn(port, TOGETHER)];
    const calls = requests.filter((request) => request !== "close");
    if (calls.length > 0) {
      const answers = ledger.perform(calls);
      // what was written to a deleted file is gone: that must not be answered with success
      loseIfGone();
      say({ kind: "answers", answers }, buffersOf(answers));
      tellTrouble();
    }
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

function lowSpace(path: string, leastFree: number): Trouble | undefined {
  const free = freeSpace(path);
  if (free >= leastFree) return undefined;
  return {
    message: `the disk of ${path} has ${Math.floor(free / MB)} MB left; below ${Math.ceil(leastFree / MB)} MB nothing is sent, so that what was sent can always be written down`,
    remedy: "Make room on it; the node goes on by itself.",
  };
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
