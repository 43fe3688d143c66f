/** The gateway's routes as a table: path, scope, and what is asked of the mesh. */
import type { IncomingHttpHeaders } from "node:http";
import { MailError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import type { Scope } from "./keys.ts";

/** A request whose key has been checked. */
interface Ask {
  /** Named parts of the path */
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  hasBody: boolean;
  /** Reads it, as JSON */
  body: () => Promise<Record<string, unknown>>;
  /** Calls an action of the mesh; `timeout` in milliseconds, 30,000 unless given */
  call: <Result>(action: string, params?: object, timeout?: number) => Promise<Result>;
}

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** What the key must allow; absent: no key is needed */
  scope?: Scope;
  answer(ask: Ask): Promise<Answer>;
}

/** A walk to a silent server takes its time-outs one after the other. */
const VERIFY_TIMEOUT = 90_000;

export const mailRoutes: readonly Route[] = [
  { method: "POST", path: "/api/mail/send", scope: "send", answer: sendMail },
  {
    method: "GET",
    path: "/api/mail/verify",
    scope: "send",
    answer: async ({ query, call }) =>
      ok(await call("mail.verify", pick(query, ["transport", "locale"]), VERIFY_TIMEOUT)),
  },
  {
    method: "GET",
    path: "/api/mail/providers",
    scope: "send",
    answer: async ({ query, call }) => ok(await call("mail.providers", pick(query, ["locale"]))),
  },
  {
    method: "GET",
    path: "/api/mail/messages",
    scope: "read",
    answer: async ({ query, call }) => ok(await call("mail.list", listOf(query))),
  },
  {
    method: "GET",
    path: "/api/mail/messages/:id",
    scope: "read",
    answer: async ({ path, call }) => ok(await call("mail.get", path)),
  },
  {
    method: "GET",
    path: "/api/mail/stats",
    scope: "read",
    answer: async ({ call }) => ok(await call("mail.stats")),
  },
  {
    method: "POST",
    path: "/api/mail/messages/:id/retry",
    scope: "manage",
    answer: async ({ path, call }) => ok(await call("mail.retry", path)),
  },
  {
    method: "POST",
    path: "/api/mail/messages/:id/cancel",
    scope: "manage",
    answer: async ({ path, call }) => ok(await call("mail.cancel", path)),
  },
  {
    method: "POST",
    path: "/api/mail/probe",
    scope: "manage",
    answer: async ({ body, call }) => ok(await call("mail.probe", await body(), VERIFY_TIMEOUT)),
  },
  { method: "GET", path: "/health/live", answer: async () => ok({ status: "ok" }) },
];

/** The read part of Mailpit's API v1, and emptying the inbox; for development. */
export const sandboxRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/v1/messages",
    scope: "read",
    answer: async ({ query, call }) => ok(await call("sandbox.messages", pageOf(query))),
  },
  {
    method: "GET",
    path: "/api/v1/search",
    scope: "read",
    answer: async ({ query, call }) =>
      ok(await call("sandbox.messages", { query: query.get("query") ?? "", ...pageOf(query) })),
  },
  {
    method: "GET",
    path: "/api/v1/message/:id",
    scope: "read",
    answer: async ({ path, call }) => ok(await call("sandbox.message", path)),
  },
  {
    method: "GET",
    path: "/api/v1/message/:id/raw",
    scope: "read",
    answer: async ({ path, call }) => {
      const source = await call<string>("sandbox.source", path);
      return { status: 200, body: Buffer.from(source, "base64") };
    },
  },
  {
    method: "DELETE",
    path: "/api/v1/messages",
    scope: "manage",
    async answer({ hasBody, body, call }) {
      const { IDs } = hasBody ? await body() : {};
      const some = Array.isArray(IDs) && IDs.length > 0;
      await call("sandbox.clear", some ? { ids: IDs } : {});
      return ok("ok");
    },
  },
];

async function sendMail({ headers, body, call }: Ask): Promise<Answer> {
  const message = withIdempotencyKey(await body(), headers["idempotency-key"]);
  const receipt = await call<{ status?: string; dryRun?: boolean }>("mail.send", message);
  const isDone = receipt.status === "sent" || receipt.dryRun === true;
  return { status: isDone ? 200 : 202, body: receipt };
}

function withIdempotencyKey(message: Record<string, unknown>, key: string | string[] | undefined): object {
  if (key === undefined) return message;
  if (message["idempotencyKey"] === undefined || message["idempotencyKey"] === key) {
    return { ...message, idempotencyKey: key };
  }
  const fields = [{ field: "idempotencyKey", message: "differs from the header Idempotency-Key" }];
  const remedy = "Give the key once, or the same twice.";
  throw new MailError("MAIL_INVALID_MESSAGE", "The idempotency key came twice and differs.", {
    fields,
    remedy,
  });
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Of a query only the parameters that are known here; others are passed over, as everywhere on the web. */
function pick(query: URLSearchParams, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? ""]] : [])),
  );
}

/** The parameters of `mail.list`. What is no number stays as it is, for the service to refuse by name. */
function listOf(query: URLSearchParams): Record<string, string | number> {
  const words = pick(query, ["status", "recipient", "tag", "template", "cursor"]);
  const numbers = Object.entries(pick(query, ["since", "until", "limit"])).map(([name, value]) => [
    name,
    /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  return { ...words, ...Object.fromEntries(numbers) };
}

function pageOf(query: URLSearchParams): Record<string, number> {
  const given = Object.entries(pick(query, ["start", "limit"])).filter(([, value]) =>
    /^\d{1,9}$/.test(value),
  );
  return Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
}
