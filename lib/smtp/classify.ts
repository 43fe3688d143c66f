/** What a fault means: one ordered table from stage, reply and cause to a verdict. Everything else switches on that. */
import {
  accountHeld,
  certificateDates,
  certificateName,
  certificateTrust,
  cutOff,
  dailyQuota,
  greylisted,
  loginLater,
  namesTime,
  noSmtp,
  notTls,
  senderRefusedLate,
  someQuota,
  throttled,
  timedOut,
  tlsHiccup,
  tlsRefused,
  tooLarge,
  tooManyRecipients,
  unreachable,
  unresolved,
  wantsLogin,
  wantsTls,
} from "./patterns.ts";
import type { Fault, Reply, SmtpProblemType, Stage, Verdict } from "./problem.ts";

/** Every condition that a rule names must hold; the first rule that fits decides. */
export interface Rule {
  at?: readonly Stage[];
  /** The verb, where a stage knows two */
  command?: string;
  /** The reply as {@link replyLine} writes it: code, enhanced code, text */
  says?: RegExp;
  /** Why there is no reply */
  cause?: RegExp;
  /** Whether an earlier recipient of the transaction had been accepted */
  accepted?: boolean;
  sender?: Fault["sender"];
  means: Verdict;
}

// What can come out. Scope and outcome are tied together here, so that no rule can rest a server for one recipient's
// sake, or fail a message for the server's.
type Meaning = (type: SmtpProblemType) => Verdict;
type MessageScope = "recipient" | "message";

/** The server cannot now; another one may. */
const failover: Meaning = (type) => ({ type, scope: "transport", permanent: false, outcome: "failover" });
/** Our settings or our account are refused: trying again with them changes nothing. */
const hold: Meaning = (type) => ({ type, scope: "transport", permanent: true, outcome: "hold" });
/** Broken off before the message was handed over: certainly not delivered. */
const soon: Meaning = (type) => ({ type, scope: "transport", permanent: false, outcome: "retry-soon" });
/** The same, but worth counting. */
const again: Meaning = (type) => ({ type, scope: "transport", permanent: false, outcome: "retry" });
/** Broken off after the message was handed over: perhaps delivered. */
const uncertain: Meaning = (type) => ({ type, scope: "transport", permanent: false, outcome: "uncertain" });
const later = (type: SmtpProblemType, scope: MessageScope): Verdict => {
  return { type, scope, permanent: false, outcome: "retry" };
};
const never = (type: SmtpProblemType, scope: MessageScope): Verdict => {
  return { type, scope, permanent: true, outcome: "fail" };
};
const split: Verdict = {
  type: "SMTP_RECIPIENT_DEFERRED",
  scope: "recipient",
  permanent: false,
  outcome: "split",
};

/** A refused `from` is the caller's fault; a refused address of the settings is ours to mend, and the message waits. */
const senderRejected = (rule: Omit<Rule, "means">): Rule[] => [
  { ...rule, sender: "caller", means: never("SMTP_SENDER_REJECTED", "message") },
  { ...rule, means: hold("SMTP_SENDER_REJECTED") },
];

// Stages. Up to `auth` no message is concerned yet; from `data` on the recipients are settled.
const beforeMail: readonly Stage[] = ["dns", "connect", "greeting", "ehlo", "tls", "auth"];
const content: readonly Stage[] = ["data", "body", "reply"];
const transaction: readonly Stage[] = ["mail", "rcpt", ...content];

/**
 * All rules, in order. First those for replies, stage by stage; then those for no reply. Sources: RFC 5321, 4954, 3207,
 * 1870, 3463 and the providers' pages, named where their words are (patterns.ts).
 */
