/** Facts about bad input on its way in: over NATS and over HTTP it meets the same refusal, and nothing is stored or sent. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { type Program, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { type Sibling, startSibling } from "../support/sibling-process.ts";
import { type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";

let nats: NatsServer;
let smtp: SmtpServer;
let node: Program;
let sibling: Sibling;
let gateway: string;

beforeAll(async () => {
  nats = await startNats();
  smtp = await startSmtpServer({ tls: "none", auth: "none" });
  node = await startNode({
    TRANSPORTER: nats.url,
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
    MAIL_OUTBOX: "memory",
    GATEWAY_PORT: "0",
  });
  gateway = /listens on (\S+?)\.?\s/.exec(await node.says(/listens on \S+/))?.[1] ?? "";
  sibling = await startSibling(nats.url);
}, 30_000);

afterAll(async () => {
  await closeEverything();
});

const fine = { to: "ann@example.com", subject: "Hello", text: "It works." };
const deep = (depth: number): unknown => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);

/** What the row changes, and the field that must be named. */
const rows: [name: string, change: object, field: string][] = [
  ["no recipient", { to: [] }, "to"],
  ["a recipient that is a number", { to: 5 }, "to"],
  ["a line break that would re-route the mail", { to: "canary@x.com\r\nBcc: evil@x.com" }, "to"],
  ["a group", { to: "canary:evil@x.com;" }, "to"],
  ["a local part in quotes", { to: '"canary@gmail.com x"@internal.example' }, "to"],
  ["51 recipients", { to: Array.from({ length: 51 }, (_, n) => `canary${n}@x.com`) }, "to"],
  ["200,000 commas", { to: ",".repeat(200_000) }, "to"],
  ["a sender with a line break", { from: "canary@x.com\r\nX: y" }, "from"],
  ["a list of senders", { from: ["a@x.com", "b@x.com"] }, "from"],
  ["a subject with a line break", { subject: "canary\r\nBcc: evil@x.com" }, "subject"],
  ["a subject of 256", { subject: "x".repeat(256) }, "subject"],
  ["a header that is ours", { headers: { Bcc: "canary@x.com" } }, "headers.Bcc"],
  [
    "a prepared header",
    { headers: { "X-A": { prepared: true, value: "v\r\nX-Evil: canary" } } },
    "headers.X-A",
  ],
  ["a path", { attachments: [{ filename: "a", path: "/etc/canary" }] }, "attachments[0].path"],
  ["a URL", { attachments: [{ filename: "a", href: "http://127.0.0.1/canary" }] }, "attachments[0].href"],
  ["html from a path", { html: { path: "/etc/canary" } }, "html"],
  ["text from a path", { text: { path: "/etc/canary" } }, "text"],
  ["attachments that are no list", { attachments: { length: 5 } }, "attachments"],
  [
    "bytes that are none",
    { attachments: [{ filename: "a", content: { type: "Buffer", data: [300] } }] },
    "attachments[0].content",
  ],
  ["an envelope", { envelope: { from: "canary@x.com", to: "evil@x.com" } }, "envelope"],
  ["raw", { raw: "canary" }, "raw"],
  ["disableFileAccess", { disableFileAccess: false }, "disableFileAccess"],
  ["dkim", { dkim: { privateKey: "canary" } }, "dkim"],
  ["auth", { auth: { user: "canary" } }, "auth"],
  ["__proto__", JSON.parse('{"__proto__":{"polluted":"canary"}}') as object, "__proto__"],
  ["a priority that there is not", { priority: "canary" }, "priority"],
  ["a time in words", { sendAt: "tomorrow" }, "sendAt"],
  ["an expiry in the past", { expiresAt: 1 }, "expiresAt"],
  ["a list 2,000 deep", { unexpected: deep(2000) }, "unexpected"],
  ["a template with a path for a name", { template: "../../etc/canary" }, "template"],
];

describe("bad input", () => {
  it.each(rows)("(%s) is refused by name, over NATS and over HTTP", async (_name, change, field) => {
    const params = { ...fine, ...change };
    if (Object.hasOwn(change, "__proto__"))
      Object.defineProperty(params, "__proto__", { value: {}, enumerable: true });
    const { error } = await sibling.call("mail.send", params);
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422, retryable: false });
    expect(JSON.stringify(error?.data["fields"])).toContain(`"field":"${field}`);

    const response = await fetch(`${gateway}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(params),
    });
    const problem = (await response.json()) as { type: string; fields: { field: string }[] };
    expect({ status: response.status, type: problem.type }).toEqual({
      status: 422,
      type: "MAIL_INVALID_MESSAGE",
    });
    expect(problem.fields.map((fault) => fault.field).join()).toContain(field);

    expect(JSON.stringify([error?.message, error?.data, problem])).not.toContain("canary");
  });

  it("has reached neither the outbox nor the server", async () => {
    expect((await sibling.call("mail.stats")).result).toMatchObject({ counts: {} });
    expect(smtp.connections).toBe(0);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("over the size limit is 413", async () => {
    const response = await fetch(`${gateway}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...fine, html: "x".repeat(1024 * 1024 + 1) }),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ type: "MAIL_TOO_LARGE" });
  });
});
