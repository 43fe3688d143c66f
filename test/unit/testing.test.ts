/** Facts about the fake mail service that consumers' tests stand on. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { createMailFake } from "../../testing.ts";

const fake = createMailFake();
const broker = new ServiceBroker({ logger: false });
const send = (params: object = {}) =>
  broker.call("mail.send", {
    to: "ann@example.com",
    subject: "Code",
    text: "Your code is 481516",
    ...params,
  });

beforeAll(async () => {
  broker.createService(fake.service);
  await broker.start();
});
afterAll(() => broker.stop());
beforeEach(() => fake.clear());

describe("the fake", () => {
  it("keeps what was sent, in its normal form", async () => {
    expect(await send({ cc: "Bob <bob@EXAMPLE.com>" })).toMatchObject({
      status: "sent",
      accepted: ["ann@example.com", "bob@example.com"],
    });
    expect(fake.last()).toMatchObject({ subject: "Code", cc: [{ name: "Bob", address: "bob@example.com" }] });
    expect(fake.sentTo("bob@example.com")).toHaveLength(1);
    fake.assertSent(1);
    fake.assertSent((mail) => /\d{6}/.test(mail.text ?? ""));
  });

  it("says what was sent where an assertion does not hold", async () => {
    fake.assertNothingSent();
    expect(() => fake.assertSent()).toThrow("nothing was sent");
    expect(() => fake.last()).toThrow("no mail was sent");
    await send();
    expect(() => fake.assertNothingSent()).toThrow("ann@example.com: Code");
    expect(() => fake.assertSent(({ subject }) => subject === "Other")).toThrow("ann@example.com: Code");
  });

  it("refuses what the real service refuses", async () => {
    await expect(send({ to: "nobody" })).rejects.toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422 });
    fake.assertNothingSent();
  });

  it("fails once, as ordered", async () => {
    fake.failNext("SMTP_RECIPIENT_REJECTED");
    await expect(send()).rejects.toMatchObject({ type: "SMTP_RECIPIENT_REJECTED", code: 422 });
    fake.failNext("MAIL_OUTBOX_FULL");
    await expect(send()).rejects.toMatchObject({ type: "MAIL_OUTBOX_FULL", code: 429, retryable: true });
    expect(await send()).toMatchObject({ status: "sent" });
  });

  it("defers where the server is in trouble, for the real service never rejects for that", async () => {
    fake.failNext("SMTP_AUTH_FAILED");
    expect(await send()).toMatchObject({
      status: "deferred",
      accepted: [],
      problem: { type: "SMTP_AUTH_FAILED" },
    });
    fake.assertNothingSent();
    expect(() => fake.failNext("SMTP_NOPE")).toThrow("SMTP_NOPE is no type");
  });

  it("is the real service but for the server: keys, dry runs and questions work", async () => {
    const first = await send({ idempotencyKey: "k" });
    expect(await send({ idempotencyKey: "k" })).toMatchObject({ duplicate: true });
    expect(await send({ dryRun: true })).toMatchObject({ dryRun: true });
    fake.assertSent(1);
    const { id } = first as { id: string };
    expect(await broker.call("mail.get", { id })).toMatchObject({ status: "sent" });
    expect(await send({ sendAt: Date.now() + 3_600_000 })).toMatchObject({ status: "scheduled" });
    fake.failNext("SMTP_MESSAGE_TOO_LARGE");
    await expect(send()).rejects.toMatchObject({ code: 413 });
  });

  it("stands in for mail.sendMail and mail.verify as well", async () => {
    await broker.call("mail.sendMail", { to: "ann@example.com", subject: "Hi", html: "<b>Hi</b>" });
    expect(fake.last().html).toContain("<b>Hi</b>");
    expect(await broker.call("mail.verify")).toMatchObject({ ok: true });
  });
});
