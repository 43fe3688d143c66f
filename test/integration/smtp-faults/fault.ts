/** What a row of the fault list says: how the server misbehaves, and what must become of the message that meets it. */
import type { TlsOptions } from "node:tls";
import type { TransportConfig } from "../../../lib/config/config.ts";
import type { SmtpProblemType } from "../../../lib/smtp/problem.ts";
import type { Address } from "../../../lib/smtp/session.ts";
import type { Script, SmtpServer, SmtpServerOptions, Step } from "../../support/smtp-server.ts";

/** `new`: the message opens the connection. `reused`: an innocent one has opened it before. */
export type Run = "new" | "reused";

export interface FaultRow {
  /** With its numbers in the test plan */
  name: string;
  /** While the fault lasts the server does this; a function makes it anew for each run */
  script?: Script | (() => Script);
  /** … shakes hands like this */
  tlsOptions?: TlsOptions;
  /** … and its name leads there */
  lookup?: () => Promise<Address[]>;
  /** Played on the kept connection right before the message */
  interrupt?: Step;
  /** What the server is like all the time */
  server?: SmtpServerOptions;
  transport?: Partial<TransportConfig>;
  /** Our settings ask for neither login nor TLS @default false */
  plain?: boolean;
  /** Silence before the question whether the port speaks TLS, in ms @default as usual */
  askTlsAfter?: number;
  /** Whatever else must be there beforehand */
  arrange?: (server: SmtpServer) => Promise<unknown>;
  message?: object;
  /** Bytes of an attachment; the row is run for each @default none */
  sizes?: readonly number[];
  /** @default both */
  runs?: readonly Run[];
  /** Before MAIL FROM: on a reused connection the fault is met because the kept one has been lost @default false */
  way?: boolean;
  /** It cannot be mended in the middle of a test @default false */
  lasting?: boolean;
  /** Connections that the message makes on the `new` run @default 1 */
  connections?: number;
  outcome: Outcome;
  /** Where a reused connection makes a difference */
  reused?: Outcome;
  /** What else must be true of the server when the message has come to rest */
  seen?: (server: SmtpServer) => void;
}

/** What has become of the message when it is at rest, and of its transport. */
export interface Outcome {
  status: "sent" | "deferred" | "failed" | "unknown";
  /** Of each recipient in turn @default the message's */
  recipients?: readonly string[];
  problem?: SmtpProblemType;
  ambiguous?: true;
  transport: "up" | "resting" | "held";
  /** Milliseconds until the next attempt */
  due?: number;
  /** Messages in the sink */
  copies: number;
}

const SECOND = 1000;

export const sent: Outcome = { status: "sent", transport: "up", copies: 1 };

/** The transport rests, the message waits for it. */
export function failover(problem: SmtpProblemType, seconds = 30): Outcome {
  return { status: "deferred", problem, transport: "resting", due: seconds * SECOND, copies: 0 };
}

/** Our settings are refused: all waits until they change, or a probe succeeds. */
export function hold(problem: SmtpProblemType): Outcome {
  return { status: "deferred", problem, transport: "held", due: 900 * SECOND, copies: 0 };
}

/** Certainly not delivered, and nobody's fault: not counted, and tried again within the minute. */
export function soon(problem: SmtpProblemType): Outcome {
  return { status: "deferred", problem, transport: "up", due: 30 * SECOND, copies: 0 };
}

/** Counted: the first delay of the schedule, less a fifth. */
export function retry(problem: SmtpProblemType, seconds = 24): Outcome {
  return { status: "deferred", problem, transport: "up", due: seconds * SECOND, copies: 0 };
}

export function fail(problem: SmtpProblemType): Outcome {
  return { status: "failed", problem, transport: "up", copies: 0 };
}

/** Perhaps delivered: time for the first copy to show, then the same bytes again. */
export function uncertain(problem: SmtpProblemType): Outcome {
  return {
    status: "deferred",
    problem,
    ambiguous: true,
    transport: "up",
    due: 300 * SECOND,
    copies: 1,
  };
}

/** Like one of the above, for several recipients. */
export function each(recipients: readonly string[], outcome: Outcome): Outcome {
  return { ...outcome, recipients };
}

/** Only the first time in a run. */
export function once(step: Step): () => Step | undefined {
  let done = false;
  return () => {
    if (done) return undefined;
    done = true;
    return step;
  };
}
