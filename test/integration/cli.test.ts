/** `meshmail` as a program: what a shell, a pipe and a script get from it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import PostalMime from "postal-mime";
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from "../support/smtp-server.ts";

const bin = join(import.meta.dirname, "../../bin.ts");
const caFile = join(import.meta.dirname, "../support/certificates/ca.pem");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "meshmail-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const servers: SmtpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function smtpServer(options?: SmtpServerOptions): Promise<SmtpServer> {
  const server = await startSmtpServer(options);
  servers.push(server);
  return server;
}

/** Runs it without a terminal, in a folder of its own, with these variables and no others of ours. */
async function meshmail(words: readonly string[], env: Record<string, string> = {}, cwd = folder) {
  const child = spawn(process.execPath, [bin, ...words], {
    cwd,
    // a pipe gets no colours, whatever else says so
    env: {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      FORCE_COLOR: "1",
      SMTP_TLS_CA_FILE: caFile,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { status: status as number | null, stdout, stderr };
}

const uriOf = ({ port }: SmtpServer, password = "secret") =>
  `smtp://user%40example.com:${password}@localhost:${port}`;

describe("meshmail smtp verify", () => {
  it("walks the whole way to a good server and ends with 0", async () => {
    const server = await smtpServer({ authRequired: true });
    const { status, stdout, stderr } = await meshmail(["smtp", "verify"], { SMTP_URI: uriOf(server) });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`primary: smtp://localhost:${server.port} (user u***@example.com)`);
    expect(stdout.match(/^ {2}✓ /gm)).toHaveLength(7);
    expect(stdout).toMatch(/^✓ ok: /m);
    expect(server.messages).toEqual([]);
  });

  it("trusts no stranger because the environment has switched certificates off", async () => {
    const server = await smtpServer({ certificate: "self-signed" });
    const env = { SMTP_URI: uriOf(server), NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const { status, stdout } = await meshmail(["smtp", "verify"], env);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: expect.stringContaining("SMTP_CERTIFICATE_UNTRUSTED"),
    });
    expect(server.commands.some(({ line }) => line.startsWith("AUTH"))).toBe(false);
  });

  it.each([
    ["SMTP_PASSWORD", "wrong-secret"],
    ["SMTP_PASSWORD_FILE", "password"],
  ])("ends with 1 when the password of %s is wrong", async (variable, value) => {
    const server = await smtpServer();
    writeFileSync(join(folder, "password"), "wrong-secret\n");
    const { status, stdout, stderr } = await meshmail(["smtp", "verify"], {
      SMTP_HOST: "localhost",
      SMTP_PORT: String(server.port),
      SMTP_USERNAME: "user@example.com",
      [variable]: value,
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ {2}✗ {2}authentication /m);
    expect(stdout).toContain("535 5.7.8");
    expect(stdout).toContain("SMTP_AUTH_FAILED");
    expect(stdout + stderr).not.toContain("wrong-secret");
  });

  it("gives the report as one document, and the hint beside it", async () => {
    const server = await smtpServer();
    const { status, stdout, stderr } = await meshmail([
      "smtp",
      "verify",
      "--json",
      "--uri",
      uriOf(server, "hunter2"),
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "failed",
      transport: "primary",
      checks: ["config", "dns", "connect", "greeting", "encryption", "authentication", "sender"].map(
        (name) => ({ name }),
      ),
      problem: { type: "SMTP_AUTH_FAILED" },
    });
    expect(stderr).toMatch(/^Hint: /);
    expect(stdout + stderr).not.toContain("hunter2");
  });

  it("names the setting that a wrong TLS mode needs", async () => {
    const server = await smtpServer();
    const { status, stdout } = await meshmail(["smtp", "verify"], {
      SMTP_HOST: "localhost",
      SMTP_PORT: String(server.port),
      SMTP_TLS: "true",
    });
    expect(status).toBe(1);
    expect(stdout).toContain("SMTP_TLS_MODE_MISMATCH");
    expect(stdout).toMatch(/^ {2}fix +SMTP_TLS=false$/m);
  });

  it("is not content with a server that it need not sign in to", async () => {
    const server = await smtpServer();
    const { status, stdout } = await meshmail(["smtp", "verify", "--uri", `smtp://localhost:${server.port}`]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^! unproven: /m);
  });

  it("tells that nothing is configured, in the same report", async () => {
    const { status, stdout } = await meshmail(["smtp", "verify", "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "failed", problem: { type: "MAIL_NOT_CONFIGURED" } });
  });

  it("reads .env, over which the environment wins", async () => {
    const server = await smtpServer();
    const cwd = mkdtempSync(join(folder, "project-"));
    writeFileSync(join(cwd, ".env"), `SMTP_URI=${uriOf(server)}\nSMTP_SENDER=dot@env.example\n`);
    const { stdout } = await meshmail(["smtp", "verify"], {}, cwd);
    expect(stdout).toMatch(/✓ {2}sender .*dot@env\.example/);
    const over = await meshmail(["smtp", "verify"], { SMTP_SENDER: "environment@example.com" }, cwd);
    expect(over.stdout).toMatch(/✓ {2}sender .*environment@example\.com/);
    const config = await meshmail(["config", "--json"], { SMTP_SENDER: "environment@example.com" }, cwd);
    expect(JSON.parse(config.stdout).settings).toContainEqual(
      expect.objectContaining({ variable: "SMTP_SENDER", origin: "environment", overrides: ".env" }),
    );
  });
});

describe("meshmail smtp test", () => {
  it("sends one message and tells the server's answer", async () => {
    const server = await smtpServer({ script: { dot: "250 2.0.0 Ok: queued as 4XyZ" } });
    const { status, stdout, stderr } = await meshmail(["smtp", "test", "--to", "ann@example.com"], {
      SMTP_URI: uriOf(server),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^✓ sent$/m);
    expect(stdout).toContain("ann@example.com  sent  250 2.0.0 Ok: queued as 4XyZ");
    expect(server.messages).toHaveLength(1);
    const [message] = server.messages;
    expect(message).toMatchObject({ from: "user@example.com", to: ["ann@example.com"] });
    expect(message?.data.toString()).toContain("Subject: Meshmail test\r\n");
    expect(stdout).toContain(/^Message-ID: (<.+>)/m.exec(message?.data.toString() ?? "")?.[1]);
  });

  it("does not call a message sent that the server put off", async () => {
    const server = await smtpServer({ script: { rcpt: "451 4.7.1 Greylisted, try again later" } });
    const { status, stdout } = await meshmail(["smtp", "test", "--to", "ann@example.com"], {
      SMTP_URI: uriOf(server),
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ not sent: put off$/m);
    expect(stdout).toContain("deferred  451 4.7.1 Greylisted, try again later");
    expect(stdout).not.toMatch(/^✓/m);
  });

  it("tells who was refused, why, and what to do", async () => {
    const server = await smtpServer({ script: { rcpt: "550 5.1.1 No such user" } });
    const words = ["smtp", "test", "--to", "nobody@example.com"];
    const { status, stderr } = await meshmail(words, { SMTP_URI: uriOf(server) });
    expect(status).toBe(1);
    expect(stderr).toContain("nobody@example.com  failed  550 5.1.1 No such user");
    expect(stderr).toMatch(/^ {2}remedy +\S/m);
    const { stdout } = await meshmail([...words, "--json"], { SMTP_URI: uriOf(server) });
    expect(JSON.parse(stdout)).toMatchObject({ error: { type: "SMTP_RECIPIENT_REJECTED" } });
  });

  it("ends with 1 and the reason when the server does not let us in", async () => {
    const server = await smtpServer();
    const { status, stdout, stderr } = await meshmail(["smtp", "test", "--to", "ann@example.com", "--json"], {
      SMTP_URI: uriOf(server, "hunter2"),
    });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ status: "deferred", problem: { type: "SMTP_AUTH_FAILED" } });
    expect(stdout + stderr).not.toContain("hunter2");
    expect(server.messages).toEqual([]);
  });

  it("tells that nothing is configured", async () => {
    const { status, stderr } = await meshmail(["smtp", "test", "--to", "ann@example.com"]);
    expect(status).toBe(1);
    expect(stderr).toContain("SMTP_URI");
  });
});

describe("meshmail with letters", () => {
  it("lists them, and shows one in the nearest language with nothing to correct", async () => {
    const list = await meshmail(["templates"]);
    expect(list).toMatchObject({ status: 0, stderr: "" });
    expect(list.stdout.match(/^\S+ +en, ja, zh-CN /gm)).toHaveLength(4);
    const one = await meshmail(["templates", "verification", "--locale", "zh-hans"]);
    expect(one).toMatchObject({ status: 0, stderr: "" });
    expect(one.stdout).toMatch(/^ {2}subject +您的验证码$/m);
    expect(one.stdout).toMatch(/^ {2}482913$/m);
    expect(one.stdout).toContain("✓  nothing to correct");
  });

  it("sends one with its sample to a real server", async () => {
    const server = await smtpServer();
    const words = ["smtp", "test", "--to", "ann@example.com", "--template", "verification", "--locale", "ja"];
    const env = { SMTP_URI: uriOf(server), MAIL_BRAND_NAME: "Shop" };
    const { status, stdout, stderr } = await meshmail(words, env);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^✓ sent$/m);
    const letter = await PostalMime.parse(server.messages[0]?.data ?? "");
    expect(letter.subject).toBe("【Shop】認証コードのお知らせ");
    expect(letter.text).toContain("482913");
  });

  it("says what a letter lacks, and sends none: a link without ADMIN_WEB_URL", async () => {
    const server = await smtpServer();
    const words = ["smtp", "test", "--to", "ann@example.com", "--template", "invitation"];
    const { status, stdout, stderr } = await meshmail(words, { SMTP_URI: uriOf(server) });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("ADMIN_WEB_URL");
    expect(server.connections).toBe(0);
  });

  it("names file and line of each fault in templates of one's own", async () => {
    const templates = mkdtempSync(join(folder, "templates-"));
    mkdirSync(join(templates, "welcome/en"), { recursive: true });
    writeFileSync(join(templates, "welcome/en/subject.hbs"), "Hello\n{{#if}}");
    writeFileSync(join(templates, "welcome/en/text.hbs"), "Hello {{> nobody}}");
    const { status, stderr } = await meshmail(["templates"], { MAIL_TEMPLATES: templates });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ *✗ +welcome\/en\/subject\.hbs:2: /m);
    expect(stderr).toMatch(/^ *✗ +welcome\/en\/text\.hbs:1: /m);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe("meshmail, used wrongly,", () => {
  it.each<[string, string[]]>([
    ["without a command", []],
    ["with an unknown one", ["frobnicate"]],
    ["with an unknown option", ["smtp", "verify", "--frobnicate"]],
    ["without the recipient", ["smtp", "test"]],
    ["with a preset and no user", ["smtp", "verify", "--provider", "qq"]],
    ["with an unknown preset", ["providers", "gmial"]],
    ["with a URI that is none", ["smtp", "verify", "--uri", "me:hunter2"]],
  ])("%s ends with 2 and says so on standard error", async (_name, words) => {
    const { status, stdout, stderr } = await meshmail(words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).not.toBe("");
    expect(stderr).not.toContain("hunter2");
  });
});

describe("meshmail in a pipe", () => {
  it.each<[string[]]>([
    [["--help"]],
    [["smtp", "verify"]],
    [["config"]],
    [["providers"]],
    [["providers", "qq"]],
  ])("%j has no colours, and says everything on standard output", async (words) => {
    const { stdout, stderr } = await meshmail(words);
    expect(stdout).not.toBe("");
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toBe("");
  });

  it("does not mind a reader that has seen enough", async () => {
    const child = spawn(process.execPath, [bin, "providers", "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

describe("meshmail start", () => {
  it("refuses settings that cannot be used, as npm start does", async () => {
    const { status, stderr } = await meshmail(["start"], { SMTP_HOST: "localhost", SMTP_PORT: "abc" });
    expect(status).toBe(1);
    expect(stderr).toContain('SMTP_PORT: expected a port from 1 to 65535, got "abc"');
  });

  it("runs the node until a signal", async () => {
    const child = spawn(process.execPath, [bin, "start"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], SERVICES: "mail", GATEWAY: "off", MAIL_OUTBOX: "memory" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let log = "";
    for await (const part of child.stdout) {
      log += String(part);
      if (!child.killed && log.includes("started successfully")) child.kill("SIGTERM");
    }
    expect(log).toContain("'mail' service is registered");
    expect(log).toContain("ServiceBroker is stopped");
    expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
  });
});
