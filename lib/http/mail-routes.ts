/** The HTTP API of the mail service as a table of routes. */
import { MailError } from "../errors.ts";
import { withIdempotencyKey } from "../requests/idempotency-key.ts";
import { rules } from "../requests/rules.ts";
import type { Answer } from "./answer.ts";
import {
  cancelMessage,
  getMessage,
  getStats,
  listMessages,
  retryMessage,
} from "./openapi/operations/messages.ts";
import { sendMail } from "./openapi/operations/send.ts";
import { listProviders, probeSettings, verifyTransport } from "./openapi/operations/settings.ts";
import { listTemplates, renderTemplate } from "./openapi/operations/templates.ts";
import { type Ask, ok, paramsOf, type Route } from "./route.ts";

/** A walk to a silent server takes its time-outs one after the other. */
const VERIFY_TIMEOUT = 90_000;

const { template, ...contentOfTemplate } = rules.render;

export const mailRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/mail/send",
    scope: "send",
    asks: { body: rules.send },
    answer: send,
    operation: sendMail,
  },
  {
    method: "GET",
    path: "/api/mail/verify",
    scope: "send",
    asks: { query: rules.verify },
    answer: async ({ query, call }) =>
      ok(await call("mail.verify", paramsOf(query, rules.verify), VERIFY_TIMEOUT)),
    operation: verifyTransport,
  },
  {
    method: "GET",
    path: "/api/mail/providers",
    scope: "send",
    asks: { query: rules.providers },
    answer: async ({ query, call }) => ok(await call("mail.providers", paramsOf(query, rules.providers))),
    operation: listProviders,
  },
  {
    method: "GET",
    path: "/api/mail/templates",
    scope: "send",
    answer: async ({ call }) => ok(await call("mail.templates")),
    operation: listTemplates,
  },
  {
    method: "POST",
    path: "/api/mail/templates/:name/render",
    scope: "send",
    asks: { path: { name: template }, body: contentOfTemplate },
    answer: render,
    operation: renderTemplate,
  },
  {
    method: "GET",
    path: "/api/mail/messages",
    scope: "read",
    asks: { query: rules.list },
    answer: async ({ query, call }) => ok(await call("mail.list", paramsOf(query, rules.list))),
    operation: listMessages,
  },
  {
    method: "GET",
    path: "/api/mail/messages/:id",
    scope: "read",
    asks: { path: rules.get },
    answer: async ({ path, call }) => ok(await call("mail.get", path)),
    operation: getMessage,
  },
  {
    method: "GET",
    path: "/api/mail/stats",
    scope: "read",
    answer: async ({ call }) => ok(await call("mail.stats")),
    operation: getStats,
  },
  {
    method: "POST",
    path: "/api/mail/messages/:id/retry",
    scope: "manage",
    asks: { path: rules.retry },
    answer: async ({ path, call }) => ok(await call("mail.retry", path)),
    operation: retryMessage,
  },
  {
    method: "POST",
    path: "/api/mail/messages/:id/cancel",
    scope: "manage",
    asks: { path: rules.cancel },
    answer: async ({ path, call }) => ok(await call("mail.cancel", path)),
    operation: cancelMessage,
  },
  {
    method: "POST",
    path: "/api/mail/probe",
    scope: "manage",
    asks: { body: rules.probe },
    answer: async ({ body, call }) => ok(await call("mail.probe", await body(), VERIFY_TIMEOUT)),
    operation: probeSettings,
  },
];

async function send({ headers, body, call }: Ask): Promise<Answer> {
  const message = withIdempotencyKey(await body(), headers["idempotency-key"], "the header Idempotency-Key");
  const receipt = await call<{ status?: string; dryRun?: boolean }>("mail.send", message);
  const isDone = receipt.status === "sent" || receipt.dryRun === true;
  return { status: isDone ? 200 : 202, body: receipt };
}

async function render({ path, body, call }: Ask): Promise<Answer> {
  const content = await body();
  if (Object.hasOwn(content, "template")) {
    const fields = [{ field: "template", message: "unknown field; the template's name stands in the path" }];
    const remedy = "Leave it out of the body.";
    throw new MailError("MAIL_INVALID_MESSAGE", "`template` is no field of the body.", { fields, remedy });
  }
  return ok(await call("mail.render", { ...content, template: path["name"] }));
}
