/** A way to one SMTP server: keeps its connections, and hands each parcel to one that is fit for it. */
import type { TransportConfig } from "../config/config.ts";
import { startDeadline } from "./deadline.ts";
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
      const results = await transact(reused, parcel);
      if (!isDoubtful(results)) {
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
    const results = await transact(session, parcel);
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

/**
 * On a kept connection a refusal before the body may belong to something older: the server had given up the connection
 * (FIN, RST, a 421 that waited for us), or a surplus reply put everything out of step. Certainly nothing was delivered, so a
 * new connection may decide.
 */
function isDoubtful(results: readonly RecipientResult[]): boolean {
  return results.some(
    (result) =>
      "fault" in result &&
      (result.fault.stage === "mail" || result.fault.stage === "data") &&
      !ours.has(result.fault.cause ?? ""),
  );
}

const ours: ReadonlySet<string> = new Set(["SIZE_EXCEEDED", "TIMEOUT", "ABORTED"]);
