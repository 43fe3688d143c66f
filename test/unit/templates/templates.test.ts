/** Every letter that is kept ready: how it is found, filled in and put into a message, and what is told of faulty ones. */
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { MailError } from "../../../lib/errors.ts";
import type { SendRequest } from "../../../lib/message/message.ts";
import { checkSend } from "../../../lib/message/schema.ts";
import { check } from "../../../lib/requests/checks.ts";
import type { Templates } from "../../../lib/templates/template.ts";
import { openTemplates } from "../../../lib/templates/templates.ts";
import { closeEverything } from "../../support/open.ts";
import { faultsOf, letter, openFiles } from "./open-templates.ts";

const text = { type: "string" };
const NOW = Date.parse("2026-11-21T12:00:00Z");
const HOUR = 3_600_000;
const time = { now: NOW, retryFor: 48 * HOUR };

let builtIn: Templates;
beforeAll(async () => {
  builtIn = await openTemplates({ brand: {}, adminWebUrl: "https://app.example.com" });
});
afterEach(closeEverything);

/** What an error says, all of it. */
function refusal(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (error instanceof MailError) return { type: error.type, message: error.message, data: error.data };
    throw error;
  }
  throw new Error("expected a refusal");
}

const limits = { now: NOW, maxRecipients: 50, maxSize: 1e6 };
const request = (more: Partial<SendRequest>): SendRequest => ({
  ...checkSend({ to: "ann@example.com", template: "verification" }, limits),
  ...more,
});

describe("a name", () => {
  it.each([
    "../x",
    "..\\x",
    "/etc/x",
    "x\0",
    "CON",
    "a".repeat(65),
    ".hidden",
    "a/b",
    "%2e%2e%2f",
    "__proto__",
    "",
  ])("%j is refused, of a template and of a language", (name) => {
    const { type, message } = refusal(() => check.render({ template: name }));
    expect(type).toBe("MAIL_INVALID_MESSAGE");
    expect(message).toContain("template: expected");
    expect(refusal(() => builtIn.render({ template: name })).type).toBe("MAIL_UNKNOWN_TEMPLATE");
    // CON is a possible language
    if (name === "CON") return;
    expect(refusal(() => check.render({ template: "verification", locale: name })).type).toBe(
      "MAIL_INVALID_MESSAGE",
    );
    expect(
      builtIn.render({ template: "notice", locale: name, data: { subject: "S", html: "H" } }).locale,
    ).toBe("en");
  });

  it.each(["constructor", "tostring", "partials", "nothing"])("%s is no template", (name) => {
    const { type, data } = refusal(() => builtIn.render(check.render({ template: name })));
    expect(type).toBe("MAIL_UNKNOWN_TEMPLATE");
    expect(data).toMatchObject({ template: name, remedy: expect.stringContaining("invitation, notice") });
  });

  it("that is nearly right is told the right one", () => {
    expect(refusal(() => builtIn.render({ template: "verificaton" })).message).toBe(
      "there is no template of this name: did you mean verification?",
    );
  });
});

