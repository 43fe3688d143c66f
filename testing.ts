/** `meshmail/testing`: the real `mail` service for consumers' own tests, with a transport that takes everything and sends nothing. */
import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import type { Context, ServiceSchema } from "moleculer";
import type { Config } from "./lib/config/config.ts";
import { environmentOf } from "./lib/config/environment.ts";
import { loadConfig } from "./lib/config/load.ts";
import { MailError, mailErrors } from "./lib/errors.ts";
import { recipientsOf, type SendRequest } from "./lib/message/message.ts";
import { checkSend } from "./lib/message/schema.ts";
import type { MailReceipt } from "./lib/outbox/receipt.ts";
import { refusedForGood } from "./lib/outbox/refusals.ts";
import { smtpProblemTypes } from "./lib/smtp/problem.ts";
import { transportPolicy } from "./lib/smtp/policy.ts";
import type { Transport } from "./lib/smtp/transport.ts";
import type { Transports } from "./lib/smtp/transports.ts";
import { checkNames } from "./lib/smtp/verify.ts";
import { EXAMPLE_WEB_URL } from "./lib/templates/template.ts";
import type { TemplatesVars } from "./mixins/templates.mixin.ts";
import { createMailService } from "./services/mail.service.ts";

/** A message as it was asked for, parameters in their normal form, with the letter of its template and the id of its record. */
export type FakeMail = SendRequest & { id: string };

type Adapt = (request: SendRequest) => SendRequest;

export interface MailFake {
  /** A drop-in `mail` service: `broker.createService(fake.service)` */
  readonly service: ServiceSchema;
  /** Every message accepted so far, oldest first; repetitions with the same idempotency key are one */
  readonly sent: readonly FakeMail[];
  /** Throws unless a message was sent that `expected` says yes to; a number is how many were sent in all. */
  assertSent(expected?: number | ((mail: FakeMail) => boolean)): void;
  assertNothingSent(): void;
  sentTo(address: string): FakeMail[];
  /** The newest one; throws where there is none */
  last(): FakeMail;
  /**
   * The next `mail.send` meets this, e.g. `SMTP_RECIPIENT_REJECTED` or `MAIL_OUTBOX_FULL`: it rejects, or for a fault of the
   * server's such as `SMTP_AUTH_FAILED` answers `deferred` with a `problem`, as the real one does.
   */
  failNext(type: string): void;
  /** Forgets what was sent and what is to fail. */
  clear(): void;
}

export interface MailFakeOptions {
  /** The folder that MAIL_TEMPLATES names on the mail node. @default the built-in letters alone */
  templates?: string;
}

/**
 * Links in letters lead to https://app.example.com, as if ADMIN_WEB_URL said so.
 *
 * @example
 * const fake = createMailFake();
 * broker.createService(fake.service);
 * await broker.call("users.resetPassword", { email: "ann@example.com" });
 * fake.assertSent((mail) => mail.to[0]?.address === "ann@example.com" && /\d{6}/.test(mail.text ?? ""));
 */
export function createMailFake({ templates = "" }: MailFakeOptions = {}): MailFake {
  const sent: FakeMail[] = [];
  const failures: string[] = [];
  const config = fakeConfig(templates);
  const service = createMailService({ config, open: openFakeTransports });
  const { send } = service.methods as {
    send: (ctx: Context, params: unknown, adapt?: Adapt) => Promise<MailReceipt>;
  };

  service.methods = {
    ...service.methods,
    async send(this: TemplatesVars, ctx: Context, params: unknown, adapt: Adapt = (request) => request) {
      const { maxRecipients, maxSize, retryFor } = config.mail;
      const now = Date.now();
      const request = adapt(checkSend(params, { maxRecipients, maxSize, now }));
      const failure = failures.shift();
      const rejection = failure && rejectionOf(failure);
      if (rejection) throw rejection;
      const receipt = await send.call(this, ctx, params, adapt);
      if (failure) return deferredBy(failure, receipt);
      if (!request.dryRun && !receipt.duplicate) {
        // what the reader sees, whether the call wrote it or a template
        const letter = (await this.templates()).fill(request, { now, retryFor });
        sent.push({ ...letter, id: receipt.id });
      }
      return receipt;
    },
  };

  return {
    sent,
    service,
    assertSent(expected = () => true) {
      if (typeof expected === "number")
        assert.equal(sent.length, expected, `expected ${expected} mails, ${list(sent)}`);
      else assert.ok(sent.some(expected), `no mail was sent that fits; ${list(sent)}`);
    },
    assertNothingSent: () => assert.equal(sent.length, 0, `expected no mail, ${list(sent)}`),
    sentTo: (address) => sent.filter((mail) => recipientsOf(mail).includes(address)),
    last() {
      const mail = sent.at(-1);
      assert.ok(mail, "no mail was sent");
      return mail;
    },
    failNext(type) {
      const known = Object.hasOwn(mailErrors, type) || smtpProblemTypes.some((one) => one === type);
      assert.ok(known, `${type} is no type that mail.send knows`);
      failures.push(type);
    },
    clear() {
      sent.length = 0;
      failures.length = 0;
    },
  };
}

function fakeConfig(templates: string): Config {
  return loadConfig(
    environmentOf({
      SMTP_HOST: "fake.invalid",
      SMTP_SENDER: "Fake <fake@example.com>",
      MAIL_OUTBOX: "memory",
      MAIL_TEMPLATES: templates,
      ADMIN_WEB_URL: EXAMPLE_WEB_URL,
    }),
  );
}

/** Says 250 to everything, without a connection. */
function openFakeTransports({ transports }: Config): Transports {
  const fakes = transports.map((config): Transport => ({
    config,
    send: async ({ to }) =>
      to.map((address) => ({ address, reply: { code: 250, text: "taken by the fake" } })),
    close() {},
  }));
  const passed = { status: "passed", durationMs: 0, detail: "the fake says yes to everything" } as const;
  return {
    policy: transportPolicy(fakes),
    verify: async () => ({
      verdict: "ok",
      ok: true,
      transport: "primary",
      server: "fake",
      checks: checkNames.map((name) => ({ name, ...passed })),
      durationMs: 0,
    }),
    close() {},
  };
}

function list(sent: readonly FakeMail[]): string {
  const lines = sent.map((mail) => `${recipientsOf(mail).join(", ")}: ${mail.subject ?? mail.template}`);
  return lines.length > 0 ? `sent were:\n  ${lines.join("\n  ")}` : "nothing was sent";
}

/** For faults of recipient and message the real service rejects; for the server's it answers `deferred`. */
function rejectionOf(type: string): MailError | undefined {
  const data = { remedy: "failNext() ordered this.", id: randomUUID() };
  const message = `${type}, as the test asked for`;
  if (Object.hasOwn(mailErrors, type)) return new MailError(type as keyof typeof mailErrors, message, data);
  if (!Object.hasOwn(refusedForGood, type)) return undefined;
  const code = refusedForGood[type as keyof typeof refusedForGood];
  return new MailError(type, message, data, { code, retryable: false });
}

/** What the real service answers while the server is in trouble. */
function deferredBy(type: string, receipt: MailReceipt): MailReceipt {
  return {
    ...receipt,
    status: "deferred",
    accepted: [],
    recipients: receipt.recipients.map(({ address }) => ({ address, status: "deferred" })),
    problem: { type, message: `${type}, as the test asked for`, remedy: "failNext() ordered this." },
  };
}
