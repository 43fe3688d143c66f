/** A way to one SMTP server: keeps its connections, and hands each parcel to one that is fit for it. */
import type { TransportConfig } from "../config/config.ts";
import { startDeadline } from "./deadline.ts";
import type { Fault } from "./problem.ts";
import { SmtpFault, SmtpSession, type SessionOptions } from "./session.ts";
import { walk } from "./steps.ts";
import { type Parcel, type RecipientResult, transact } from "./transaction.ts";

export interface Transport {
  readonly config: TransportConfig;
  /**
   * One attempt. Never rejects for what network or server do: every recipient gets a reply or a fault.
   * Bounded by the transport's own `total` time and by `signal`.
   */
  send(parcel: Parcel, signal?: AbortSignal): Promise<RecipientResult[]>;
  /** Hangs up idle connections at once and the others after their parcel. Harmless when called twice. */
  close(): void;
}

/** How long an idle connection is kept: shorter than the patience of the servers we know. */
const IDLE_MS = 20_000;

export function openTransport(config: TransportConfig, options: SessionOptions = {}): Transport {
  const idle = new Map<SmtpSession, NodeJS.Timeout>();
  let closed = false;

  const take = (): SmtpSession | undefined => {
    for (const [session, timer] of idle) {
      idle.delete(session);
      clearTimeout(timer);
      if (session.reusable) return session;
      session.destroy();
    }
    return undefined;
  };

  const giveBack = (session: SmtpSession): void => {
    session.guard(undefined);
    if (closed || !config.pool || !session.reusable || session.transactions >= config.maxMessages)
      return session.close();
    const timer = setTimeout(() => {
      idle.delete(session);
      session.close();
    }, IDLE_MS).unref();
    idle.set(session, timer);
  };

  const attempt = async (parcel: Parcel, signal: AbortSignal): Promise<RecipientResult[]> => {
    const reused = take();
    if (reused) {
      reused.guard(signal);
      const results = credible(await carry(reused, parcel));
      if (results) {
        giveBack(reused);
        return results;
      }
      reused.destroy();
    }
    const session = new SmtpSession(config, options);
    session.guard(signal);
    try {
      await walk(session);
    } catch (error) {
      session.destroy();
      if (!(error instanceof SmtpFault)) throw error;
      const { fault } = error;
      return parcel.to.map((address) => ({ address, fault }));
    }
    const results = await carry(session, parcel);
    giveBack(session);
    return results;
  };

  return {
    config,
    async send(parcel, signal) {
      const deadline = startDeadline(config.timeouts.total, signal);
      try {
        return await attempt(parcel, deadline.signal);
      } finally {
        deadline.clear();
      }
    },
    close() {
      closed = true;
      for (const [session, timer] of idle) {
        clearTimeout(timer);
        session.close();
      }
      idle.clear();
    },
  };
}

/** What throws is our own mistake, and leaves the transaction nobody knows where: the line cannot be used again. */
async function carry(session: SmtpSession, parcel: Parcel): Promise<RecipientResult[]> {
  try {
    return await transact(session, parcel);
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/**
 * What may be believed of results that came over a kept connection; undefined: nothing was delivered, and a new connection
 * must decide. A refusal there may belong to something older: the server had given up the connection (FIN, RST, a 421 that
 * waited for us), or a surplus reply put everything out of step. Only a 354 tells, for no other command is answered with it:
 * whoever gets one to DATA has read every reply before it in its place. RSET proves nothing, because its 250 looks like
 * everybody's; so even where all recipients were refused the refusals count only if a new connection repeats them.
 */
function credible(results: RecipientResult[]): RecipientResult[] | undefined {
  if (results.some(isPastGoAhead) || !results.some(isDoubtful)) return results;
  // where we stopped ourselves there is no second try, but what others were told before is not believed for that
  const stopped = results.find((result) => "fault" in result && !isDoubtful(result) && stops(result.fault));
  if (!stopped || !("fault" in stopped)) return undefined;
  const { fault } = stopped;
  return results.map((result) => (isDoubtful(result) ? { address: result.address, fault } : result));
}

/** The server said 354, and nothing that is not ours after it. */
function isPastGoAhead(result: RecipientResult): boolean {
  if ("reply" in result || result.fault.stage === "reply") return true;
  return result.fault.stage === "body" && !isDoubtful(result);
}

/** The certainly undelivered, with an answer that a reply out of step could have been. */
function isDoubtful(result: RecipientResult): boolean {
  if ("reply" in result) return false;
  const { stage, cause = "", reply } = result.fault;
  // a line that breaks in the middle of a message is no old news
  if (stage === "body") return reply !== undefined || cause === "REPLY_INCONSISTENT";
  return stage !== "reply" && !ours.has(cause);
}

/** Ends the transaction for all recipients, unlike an address that cannot be told to this server. */
function stops({ stage }: Fault): boolean {
  return stage !== "rcpt";
}

const ours: ReadonlySet<string> = new Set(["SIZE_EXCEEDED", "SMTPUTF8_NOT_OFFERED", "TIMEOUT", "ABORTED"]);