export const rules: readonly Rule[] = [
  // ── a reply, before any message is concerned ──
  { at: ["greeting"], says: /^5/, means: failover("SMTP_GREETING_REJECTED") },
  { at: ["greeting", "ehlo", "tls"], says: throttled, means: failover("SMTP_RATE_LIMITED") },
  { at: ["greeting"], says: /^4/, means: failover("SMTP_SERVER_BUSY") },
  { at: ["ehlo", "tls"], says: /^421/, means: failover("SMTP_SERVER_BUSY") },
  // EHLO not understood, where HELO would mean clear text: perhaps an attacker's doing, so nothing goes on by itself
  { at: ["ehlo"], command: "EHLO", says: /^50[0-4]/, means: hold("SMTP_PROTOCOL_ERROR") },
  { at: ["ehlo"], says: /^[45]/, means: failover("SMTP_PROTOCOL_ERROR") },
  { at: ["tls"], says: /^4/, means: failover("SMTP_STARTTLS_FAILED") },
  { at: ["tls"], says: /^5/, means: hold("SMTP_STARTTLS_FAILED") },
  // from here to the end of RCPT: the server wants TLS, and our settings keep us from it
  { at: ["auth", "mail", "rcpt", "data"], says: wantsTls, means: hold("SMTP_TLS_MODE_MISMATCH") },
  { at: ["auth"], says: /^4/, means: failover("SMTP_AUTH_TEMPORARY") },
  { at: ["auth"], says: loginLater, means: failover("SMTP_AUTH_TEMPORARY") }, // QQ
  { at: ["auth"], says: /^530/, means: hold("SMTP_AUTH_REQUIRED") },
  { at: ["auth"], says: /^50[0234]/, means: hold("SMTP_AUTH_UNSUPPORTED") },
  { at: ["auth"], says: /^5/, means: hold("SMTP_AUTH_FAILED") },
  // a 2xx or 3xx where it means nothing
  { at: beforeMail, says: /./, means: failover("SMTP_PROTOCOL_ERROR") },

  // ── a reply to MAIL FROM, RCPT TO, DATA or the message, by its words ──
  { command: "RSET", says: /./, means: again("SMTP_PROTOCOL_ERROR") },
  { at: ["rcpt"], says: tooLarge, means: never("SMTP_MESSAGE_TOO_LARGE", "recipient") },
  { at: transaction, says: tooLarge, means: never("SMTP_MESSAGE_TOO_LARGE", "message") },
  { at: content, says: /^55[67]/, means: never("SMTP_MESSAGE_TOO_LARGE", "message") }, // DirectMail
  { at: ["rcpt"], says: tooManyRecipients, accepted: true, means: split },
  { at: ["rcpt"], says: tooManyRecipients, means: later("SMTP_RECIPIENT_DEFERRED", "recipient") },
  { at: ["rcpt"], says: greylisted, means: later("SMTP_RECIPIENT_DEFERRED", "recipient") },
  { at: transaction, says: greylisted, means: later("SMTP_MESSAGE_DEFERRED", "message") },
  { at: transaction, says: throttled, means: failover("SMTP_RATE_LIMITED") },
  { at: ["reply"], says: /^421/, means: again("SMTP_SERVER_BUSY") },
  { at: transaction, says: /^421/, means: soon("SMTP_SERVER_BUSY") },
  { at: transaction, says: /^(526|5\d\d 5\.7\.30\b)/, means: hold("SMTP_AUTH_FAILED") }, // Alibaba Mail; Microsoft
  { at: ["mail", "rcpt"], says: wantsLogin, means: hold("SMTP_AUTH_REQUIRED") },
  { at: content, says: /^5(30|.*unauthenticated senders)/i, means: hold("SMTP_AUTH_REQUIRED") },
  { at: ["mail", ...content], says: accountHeld, means: hold("SMTP_SENDER_REJECTED") },
  // Alibaba's two codes for "MAIL FROM is not the login", which no waiting mends
  ...senderRejected({ at: transaction, says: /^4(36|40)/ }),
  ...senderRejected({ at: ["rcpt"], says: /^5.*(sender address rejected|not owned by)/i }), // Postfix, Yandex
  { at: ["rcpt"], says: /^5.*helo command rejected/i, means: hold("SMTP_PROTOCOL_ERROR") }, // Postfix
  ...senderRejected({ at: content, says: senderRefusedLate }),
  { at: content, says: /^5(59|63)/, means: never("SMTP_RECIPIENT_REJECTED", "message") }, // DirectMail

  // ── the same, by its class ──
  { at: ["mail"], says: /^454/, means: failover("SMTP_AUTH_TEMPORARY") },
  { at: ["mail"], says: /^(4|50[023])/, means: later("SMTP_MESSAGE_DEFERRED", "message") },
  { at: ["mail"], says: /^552/, means: never("SMTP_MESSAGE_TOO_LARGE", "message") },
  ...senderRejected({ at: ["mail"], says: /^5/ }),
  { at: ["rcpt"], says: /^(4|50[023])/, means: later("SMTP_RECIPIENT_DEFERRED", "recipient") },
  { at: ["rcpt"], says: /^5/, means: never("SMTP_RECIPIENT_REJECTED", "recipient") },
  { at: ["data"], says: /^(4|50[023])/, means: later("SMTP_MESSAGE_DEFERRED", "message") },
  { at: ["body", "reply"], says: /^4/, means: later("SMTP_MESSAGE_DEFERRED", "message") },
  { at: content, says: /^5/, means: never("SMTP_MESSAGE_REJECTED", "message") },
  { at: ["reply"], says: /./, means: uncertain("SMTP_PROTOCOL_ERROR") },
  { says: /./, means: again("SMTP_PROTOCOL_ERROR") },

  // ── no reply, after the final dot: perhaps delivered ──
  { at: ["reply"], cause: timedOut, means: uncertain("SMTP_TIMEOUT") },
  { at: ["reply"], cause: noSmtp, means: uncertain("SMTP_PROTOCOL_ERROR") },
  { at: ["reply"], means: uncertain("SMTP_CONNECTION_LOST") },

  // ── what we found out ourselves ──
  { cause: /^ABORTED$/, means: soon("SMTP_CONNECTION_LOST") },
  { cause: /^SIZE_EXCEEDED$/, means: never("SMTP_MESSAGE_TOO_LARGE", "message") },
  ...senderRejected({ at: ["mail"], cause: /^SMTPUTF8_NOT_OFFERED$/ }),
  { cause: /^SMTPUTF8_NOT_OFFERED$/, means: never("SMTP_RECIPIENT_REJECTED", "recipient") },
  { cause: /^STARTTLS_NOT_OFFERED$/, means: hold("SMTP_STARTTLS_UNAVAILABLE") },
  { cause: /^AUTH(_MECHANISM)?_NOT_OFFERED$/, means: hold("SMTP_AUTH_UNSUPPORTED") },

  // ── no reply, before the final dot: certainly not delivered ──
  // a server that stops reading in the middle of a message: counted, for each try costs the whole upload
  { at: ["body"], cause: timedOut, means: again("SMTP_TIMEOUT") },
  { at: transaction, cause: timedOut, means: soon("SMTP_TIMEOUT") },
  { at: transaction, cause: noSmtp, means: soon("SMTP_PROTOCOL_ERROR") },
  { at: transaction, means: soon("SMTP_CONNECTION_LOST") },

  // ── no reply, before any message is concerned ──
  { at: ["dns"], means: failover("SMTP_DNS_FAILED") },
  { at: ["connect"], cause: unresolved, means: failover("SMTP_DNS_FAILED") },
  { at: ["connect"], cause: /^ECONNREFUSED$/, means: failover("SMTP_CONNECTION_REFUSED") },
  { at: ["connect"], cause: timedOut, means: failover("SMTP_CONNECTION_TIMEOUT") },
  // no way there at all: firewall and routes are where to look, as for a time-out
  { at: ["connect"], cause: unreachable, means: failover("SMTP_CONNECTION_TIMEOUT") },
  { cause: certificateDates, means: hold("SMTP_CERTIFICATE_EXPIRED") },
  { cause: certificateName, means: hold("SMTP_CERTIFICATE_HOST_MISMATCH") },
  { cause: certificateTrust, means: hold("SMTP_CERTIFICATE_UNTRUSTED") },
  // after STARTTLS the port is the right one: what came instead of a handshake was injected or broken
  { at: ["tls"], command: "STARTTLS", cause: notTls, means: failover("SMTP_STARTTLS_FAILED") },
  { cause: notTls, means: hold("SMTP_TLS_MODE_MISMATCH") },
  { cause: cutOff, means: failover("SMTP_CONNECTION_LOST") },
  { cause: timedOut, means: failover("SMTP_TIMEOUT") },
  { cause: noSmtp, means: failover("SMTP_PROTOCOL_ERROR") },
  { cause: tlsHiccup, means: failover("SMTP_TLS_FAILED") },
  { cause: tlsRefused, means: hold("SMTP_TLS_FAILED") },
  { at: ["tls"], means: failover("SMTP_TLS_FAILED") },
  { at: ["auth"], means: failover("SMTP_AUTH_TEMPORARY") },
];

