/** Facts about the mail service's surface: who may call what, and what nobody gets to see. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type ActionSchema, ServiceBroker } from "moleculer";
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

  it("(templates, render) have no template in this version, and say so", async () => {
    expect(await broker.call("mail.templates", {})).toEqual([]);
    await expect(broker.call("mail.templates", { locale: "en" })).rejects.toMatchObject({ code: 422 });
    const params = { template: "notice", data: { code: "481516" }, locale: "zh-hans" };
    await expect(broker.call("mail.render", params)).rejects.toMatchObject({
      type: "MAIL_UNKNOWN_TEMPLATE",
    });
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
  it("puts the html into a frame, and makes the text from the letter alone", async () => {
    const answer = await broker.call("mail.sendMail", {
      to: "ann@example.com",
      subject: "Hi",
      html: "<p>Hello <b>Ann</b></p>",
      dryRun: true,
    });
    expect(answer).toMatchObject({
      text: "Hello Ann",
      html: expect.stringMatching(/^<!doctype html>[\s\S]*<p>Hello <b>Ann<\/b><\/p>/),
    });
  });
});
