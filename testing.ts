/** `meshmail/testing`: a `mail` service for consumers' own tests, which keeps what it is asked to send and sends nothing. */
import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import type { Context, ServiceSchema } from "moleculer";
import { MailError, mailErrors } from "./lib/errors.ts";
import { checkSend } from "./lib/message/schema.ts";
import { recipientsOf, type SendRequest } from "./lib/message/message.ts";
import type { MailReceipt } from "./lib/outbox/receipt.ts";
import { errorsMixin } from "./mixins/errors.mixin.ts";

/** A message as it was asked for: parameters checked and in their normal form. */
export type FakeMail = SendRequest & { id: string };

export interface MailFake {
  /** A drop-in `mail` service: `broker.createService(fake.service)` */
  readonly service: ServiceSchema;
  /** Everything sent so far, oldest first */
  readonly sent: readonly FakeMail[];
  /** Throws unless a message was sent that `expected` says yes to; a number is how many were sent in all. */
  assertSent(expected?: number | ((mail: FakeMail) => boolean)): void;
  assertNothingSent(): void;
  sentTo(address: string): FakeMail[];
  /** The newest one; throws where there is none */
  last(): FakeMail;
  /** The next `mail.send` rejects with this type, e.g. `SMTP_RECIPIENT_REJECTED` or `MAIL_OUTBOX_FULL`. */
  failNext(type: string): void;
  /** Forgets everything. */
  clear(): void;
}

const limits = { maxRecipients: 50, maxSize: 25 * 1024 * 1024 };

/**
 * @example
 * const fake = createMailFake();
 * broker.createService(fake.service);
 * await broker.call("users.resetPassword", { email: "ann@example.com" });
 * fake.assertSent((mail) => mail.to[0]?.address === "ann@example.com" && /\d{6}/.test(mail.text ?? ""));
 */
export function createMailFake(): MailFake {
  const sent: FakeMail[] = [];
  const failures: string[] = [];

  const send = (params: unknown): MailReceipt => {
    const request = checkSend(params, { ...limits, now: Date.now() });
    const failure = failures.shift();
    if (failure !== undefined) throw failureOf(failure);
    const mail = { ...request, id: randomUUID() };
    if (!request.dryRun) sent.push(mail);
    return receiptOf(mail);
  };

  return {
    sent,
    service: {
      name: "mail",
      mixins: [errorsMixin],
      actions: {
        send: (ctx: Context) => send(ctx.params),
        sendMail: (ctx: Context) => send(ctx.params),
        verify: () => ({
          verdict: "ok",
          ok: true,
          transport: "primary",
          server: "fake",
          checks: [],
          durationMs: 0,
        }),
      },
    },
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
    failNext: (type) => void failures.push(type),
    clear: () => void sent.splice(0),
  };
}

function list(sent: readonly FakeMail[]): string {
  const lines = sent.map((mail) => `${recipientsOf(mail).join(", ")}: ${mail.subject ?? mail.template}`);
  return lines.length > 0 ? `sent were:\n  ${lines.join("\n  ")}` : "nothing was sent";
}

function failureOf(type: string): MailError {
  const status = Object.hasOwn(mailErrors, type) ? mailErrors[type as keyof typeof mailErrors] : undefined;
  const data = { remedy: "This failure was ordered by failNext()." };
  return new MailError(
    type,
    `${type}, as the test asked for`,
    data,
    status ?? { code: 422, retryable: false },
  );
}

function receiptOf(mail: FakeMail): MailReceipt {
  const to = recipientsOf(mail);
  return {
    id: mail.id,
    status: "sent",
    messageId: `<${mail.id}@fake.invalid>`,
    transport: "primary",
    attempts: 1,
    recipients: to.map((address) => ({ address, status: "sent", code: 250, response: "250 fake" })),
    response: "250 fake",
    accepted: to,
    rejected: [],
    envelope: { from: mail.from?.address ?? "fake@example.com", to },
  };
}
