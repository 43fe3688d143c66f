/** Every problem has a remedy, in both languages, for every way of writing the settings. */
import { describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import type { Provider } from "../../../lib/providers/provider.ts";
import {
  type Fault,
  type Locale,
  smtpProblemTypes,
  type SmtpProblemType,
} from "../../../lib/smtp/problem.ts";
import { fill, remedies, remedyFor, sharper, uncertainRemedy } from "../../../lib/smtp/remedies.ts";
import { reply } from "./faults.ts";
import { transport } from "./transport-config.ts";

const locales: readonly Locale[] = ["en", "zh-CN"];
const dialects: readonly TransportConfig["dialect"][] = ["host", "uri", "provider", "fallback"];
const unseen: Fault = { stage: "connect" };
const chinese = /[\u4e00-\u9fff]/;

const qq: Provider = {
  id: "qq",
  name: "QQ Mail",
  host: "smtp.qq.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  credential: "authorization-code",
  plainPassword: true,
  username: { en: "the address", "zh-CN": "邮箱地址" },
  password: { en: "the code", "zh-CN": "授权码" },
  links: [],
  remedies: { SMTP_AUTH_FAILED: { en: "Make a code at {host}.", "zh-CN": "请在 {host} 生成授权码。" } },
};

describe.each(smtpProblemTypes)("%s", (type) => {
  it.each(locales)("has a remedy in %s that can be read at night", (locale) => {
    const text = remedies[type][locale];
    expect(chinese.test(text)).toBe(locale === "zh-CN");
    expect(text).toMatch(/[.。]$/);
    expect(text.length).toBeLessThan(250);
  });

  it("leaves no placeholder open, whatever is known of the transport", () => {
    for (const locale of locales) {
      expect(remedyFor(type, unseen, { locale })).not.toMatch(/[{}]/);
      for (const dialect of dialects) {
        expect(remedyFor(type, unseen, { locale, transport: transport({ dialect }) })).not.toMatch(/[{}]/);
      }
    }
  });

  it("never shows user name or password", () => {
    for (const dialect of dialects) {
      expect(remedyFor(type, unseen, { transport: transport({ dialect }) })).not.toMatch(
        /hunter2|me@example\.com/,
      );
    }
  });
});

describe("what the server said", () => {
  it("has remedies in both languages without open placeholders", () => {
    const texts = [...sharper.map(({ remedy }) => remedy), uncertainRemedy];
    for (const text of texts) {
      expect(text.en).toMatch(/^[A-Z]/);
      expect(text["zh-CN"]).toMatch(chinese);
      for (const open of [text.en, text["zh-CN"]].flatMap((words) => words.match(/\{\w+\}/g) ?? [])) {
        expect(["{server}", "{host}", "{tryPort}", "{HOST}", "{PORT}", "{TLS}", "{LOGIN}"]).toContain(open);
      }
    }
  });

  const sharpened: readonly (readonly [line: string, type: SmtpProblemType, words: RegExp])[] = [
    [
      "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
      "SMTP_AUTH_FAILED",
      /administrator of the Microsoft 365 tenant/,
    ],
    [
      "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
      "SMTP_AUTH_FAILED",
      /OAuth2/,
    ],
    ["550 5.7.30 Basic authentication is not supported for Client Submission.", "SMTP_AUTH_FAILED", /OAuth2/],
    [
      "535 5.7.139 user is locked by your organization's security defaults policy",
      "SMTP_AUTH_FAILED",
      /security defaults/,
    ],
    [
      "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException",
      "SMTP_SENDER_REJECTED",
      /stopped this account/,
    ],
    ["530 5.7.0 Must issue a STARTTLS command first", "SMTP_TLS_MODE_MISMATCH", /SMTP_OPPORTUNISTIC_TLS/],
    ["538 5.7.11 Encryption required", "SMTP_AUTH_FAILED", /only inside TLS/],
    ["550 5.4.5 Daily user sending limit exceeded.", "SMTP_RATE_LIMITED", /day's quota.* every hour/],
    ["552 quota exceeded", "SMTP_RATE_LIMITED", /quarter of an hour/],
    [
      "421 4.7.0 Too many messages, try again in 300 seconds",
      "SMTP_RATE_LIMITED",
      /wait as long as the server asks/,
    ],
    ["535 Error: login frequency limited", "SMTP_AUTH_TEMPORARY", /too many logins/],
    ["535 Login Fail. Please enter your authorization code to login.", "SMTP_AUTH_FAILED", /授权码/],
    ["534 5.7.9 Application-specific password required", "SMTP_AUTH_FAILED", /app password/],
    ["554 Message rejected: Email address is not verified.", "SMTP_SENDER_REJECTED", /sandbox/],
    [
      "454 4.7.1 <a@example.com>: Relay access denied",
      "SMTP_RECIPIENT_DEFERRED",
      /SMTP_USERNAME and SMTP_PASSWORD/,
    ],
    [
      "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",
      "SMTP_PROTOCOL_ERROR",
      /`name`/,
    ],
    [
      "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
      "SMTP_AUTH_REQUIRED",
      /blocklist/,
    ],
    [
      "550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy",
      "SMTP_MESSAGE_REJECTED",
      /SPF, DKIM/,
    ],
    ["450 4.7.1 Greylisted", "SMTP_RECIPIENT_DEFERRED", /Nothing to do/],
    ["552 5.2.2 mailbox full", "SMTP_RECIPIENT_DEFERRED", /mailbox is full/],
  ];

  it.each(sharpened)("sharpens %s", (line, type, words) => {
    expect(remedyFor(type, { stage: "reply", reply: reply(line) })).toMatch(words);
    expect(remedyFor(type, { stage: "reply", reply: reply(line) }, { locale: "zh-CN" })).toMatch(chinese);
  });

  it.each([
    ["ENETUNREACH", "SMTP_CONNECTION_TIMEOUT", /IPv6/],
    ["CERT_REVOKED", "SMTP_CERTIFICATE_UNTRUSTED", /revoked/],
  ] as const)("sharpens the cause %s", (cause, type, words) => {
    expect(remedyFor(type, { stage: "connect", cause })).toMatch(words);
  });

  it("has a case here for each of its remedies", () => {
    const seen = [...sharpened.map(([line]) => line), "ENETUNREACH", "CERT_REVOKED"];
    expect(sharper.filter((rule) => !seen.some((words) => rule.seen.test(words)))).toEqual([]);
  });

  it("means something else where another type is at hand", () => {
    const fault: Fault = { stage: "reply", reply: reply("554 5.2.2 SubmissionQuotaExceededException") };
    expect(remedyFor("SMTP_RATE_LIMITED", fault)).toMatch(/^The day's quota/);
    const full: Fault = { stage: "rcpt", reply: reply("452 4.2.2 mailbox over quota") };
    expect(remedyFor("SMTP_RECIPIENT_DEFERRED", full)).toMatch(/mailbox is full/);
  });
});

describe("a known provider", () => {
  const refused: Fault = { stage: "auth", reply: reply("535 5.7.8 no") };

  it("brings its own remedy", () => {
    const known = { provider: qq, transport: transport({ host: "smtp.qq.com" }) };
    expect(remedyFor("SMTP_AUTH_FAILED", refused, known)).toBe("Make a code at smtp.qq.com.");
    expect(remedyFor("SMTP_AUTH_FAILED", refused, { ...known, locale: "zh-CN" })).toBe(
      "请在 smtp.qq.com 生成授权码。",
    );
  });

  it("leaves the general one where it has none", () => {
    expect(remedyFor("SMTP_SERVER_BUSY", unseen, { provider: qq })).toBe(
      remedyFor("SMTP_SERVER_BUSY", unseen),
    );
  });

  it("knows better what its words mean, but not what its administrator switched off", () => {
    const code: Fault = { stage: "auth", reply: reply("535 Please enter your authorization code to login.") };
    const tenant: Fault = {
      stage: "auth",
      reply: reply("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant."),
    };
    expect(remedyFor("SMTP_AUTH_FAILED", code, { provider: qq })).toMatch(/^Make a code/);
    expect(remedyFor("SMTP_AUTH_FAILED", tenant, { provider: qq })).toMatch(/administrator/);
  });
});

describe("a connect time-out", () => {
  const timeOut: Fault = { stage: "connect", cause: "TIMEOUT" };
  const remedyAt = (port: number, provider?: Provider) =>
    remedyFor("SMTP_CONNECTION_TIMEOUT", timeOut, {
      transport: transport({ port }),
      ...(provider && { provider }),
    });

  it("names firewall, security group, blocked ports and the port to try", () => {
    expect(remedyAt(587)).toMatch(
      /firewall.*security group.*mail\.example\.com:587.*hosters block port 25.*465.*try port 465/,
    );
    expect(remedyAt(25)).toMatch(/try port 587/);
    expect(remedyAt(465)).toMatch(/try port 587/);
    expect(
      remedyFor("SMTP_CONNECTION_TIMEOUT", timeOut, { transport: transport({ port: 25 }), locale: "zh-CN" }),
    ).toMatch(/防火墙.*安全组.*25.*465.*587/);
  });

  it("tries a port that the provider lists, but none without encryption", () => {
    const provider: Provider = {
      ...qq,
      ports: [
        { port: 25, security: "none" },
        { port: 465, security: "tls" },
        { port: 2465, security: "tls" },
      ],
    };
    expect(remedyAt(25, provider)).toMatch(/try port 465/);
    expect(remedyAt(465, provider)).toMatch(/try port 2465/);
  });
});

const remedyIn = (dialect: TransportConfig["dialect"], type: SmtpProblemType = "SMTP_AUTH_REQUIRED") =>
  remedyFor(type, unseen, { transport: transport({ dialect }) });

describe("the variables", () => {
  it("are those that made the transport", () => {
    expect(remedyIn("host")).toContain("Set SMTP_USERNAME and SMTP_PASSWORD;");
    expect(remedyIn("provider")).toContain("Set SMTP_USERNAME and SMTP_PASSWORD;");
    expect(remedyIn("uri")).toContain("Set user name and password in SMTP_URI;");
    expect(remedyIn("fallback")).toContain("Set user name and password in SMTP_FALLBACK_URIS;");
    expect(remedyIn("host", "SMTP_DNS_FAILED")).toContain("SMTP_HOST");
    expect(remedyIn("provider", "SMTP_DNS_FAILED")).toContain("SMTP_PROVIDER");
    expect(remedyIn("uri", "SMTP_DNS_FAILED")).toContain("the host in SMTP_URI");
  });

  it.each([
    ["SMTP_CERTIFICATE_HOST_MISMATCH", "SMTP_TLS_SERVERNAME"],
    ["SMTP_CERTIFICATE_UNTRUSTED", "SMTP_TLS_CA_FILE"],
    ["SMTP_TLS_FAILED", "SMTP_CIPHER_SPEC"],
    ["SMTP_SENDER_REJECTED", "SMTP_SENDER"],
    ["SMTP_RATE_LIMITED", "SMTP_FALLBACK_URIS"],
  ] as const)("%s names %s", (type, variable) => {
    expect(remedyFor(type, unseen)).toContain(variable);
    expect(remedyFor(type, unseen, { locale: "zh-CN" })).toContain(variable);
  });
});

it("an IPv6 address stands in brackets before its port", () => {
  expect(
    remedyFor("SMTP_PROTOCOL_ERROR", unseen, { transport: transport({ host: "2001:db8::1" }) }),
  ).toContain("[2001:db8::1]:587");
});

it("what is no placeholder of ours stays as it is", () => {
  expect(fill("{server} {nobody}", {})).toBe("the SMTP server {nobody}");
});