describe("a letter", () => {
  it("is in the language asked for, else the nearest, else MAIL_LOCALE's, else English", async () => {
    const data = { subject: "S", html: "<p>H</p>" };
    const localeOf = (templates: Templates, locale?: string) =>
      templates.render({ template: "notice", data, ...(locale !== undefined && { locale }) }).locale;
    expect(localeOf(builtIn)).toBe("en");
    expect(localeOf(builtIn, "zh-Hans-SG")).toBe("zh-CN");
    expect(localeOf(builtIn, "ja-JP")).toBe("ja");
    expect(localeOf(builtIn, "fr")).toBe("en");
    const japanese = await openTemplates({ brand: {}, locale: "ja" });
    expect(localeOf(japanese)).toBe("ja");
    expect(localeOf(japanese, "fr")).toBe("ja");
    expect(localeOf(japanese, "en-GB")).toBe("en");
  });

  it("takes its text from the html where it has none of its own, without what is hidden", async () => {
    const templates = await openFiles(
      letter('{{#> frame preheader="Hidden"}}<p>A <a href="https://example.com/a">link</a></p>{{/frame}}'),
    );
    const { text: plain } = templates.render({ template: "a" });
    expect(plain).toMatch(/^A link <https:\/\/example\.com\/a>/);
    expect(plain).not.toMatch(/Hidden|\u200c|\u034f/);
  });

  it("may be text alone", async () => {
    const templates = await openFiles({ "a/en/subject.hbs": "S\n", "a/en/text.hbs": "Hi {{name}} & co\n" });
    expect(templates.render({ template: "a", data: { name: "<Ann>" } })).toEqual({
      subject: "S",
      html: "",
      text: "Hi <Ann> & co\n",
      locale: "en",
    });
  });

  it("has the defaults of the schema, and the caller's data stay as they were", async () => {
    const templates = await openFiles({
      ...letter(
        "{{plan}} {{user.name}}",
        { user: { type: "object", properties: { name: { default: "you" } } } },
        {},
      ),
      "a/template.json": {
        data: {
          type: "object",
          properties: {
            plan: { default: "free" },
            user: { type: "object", properties: { name: { default: "you" } } },
          },
          required: ["user"],
        },
        sample: { user: {} },
      },
    });
    const data = { user: {} };
    expect(templates.render({ template: "a", data }).html).toBe("free you");
    expect(data).toEqual({ user: {} });
  });

  it("knows its subject, its language and the way it is written", async () => {
    const templates = await openFiles({
      "a/ar/subject.hbs": "A & B",
      "a/ar/html.hbs": '<p lang="{{@locale}}" dir="{{@dir}}">{{@subject}}</p>',
    });
    expect(templates.render({ template: "a" }).html).toBe('<p lang="ar" dir="rtl">A &amp; B</p>');
  });
});

