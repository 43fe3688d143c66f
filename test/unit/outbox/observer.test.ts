/** Facts about whoever observes the outbox: they hear of everything once, and can break nothing. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { checkSend } from "../../../lib/message/schema.ts";
import { memoryStore } from "../../../lib/outbox/memory.ts";
import { type AttemptOutcome, type OutboxObserver, together } from "../../../lib/outbox/observer.ts";
import { type Outbox, openOutbox } from "../../../lib/outbox/outbox.ts";
import type { MailReceipt } from "../../../lib/outbox/receipt.ts";
import { openTransports } from "../../../lib/smtp/transports.ts";
import { configFor } from "../../support/config.ts";
import { closeEverything, opened } from "../../support/open.ts";
import { type Script, startSmtpServer } from "../../support/smtp-server.ts";
import { transportTo } from "../../support/transport.ts";

afterEach(closeEverything);

/** An outbox, and what was heard of it, in words. */
async function bench(script: Script = {}, other?: OutboxObserver) {
  const server = await startSmtpServer({ script });
  const config = configFor([transportTo(server)], { MAIL_RETRY_SCHEDULE: "1h" });
  const transports = openTransports(config);
  const heard: unknown[] = [];
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const notes: OutboxObserver = {
    accepted: (durationMs) => heard.push(durationMs >= 0 ? "accepted" : "accepted before it was asked for"),
    ended: (status) => heard.push(`ended ${status}`),
    attempting(_record, transport) {
      heard.push(`attempting by ${transport}`);
      return (outcome) => heard.push(outcome);
    },
  };
  const outbox = openOutbox({
    templates: async () => ({ fill: (request) => request }),
    config,
    store: memoryStore(),
    policy: transports.policy,
    emit: () => {},
    observe: together(other ? [other, notes] : [notes], onError),
    onError,
  });
  const closed = opened("outbox", async () => {
    await outbox.close();
    transports.close();
    closed();
  });
  return { heard, errors, outbox, send: (params: object = {}) => sendBy(outbox, params) };
}

function sendBy(outbox: Outbox, params: object): Promise<MailReceipt> {
  const message = { to: "ann@example.com", subject: "Hello", text: "It works.", ...params };
  const limits = { maxRecipients: 50, maxSize: 25_000_000, now: Date.now() };
  return outbox.send(checkSend(message, limits)) as Promise<MailReceipt>;
}

const sent: AttemptOutcome = { attempts: 1, status: "sent", recipients: [{ status: "sent" }] };

describe("an observer of the outbox", () => {
  it("hears of acceptance, attempt and end, once each", async () => {
    const { heard, send } = await bench();
    await send();
    expect(heard).toEqual(["accepted", "attempting by primary", sent, "ended sent"]);
  });

  it("hears what became of each recipient, with the word of its problem, and of no end while one is open", async () => {
    const script = {
      rcpt({ argument }: { argument: string }) {
        if (argument.includes("nobody")) return "550 5.1.1 No such user";
        return argument.includes("later") ? "451 4.2.1 Later" : undefined;
      },
    };
    const { heard, send } = await bench(script);
    await send({ to: "ann@example.com, nobody@example.com, later@example.com" });
    expect(heard.slice(2)).toEqual([
      {
        attempts: 1,
        status: "deferred",
        problem: "SMTP_RECIPIENT_DEFERRED",
        recipients: [
          { status: "sent" },
          { status: "failed", problem: "SMTP_RECIPIENT_REJECTED" },
          { status: "deferred", problem: "SMTP_RECIPIENT_DEFERRED" },
        ],
      },
    ]);
  });

  it("hears nothing of a repetition, and of what was canceled or replaced that it ended", async () => {
    const { heard, outbox, send } = await bench();
    const sendAt = Date.now() + 3_600_000;
    const { id } = await send({ sendAt, idempotencyKey: "k" });
    await send({ sendAt, idempotencyKey: "k" });
    await outbox.cancel(id);
    await send({ sendAt, replaceKey: "r" });
    await send({ sendAt, replaceKey: "r" });
    expect(heard).toEqual(["accepted", "ended canceled", "accepted", "accepted", "ended canceled"]);
  });

  it("that throws is told of, and harms neither the mail nor the others", async () => {
    const fail = (): never => {
      throw new Error("the exporter is broken");
    };
    const broken = { accepted: fail, ended: fail, attempting: fail };
    const { heard, errors, send } = await bench({}, broken);
    expect(await send()).toMatchObject({ status: "sent" });
    expect(heard).toEqual(["accepted", "attempting by primary", sent, "ended sent"]);
    expect(errors).toHaveLength(3);
  });

  it("that throws at the end of an attempt does no harm either", async () => {
    const fail = (): never => {
      throw new Error("the exporter is broken");
    };
    const broken = { accepted() {}, ended() {}, attempting: () => fail };
    const { errors, send, outbox } = await bench({}, broken);
    expect(await send()).toMatchObject({ status: "sent" });
    expect(await outbox.stats()).toMatchObject({ transports: [{ ratePerMinute: 1 }] });
    expect(errors).toHaveLength(1);
  });
});
