/** What a test may decide about a conversation, moment by moment, and what it may decide by. */
import type { Step } from "./step.ts";

/** A message that came up to its final dot and was not refused there with 4xx or 5xx. */
export interface ReceivedMessage {
  from: string;
  to: string[];
  /** As the sender meant it: lines end in CRLF, dots unstuffed */
  data: Buffer;
  /** Counted from 1 */
  connection: number;
  secure: boolean;
  user?: string;
}

/** What the server knows of the client at this moment. */
export interface Session {
  hello?: string;
  authenticated: boolean;
  user?: string;
  from?: string;
  to: string[];
}

/**
 * The moments of a conversation. `connect` comes before anything is said, before TLS too; `credentials` when an AUTH dialog has
 * brought user and password; `body` when a message begins; `dot` when its final dot has come.
 */
export type Moment =
  | "connect"
  | "greeting"
  | "ehlo"
  | "helo"
  | "starttls"
  | "auth"
  | "credentials"
  | "mail"
  | "rcpt"
  | "data"
  | "body"
  | "dot"
  | "rset"
  | "noop"
  | "quit";

/** What a script may decide by. */
export interface Context {
  moment: Moment;
  /** What stood behind the verb; of `credentials` the user's name */
  argument: string;
  secure: boolean;
  /** The n-th connection of this server, from 1 */
  connection: number;
  /** How often this moment has come on this connection, from 1 */
  nth: number;
  /** How often over all connections, from 1 */
  total: number;
  session: Readonly<Session>;
  /** At `dot`: what is about to be accepted */
  message?: ReceivedMessage;
}

type Scripted<T> = T | ((context: Context) => T | undefined);

/** In the middle of a message, as soon as so many of its bytes have come. */
export interface BodyFault {
  afterBytes: number;
  step: Step;
}

/** `undefined`, also from a function, is the well-behaved default. */
export type Script = Partial<Record<Exclude<Moment, "body">, Scripted<Step>>> & {
  body?: Scripted<BodyFault>;
};

/** The script's step for this moment, where it has one. */
export function choose(scripted: Scripted<Step> | undefined, context: Context): Step | undefined;
export function choose(scripted: Scripted<BodyFault> | undefined, context: Context): BodyFault | undefined;
export function choose(scripted: Scripted<Step> | Scripted<BodyFault> | undefined, context: Context) {
  return typeof scripted === "function" ? scripted(context) : scripted;
}