describe("data that a letter cannot be made of", () => {
  let templates: Templates;
  beforeAll(async () => {
    templates = await openFiles({
      ...letter(
        "<p>{{body}}{{#if user}}{{user.name}}{{/if}}</p>",
        { subject: text, body: text, user: {} },
        {},
      ),
      "a/template.json": {
        data: {
          type: "object",
          properties: { subject: text, body: text, user: {} },
          required: ["subject", "body"],
        },
        sample: { subject: "S", body: "B" },
      },
      "a/en/subject.hbs": "{{subject}}",
    });
  });
  const refused = (data: Record<string, unknown>) => {
    const error = refusal(() =>
      templates.render({ template: "a", data: { subject: "S", body: "B", ...data } }),
    );
    expect(error.type).toBe("MAIL_TEMPLATE_FAILED");
    expect(JSON.stringify(error)).not.toContain("hunter2");
    return (error.data as { fields: { field: string; message: string }[] }).fields[0];
  };

  it.each<[string, string, Record<string, unknown>]>([
    ["expected a value, got nothing", "data.subject", { subject: undefined }],
    ["expected a string, got null", "data.subject", { subject: null }],
    ["expected a string, got a list", "data.subject", { subject: ["hunter2"] }],
    ["expected a text or a number, got nothing", "data.user.name", { user: { nam: "hunter2" } }],
    [
      "expected a text or a number, got an object",
      "data.user.name",
      { user: { name: { first: "hunter2" } } },
    ],
    ["expected data that leaves a subject; it would be blank", "data", { subject: " \n " }],
    ["expected data that leaves a subject; it would be blank", "data", { subject: "\u00a0" }],
    [
      "expected data without line breaks and control characters for the subject",
      "data",
      { subject: "hunter2\r\nBcc: eve@example.com" },
    ],
    [
      "expected data without line breaks and control characters for the subject",
      "data",
      { subject: "hunter2\u2028x" },
    ],
    ["makes the subject longer than 255 characters", "data", { subject: "hunter2".repeat(40) }],
    ["expected data that leaves something to read; the html would be blank", "data", { body: "" }],
    ["expected data without NUL characters for the html", "data", { body: "hunter2\0" }],
    ["makes the html longer than 1114112 bytes", "data", { body: "hunter2".repeat(200_000) }],
  ])("is refused, without the value: %s (%s)", (message, field, data) => {
    expect(refused(data)).toEqual({ field, message });
  });

  it.each(["{{! later }}\n", "<html><head><title>x</title></head><body>&nbsp;<p></p></body></html>"])(
    "is no way around a blank letter: %s beside a text",
    async (html) => {
      const faults = await faultsOf({ ...letter(html), "a/en/text.hbs": "Hello" });
      expect(faults).toEqual([expect.stringContaining("the html would be blank")]);
    },
  );

  it("is told in one sentence, with what to do", () => {
    expect(refusal(() => templates.render({ template: "a", data: {} }))).toEqual({
      type: "MAIL_TEMPLATE_FAILED",
      message:
        "the template a cannot be filled in: data.subject: expected a value, got nothing (and 1 more, see fields)",
      data: expect.objectContaining({
        template: "a",
        locale: "en",
        fields: [
          { field: "data.subject", message: "expected a value, got nothing" },
          { field: "data.body", message: "expected a value, got nothing" },
        ],
        remedy: expect.stringContaining("mail.templates shows its schema"),
      }),
    });
  });

  it("for want of ADMIN_WEB_URL says so", async () => {
    const without = await openTemplates({ brand: {} });
    const { message, data } = refusal(() =>
      without.render({ template: "invitation", data: { token: "hunter2" } }),
    );
    expect(message).toContain("ADMIN_WEB_URL is not set");
    expect(data).toMatchObject({ remedy: expect.stringMatching(/^Set ADMIN_WEB_URL/) });
  });

  it("pollutes nothing", () => {
    const data = JSON.parse('{"subject":"S","body":"B","__proto__":{"polluted":1}}') as Record<
      string,
      unknown
    >;
    templates.render({ template: "a", data });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("as the address of a link is refused where that would run a script, or lead elsewhere than it says", async () => {
    const linked = await openFiles(
      letter(
        '<a href="{{url address}}">x</a>',
        { address: text },
        { sample: { address: "https://example.com/" } },
      ),
    );
    const addresses = [
      "javascript:alert(1)",
      "data:text/html,x",
      "//evil.test",
      "https://a:b@evil.test/",
      "https://e\r\nvil.test",
    ];
    for (const address of addresses) {
      const { message } = refusal(() => linked.render({ template: "a", data: { address } }));
      expect(message).toContain("data.address: expected an a");
    }
  });
});

describe("a letter in a message", () => {
  const data = { code: "482913", minutes: 10 };

  it("fills what the request leaves open, and what the request says itself wins", () => {
    const filled = builtIn.fill(request({ data }), time);
    expect(filled).toMatchObject({ template: "verification", data, subject: "Your verification code" });
    expect(filled.html).toContain("482913");
    expect(filled.text).toContain("482913");
    expect(builtIn.fill(request({ data, subject: "Own", text: "Own" }), time)).toMatchObject({
      subject: "Own",
      text: "Own",
      html: filled.html?.replace("<title>Your verification code<", "<title>Own<"),
    });
    expect(builtIn.fill(request({ data, subject: "" }), time).subject).toBe("Your verification code");
  });

  it("leaves the text out where the html is the caller's own: they would say two things", () => {
    const filled = builtIn.fill(request({ data, html: "<p>Own</p>" }), time);
    expect(filled.html).toBe("<p>Own</p>");
    expect(filled.text).toBeUndefined();
  });

  it("leaves a request without a template as it is", () => {
    const { template: _none, ...plain } = request({ subject: "S", text: "T" });
    expect(builtIn.fill(plain, time)).toBe(plain);
  });

  it("is not worth sending after its lifetime, counted from when it may go out", () => {
    const expiry = (more: Partial<SendRequest>, retryFor = time.retryFor) =>
      builtIn.fill(request({ data, ...more }), { now: NOW, retryFor }).expiresAt;
    expect(expiry({})).toBe(NOW + 600_000);
    expect(expiry({ sendAt: NOW + HOUR })).toBe(NOW + HOUR + 600_000);
    expect(expiry({ sendAt: NOW - HOUR })).toBe(NOW + 600_000);
    expect(expiry({ expiresAt: NOW + 5 })).toBe(NOW + 5);
    expect(expiry({}, 300_000)).toBeUndefined();
    expect(expiry({ data: { code: "1", minutes: 10_080 } })).toBeUndefined();
  });

  it("has the lifetime that the schema's default says", async () => {
    const templates = await openFiles({
      ...letter("{{duration minutes}}"),
      "a/template.json": {
        data: { type: "object", properties: { minutes: { type: "integer", default: 5 } } },
        lifetime: "minutes",
      },
    });
    expect(templates.fill(request({ template: "a" }), time).expiresAt).toBe(NOW + 300_000);
  });

  describe("with a way out of it", () => {
    const off = {
      ...letter("x", { off: text }, { sample: { off: "https://example.com/off?t=1" }, unsubscribe: "off" }),
    };
    let templates: Templates;
    beforeAll(async () => {
      templates = await openFiles(off);
    });
    const headersOf = (more: Partial<SendRequest>) =>
      templates.fill(request({ template: "a", data: { off: "https://example.com/off?t=1" }, ...more }), time)
        .headers;
    const post = "List-Unsubscribe=One-Click";

    it("has both headers of RFC 8058, and says that no machine is to answer", () => {
      expect(headersOf({})).toEqual({
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": "<https://example.com/off?t=1>",
        "List-Unsubscribe-Post": post,
      });
    });

    it("keeps an address within its brackets", () => {
      const headers = headersOf({ data: { off: "https://a>,<mailto:eve@example.com" } });
      expect(headers["List-Unsubscribe"]).toBe("<https://a%3E,%3Cmailto:eve@example.com/>");
    });

    it("keeps the caller's headers, in whatever case, and adds nothing to the caller's List-Unsubscribe", () => {
      const headers = { "auto-submitted": "no", "LIST-UNSUBSCRIBE": "<mailto:off@example.com>", "X-A": "b" };
      expect(headersOf({ headers })).toEqual(headers);
    });

    it.each([
      "http://example.com/",
      "javascript:alert(1)",
      "https://a\r\nBcc: e@f.g",
      `https://a.test/${"x".repeat(900)}`,
      "",
    ])("refuses address %#, which no mail program would call, and never lets it into a header", (address) => {
      for (const run of [
        () => templates.fill(request({ template: "a", data: { off: address } }), time),
        () => templates.render({ template: "a", data: { off: address } }),
      ]) {
        expect(refusal(run)).toMatchObject({
          type: "MAIL_TEMPLATE_FAILED",
          data: {
            fields: [
              {
                field: "data.off",
                message: "expected an https: address of at most 898 characters, got a string",
              },
            ],
          },
        });
      }
    });
  });
});

describe("templates of one's own", () => {
  it("lie over the built-in ones: a letter, a partial, a manifest at a time", async () => {
    const templates = await openFiles({
      "verification/en/subject.hbs": "Code for {{name}}",
      "verification/en/text.hbs": "Code: {{code}}{{> support}}",
      "verification/template.json": {
        data: {
          type: "object",
          properties: { code: text, minutes: { type: "integer" }, name: text },
          required: ["code", "minutes", "name"],
        },
        sample: { code: "1", minutes: 5, name: "Ann" },
      },
      "partials/en/support.hbs": " Ask us.",
    });
    const data = { code: "7", minutes: 5, name: "Ann" };
    expect(templates.render({ template: "verification", data })).toMatchObject({
      subject: "Code for Ann",
      text: "Code: 7 Ask us.",
      html: "",
    });
    expect(templates.render({ template: "verification", locale: "ja", data }).subject).toBe(
      "認証コードのお知らせ",
    );
    expect(templates.list().map(({ name }) => name)).toEqual([
      "invitation",
      "notice",
      "password-reset",
      "verification",
    ]);
    expect(templates.list().find(({ name }) => name === "verification")?.locales).toEqual([
      "en",
      "ja",
      "zh-CN",
    ]);
  });

  it("of moleculer-mail are read, and take what they print", async () => {
    const templates = await openFiles({
      "en-US/welcome/subject.hbs": "Hey {{name}}",
      "en-US/welcome/html.hbs": "<p>Hey {{name}}{{#if team}} of {{team}}{{/if}}</p>",
      "hu-HU/welcome/subject.hbs": "Szia {{name}}",
      "hu-HU/welcome/html.hbs": "<p>Szia {{name}} {{user.id}}</p>",
    });
    expect(templates.list().find(({ name }) => name === "welcome")).toMatchObject({
      locales: ["en-US", "hu-HU"],
      data: { type: "object", required: ["name", "user"] },
      sample: { name: "name", team: "team", user: { id: "user.id" } },
    });
    const { html } = templates.render({
      template: "welcome",
      locale: "hu",
      data: { name: "<Ann>", user: { id: 5 } },
    });
    expect(html).toBe("<p>Szia &lt;Ann&gt; 5</p>");
    expect(refusal(() => templates.render({ template: "welcome", data: {} }))).toMatchObject({
      type: "MAIL_TEMPLATE_FAILED",
      data: { fields: [{ field: "data.name" }, { field: "data.user" }] },
    });
  });

  it("are told of with every fault at once, file by file and line by line", async () => {
    const faults = await faultsOf({
      "a/template.json": {
        data: { type: "object", properties: { name: text, body: text }, required: ["name"] },
        lifetime: "minutes",
      },
      "a/en/subject.hbs": "Hi {{nam}}",
      "a/en/html.hbs": "<p>\n{{body}}\n{{{name}}}\n<a href={{name}}>x</a>\n{{dat name}}</p>",
      "a/en/html.pug": "p",
      "b/en/text.hbs": "{{#if x}}",
      "c/en/subject.hbs": "S",
      "d/template.json": "{",
      "d/en/subject.hbs": "S",
      "d/en/text.hbs": "T",
      "partials/x/y.hbs": "",
    });
    expect(faults).toEqual([
      "a/en/html.pug: expected subject.hbs, html.hbs or text.hbs",
      "partials/x: expected a language (BCP 47) such as en or zh-CN",
      "a/template.json:16: lifetime: expected the name of a field of the data: name, body",
      "a/en/subject.hbs:1: nam is no field of the data in template.json: did you mean name?",
      "a/en/html.hbs:5: there is no helper dat: did you mean date?",
      "a/en/html.hbs:2: body may be missing: write {{#if body}} around it, or require it in template.json",
      expect.stringMatching(/^a\/en\/html\.hbs:4: the value needs quotes/),
      expect.stringMatching(/^a\/en\/html\.hbs:3: expected no html out of data: write \{\{name\}\}/),
      expect.stringMatching(/^b\/en\/text\.hbs:1: Handlebars cannot read this: /),
      "c/en: expected html.hbs or text.hbs beside subject.hbs",
      "d/template.json:1: expected JSON; it breaks off at column 2",
    ]);
  });

  it.each<[string, object, string]>([
    ["{{name}}", { sample: {} }, "a/template.json:13: sample: data.name: expected a value, got nothing"],
    [
      "{{name}}",
      { sample: { name: 5 } },
      "a/template.json:13: sample: data.name: expected a string, got a number",
    ],
    [
      "\n{{date name}}",
      { sample: { name: "x" } },
      "a/en/html.hbs:2: name: expected a moment (ISO 8601 with a zone, or epoch milliseconds), got a string, with the sample of template.json in en",
    ],
    [
      "x\n{{> p text=name}}",
      { sample: { name: "x" } },
      "partials/p.hbs:1: name: expected a number, got a string, with the sample of template.json in en, called in a/en/html.hbs",
    ],
    [
      "x",
      { sample: { name: "http://a.b" }, unsubscribe: "name" },
      "a/template.json:13: name: expected an https: address of at most 898 characters, got a string, with the sample of template.json in en",
    ],
  ])("with the html %j and the manifest %j do not start", async (html, more, fault) => {
    const faults = await faultsOf({
      ...letter(html, { name: text }, more),
      "partials/p.hbs": "{{number text}}",
    });
    expect(faults).toEqual([fault]);
  });

  it("may not print as html, under whatever name, what the manifest does not name", async () => {
    const files = (html: string) => ({
      ...letter(
        html,
        { body: text, name: text, items: { type: "array" } },
        { sample: { body: "B", name: "N", items: [] }, raw: ["body"] },
      ),
      "partials/box.hbs": "<p>{{{body}}}</p>",
    });
    expect(await faultsOf(files("{{> box}}{{> box body=body}}"))).toEqual([]);
    const fault = expect.stringMatching(/^partials\/box\.hbs:1: expected no html out of data/);
    expect(await faultsOf(files("{{> box body=name}}"))).toEqual([fault]);
    expect(await faultsOf(files("{{#each items}}{{> box}}{{/each}}"))).toEqual([fault]);
  });

  it("with braces that white space was taken away between stay escaped", async () => {
    const templates = await openFiles(
      letter("<p>{ {{~name~}} }</p>", { name: text }, { sample: { name: "N" } }),
    );
    expect(templates.render({ template: "a", data: { name: "<b>" } }).html).toBe("<p>{&lt;b&gt;}</p>");
  });

  it("are none where MAIL_TEMPLATES leads nowhere, which is told", async () => {
    await expect(openTemplates({ brand: {}, folder: "/nowhere/at/all" })).rejects.toThrow(
      "/nowhere/at/all: expected a folder of templates, as MAIL_TEMPLATES says",
    );
  });
});
