/** Facts about the fake mail service that consumers' tests stand on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { createMailFake } from "../../testing.ts";
import { closeEverything } from "../support/open.ts";
import { scratchFolder } from "../support/scratch.ts";

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
afterAll(async () => {
  await broker.stop();
  await closeEverything();
});
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

  it("has the letter of a template as its reader sees it, and when it is of no use any more", async () => {
    const data = { code: "481516", minutes: 10 };
    const before = Date.now();
    await broker.call("mail.send", { to: "ann@example.com", template: "verification", data, locale: "ja" });
    fake.assertSent((mail) => /\d{6}/.test(mail.text ?? ""));
    expect(fake.last()).toMatchObject({
      template: "verification",
      data,
      subject: "【Fake】認証コードのお知らせ",
      html: expect.stringContaining(">481516<"),
    });
    expect(fake.last().expiresAt).toBeGreaterThanOrEqual(before + 600_000);
    expect(fake.last().expiresAt).toBeLessThanOrEqual(Date.now() + 600_000);
  });

  it("has links without settings, and refuses data that is missing", async () => {
    const reset = (data: object) =>
      broker.call("mail.send", { to: "ann@example.com", template: "password-reset", data });
    await reset({ token: "a b" });
    expect(fake.last().text).toContain("https://app.example.com/reset-password?token=a%20b");
    await expect(reset({})).rejects.toMatchObject({ type: "MAIL_TEMPLATE_FAILED" });
    fake.assertSent(1);
  });

  it("reads templates of one's own, where it is told of them", async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, "welcome/en"), { recursive: true });
    writeFileSync(join(folder, "welcome/en/subject.hbs"), "Welcome {{name}}");
    writeFileSync(join(folder, "welcome/en/text.hbs"), "It is {{name}}.");
    const own = createMailFake({ templates: folder });
    const node = new ServiceBroker({ logger: false });
    node.createService(own.service);
    await node.start();
    await node.call("mail.send", { to: "ann@example.com", template: "welcome", data: { name: "Ann" } });
    expect(own.last()).toMatchObject({ subject: "Welcome Ann", text: "It is Ann." });
    await node.stop();
  });

  it("stands in for mail.sendMail and mail.verify as well", async () => {
    await broker.call("mail.sendMail", { to: "ann@example.com", subject: "Hi", html: "<b>Hi</b>" });
    expect(fake.last()).toMatchObject({
      subject: "Hi",
      text: "Fake\nHi",
      html: expect.stringMatching(/^<!doctype html>[^]*<b>Hi<\/b>/),
    });
    expect(await broker.call("mail.verify")).toMatchObject({ ok: true });
  });
});
