/** Facts about letters from the call to the inbox: over NATS and HTTP, through a real node, as the reader's program has them. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type Context, Loggers, ServiceBroker } from "moleculer";
import PostalMime, { type Email } from "postal-mime";
import type { TransportConfig } from "../../lib/config/config.ts";
import { createMailService, type MailServiceOptions } from "../../services/mail.service.ts";
import { askUntil } from "../support/ask-until.ts";
import { configFor } from "../support/config.ts";
import { askJson, type HttpAnswer } from "../support/http-client.ts";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { type Program, runProgram, startNode } from "../support/node.ts";
import { closeEverything, opened } from "../support/open.ts";
import { freePort } from "../support/ports.ts";
import { scratchFolder } from "../support/scratch.ts";
import { type Sibling, startSibling } from "../support/sibling-process.ts";
import { type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";
import { plainTransportTo } from "../support/transport.ts";

// a node takes a second to start, or several where the machine is busy
jest.setTimeout(30_000);

/** Stands in every letter, and nowhere else. */
const CODE = "canary-481516";
const code = { code: CODE, minutes: 10 };
const verification = { to: "ann@example.com", template: "verification", data: code };

/** A greeting in each: the words, a name, and how they run. */
const greetings: [locale: string, words: string, name: string, dir: "ltr" | "rtl"][] = [
  ["ar", "مرحبًا بك يا", "فاطمة الزهراء", "rtl"],
  ["he", "ברוכים הבאים,", "נֹעַם 😀", "rtl"],
  ["hi", "आपका स्वागत है,", "क्षितिज", "ltr"],
  ["th", "ยินดีต้อนรับคุณ", "น้ำทิพย์", "ltr"],
  ["ja", "ようこそ、", "髙橋 さくら🌸", "ltr"],
  ["zh-TW", "歡迎您，", "𠮷野 👩‍👩‍👧‍👦", "ltr"],
  ["en", "Welcome – “you”,", "Zoë O’Brien 🇨🇦", "ltr"],
];

type Files = Record<string, string | object>;

/** Templates of one's own: paths below the folder, and what stands there. */
function writeTemplates(files: Files, folder = scratchFolder()): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const page = (body: string) =>
  `<!doctype html><html lang="{{@locale}}" dir="{{@dir}}"><head><meta charset="utf-8"><title>{{@subject}}</title></head><body>${body}</body></html>`;

const news: Files = {
  "news/template.json": {
    description: "What is new",
    data: {
      type: "object",
      properties: { leave: { type: ["string", "number"] }, hours: { type: "number" } },
    },
    sample: { leave: "https://shop.example.com/leave?who=1" },
    unsubscribe: "leave",
    lifetime: "hours",
  },
  "news/en/subject.hbs": "News",
  "news/en/text.hbs": "It is new.",
};

function greetingFiles(): Files {
  const letters = greetings.map(([locale, words]): Files => ({
    [`greeting/${locale}/subject.hbs`]: `${words} {{name}}`,
    [`greeting/${locale}/html.hbs`]: page(`<p>${words} <bdi>{{name}}</bdi></p>`),
    [`greeting/${locale}/text.hbs`]: `${words} {{name}}`,
  }));
  return Object.assign({}, ...letters) as Files;
}

/** The letter as a reader's program has it. */
async function parsed(data: Buffer = Buffer.alloc(0)): Promise<Email & { text: string }> {
  const letter = await PostalMime.parse(data);
  return { ...letter, text: (letter.text ?? "").replace(/\r\n/g, "\n") };
}

const headersOf = ({ headers }: Email) => Object.fromEntries(headers.map(({ key, value }) => [key, value]));

interface Sent {
  id: string;
  status: string;
  template?: string;
}

