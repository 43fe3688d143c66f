/** Errors as HTTP shows them (RFC 9457): the error's word, what to do about it, and nothing of our insides. */
import { type FieldFault, MailError } from "../errors.ts";

/** The body of `application/problem+json`. */
export interface HttpProblem {
  /** The error's word, to match on */
  type: string;
  /** The same for people */
  title: string;
  status: number;
  detail: string;
  remedy?: string;
  fields?: FieldFault[];
  /** Of the message that was refused, where one was stored */
  id?: string;
  /** What the SMTP server answered, and to which recipient */
  smtp?: object;
  recipients?: unknown[];
  /** What keeps the gateway from being ready */
  reasons?: unknown[];
  /** Seconds after which the same request may succeed; also in the header Retry-After */
  retryAfter?: number;
  /** Under which the log speaks of this request */
  requestId: string;
}

/** What only HTTP has to say, beside the words of `mailErrors` and the SMTP problems. */
export const httpErrors = {
  HTTP_BAD_REQUEST: { code: 400, retryable: false },
  HTTP_BAD_JSON: { code: 400, retryable: false },
  HTTP_UNAUTHORIZED: { code: 401, retryable: false },
  HTTP_FORBIDDEN: { code: 403, retryable: false },
  HTTP_NOT_FOUND: { code: 404, retryable: false },
  HTTP_METHOD_NOT_ALLOWED: { code: 405, retryable: false },
  HTTP_REQUEST_TIMEOUT: { code: 408, retryable: true },
  HTTP_UNSUPPORTED_TYPE: { code: 415, retryable: false },
  HTTP_RATE_LIMITED: { code: 429, retryable: true },
  HTTP_HEADERS_TOO_LARGE: { code: 431, retryable: false },
  HTTP_INTERNAL_ERROR: { code: 500, retryable: false },
  HTTP_UNAVAILABLE: { code: 503, retryable: true },
  HTTP_TIMEOUT: { code: 504, retryable: true },
} as const satisfies Record<string, { code: number; retryable: boolean }>;

/** @example throw httpError("HTTP_NOT_FOUND", "There is nothing at this path.", "See /openapi.json for what there is."); */
export function httpError(
  type: keyof typeof httpErrors,
  message: string,
  remedy: string,
  facts: Record<string, unknown> = {},
): MailError {
  return new MailError(type, message, { ...facts, remedy }, httpErrors[type]);
}

/** For a path that no route has. */
export function notFound(): MailError {
  return httpError(
    "HTTP_NOT_FOUND",
    "There is nothing at this path.",
    "See /openapi.json for what there is.",
  );
}

export function headersTooLarge(detail: string): MailError {
  return httpError("HTTP_HEADERS_TOO_LARGE", detail, "Send fewer or shorter headers.");
}

const unavailable = httpError(
  "HTTP_UNAVAILABLE",
  "No node of the mesh offers this at the moment.",
  "See that a mail node runs and has joined the mesh, then send the request again.",
);

/** What the broker and the router below us say, by their `type`, in our words. */
const foreign: Readonly<Record<string, MailError>> = {
  SERVICE_NOT_FOUND: unavailable,
  SERVICE_NOT_AVAILABLE: unavailable,
  REQUEST_REJECTED: unavailable,
  QUEUE_FULL: unavailable,
  BAD_GATEWAY: unavailable,
  REQUEST_TIMEOUT: httpError(
    "HTTP_TIMEOUT",
    "The service did not answer in time; a message may have been accepted all the same.",
    "Send the request again with the same Idempotency-Key: then there will be one message, not two.",
  ),
  UNABLE_DECODE_PARAM: notFound(),
};

const unexpected = httpError(
  "HTTP_INTERNAL_ERROR",
  "Something went wrong here that should not have.",
  "Look into the gateway's log, which names this request id; nothing more is told outside.",
);

/**
 * Only errors with a word of ours show their own sentence; whoever throws one of them vouches for it. They are known by `type`
 * and `code`, for classes do not survive the mesh. All others are HTTP_INTERNAL_ERROR with the same sentence each time.
 */
export function problemOf(error: unknown, requestId: string): HttpProblem {
  const known = isOurs(error) ? error : (foreign[typeOf(error)] ?? unexpected);
  const { type, code, message, data } = known;
  const { remedy, fields, id, smtp, recipients, reasons } = (data ?? {}) as Record<string, unknown>;
  const retryAfter = retryAfterOf(known);
  return {
    type,
    title: titleOf(type),
    status: code,
    detail: message,
    ...(typeof remedy === "string" && { remedy }),
    ...(Array.isArray(fields) && { fields: fields as FieldFault[] }),
    ...(typeof id === "string" && { id }),
    // what the SMTP server said to the caller's own message
    ...(isObject(smtp) && { smtp }),
    ...(Array.isArray(recipients) && { recipients: recipients as unknown[] }),
    ...(Array.isArray(reasons) && { reasons: reasons as unknown[] }),
    ...(retryAfter !== undefined && { retryAfter }),
    requestId,
  };
}

/** Seconds for which to leave us alone, where nobody knows better: an overload or an outage that is over soon, or is not. */
const RETRY_AFTER = 5;

function retryAfterOf({ code, retryable, data }: MailError): number | undefined {
  if (!retryable || (code !== 429 && code !== 503)) return undefined;
  const { retryAfter } = (data ?? {}) as Record<string, unknown>;
  return typeof retryAfter === "number" ? retryAfter : RETRY_AFTER;
}

function isOurs(error: unknown): error is MailError {
  const { code } = (error ?? {}) as { code?: unknown };
  const isStatus = Number.isInteger(code) && Number(code) >= 400 && Number(code) < 600;
  return isStatus && /^(MAIL|SMTP|HTTP|SANDBOX)_[A-Z0-9_]+$/.test(typeOf(error));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function typeOf(error: unknown): string {
  const { type } = (error ?? {}) as { type?: unknown };
  return typeof type === "string" ? type : "";
}

/** `MAIL_TOO_LARGE` → `Mail too large`, `HTTP_BAD_JSON` → `Bad JSON` */
function titleOf(type: string): string {
  const words = type
    .replace(/^HTTP_/, "")
    .replaceAll("_", " ")
    .toLowerCase();
  const title = words.replace(/\b(smtp|tls|starttls|dns|json)\b/g, (word) => word.toUpperCase());
  return title.charAt(0).toUpperCase() + title.slice(1);
}
