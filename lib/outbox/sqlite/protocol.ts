/** What the thread of the store and the thread of the service say to each other. */
import type { MailError } from "../../errors.ts";
import type { Trouble } from "../store.ts";
import type { Keeper } from "./keeper.ts";

export interface StoreOptions {
  /** Use the file though it lies on a network file system. @default false */
  allowNetwork?: boolean;
  /** Bytes of the largest message that is taken: nothing is claimed where twice as much would not fit on the disk. @default 25 MB */
  maxMessage?: number;
  /** How often the file and the disk are looked at while nothing is asked for, in ms. @default 5,000 */
  lookMs?: number;
}

export type Verb = Exclude<keyof Keeper, "takeOver">;

export interface Call {
  call: number;
  verb: Verb;
  args: readonly unknown[];
}

/** Errors cross as plain values: a clone of an error loses what makes it ours. */
export type PlainError = Pick<MailError, "type" | "message" | "data"> | { message: string; stack?: string };

export type Answer = { call: number; result: unknown } | { call: number; error: PlainError };

/** From the store's thread. */
export type Message =
  | { kind: "open"; warnings: string[] }
  /** It never opened, or what it wrote to is gone: this thread has ended */
  | { kind: "lost"; error: PlainError }
  | { kind: "answers"; answers: Answer[] }
  /** Undefined: it is over */
  | { kind: "trouble"; trouble: Trouble | undefined }
  | { kind: "warning"; message: string };

/** To it; `close` comes last. */
export type Request = Call | "close";