describe("a node with letters of its own", () => {
  let nats: NatsServer;
  const events: unknown[] = [];
  let smtp: SmtpServer;
  let node: Program;
  let sibling: Sibling;
  let port: number;

  beforeAll(async () => {
    nats = await startNats();
    smtp = await startSmtpServer({ tls: "none", auth: "none" });
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    node = await startNode({
      TRANSPORTER: nats.url,
      NODEID: "mail-1",
      LOGLEVEL: "debug",
      SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
      SMTP_SENDER: "Shop <shop@example.com>",
      MAIL_BRAND_NAME: "Shop",
      MAIL_OUTBOX: `sqlite:${join(scratchFolder(), "mail.db")}`,
      MAIL_TEMPLATES: writeTemplates({ ...news, ...greetingFiles() }),
      MAIL_DKIM_DOMAIN: "example.com",
      MAIL_DKIM_SELECTOR: "s1",
      MAIL_DKIM_KEY: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      GATEWAY_PORT: "0",
      GATEWAY_API_KEYS: "web:secret-of-the-web-site:send, desk:secret-of-the-desk:read",
    });
    port = Number(/listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(node.output)?.[1]);
    sibling = await startSibling(nats.url);
    const listener = new ServiceBroker({ nodeID: "listener", logger: false, transporter: nats.url as never });
    listener.createService({
      name: "listener",
      events: { "mail.**": ({ eventName, params }: Context) => void events.push([eventName, params]) },
    });
    await listener.start();
    const closed = opened("listener", async () => {
      await listener.stop();
      closed();
    });
  });
  afterAll(closeEverything);

  /** Sends it over NATS, and reads what arrives. */
  async function received(message: object, action = "mail.send") {
    const before = smtp.messages.length;
    const { result, error } = await sibling.call(action, message);
    expect(error ?? result).toMatchObject({ status: "sent" });
    expect(smtp.messages).toHaveLength(before + 1);
    return { ...(await parsed(smtp.messages.at(-1)?.data)), id: result?.["id"] };
  }

  async function dryRun(message: object) {
    const { result } = await sibling.call("mail.send", { ...message, dryRun: true });
    return result as unknown as {
      subject: string;
      text: string;
      html: string;
      headers: { [name: string]: string };
    };
  }

  function post(path: string, body: object, key = "secret-of-the-web-site"): Promise<HttpAnswer> {
    return askJson(port, "POST", path, body, key ? { authorization: `Bearer ${key}` } : {});
  }

  const stored = async () => JSON.stringify((await sibling.call("mail.stats")).result?.["counts"]);

  it("sends a letter in the nearest language that there is, as html and as text", async () => {
    const letter = await received({ ...verification, locale: "zh-Hans-CN" });
    expect(letter).toMatchObject({
      subject: "【Shop】您的验证码",
      text: expect.stringMatching(`\n${CODE}\n`),
      html: expect.stringMatching(`<html lang="zh-CN" dir="ltr">[^]*>${CODE}<`),
    });
    expect(headersOf(letter)).toMatchObject({
      "auto-submitted": "auto-generated",
      "content-type": expect.stringMatching(/^multipart\/alternative/),
    });
    const { result } = await sibling.call("mail.get", { id: letter.id });
    expect(result).toMatchObject({ status: "sent", template: "verification" });
  });

  it.each(greetings)(
    "sends a letter in %s that arrives as it was written",
    async (locale, words, name, dir) => {
      const to = { name, address: "ann@example.com" };
      const letter = await received({ to, template: "greeting", data: { name }, locale });
      expect({ subject: letter.subject, text: letter.text.trimEnd(), to: letter.to }).toEqual({
        subject: `${words} ${name}`,
        text: `${words} ${name}`,
        to: [to],
      });
      expect(letter.html).toContain(`<html lang="${locale}" dir="${dir}">`);
      expect(letter.html).toContain(`<p>${words} <bdi>${name}</bdi></p>`);
    },
  );

  it("takes `language` for `locale`", async () => {
    const letter = await dryRun({ ...verification, language: "ja" });
    expect(letter.subject).toBe("【Shop】認証コードのお知らせ");
  });

  it("leaves to the call what the call says itself", async () => {
    const headers = { "auto-submitted": "no", "X-Order": "7" };
    const own = { ...verification, subject: "Own", headers };
    expect(await dryRun({ ...own, text: "Own text" })).toMatchObject({
      subject: "Own",
      text: "Own text",
      html: expect.stringContaining(CODE),
      headers: { "Auto-Submitted": "no", "X-Order": "7" },
    });
    expect(await dryRun({ ...own, html: "<p>Own <b>html</b></p>" })).toMatchObject({
      subject: "Own",
      text: "Own html",
      html: "<p>Own <b>html</b></p>",
    });
  });

  it("shows the letter to whoever only wants to look, and stores and sends nothing", async () => {
    const before = [await stored(), smtp.messages.length];
    expect(await dryRun(verification)).toMatchObject({
      subject: "Your Shop verification code",
      text: expect.stringContaining(CODE),
      html: expect.stringContaining(CODE),
    });
    expect([await stored(), smtp.messages.length]).toEqual(before);
  });

  it("refuses data that is missing by its name, over NATS and over HTTP, and stores and sends nothing", async () => {
    const before = [await stored(), smtp.messages.length];
    const message = { ...verification, data: { minutes: 10 } };
    const fields = [{ field: "data.code", message: "expected a value, got nothing" }];
    const { error } = await sibling.call("mail.send", message);
    expect(error).toMatchObject({
      type: "MAIL_TEMPLATE_FAILED",
      code: 422,
      retryable: false,
      data: { template: "verification", locale: "en", fields, remedy: expect.any(String) },
    });
    const { status, headers, json } = await post("/api/mail/send", message);
    expect({ status, type: headers["content-type"] }).toEqual({
      status: 422,
      type: "application/problem+json",
    });
    expect(json).toMatchObject({ type: "MAIL_TEMPLATE_FAILED", fields });
    expect([await stored(), smtp.messages.length]).toEqual(before);
  });

  it("frames html as Tailchat's services send it, and makes the text of it", async () => {
    const html = `<p>您的验证码：<b>${CODE}</b></p>`;
    const letter = await received({ to: "ann@example.com", subject: "验证码", html }, "mail.sendMail");
    expect(letter).toMatchObject({
      subject: "验证码",
      text: `Shop\n\n您的验证码：${CODE}\n`,
      html: expect.stringMatching(`<span dir="auto">Shop</span>[^]*${html}`),
    });
    const { result } = await sibling.call("mail.get", { id: letter.id });
    expect(result).toMatchObject({ template: "notice" });
    const { error } = await sibling.call("mail.sendMail", { to: "ann@example.com", html });
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", data: { fields: [{ field: "subject" }] } });
  });

  it.each([
    ["one word", "x".repeat(1_000_000)],
    ["250,000 elements within each other", "<b>x".repeat(250_000)],
    ["brackets that open nothing", "<".repeat(1_000_000)],
  ])("frames html of nearly 1 MB: %s", async (_what, html) => {
    const letter = await received({ to: "ann@example.com", subject: "Long", html }, "mail.sendMail");
    expect(letter.html?.length).toBeGreaterThan(html.length);
    expect(letter.html).toContain(html);
  });

  it("has List-Unsubscribe on the wire, and signs both headers (RFC 8058)", async () => {
    const leave = "https://shop.example.com/leave?who=1&token=a%20b";
    const letter = await received({ to: "ann@example.com", template: "news", data: { leave } });
    const headers = headersOf(letter);
    expect(headers).toMatchObject({
      "list-unsubscribe": `<${leave}>`,
      "list-unsubscribe-post": "List-Unsubscribe=One-Click",
    });
    const [, signed = ""] = /\bh=([^;]+);/.exec(headers["dkim-signature"] ?? "") ?? [];
    expect(signed.toLowerCase().split(/[\s:]+/)).toEqual(
      expect.arrayContaining(["list-unsubscribe", "list-unsubscribe-post", "auto-submitted", "from"]),
    );
  });

  it.each([
    ["http", "http://shop.example.com/leave"],
    ["a script", "javascript:alert(1)"],
    ["a line break", "https://shop.example.com/\r\nBcc: evil@example.com"],
    ["another address behind it", "https://shop.example.com/>, <https://evil.example.com/"],
    ["more than a line holds", `https://shop.example.com/${"x".repeat(900)}`],
    ["a number", 7],
  ])("refuses an address to leave by that is no https address: %s", async (_what, leave) => {
    const { error } = await sibling.call("mail.send", {
      to: "ann@example.com",
      template: "news",
      data: { leave },
    });
    expect(error).toMatchObject({
      type: "MAIL_TEMPLATE_FAILED",
      data: { fields: [{ field: "data.leave", message: expect.stringContaining("https: address") }] },
    });
    expect(JSON.stringify(error)).not.toMatch(/shop\.example|evil|alert/);
  });

  it("takes no field for an address or a lifetime that the template does not name as such", async () => {
    const data = { name: "Ann", "": "https://evil.example.com/" };
    const { headers } = await dryRun({ to: "ann@example.com", template: "greeting", data });
    expect(headers).not.toHaveProperty("List-Unsubscribe");
  });

  it("lists and renders over HTTP for a key that may send, and for no other", async () => {
    const path = "/api/mail/templates";
    const get = (key: string) => askJson(port, "GET", path, undefined, { authorization: `Bearer ${key}` });
    const { json } = await get("secret-of-the-web-site");
    const names = (json as unknown as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(["greeting", "invitation", "news", "notice", "password-reset", "verification"]);
    expect(await get("secret-of-the-desk")).toMatchObject({ status: 403 });
    expect(await get("secret-of-nobody")).toMatchObject({ status: 401 });

    const rendering = (key: string) =>
      post(`${path}/greeting/render`, { data: { name: "Noa" }, locale: "he-IL" }, key);
    expect(await rendering("secret-of-the-web-site")).toMatchObject({
      status: 200,
      json: { subject: "ברוכים הבאים, Noa", locale: "he", html: expect.stringContaining('dir="rtl"') },
    });
    expect(await rendering("secret-of-the-desk")).toMatchObject({ status: 403 });
    expect(await rendering("")).toMatchObject({ status: 401 });
  });

  it.each([
    "..%2f..%2fpackage",
    "..%2fverification%2fen",
    "%252e%252e%252fverification",
    "verification%00",
    "partials%2fframe",
  ])("refuses the name %s in the path", async (name) => {
    expect(await post(`/api/mail/templates/${name}/render`, {})).toMatchObject({
      status: 422,
      json: { type: "MAIL_INVALID_MESSAGE", fields: [{ field: "template" }] },
    });
  });

  it.each(["partials", "__proto__", "constructor"])("has no template %s", async (name) => {
    const { status, body } = await post(`/api/mail/templates/${name}/render`, {});
    expect({ status, type: /MAIL_\w+/.exec(body)?.[0] }).toEqual({
      status: 422,
      type: expect.stringMatching(/^MAIL_(UNKNOWN_TEMPLATE|INVALID_MESSAGE)$/),
    });
  });

  it("shows nothing of the data in its log, in events, in metrics and in records", async () => {
    await sibling.call("mail.send", { ...verification, data: { ...code, code: [CODE] } });
    const { id } = await received(verification);
    const told = () => JSON.stringify(events);
    const shown = [
      node.output,
      await askUntil(told, (text) => text.includes(`["mail.sent",{"id":${JSON.stringify(id)}`)),
      JSON.stringify((await sibling.call("mail.metrics")).result),
      JSON.stringify((await sibling.call("mail.list")).result),
    ];
    expect(shown).toEqual([
      expect.stringContaining("mail.send"),
      expect.stringContaining("mail.sent"),
      expect.stringContaining("meshmail_"),
      expect.stringContaining('"template":"verification"'),
    ]);
    for (const text of shown) expect(text).not.toContain(CODE);
  });
});

/** A mail node in this process, and what its log says. */
async function startMail(
  transports: TransportConfig[],
  env: { [name: string]: string },
  options: MailServiceOptions = {},
) {
  const log: string[] = [];
  class Lines extends Loggers.Base<object> {
    override getLogHandler() {
      return (level: string, args: unknown[]) => void log.push([level, ...args.map(String)].join(" "));
    }
  }
  const broker = new ServiceBroker({ logger: new Lines() as never });
  broker.createService(createMailService({ config: configFor(transports, env), ...options }));
  await broker.start();
  const closed = opened("mail node", async () => {
    await broker.stop();
    closed();
  });
  return {
    broker,
    log,
    send: (message: object) =>
      broker.call<Sent & { duplicate?: true; subject: string }, object>("mail.send", {
        to: "ann@example.com",
        ...message,
      }),
  };
}

describe("a letter whose minutes have passed", () => {
  afterAll(closeEverything);

  it("while the server was away is not sent", async () => {
    const port = await freePort();
    const MAIL_TEMPLATES = writeTemplates({
      "flash/template.json": {
        description: "A code for a moment",
        data: {
          type: "object",
          properties: { minutes: { type: "number", default: 0.01 } },
        },
        lifetime: "minutes",
      },
      "flash/en/subject.hbs": "Flash",
      "flash/en/text.hbs": "Valid for a moment.",
    });
    const mail = await startMail([plainTransportTo({ port })], { MAIL_TEMPLATES });
    const late = await mail.send({ template: "flash" });
    expect(late.status).toBe("deferred");
    const record = () => mail.broker.call<Sent, object>("mail.get", { id: late.id });
    await askUntil(record, ({ status }) => status === "expired");

    const smtp = await startSmtpServer({ port, tls: "none", auth: "none" });
    await mail.send({ template: "verification", data: code, wait: false });
    const [letter] = await smtp.received(1, 15_000);
    expect((await parsed(letter?.data)).subject).toBe("Your Me verification code");
    expect(await record()).toMatchObject({ status: "expired", template: "flash" });
    await expect(mail.send({ template: "flash", data: { minutes: -1 } })).rejects.toMatchObject({
      type: "MAIL_TEMPLATE_FAILED",
      data: { fields: [{ field: "data.minutes", message: expect.stringContaining("above 0") }] },
    });
    await closeEverything();
    expect(smtp.messages).toHaveLength(1);
  });
});

describe("templates that cannot be used", () => {
  afterAll(closeEverything);

  it.each(["start.ts", "dev.ts"])(
    "stop %s with a line for each fault, file and line in it, and no stack",
    async (file) => {
      const node = runProgram(file, {
        SMTP_HOST: "127.0.0.1",
        SMTP_SENDER: "shop@example.com",
        MAIL_OUTBOX: "memory",
        GATEWAY_PORT: "0",
        SANDBOX_PORT: String(await freePort()),
        MAIL_TEMPLATES: writeTemplates({
          ...news,
          "welcome/template.json": {
            description: "Hello",
            data: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
            sample: { name: "Ann" },
          },
          "welcome/en/subject.hbs": "Hello",
          "welcome/en/html.hbs": page("<p>Hi</p>\n<p>{{names}}</p>"),
          "verification/en/text.hbs": "Code",
        }),
      });
      expect(await node.ended).toBe(1);
      const lines = node.output.trim().split("\n");
      expect(lines.filter((line) => !line.includes(" INFO ")).toSorted()).toEqual([
        expect.stringMatching(/ERROR .*Template verification\/en: expected subject\.hbs beside text\.hbs$/),
        expect.stringMatching(
          /ERROR .*Template welcome\/en\/html\.hbs:2: names is no field .* did you mean name\?$/,
        ),
      ]);
    },
  );
});

describe("templates that change in development", () => {
  afterAll(closeEverything);

  const watchers = () => process.getActiveResourcesInfo().filter((kind) => kind === "FSEventWrap").length;
  const pulse = (subject: string): Files => ({
    "pulse/en/subject.hbs": subject,
    "pulse/en/text.hbs": "It beats.",
  });

  it("are used for the next letter; a broken one is told, and the letters stay as they were", async () => {
    const smtp = await startSmtpServer({ tls: "none", auth: "none" });
    const MAIL_TEMPLATES = writeTemplates(pulse("First"));
    const mail = await startMail([plainTransportTo(smtp)], { MAIL_TEMPLATES }, { watchTemplates: true });
    const says = (line: RegExp) =>
      askUntil(
        () => mail.log,
        (log) => log.some((one) => line.test(one)),
      );
    const keyed = { template: "pulse", idempotencyKey: "beat" };
    const first = await mail.send(keyed);

    writeTemplates(pulse("Second"), MAIL_TEMPLATES);
    await says(/^info .*read again/);
    expect(await mail.send({ template: "pulse", dryRun: true })).toMatchObject({ subject: "Second" });
    // what was asked for is the same
    expect(await mail.send(keyed)).toMatchObject({ id: first.id, duplicate: true });
    expect(smtp.messages).toHaveLength(1);

    writeTemplates(pulse("Third {{#if"), MAIL_TEMPLATES);
    await says(/^error .*letters stay as they were/);
    expect(mail.log).toContainEqual(expect.stringMatching(/^error Template pulse\/en\/subject\.hbs:1: /));
    expect(await mail.send({ template: "pulse", dryRun: true })).toMatchObject({ subject: "Second" });

    expect(watchers()).toBeGreaterThan(0);
    await mail.broker.stop();
    await askUntil(watchers, (count) => count === 0);
  });

  it("are not watched unless it is development", async () => {
    await startMail([], { MAIL_TEMPLATES: writeTemplates(pulse("First")) });
    expect(watchers()).toBe(0);
  });
});
