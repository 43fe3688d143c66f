/** The errors of the API by their words: status and meaning, for the responses that an operation can have. */
import { MailError, mailErrors } from "../../errors.ts";
import { refusedForGood } from "../../outbox/refusals.ts";
import { httpErrors, type HttpProblem, problemOf } from "../problem.ts";
import type { Route } from "../route.ts";

export type ProblemType = keyof typeof mailErrors | keyof typeof httpErrors | keyof typeof refusedForGood;

/** One sentence for each word. */
const meanings: Readonly<Record<ProblemType, string>> = {
  MAIL_NOT_CONFIGURED: "No SMTP server is configured.",
  MAIL_INVALID_MESSAGE: "Parameters are wrong or unknown; `fields` names each. Nothing was stored or sent.",
  MAIL_UNKNOWN_TEMPLATE: "There is no template of this name.",
  MAIL_TEMPLATE_FAILED: "The template's data is missing or of the wrong type.",
  MAIL_TOO_LARGE: "The message is over a size limit, which is named.",
  MAIL_IDEMPOTENCY_CONFLICT: "This idempotency key was used for a message with other content.",
  MAIL_NOT_CANCELABLE: "The message is on the wire, or has come to its end.",
  MAIL_NOT_RETRYABLE: "The message is in a state, or its content gone, so that it cannot be tried again.",
  MAIL_NOT_FOUND: "No message has this id; finished ones are forgotten after a while.",
  MAIL_PROBE_OFF: "Trying unsaved settings is switched off here (MAIL_PROBE).",
  MAIL_OUTBOX_UNAVAILABLE: "The message could not be made safe, so it was not accepted.",
  MAIL_OUTBOX_FULL: "Too many messages wait already.",
  SMTP_RECIPIENT_REJECTED: "The SMTP server refused every recipient for good; `smtp` has its words.",
  SMTP_SENDER_REJECTED: "The SMTP server refused the message's own `from` for good.",
  SMTP_MESSAGE_REJECTED: "The SMTP server refused the message for good.",
  SMTP_MESSAGE_TOO_LARGE: "The message is larger than the SMTP server takes.",
  HTTP_BAD_REQUEST: "The request is no valid HTTP.",
  HTTP_BAD_JSON: "The body is not one JSON object in UTF-8.",
  HTTP_UNAUTHORIZED: "The API key is missing or not known.",
  HTTP_FORBIDDEN: "The key lacks the scope; or no keys are set and the request comes from elsewhere.",
  HTTP_NOT_FOUND: "There is nothing at this path.",
  HTTP_METHOD_NOT_ALLOWED: "The path does not take this method.",
  HTTP_REQUEST_TIMEOUT: "The request did not come in time.",
  HTTP_UNSUPPORTED_TYPE: "The body is not `application/json`, or it is compressed.",
  HTTP_RATE_LIMITED: "Too many requests came within a minute.",
  HTTP_HEADERS_TOO_LARGE: "The headers are too large or too many.",
  HTTP_INTERNAL_ERROR: "Something went wrong that should not have; the log has it under `requestId`.",
  HTTP_UNAVAILABLE: "What the request needs is not there at the moment; `detail` says what.",
  HTTP_TIMEOUT:
    "The service did not answer in time. A message may have been accepted all the same: repeat the request with its Idempotency-Key.",
};

/** The words that an operation can answer with: those of its own, and those that follow from what it needs. */
export function problemTypesOf(route: Route): ProblemType[] {
  const { scope, asks = {}, path, operation } = route;
  const ofMesh = path.startsWith("/api/");
  const hasParameters = Object.values(asks).some((rules) => Object.keys(rules).length > 0);
  return [
    ...(asks.body ? (["HTTP_BAD_JSON", "HTTP_UNSUPPORTED_TYPE", "MAIL_TOO_LARGE"] as const) : []),
    ...(hasParameters ? (["MAIL_INVALID_MESSAGE"] as const) : []),
    ...(operation?.problems ?? []),
    ...(scope ? (["HTTP_UNAUTHORIZED", "HTTP_RATE_LIMITED"] as const) : []),
    "HTTP_FORBIDDEN",
    ...(ofMesh ? (["HTTP_UNAVAILABLE", "HTTP_TIMEOUT"] as const) : []),
    "HTTP_INTERNAL_ERROR",
  ];
}

export function statusOf(type: ProblemType): number {
  return factsOf(type).code;
}

/** `- MAIL_OUTBOX_FULL: … Try again later.` */
export function sentenceOf(type: ProblemType): string {
  return `- \`${type}\`: ${meanings[type]}${factsOf(type).retryable ? " Retryable." : ""}`;
}

/** What an answer with this word looks like. */
export function exampleOf(type: ProblemType): HttpProblem {
  const { remedy: _none, ...problem } = problemOf(
    new MailError(type, meanings[type], { remedy: "" }, factsOf(type)),
    EXAMPLE_REQUEST,
  );
  return problem;
}

export const EXAMPLE_REQUEST = "6f1d3c1e-8a3b-4a52-9d0e-2b7f4c5d6e7f";

function factsOf(type: ProblemType): { code: number; retryable: boolean } {
  const facts = { ...mailErrors, ...httpErrors };
  return type in refusedForGood
    ? { code: refusedForGood[type as keyof typeof refusedForGood], retryable: false }
    : facts[type as keyof typeof facts];
}