const anythingElse: Rule = { means: failover("SMTP_CONNECTION_LOST") };

/** What a fault means and what is to be done about it. Pure, and total: whatever it does not know is temporary. */
export function classify(fault: Fault): Verdict {
  return ruleFor(fault).means;
}

/** The rule that decides a fault. */
export function ruleFor(fault: Fault): Rule {
  // lines that contradict each other, or bytes that are no reply, say nothing that could be believed
  const reply = noSmtp.test(fault.cause ?? "") ? undefined : fault.reply;
  const line = reply && replyLine(reply);
  return rules.find((rule) => fits(rule, fault, line)) ?? anythingElse;
}

function fits(rule: Rule, fault: Fault, line: string | undefined): boolean {
  const { at, command, says, cause, accepted, sender } = rule;
  return (
    (at === undefined || at.includes(fault.stage)) &&
    (command === undefined || command === fault.command) &&
    (says === undefined || (line !== undefined && says.test(line))) &&
    (cause === undefined || cause.test(fault.cause ?? "")) &&
    (accepted === undefined || accepted === fault.accepted) &&
    (sender === undefined || sender === fault.sender)
  );
}

/** A reply as the server wrote it, on one line: `535 5.7.8 Error: authentication failed`. */
export function replyLine({ code, enhancedCode = "", text }: Reply): string {
  const told = text.startsWith(enhancedCode) ? text : `${enhancedCode} ${text}`;
  return `${code} ${told}`.trim();
}

