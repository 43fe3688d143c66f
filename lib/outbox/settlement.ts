/** What an attempt makes of a message: each recipient's result becomes its next state, and the attempt a line in the timeline. */
import type { TransportConfig } from "../config/config.ts";
import { providerOfHost } from "../providers/providers.ts";
import { classify } from "../smtp/classify.ts";
import { explain } from "../smtp/explain.ts";
import type { Fault, Problem, Verdict } from "../smtp/problem.ts";
import type { RecipientResult } from "../smtp/transaction.ts";
import { bindingTime, retryDelay, type RetrySettings } from "./backoff.ts";
import {
  type MailRecord,
  outcomeOf,
  type RecipientState,
  revised,
  settledRecipient,
  statusOf,
  withAttempt,
} from "./record.ts";

/** One recipient's result, judged. */
export type Judged =
  | { address: string; sent: true; code: number; response: string }
  | { address: string; sent: false; fault: Fault; verdict: Verdict; problem: Problem };

export function judge(results: readonly RecipientResult[], transport: TransportConfig): Judged[] {
  const isTaken = results.some((result) => "reply" in result);
  return results.map((result) => {
    const { address } = result;
    if ("reply" in result) {
      return {
        address,
        sent: true,
        code: result.reply.code,
        response: `${result.reply.code} ${result.reply.text}`,
      };
    }
    const verdict = verdictOf(result.fault, isTaken);
    const provider = providerOfHost(transport.host);
    const problem = explain(result.fault, verdict, { transport, ...(provider && { provider }) });
    return { address, sent: false, fault: result.fault, verdict, problem };
  });
}

/** A server that has taken the message for somebody else does not refuse our settings, whatever it says to one recipient. */
function verdictOf(fault: Fault, isTaken: boolean): Verdict {
  const verdict = classify(fault);
  const isAlone = isTaken && fault.stage === "rcpt" && verdict.outcome === "hold";
  return isAlone ? { ...verdict, scope: "recipient", permanent: false, outcome: "retry" } : verdict;
}

export interface SettlementContext {
  transport: string;
  startedAt: number;
  now: number;
  /** What delays count from: `now`, unless somebody has set the clock back */
  dueFrom: number;
  retry: RetrySettings;
  random: () => number;
}

/** The record after an attempt. Recipients that took no part keep their state. */
export function settlement(
  record: MailRecord,
  judged: readonly Judged[],
  context: SettlementContext,
): MailRecord {
  const { now, dueFrom, transport, startedAt } = context;
  const byAddress = new Map(judged.map((result) => [result.address, result]));
  const counted = judged.some((result) => !result.sent && isCounted(result.verdict));
  const failures = record.failures + (counted ? 1 : 0);
  const recipients = record.recipients.map((recipient) => {
    const result = byAddress.get(recipient.address);
    return result ? nextState(recipient, result, record, failures, context) : recipient;
  });
  const problem = worstProblem(judged);
  const isUncertain = judged.some((result) => !result.sent && result.verdict.outcome === "uncertain");
  const { bound, ...free } = record;
  const next = revised(free, now, {
    recipients,
    failures,
    crashes: 0,
    attempts: record.attempts + 1,
    transport,
    // this attempt shows nothing of what became of the one before
    ...(bound && bound.until > dueFrom && { bound }),
    ...(isUncertain && { bound: { transport, until: dueFrom + bindingTime(context.retry) } }),
    problem: problem ?? (recipients.every(({ status }) => status === "sent") ? undefined : record.problem),
  });
  const tried = recipients.filter(({ address }) => byAddress.has(address));
  const attempt = {
    at: startedAt,
    transport,
    status: statusOf(next, now),
    recipients: tried.map(outcomeOf),
    ...(problem && { problem }),
    durationMs: now - startedAt,
  };
  return withAttempt(next, attempt);
}

function isCounted({ outcome }: Verdict): boolean {
  return outcome === "retry" || outcome === "uncertain";
}

function nextState(
  recipient: RecipientState,
  result: Judged,
  record: MailRecord,
  failures: number,
  { dueFrom, retry, random }: SettlementContext,
): RecipientState {
  if (result.sent) {
    const { address } = recipient;
    return { address, status: "sent", code: result.code, response: result.response };
  }
  const { fault, verdict } = result;
  const { outcome } = verdict;
  const seen = {
    ...(fault.reply && { code: fault.reply.code, response: `${fault.reply.code} ${fault.reply.text}` }),
  };
  if (outcome === "fail") return settledRecipient(recipient, { status: "failed", ...seen });
  if (outcome === "uncertain" && record.ambiguous === "hold") {
    return settledRecipient(recipient, { status: "unknown", ...seen });
  }
  // a fault of the transport's does not put the message off: it goes as soon as any transport has room
  const wait =
    outcome === "failover" || outcome === "hold" ? 0 : retryDelay(outcome, fault, failures, retry, random);
  const dueAt = dueFrom + wait;
  return settledRecipient(recipient, { status: "deferred", dueAt, ...seen });
}

/** The problem that speaks for the whole attempt: the server's or the message's before a recipient's, an open one's before a lost one's. */
function worstProblem(judged: readonly Judged[]): Problem | undefined {
  const faults = judged.flatMap((result) => (result.sent ? [] : [result]));
  const speaker =
    faults.find(({ verdict }) => verdict.scope !== "recipient") ??
    faults.find(({ verdict }) => verdict.outcome !== "fail") ??
    faults[0];
  return speaker?.problem;
}
