/** The HTTP API of the mail service as a table of routes. */
import { MailError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { type Ask, ok, pick, type Route } from "./route.ts";

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

/** The parameters of `mail.list`. What is no number stays as it is, for the service to refuse by name. */
function listOf(query: URLSearchParams): Record<string, string | number> {
  const words = pick(query, ["status", "recipient", "tag", "template", "cursor"]);
  const numbers = Object.entries(pick(query, ["since", "until", "limit"])).map(([name, value]) => [
    name,
    /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  return { ...words, ...Object.fromEntries(numbers) };
}
