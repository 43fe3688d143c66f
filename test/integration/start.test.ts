/** Facts about `npm start`: what runs, what stops the start, and how it ends. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { closeEverything } from "../support/open.ts";
import { runProgram, startNode } from "../support/node.ts";
import { freePort } from "../support/ports.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

afterEach(async () => {
  await closeEverything();
});

describe("a start with settings that cannot be used", () => {
  it("ends at once, with a line for each fault that names variable, expectation and what came", async () => {
    const node = runProgram("start.ts", {
      SMTP_HOST: "smtp.example.com",
      SMTP_PORT: "abc",
      SMTP_USERNAME: "me@example.com",
      MAIL_SEND_WAIT: "soon",
    });
    expect(await node.ended).toBe(1);
    const lines = node.output.trim().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines).toEqual([
      expect.stringMatching(/^SMTP_PORT: expected .*, got "abc"$/),
      expect.stringMatching(/^MAIL_SEND_WAIT: expected .*, got "soon"$/),
      expect.stringMatching(/^SMTP_PASSWORD: expected /),
    ]);
  });

  it.each([
    ["SMTP_URI", "smtps://me:canary#1@smtp.example.com"],
    ["SMTP_URI", "me:canary@smtp.example.com:465"],
    ["SMTP_URI", "smtps://me:canary@smtp.example.com/?disableFileAccess=false"],
    ["TRANSPORTER", "nats://me:canary#1@nats:4222"],
    ["GATEWAY_API_KEYS", "canary"],
  ])("shows nothing of a secret in %s=%s", async (variable, value) => {
    const node = runProgram("start.ts", { [variable]: value });
    expect(await node.ended).toBe(1);
    expect(node.output).toContain(variable);
    expect(node.output).not.toContain("canary");
  });

  it("refuses a public address without keys", async () => {
    const node = runProgram("start.ts", { GATEWAY_HOST: "0.0.0.0" });
    expect(await node.ended).toBe(1);
    expect(node.output).toMatch(/GATEWAY_API_KEYS/);
  });

  it("refuses a service that there is not", async () => {
    const node = runProgram("start.ts", { SERVICES: "mail,sandbox" });
    expect(await node.ended).toBe(1);
    expect(node.output).toMatch(/^SERVICES: expected .*mail.*gateway/);
  });
});

describe("a node", () => {
  it("runs without an SMTP server and says so", async () => {
    const node = await startNode({ GATEWAY_PORT: "0" });
    await node.says(/No SMTP server is configured/);
    const { port } = /listens on http:\/\/127\.0\.0\.1:(?<port>\d+)/.exec(node.output)?.groups ?? {};
    const verify = await fetch(`http://127.0.0.1:${port}/api/mail/verify`);
    expect(await verify.json()).toMatchObject({
      verdict: "failed",
      problem: { type: "MAIL_NOT_CONFIGURED" },
    });
    const send = await fetch(`http://127.0.0.1:${port}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works." }),
    });
    expect(send.status).toBe(503);
    expect(await send.json()).toMatchObject({
      type: "MAIL_NOT_CONFIGURED",
      remedy: expect.stringContaining("SMTP_URI"),
    });
  });

  it.each([
    ["SERVICES=mail", { SERVICES: "mail" }],
    ["GATEWAY=off", { GATEWAY: "off" }],
  ])("has no gateway with %s, stays up, and ends with status 0 at SIGTERM", async (_name, env) => {
    const node = await startNode(env);
    expect(node.output).not.toMatch(/gateway/i);
    node.process.kill("SIGTERM");
    node.process.kill("SIGTERM");
    expect(await node.ended).toBe(0);
  });

  it("says in its log why nothing goes out, and what to do", async () => {
    const port = await freePort();
    const node = await startNode({
      SMTP_URI: `smtp://127.0.0.1:${port}`,
      GATEWAY_PORT: "0",
      SMTP_SENDER: "a@example.com",
    });
    await node.says(/listens on/);
    const { gateway } = /listens on http:\/\/127\.0\.0\.1:(?<gateway>\d+)/.exec(node.output)?.groups ?? {};
    await fetch(`http://127.0.0.1:${gateway}/api/mail/send`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works." }),
    });
    await node.says(
      /WARN .*primary, smtp:\/\/127\.0\.0\.1:\d+, is down: .*refused the connection.* check the host/,
    );
  });

  it("warns of contradictions, and once that nothing is durable", async () => {
    const smtp = await startSmtpServer();
    const node = await startNode({
      SERVICES: "mail",
      SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
      SMTP_HOST: "smtp.example.com",
      MAIL_OUTBOX: "memory",
    });
    await node.says(/SMTP_HOST/);
    await node.says(/not durable/);
    expect(node.output.match(/not durable/g)).toHaveLength(1);
    expect(node.output).toContain(`SMTP: smtp://127.0.0.1:${smtp.port}`);
  });
});
