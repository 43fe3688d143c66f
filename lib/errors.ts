/** The errors that Meshmail answers with: one table of types, codes and whether calling again can help. */

/** Stable words; a type is never renamed nor reused. Codes are HTTP statuses. */
export const mailErrors = {
  MAIL_NOT_CONFIGURED: { code: 503, retryable: false },
  MAIL_INVALID_MESSAGE: { code: 422, retryable: false },
  MAIL_UNKNOWN_TEMPLATE: { code: 422, retryable: false },
  MAIL_TEMPLATE_FAILED: { code: 422, retryable: false },
  MAIL_TOO_LARGE: { code: 413, retryable: false },
  MAIL_IDEMPOTENCY_CONFLICT: { code: 409, retryable: false },
  MAIL_NOT_CANCELABLE: { code: 409, retryable: false },
  MAIL_NOT_RETRYABLE: { code: 409, retryable: false },
  MAIL_NOT_FOUND: { code: 404, retryable: false },
  MAIL_PROBE_OFF: { code: 403, retryable: false },
  MAIL_OUTBOX_UNAVAILABLE: { code: 503, retryable: true },
  MAIL_OUTBOX_FULL: { code: 429, retryable: true },
} as const satisfies Record<string, { code: number; retryable: boolean }>;

export type MailErrorType = keyof typeof mailErrors;

/** One refused field: where it is, what was expected; never the value that came. */
export interface FieldFault {
  /** Path in the parameters, e.g. `to[2].address` */
  field: string;
  /** One sentence: what was expected and what kind of thing came */
  message: string;
}

/**
 * An answer that is an error. Services translate it to a Moleculer error of the same type.
 * @param type   a word of {@link mailErrors}, or of the SMTP problems when a message was refused for good
 * @param data   facts without secrets; `remedy` is one sentence on what to do
 */
export class MailError extends Error {
  readonly type: string;
  readonly code: number;
  readonly retryable: boolean;
  readonly data: { remedy: string; fields?: FieldFault[]; id?: string; [fact: string]: unknown };

  constructor(type: MailErrorType, message: string, data: MailError["data"]);
  constructor(
    type: string,
    message: string,
    data: MailError["data"],
    status: { code: number; retryable: boolean },
  );
  constructor(
    type: string,
    message: string,
    data: MailError["data"],
    status: { code: number; retryable: boolean } = mailErrors[type as MailErrorType],
  ) {
    super(message);
    this.name = "MailError";
    this.type = type;
    this.code = status.code;
    this.retryable = status.retryable;
    this.data = data;
  }
}