/** A server that wants to see patience first: 450 or 451 with 4.7.x (Postgrey and others), or one that says so. */
export function isGreylisting(reply: Reply): boolean {
  const line = replyLine(reply);
  return /^45[01] 4\.7\.\d/.test(line) || greylisted.test(line);
}

const HOUR = 3_600_000;

/**
 * How long the server asks us to wait, in ms and at most an hour: `try again in 300 seconds`, `retry after 5 minutes`,
 * `come back in 00:04:57`. Undefined if it names no time.
 */
export function askedDelay(reply: Reply): number | undefined {
  const time = namesTime.exec(reply.text)?.[1]?.toLowerCase();
  if (time === undefined) return undefined;
  const unit = time.includes("h") ? HOUR : time.includes("m") ? 60_000 : 1000;
  const amount = time.split(":").reduce((sum, part) => sum * 60 + Number.parseInt(part, 10), 0);
  return Math.min(amount * unit, HOUR);
}

/**
 * How long a server whose quota is used up is left alone, in ms: a day's quota is asked for again once an hour, for many count
 * the last 24 hours, any other each quarter of an hour; 0 where no quota is meant.
 */
export function quotaPause(reply: Reply): number {
  const line = replyLine(reply);
  if (dailyQuota.test(line)) return HOUR;
  return someQuota.test(line) ? HOUR / 4 : 0;
}
