/** One mail transaction (RFC 5321 section 3.3): envelope and content in, an answer for each recipient out. */
import { isAscii } from "../message/characters.ts";
import type { Fault, Reply } from "./problem.ts";
import { SmtpFault, type SmtpSession } from "./session.ts";

export interface Parcel {
  from: string;
  to: readonly string[];
  /** The message in CRLF, 7-bit, not dot-stuffed */
  bytes: Uint8Array;
  /** Whose address `from` is: ours from the settings, or the caller's */
  sender: "configured" | "caller";
  /**
   * Asked right before DATA, when all but the message itself is done: may it still go out? Where it may not, or nobody can
   * say, it is taken back.
   */
  clearance?: () => Promise<boolean>;
}

/** What became of one recipient: taken with this reply, or not, for this reason. */
export type RecipientResult = { address: string; reply: Reply } | { address: string; fault: Fault };

/**
 * Sends a parcel over a session that is ready for MAIL FROM. Recipients that the server takes get the message together.
 * A fault that hits the whole transaction comes back on every recipient that it concerns; recipients that were already
 * refused keep their own. Never throws for what the server does.
 */
export async function transact(session: SmtpSession, parcel: Parcel): Promise<RecipientResult[]> {
  const results = new Map<string, RecipientResult>();
  const accepted: string[] = [];
  const conclude = (answer: { reply: Reply } | { fault: Fault }): RecipientResult[] =>
    parcel.to.map((address) => results.get(address) ?? { address, ...answer });

  try {
    const utf8 = session.capabilities.has("SMTPUTF8");
    const sendable = parcel.to.filter((address) => utf8 || isAscii(address));
    for (const address of parcel.to) {
      if (!sendable.includes(address)) results.set(address, unsendable(address));
    }
    if (sendable.length === 0) return conclude({ fault: { stage: "rcpt" } });

    refuseOversize(session, parcel.bytes.byteLength);
    const answers = await session.envelope(parcel.from, sendable, {
      parameters: mailParameters(session, parcel),
      thenData: parcel.clearance === undefined,
    });
    for (const [at, answer] of answers.entries()) {
      const address = sendable[at] ?? "";
      if (answer.accepted) accepted.push(address);
      else {
        const fault: Fault = {
          stage: "rcpt",
          command: "RCPT TO",
          reply: answer.reply,
          sender: parcel.sender,
          ...(accepted.length > 0 && { accepted: true }),
        };
        results.set(address, { address, fault });
      }
    }
    if (accepted.length === 0) {
      await session.withoutData();
      await session.reset();
      return conclude({ fault: { stage: "rcpt" } });
    }
    if (parcel.clearance && !(await session.meanwhile(parcel.clearance().catch(() => false)))) {
      await takeBack(session);
      return conclude({ fault: { stage: "data", cause: "ABORTED" } });
    }
    return conclude({ reply: await session.data(parcel.bytes) });
  } catch (error) {
    if (!(error instanceof SmtpFault)) throw error;
    if (isOutOfStep(error.fault)) results.clear();
    return conclude({ fault: { ...error.fault, sender: parcel.sender } });
  }
}

/**
 * Whoever refuses RSET, or agrees to DATA with anything but 354, answers another command; and so does what lies unread before
 * either of them. Then the refusals before it may not be ours either.
 */
function isOutOfStep({ stage, command, cause, reply }: Fault): boolean {
  if (command === "RSET") return reply !== undefined || cause === "REPLY_INCONSISTENT";
  return stage === "data" && (cause === "REPLY_INCONSISTENT" || (reply !== undefined && reply.code < 400));
}

/** A server that does not agree to RSET has not got the message either. */
async function takeBack(session: SmtpSession): Promise<void> {
  try {
    await session.reset();
  } catch (error) {
    session.destroy();
    if (!(error instanceof SmtpFault)) throw error;
  }
}

/** RFC 1870: told before a single byte of the body has crossed. */
function refuseOversize(session: SmtpSession, size: number): void {
  const limit = Number(session.capabilities.get("SIZE")?.[0] ?? 0);
  if (limit > 0 && size > limit) {
    throw new SmtpFault({
      stage: "mail",
      command: "MAIL FROM",
      cause: "SIZE_EXCEEDED",
      detail: `the message has ${size} bytes, the server takes ${limit}`,
    });
  }
}

function mailParameters(session: SmtpSession, parcel: Parcel): string[] {
  const utf8 = session.capabilities.has("SMTPUTF8") && !parcel.to.every(isAscii);
  return [
    ...(session.capabilities.has("SIZE") ? [`SIZE=${parcel.bytes.byteLength}`] : []),
    ...(utf8 ? ["SMTPUTF8"] : []),
  ];
}

function unsendable(address: string): RecipientResult {
  return { address, fault: { stage: "rcpt", command: "RCPT TO", cause: "SMTPUTF8_NOT_OFFERED" } };
}
