/** Facts about trying settings that are not saved: what is wrong with them is told by parameter, and nothing is echoed. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { MailError } from "../../../lib/errors.ts";
import { probe, type ProbeParams } from "../../../lib/smtp/probe.ts";
import { closeEverything } from "../../support/open.ts";
import { startSmtpServer } from "../../support/smtp-server.ts";

afterEach(async () => {
  await closeEverything();
});

const lookup = async () => [{ address: "127.0.0.1", family: 4 }];

const refusal = (params: ProbeParams) =>
  probe(params, { lookup }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof MailError) return error;
      throw error;
    },
  );

describe("settings that are none are refused by parameter, without what came", () => {
  it.each<[string, ProbeParams, keyof ProbeParams]>([
    ["nothing at all", {}, "uri"],
    ["an empty URI", { uri: " " }, "uri"],
    ["an account without a server", { username: "me", password: "geheim" }, "uri"],
    ["no URI", { uri: "geheim" }, "uri"],
    ["another protocol", { uri: "https://me:geheim@smtp.example.com" }, "uri"],
    ["a raw # in the password", { uri: "smtps://me:ge#heim@smtp.example.com" }, "uri"],
    ["a raw / in the password", { uri: "smtps://me:ge/heim@smtp.example.com" }, "uri"],
    ["a port that is none", { uri: "smtps://me:geheim@smtp.example.com:geheim" }, "uri"],
    ["a user without a password", { uri: "smtps://geheim@smtp.example.com" }, "uri"],
    ["an option that is none", { uri: "smtps://me:geheim@smtp.example.com/?pool=geheim" }, "uri"],
    [
      "a URI that gives the password away",
      { uri: "smtp://me:geheim@smtp.example.com/?ignoreTLS=true" },
      "uri",
    ],
    ["a provider that nobody knows", { provider: "geheim", username: "me", password: "geheim" }, "provider"],
    ["a user without a password", { provider: "gmail", username: "geheim@gmail.com" }, "password"],
    ["a password without a user", { provider: "gmail", password: "geheim" }, "username"],
    ["a password of two lines", { provider: "gmail", username: "me", password: "ge\r\nheim" }, "password"],
    ["a sender that is none", { uri: "smtp://127.0.0.1:1", sender: "geheim geheim" }, "sender"],
  ])("%s", async (_name, params, field) => {
    const error = await refusal(params);
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", code: 422, retryable: false });
    expect(error?.data.fields?.map((fault) => fault.field)).toEqual([field]);
    expect(error?.message).toContain(`\`${field}\`: expected `);
    const told = JSON.stringify([error?.message, error?.data, error?.stack]);
    expect(told).not.toMatch(/heim/);
    expect(told).not.toMatch(/SMTP_(URI|PROVIDER|USERNAME|PASSWORD|SENDER|HOST)/);
  });

  it("with a guess at what was meant", async () => {
    const error = await refusal({ provider: "gmial", username: "me", password: "geheim" });
    expect(error?.message).toContain('did you mean "gmail"?');
  });
});

describe("a probe", () => {
  it("walks as verify does, from a URI with its own sender", async () => {
    const server = await startSmtpServer({ tls: "none", auth: "none" });
    const report = await probe({ uri: `smtp://127.0.0.1:${server.port}`, sender: "Me <me@example.com>" });
    expect(report).toMatchObject({ verdict: "unproven", transport: "primary" });
    expect(report.checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "config passed",
      "dns passed",
      "connect passed",
      "greeting passed",
      "encryption warning",
      "authentication warning",
      "sender passed",
    ]);
    expect(server.commands.map(({ line }) => line)).toContain("MAIL FROM:<me@example.com>");
    await server.waitFor(({ open }) => open === 0);
  });

  it("keeps the password out of clear text, and of the report", async () => {
    const server = await startSmtpServer({ tls: "none", authInClear: true });
    const report = await probe({ uri: `smtp://me%40example.com:geheim@127.0.0.1:${server.port}` });
    expect(report).toMatchObject({
      verdict: "failed",
      server: `smtp://127.0.0.1:${server.port} (user m***@example.com)`,
      problem: { type: "SMTP_STARTTLS_UNAVAILABLE" },
    });
    expect(JSON.stringify(report)).not.toContain("geheim");
    expect(server.plaintext).not.toMatch(/AUTH|geheim|me@example/);
  });

  it("knows providers by name, and takes the user for the sender", async () => {
    const asked: string[] = [];
    const report = await probe(
      { provider: "qq", username: "123456@qq.com", password: "geheim", locale: "zh-CN" },
      {
        lookup: async (host) => {
          asked.push(host);
          throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
        },
      },
    );
    expect(asked).toEqual(["smtp.qq.com"]);
    expect(report).toMatchObject({
      server: "smtps://smtp.qq.com:465 (qq, user 1***@qq.com)",
      problem: { type: "SMTP_DNS_FAILED", remedy: expect.stringMatching(/\p{Script=Han}/u) },
    });
    expect(JSON.stringify(report)).not.toContain("geheim");
  });

  it("looks at nothing but its parameters", async () => {
    Object.assign(process.env, { SMTP_HOST: "smtp.example.com", SMTP_ALLOW_CLEARTEXT_AUTH: "true" });
    try {
      expect(await refusal({})).toMatchObject({ type: "MAIL_INVALID_MESSAGE" });
      const error = await refusal({ uri: "smtp://me:geheim@127.0.0.1:1/?ignoreTLS=true" });
      expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE" });
    } finally {
      delete process.env.SMTP_HOST;
      delete process.env.SMTP_ALLOW_CLEARTEXT_AUTH;
    }
  });
});
