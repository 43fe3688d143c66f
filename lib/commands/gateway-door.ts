/** The door to a running service through its HTTP gateway. */
import { MailError } from "../errors.ts";
import type { HttpProblem } from "../http/problem.ts";
import type { MailStats } from "../outbox/outbox.ts";
import type { MailReceipt, PublicRecord } from "../outbox/receipt.ts";
import type { MessageList, ServiceDoor } from "./door.ts";
import type { Gateway } from "./service-options.ts";

/** Longer than the gateway's own, so that its word on what took too long comes first. */
const TIMEOUT_MS = 40_000;

/** Connects when it is first asked. Never shows the key. */
export function openGatewayDoor(gateway: Omit<Gateway, "kind">): ServiceDoor {
  const messages = "/api/mail/messages";
  const at = (id: string, verb = "") => `${messages}/${encodeURIComponent(id)}${verb}`;
  return {
    send: (message) => ask<MailReceipt>(gateway, "POST", "/api/mail/send", message),
    list(query) {
      const parameters = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
      return ask<MessageList>(gateway, "GET", `${messages}?${parameters.toString()}`);
    },
    get: (id) => ask<PublicRecord>(gateway, "GET", at(id)),
    retry: (id) => ask<PublicRecord>(gateway, "POST", at(id, "/retry")),
    cancel: (id) => ask<PublicRecord>(gateway, "POST", at(id, "/cancel")),
    stats: () => ask<MailStats>(gateway, "GET", "/api/mail/stats"),
    async close() {},
  };
}

async function ask<Result>(
  { url, key }: Omit<Gateway, "kind">,
  method: "GET" | "POST",
  path: string,
  body?: object,
): Promise<Result> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key && { Authorization: `Bearer ${key.reveal()}` }),
      ...(body && { "Content-Type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
    // a redirected POST becomes a GET, and a key is for nobody but the address that was given
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw unreachable(url, error);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && isObject(answer)) return answer as Result;
  throw isProblem(answer) ? refused(answer, url) : strange(url, response);
}

/** The gateway's own words; what they say of keys, in terms of this side. */
function refused(problem: HttpProblem, url: string): MailError {
  const { type, status, detail, remedy = "", fields, id, smtp, recipients } = problem;
  const ofKeys: Readonly<Record<string, { message: string; remedy: string }>> = {
    HTTP_UNAUTHORIZED: {
      message: `the gateway at ${url} does not let us in: ${lowered(detail)}`,
      remedy: "Set MESHMAIL_API_KEY to a secret out of the gateway's GATEWAY_API_KEYS.",
    },
    HTTP_FORBIDDEN: { message: `the gateway at ${url} does not allow this: ${lowered(detail)}`, remedy },
  };
  const told = ofKeys[type] ?? { message: lowered(detail), remedy };
  const facts = { fields, id, smtp, recipients };
  const known = Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
  const data = { ...known, remedy: told.remedy };
  return new MailError(type, told.message, data, { code: status, retryable: false });
}

const lowered = (sentence: string): string =>
  sentence.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, "");

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no host of this name",
  EAI_AGAIN: "its name cannot be looked up",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  HTTPParserError: "what answers there does not speak HTTP",
  "bad port": "this port is barred for HTTP",
};

function unreachable(url: string, error: unknown): MailError {
  const isLate = (error as Error).name === "TimeoutError";
  const why = isLate ? `no answer within ${TIMEOUT_MS / 1000} s` : causeOf((error as Error).cause);
  const remedy = isLate
    ? "Look with `meshmail list` whether it was done before you try again."
    : "Start it with `npm start`, or name another gateway with --url, or the mesh with --transporter.";
  return ours("CLI_GATEWAY_UNREACHABLE", `the gateway at ${url} cannot be reached: ${why}`, remedy);
}

function causeOf(cause: unknown): string {
  // each address of a name is tried, and then there is an error for each
  const { errors } = Object(cause) as { errors?: unknown[] };
  const { code, name = "", message = "" } = Object(errors?.[0] ?? cause) as Partial<NodeJS.ErrnoException>;
  return causes[code ?? name] ?? causes[message] ?? code ?? "no connection";
}

function strange(url: string, { status, headers }: Response): MailError {
  const location = headers.get("location");
  const target = location === null ? undefined : URL.parse(location, url)?.origin;
  const message = target
    ? `${url} sends its callers on to ${target}`
    : `what answers at ${url} is no Meshmail gateway that knows this (HTTP status ${status})`;
  const remedy = target
    ? "Give that address with --url."
    : "Check --url (MESHMAIL_URL), and that the gateway is no older than this command.";
  return ours("CLI_GATEWAY_STRANGE", message, remedy);
}

function ours(type: string, message: string, remedy: string): MailError {
  return new MailError(type, message, { remedy }, { code: 503, retryable: true });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isProblem(value: unknown): value is HttpProblem {
  const { type, detail } = Object(value) as Partial<HttpProblem>;
  return typeof type === "string" && /^[A-Z][A-Z0-9_]+$/.test(type) && typeof detail === "string";
}
