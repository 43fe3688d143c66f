/** The outbox in a SQLite file: kept by a thread of its own, durable before it answers. */
import { extname, join, resolve as absolute } from "node:path";
import { Worker } from "node:worker_threads";
import { MailError, type MailErrorType } from "../../errors.ts";
import { storeClosed } from "../closed.ts";
import { unavailable } from "./faults.ts";
import type { EnqueueResult, OutboxStore, Trouble } from "../store.ts";
import type { PackedClaim } from "./keeper.ts";
import type { Message, PlainError, Request, StoreOptions, Verb } from "./protocol.ts";
import { packContent, unpackContent } from "./rows.ts";
import type { WorkerInput } from "./worker.ts";

export interface SqliteStoreOptions extends StoreOptions {
  /** Something that an operator should know, in one sentence */
  onWarning?: (message: string) => void;
  /** It cannot do its work for now; undefined: it can again */
  onTrouble?: (trouble: Trouble | undefined) => void;
  /** It is lost for good, for instance because its file was deleted: this process cannot promise anything any more */
  onLost?: (error: Error) => void;
}

/**
 * Opens the file, or makes it. Every call that the store answers is synced to the disk.
 * @param path of the file; SQLite's `-wal` and `-shm`, `.owner` and `.reserve` come beside it
 * @throws MailError MAIL_OUTBOX_UNAVAILABLE: what is wrong with the file, and what to do
 */
export async function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Promise<OutboxStore> {
  const { onWarning = ignore, onTrouble = ignore, onLost = ignore, ...rest } = options;
  const input: WorkerInput = { path: absolute(path), options: rest };
  const worker = new Worker(workerFile(), { workerData: input });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let trouble: Trouble | undefined;
  let lost: Error | undefined;
  let closing: Promise<void> | undefined;

  const lose = (error: Error): void => {
    lost ??= error;
    for (const { reject } of waiting.values()) reject(lost);
    waiting.clear();
  };

  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      lose(closing ? storeClosed() : unavailable("its thread has ended", "Start the node again."));
      resolve();
    });
  });

  await new Promise<void>((resolve, reject) => {
    let isOpen = false;
    const fail = (error: Error): void => {
      lose(error);
      if (isOpen) onLost(error);
      else reject(error);
    };
    worker.on("error", fail);
    worker.on("message", (message: Message) => {
      if (message.kind === "answers") {
        for (const answer of message.answers) {
          const call = waiting.get(answer.call);
          waiting.delete(answer.call);
          if ("error" in answer) call?.reject(revived(answer.error));
          else call?.resolve(answer.result);
        }
      } else if (message.kind === "open") {
        isOpen = true;
        for (const warning of message.warnings) onWarning(warning);
        resolve();
      } else if (message.kind === "lost") fail(revived(message.error));
      else if (message.kind === "warning") onWarning(message.message);
      else {
        trouble = message.trouble;
        onTrouble(trouble);
      }
    });
  });

  const ask = <T>(verb: Verb, args: readonly unknown[], transfer: ArrayBuffer[] = []): Promise<T> => {
    if (lost ?? closing) return Promise.reject(lost ?? storeClosed());
    return new Promise((resolve, reject) => {
      const call = ++calls;
      waiting.set(call, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ call, verb, args } satisfies Request, transfer);
    });
  };

  return {
    durable: true,

    enqueue(entry, rules) {
      const content = packContent(entry.content);
      const bytes = content.attachments.buffer as ArrayBuffer;
      return ask<EnqueueResult>(
        "enqueue",
        [{ ...entry, content }, rules],
        bytes.byteLength > 0 ? [bytes] : [],
      );
    },

    async claim(request) {
      const answer = await ask<{ claims: PackedClaim[]; nextDueAt: number | null }>("claim", [request]);
      const claims = answer.claims.map((claim) => ({ ...claim, content: unpackContent(claim.content) }));
      return { ...answer, claims };
    },

    renew: (...args) => ask("renew", args),
    settle: (...args) => ask("settle", args),
    revise: (...args) => ask("revise", args),
    get: (...args) => ask("get", args),
    hasContent: (...args) => ask("hasContent", args),
    list: (...args) => ask("list", args),
    stats: (...args) => ask("stats", args),
    prune: (...args) => ask("prune", args),
    untold: (...args) => ask("untold", args),
    told: (...args) => ask("told", args),

    trouble: () => (lost ? troubleOf(lost) : trouble),

    close() {
      if (!lost) worker.postMessage("close" satisfies Request, []);
      closing ??= ended;
      return closing;
    },
  };
}

/** Source and dist look alike but for the ending. */
function workerFile(): string {
  return join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
}

function revived(error: PlainError): Error {
  if ("type" in error) return new MailError(error.type as MailErrorType, error.message, error.data);
  return Object.assign(new Error(error.message), error);
}

function troubleOf(error: Error): Trouble {
  const remedy = error instanceof MailError ? error.data.remedy : "Start the node again.";
  return { message: error.message, remedy };
}

function ignore(): void {}
