/** The words for trouble with an SMTP server: what was seen (Fault), what it means (Verdict), what people read (Problem). */

/** Stable words of the public surface; each has its remedies in `remedies.ts`. */
export const smtpProblemTypes = [
  "SMTP_DNS_FAILED",
  "SMTP_CONNECTION_REFUSED",
  "SMTP_CONNECTION_TIMEOUT",
  "SMTP_CONNECTION_LOST",
  "SMTP_GREETING_REJECTED",
  "SMTP_PROTOCOL_ERROR",
  "SMTP_TLS_MODE_MISMATCH",
  "SMTP_STARTTLS_UNAVAILABLE",
  "SMTP_STARTTLS_FAILED",
  "SMTP_TLS_FAILED",
  "SMTP_CERTIFICATE_EXPIRED",
  "SMTP_CERTIFICATE_UNTRUSTED",
  "SMTP_CERTIFICATE_HOST_MISMATCH",
  "SMTP_AUTH_REQUIRED",
  "SMTP_AUTH_FAILED",
  "SMTP_AUTH_UNSUPPORTED",
  "SMTP_AUTH_TEMPORARY",
  "SMTP_SENDER_REJECTED",
  "SMTP_RECIPIENT_REJECTED",
  "SMTP_RECIPIENT_DEFERRED",
  "SMTP_MESSAGE_REJECTED",
  "SMTP_MESSAGE_DEFERRED",
  "SMTP_MESSAGE_TOO_LARGE",
  "SMTP_RATE_LIMITED",
  "SMTP_SERVER_BUSY",
  "SMTP_TIMEOUT",
] as const;

export type SmtpProblemType = (typeof smtpProblemTypes)[number];

/** How far a conversation had come. `body`: after 354, before the final dot was handed to the socket; `reply`: after it. */
export type Stage =
  "dns" | "connect" | "greeting" | "ehlo" | "tls" | "auth" | "mail" | "rcpt" | "data" | "body" | "reply";

/** A complete SMTP reply (RFC 5321 section 4.2), already cleaned for logs: printable, at most 500 characters of text. */
export interface Reply {
  code: number;
  /** RFC 3463, e.g. `5.7.8`, when the server gave one */
  enhancedCode?: string;
  /** All lines' text, joined by a space, without codes */
  text: string;
}

/**
 * Why a step ended without a usable reply: a code of Node or OpenSSL (`ECONNREFUSED`, `CERT_HAS_EXPIRED`,
 * `ERR_SSL_WRONG_VERSION_NUMBER` …) or one of ours.
 */
export type FaultCause =
  | "TIMEOUT" // silence for as long as the step may take, or the overall deadline
  | "CLOSED" // the server said FIN
  | "GARBAGE" // bytes that are no SMTP reply
  | "REPLY_TOO_LARGE"
  | "REPLY_INCONSISTENT" // a multi-line reply that changes its code, or more replies than commands
  | "TLS_MODE" // plain text to a TLS port, proven by a TLS handshake on a second connection; or the reverse
  | "STARTTLS_NOT_OFFERED"
  | "AUTH_NOT_OFFERED"
  | "AUTH_MECHANISM_NOT_OFFERED"
  | "SIZE_EXCEEDED" // larger than the SIZE that the server announced (RFC 1870)
  | "SMTPUTF8_NOT_OFFERED" // a recipient that needs RFC 6531
  | "ABORTED" // we stopped: shutdown, or a lost lease
  | (string & {});

/** What was seen, unjudged: the input of the classifier. */
export interface Fault {
  stage: Stage;
  /** The verb without its argument: `EHLO`, `STARTTLS`, `AUTH`, `MAIL FROM`, `RCPT TO`, `DATA` */
  command?: string;
  reply?: Reply;
  cause?: FaultCause;
  /** Node's or OpenSSL's sentence, free of secrets */
  detail?: string;
  /** Whose address stood in MAIL FROM: ours from the settings, or the caller's own `from`. Default `configured` */
  sender?: "configured" | "caller";
  /** At RCPT: whether an earlier recipient of the same transaction had been accepted */
  accepted?: boolean;
}

/**
 * What is to be done:
 * `fail` this recipient or message for good; `retry` by the schedule; `retry-soon`, certainly not delivered and nobody's
 * fault, within a minute and not counted; `split`, the rest of the recipients in a new transaction at once;
 * `failover`, rest this transport and try the next; `hold`, stop this transport until its settings change or a probe
 * succeeds; `uncertain`, the final dot was written and no reply came.
 */
export type Outcome = "fail" | "retry" | "retry-soon" | "split" | "failover" | "hold" | "uncertain";

/** What a fault means. `recipient` faults never rest a transport, `transport` faults never fail a message. */
export interface Verdict {
  type: SmtpProblemType;
  scope: "recipient" | "message" | "transport";
  permanent: boolean;
  outcome: Outcome;
}

/** What people read, in receipts, reports, events and errors. */
export interface Problem {
  /** An SMTP problem, or `MAIL_NOT_CONFIGURED`, `MAIL_CRASHED` … where no server is to blame */
  type: string;
  message: string;
  remedy: string;
  /** The variable to change and what to set it to, where that is known; never a secret */
  fix?: { variable: string; value: string };
  smtp?: { code: number; enhancedCode?: string; response: string; command?: string };
  /** The connection died between the final dot and its reply: delivered or not, nobody knows */
  ambiguous?: true;
}

/** Languages of remedies and provider notes. */
export type Locale = "en" | "zh-CN";
export type Localized = Record<Locale, string>;
