/** Facts about the mail service's surface: who may call what, and what nobody gets to see. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ActionSchema, ServiceBroker } from "moleculer";
import type { Template } from "../../../lib/templates/template.ts";
import { createMailService } from "../../../services/mail.service.ts";
import { configFor } from "../../support/config.ts";
import { type SmtpServer, startSmtpServer } from "../../support/smtp-server.ts";
import { transportTo } from "../../support/transport.ts";

const forEveryone = ["providers", "render", "send", "sendMail", "templates", "verify"];
const busOnly = ["cancel", "get", "list", "probe", "retry", "metrics", "stats"];

let smtp: SmtpServer;
let broker: ServiceBroker;
const spans: unknown[] = [];

beforeAll(async () => {
  smtp = await startSmtpServer();
  broker = new ServiceBroker({
    logger: false,
    tracing: { enabled: true, exporter: { type: "Event", options: { interval: 0 } } } as never,
  });
  broker.createService({
    name: "listener",
    events: {
      "$tracing.spans"(ctx) {
        spans.push(ctx.params);
      },
    },
  });
  broker.createService(createMailService({ config: configFor([transportTo(smtp)], { MAIL_PROBE: "on" }) }));
  await broker.start();
});

afterAll(async () => {
  await broker.stop();
  await smtp.close();
});

const actions = (): Record<string, ActionSchema> =>
  (broker.getLocalService("mail").schema.actions ?? {}) as Record<string, ActionSchema>;

describe("the actions", () => {
  it("are these, and each says who may call it", () => {
    expect(Object.keys(actions()).toSorted()).toEqual([...forEveryone, ...busOnly].toSorted());
    for (const name of forEveryone) expect(actions()[name]?.visibility).toBe("published");
    for (const name of busOnly) expect(actions()[name]?.visibility).toBe("public");
  });

  it("leave no parameter in a trace", async () => {
    await broker.call("mail.send", { to: "ann@example.com", subject: "Code", text: "canary-481516" });
    const data = { code: "canary", minutes: 10, name: "canary" };
    await broker.call("mail.send", { to: "ann@example.com", template: "verification", data });
    await broker.call("mail.render", { template: "verification", data });
    await broker
      .call("mail.render", { template: "verification", data: { canary: "canary" } })
      .catch(() => {});
    await broker.call("mail.probe", { uri: "smtp://me:canary@127.0.0.1:1" });
    await broker.call("mail.send", { to: "canary", text: "canary" }).catch(() => {});
    expect(JSON.stringify(spans)).toContain("mail.send");
    expect(JSON.stringify(spans)).not.toContain("canary");
  });

  it.each(busOnly.filter((name) => !["list", "metrics", "probe", "stats"].includes(name)))(
    "(%s) refuse a call without an id, and unknown fields, by name",
    async (name) => {
      await expect(broker.call(`mail.${name}`, { idd: "x" })).rejects.toMatchObject({
        type: "MAIL_INVALID_MESSAGE",
        data: {
          fields: expect.arrayContaining([
            { field: "idd", message: expect.stringContaining("unknown") },
            { field: "id", message: expect.stringContaining("expected a string") },
          ]),
        },
      });
    },
  );

  it.each([
    ["status", { status: "gone" }],
    ["since", { since: "yesterday" }],
    ["limit", { limit: 201 }],
    ["limit", { limit: "50" }],
  ])("(list) refuse a %s that is none", async (field, params) => {
    await expect(broker.call("mail.list", params)).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      data: { fields: [{ field }] },
    });
  });

  it.each([
    ["template", { template: "../secret" }],
    ["template", { data: {} }],
    ["data.__proto__", { template: "notice", data: JSON.parse('{"__proto__":1}') as object }],
    ["locale", { template: "notice", locale: "not a tag" }],
    ["to", { template: "notice", to: "ann@example.com" }],
  ])("(render) refuse a bad %s", async (field, params) => {
    await expect(broker.call("mail.render", params)).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      data: { fields: [{ field }] },
    });
  });

  it("(templates) list the built-in ones, each time anew, and take no parameter", async () => {
    const [first] = await broker.call<Template[]>("mail.templates");
    Object.assign(first?.sample ?? {}, { canary: true });
    Object.assign(first?.data ?? {}, { canary: true });
    const again = await broker.call<Template[], object>("mail.templates", {});
    expect(again.map(({ name }) => name)).toEqual(["invitation", "notice", "password-reset", "verification"]);
    expect(JSON.stringify(again)).not.toContain("canary");
    await expect(broker.call("mail.templates", { locale: "en" })).rejects.toMatchObject({ code: 422 });
  });

  it("(render) fill a template in, in the nearest language", async () => {
    const params = { template: "verification", data: { code: "481516", minutes: 10 }, locale: "zh-hans" };
    expect(await broker.call("mail.render", params)).toEqual({
      subject: "【Me】您的验证码",
      html: expect.stringMatching(/^<!doctype html>\n<html lang="zh-CN" dir="ltr">[^]*>481516</),
      text: expect.stringContaining("\n481516\n"),
      locale: "zh-CN",
    });
  });

  it("(render) name the template that was meant, and every field that is wrong, without its value", async () => {
    await expect(broker.call("mail.render", { template: "verfication" })).rejects.toMatchObject({
      type: "MAIL_UNKNOWN_TEMPLATE",
      message: expect.stringContaining("did you mean verification?"),
    });
    const data = { code: ["canary"], name: "canary\ncanary" };
    const error: unknown = await broker
      .call("mail.render", { template: "verification", data })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      type: "MAIL_TEMPLATE_FAILED",
      code: 422,
      data: {
        template: "verification",
        locale: "en",
        fields: expect.arrayContaining([
          { field: "data.minutes", message: "expected a value, got nothing" },
          { field: "data.code", message: "expected a string, got a list" },
          {
            field: "data.name",
            message: expect.stringContaining("does not fit what it is: The reader's name"),
          },
        ]),
      },
    });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain("canary");
  });

  it("(verify) refuse a transport that there is not, and name those that there are", async () => {
    await expect(broker.call("mail.verify", { transport: "fallback7" })).rejects.toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      data: { fields: [{ field: "transport", message: expect.stringContaining("primary") }] },
    });
  });

  it("take parameters 40,000 deep for what they are", async () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 40_000; depth++) deep = [deep];
    for (const name of ["verify", "get", "list", "send"]) {
      await expect(broker.call(`mail.${name}`, { id: deep, to: deep })).rejects.toMatchObject({
        type: "MAIL_INVALID_MESSAGE",
      });
    }
  });
});

describe("sendMail", () => {
  const html = "<p>Hello <b>Ann</b></p>";
  const dryRun = (params: object) =>
    broker.call<Record<string, string>, object>("mail.sendMail", {
      to: "ann@example.com",
      subject: "Hi",
      dryRun: true,
      ...params,
    });

  it("puts the html into the frame of a notice, and makes the text from all of it", async () => {
    const { html: letter, text, subject } = await dryRun({ html });
    expect(letter).toMatch(/^<!doctype html>[^]*<span dir="auto">Me<\/span>[^]*<p>Hello <b>Ann<\/b><\/p>/);
    expect({ text, subject }).toEqual({ text: "Me\n\nHello Ann", subject: "Hi" });
  });

  it("leaves the text, and a letter of a template, to the caller", async () => {
    expect(await dryRun({ html, text: "Hello" })).toMatchObject({ text: "Hello" });
    expect((await dryRun({ text: "Hello" }))["html"]).toBeUndefined();
    const data = { code: "481516", minutes: 10 };
    const letter = await dryRun({ template: "verification", data, subject: "" });
    expect(letter["subject"]).toBe("Your Me verification code");
  });

  it("takes html of the full 1 MB", async () => {
    const full = `<p>${"x".repeat(1024 * 1024 - "<p></p>".length)}</p>`;
    expect((await dryRun({ html: full }))["html"]).toContain(full);
    await expect(dryRun({ html: `${full} ` })).rejects.toMatchObject({
      type: "MAIL_TOO_LARGE",
      data: { fields: [{ field: "html" }] },
    });
  });

  it.each([[undefined], [""], ["  "]])(
    "needs a subject, which %j is not, and says so by name",
    async (subject) => {
      await expect(dryRun({ html, subject })).rejects.toMatchObject({
        type: "MAIL_INVALID_MESSAGE",
        data: { fields: [{ field: "subject", message: expect.stringContaining("expected a subject") }] },
      });
    },
  );
});
