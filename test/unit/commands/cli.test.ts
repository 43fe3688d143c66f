/** The command line: exit status, what goes where, and what must not be seen. */
import { describe, expect, it } from "@jest/globals";
import { Canceled } from "../../../lib/commands/gather.ts";
import { environmentOf } from "../../../lib/config/environment.ts";
import { ConfigError } from "../../../lib/config/faults.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { MailError } from "../../../lib/errors.ts";
import { deferredReceipt, failedReport, fakeDoor, okReport, run, sentReceipt } from "./fakes.ts";

const toAnn = ["smtp", "test", "--to", "ann@example.com"];

describe("smtp verify", () => {
  it.each([
    ["ok", okReport, 0],
    ["unproven", { ...okReport, verdict: "unproven", ok: false } as const, 1],
    ["failed", failedReport, 1],
  ])("with verdict %s ends with the status that belongs to it", async (_verdict, report, status) => {
    const { door } = fakeDoor({ verify: async () => report });
    expect((await run(["smtp", "verify"], { door })).status).toBe(status);
  });

  it("tells the seven checks, the problem, what to do, and what to set", async () => {
    const { door } = fakeDoor({ verify: async () => failedReport });
    const { stdout, stderr } = await run(["smtp", "verify"], { door });
    expect(stdout).toBe(`primary: smtps://smtp.qq.com:465 (qq, user m***@qq.com)

  ✓  config          config is fine
  ✓  dns             dns is fine
  ✓  connect         connect is fine
  ✗  greeting        silence
  –  encryption      not reached
  –  authentication  not reached
  –  sender          not reached

✗ failed: no mail can be sent this way (7 ms)

  problem  the server speaks TLS from the first byte
  remedy   Use the other port.
  fix      SMTP_PORT=587
  type     SMTP_TLS_MODE_MISMATCH
`);
    expect(stderr).toBe("");
  });

  it.each([
    [["--locale", "zh-CN"], {}, "zh-CN"],
    [[], { LANG: "zh_CN.UTF-8" }, "zh-CN"],
    [[], { LC_ALL: "en_US.UTF-8", LANG: "zh_CN.UTF-8" }, "en"],
    [["--locale", "en"], { LANG: "zh_CN.UTF-8" }, "en"],
    [[], {}, "en"],
  ])("%j in a world of %j asks for advice in %s", async (words, env, locale) => {
    const { door, calls } = fakeDoor();
    await run(["smtp", "verify", "--transport", "fallback1", ...words], { door, env });
    expect(calls).toEqual([
      { action: "verify", params: { transport: "fallback1", locale } },
      { action: "close" },
    ]);
  });

  it("closes the door when the walk breaks down", async () => {
    const { door, calls } = fakeDoor({ verify: () => Promise.reject(new Error("unforeseen")) });
    const { status, stderr } = await run(["smtp", "verify"], { door });
    expect(status).toBe(1);
    expect(stderr).toContain("unforeseen");
    expect(calls).toEqual([{ action: "close" }]);
  });

  it("has colours on a terminal, and a sign of life on its standard error", async () => {
    const shown = { stdout: "", stderr: "" };
    const screen = (name: "stdout" | "stderr") => ({
      isTTY: true,
      columns: 80,
      write(text: string) {
        shown[name] += text;
      },
    });
    await run(["smtp", "verify"], { stdout: screen("stdout"), stderr: screen("stderr") });
    expect(shown.stdout).toContain("\u001b[32m✓\u001b[39m");
    expect(shown.stderr).toContain("on the way to the server");
    expect(shown.stderr.endsWith("\r\u001b[K")).toBe(true);
  });
});

describe("smtp test", () => {
  it("sends one short message that says where it comes from", async () => {
    const { door, calls } = fakeDoor();
    const { status, stdout } = await run(toAnn, { door });
    expect(status).toBe(0);
    expect(stdout).toContain("✓ sent\n");
    expect(stdout).toContain("ann@example.com  sent  250 2.0.0 Ok: queued");
    expect(stdout).toContain("<1@example.com>");
    expect(stdout).toContain("smtp://mail.example.com:587");
    expect(calls[0]).toMatchObject({
      params: { to: "ann@example.com", subject: "Meshmail test", text: expect.stringContaining("node-1") },
    });
  });

  it("sends a letter with its sample instead, in the language that is asked for", async () => {
    const { door, calls } = fakeDoor();
    const words = [...toAnn, "--template", "welcome", "--locale", "zh-Hans-CN"];
    const { status, stdout } = await run(words, { door });
    expect(status).toBe(0);
    expect(stdout).toMatch(/letter +welcome in zh-CN, the nearest to zh-Hans-CN\n/);
    expect(calls[0]).toEqual({
      action: "send",
      params: {
        to: "ann@example.com",
        template: "welcome",
        data: { name: "Ann" },
        locale: "zh-Hans-CN",
        headers: { "Auto-Submitted": "auto-generated" },
        tags: ["meshmail-test"],
        wait: expect.any(Number),
      },
    });
  });

  it("refuses a language of no letter", async () => {
    const { door, calls } = fakeDoor();
    const { status, stderr } = await run([...toAnn, "--locale", "ja"], { door });
    expect(status).toBe(2);
    expect(stderr).toContain("--locale: the test message is in English\n   Name a letter with --template.");
    expect(calls).toEqual([]);
  });

  it("refuses a letter that there is not before anything is sent", async () => {
    const { door, calls } = fakeDoor();
    const { status, stderr } = await run([...toAnn, "--template", "welcom"], { door });
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean "welcome"?');
    expect(calls).toEqual([{ action: "close" }]);
  });

  const partly = {
    ...sentReceipt,
    recipients: [...sentReceipt.recipients, { address: "bob@example.com", status: "failed" }],
  } as const;

  it.each([
    ["deferred", deferredReceipt, "✗ not sent: put off"],
    ["sent to one of two", { ...partly, recipients: [...partly.recipients] }, "✗ not sent to all"],
    ["still under way", { ...deferredReceipt, status: "sending" } as const, "✗ not sent: no answer yet"],
    ["unknown", { ...deferredReceipt, status: "unknown" } as const, "✗ not known whether it was sent"],
  ])("does not call %s sent", async (_name, receipt, headline) => {
    const { door } = fakeDoor({ send: async () => receipt });
    const { status, stdout } = await run(toAnn, { door });
    expect(status).toBe(1);
    expect(stdout.split("\n")[0]).toBe(headline);
  });

  it("tells when a deferred one is tried again, or that it never is", async () => {
    const shown = async (receipt: typeof deferredReceipt) =>
      (await run(toAnn, { door: fakeDoor({ send: async () => receipt }).door })).stdout;
    expect(await shown({ ...deferredReceipt, nextAttemptAt: "2026-11-01T08:00:00.000Z" })).toContain(
      "next attempt  2026-11-01T08:00:00.000Z",
    );
    expect(await shown(deferredReceipt)).toContain("next attempt  never: the test is not kept");
  });

  const refused = new MailError(
    "SMTP_RECIPIENT_REJECTED",
    "refused the recipient",
    {
      remedy: "Check the address.",
      recipients: [{ address: "ann@example.com", status: "failed", code: 550, response: "550 No such user" }],
    },
    { code: 422, retryable: false },
  );

  it("tells each recipient's answer and the remedy when all were refused for good", async () => {
    const { door } = fakeDoor({ send: () => Promise.reject(refused) });
    const { status, stderr } = await run(toAnn, { door });
    expect(status).toBe(1);
    expect(stderr).toContain("✗  ann@example.com  failed  550 No such user");
    expect(stderr).toContain("remedy   Check the address.");
  });

  it("tells the same as one document", async () => {
    const { door } = fakeDoor({ send: () => Promise.reject(refused) });
    const { stdout, stderr } = await run([...toAnn, "--json"], { door });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        type: "SMTP_RECIPIENT_REJECTED",
        message: "refused the recipient",
        remedy: "Check the address.",
        recipients: [
          { address: "ann@example.com", status: "failed", code: 550, response: "550 No such user" },
        ],
      },
    });
    expect(stderr).toBe("");
  });
});

describe("config", () => {
  it("shows every setting with its origin, and nothing secret", async () => {
    const { status, stdout } = await run(["config"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/✓ {2}SMTP_HOST +smtp\.example\.com +SMTP_URI\n/);
    expect(stdout).toMatch(/ {4}MAIL_SEND_WAIT +5s +default\n/);
    expect(stdout).not.toContain("secret");
  });

  const faulty = () =>
    environmentOf({ SMTP_HOST: "smtp.example.com", SMTP_PORT: "abc", SMTP_PASWORD: "hunter2" });

  it("shows what it can beside the faults that stop the start", async () => {
    const { status, stdout } = await run(["config"], { environment: faulty });
    expect(status).toBe(1);
    expect(stdout).toMatch(/✓ {2}SMTP_HOST +smtp\.example\.com +environment\n/);
    expect(stdout).toMatch(/✗ {2}SMTP_PORT +cannot be used/);
    expect(stdout).toContain('SMTP_PORT: expected a port from 1 to 65535, got "abc"');
    expect(stdout).toContain("Did you mean SMTP_PASSWORD?");
    expect(stdout).not.toContain("hunter2");
  });

  it("shows what is missing", async () => {
    const environment = () =>
      environmentOf({ SMTP_HOST: "smtp.example.com", SMTP_USERNAME: "me@example.com" });
    const { stdout } = await run(["config"], { environment });
    expect(stdout).toMatch(/✗ {2}SMTP_PASSWORD +missing\n/);
  });

  it("gives settings, findings and faults as one document", async () => {
    const { stdout } = await run(["config", "--json"], { environment: faulty });
    expect(JSON.parse(stdout)).toMatchObject({
      settings: expect.arrayContaining([
        expect.objectContaining({ variable: "SMTP_HOST", origin: "environment" }),
      ]),
      findings: [{ variable: "SMTP_PASWORD" }],
      faults: [{ variable: "SMTP_PORT" }],
    });
  });
});

describe("providers", () => {
  it("lists each with its server", async () => {
    const { stdout } = await run(["providers"]);
    expect(stdout).toMatch(/^NAME +SERVER +SIGNS IN WITH\n/);
    expect(stdout).toMatch(/^qq +smtp\.qq\.com:465 +authorization code$/m);
  });

  it("tells everything about one, with the lines for .env", async () => {
    const { status, stdout } = await run(["providers", "qq"]);
    expect(status).toBe(0);
    expect(stdout).toContain("465 (TLS), 587 (STARTTLS)");
    expect(stdout).toMatch(/^SMTP_PROVIDER=qq\n(# .*\n)+SMTP_USERNAME=\n(# .*\n)+SMTP_PASSWORD=$/m);
  });

  it.each([
    ["zoho-eu", "SMTP_PROVIDER=zoho-eu"],
    ["outlook", "SMTP_AUTH=oauth2"],
    ["QQ", "SMTP_PROVIDER=qq"],
  ])("%s has the line %s", async (name, line) => {
    expect((await run(["providers", name])).stdout.split("\n")).toContain(line);
  });

  it("suggests what a mistyped name may have meant", async () => {
    const { status, stdout, stderr } = await run(["providers", "gmial"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain('Did you mean "gmail"?');
  });

  it("needs neither settings nor a server", async () => {
    const openDoor = () => {
      throw new Error("opened");
    };
    const environment = () => environmentOf({ SMTP_PORT: "abc" });
    expect((await run(["providers", "qq", "--json"], { openDoor, environment })).status).toBe(0);
  });
});

describe("a wrong use", () => {
  it.each<[string, string[]]>([
    ["nothing at all", []],
    ["an unknown command", ["frobnicate"]],
    ["half a command", ["smtp"]],
    ["an unknown option", ["smtp", "verify", "--frobnicate"]],
    ["an argument too many", ["config", "all"]],
    ["a value that is none of the choices", ["providers", "--locale", "fr"]],
    ["options that exclude each other", ["smtp", "verify", "--uri", "smtp://a.example", "--provider", "qq"]],
    ["what is missing", ["smtp", "test"]],
    ["a value that is no address", ["smtp", "test", "--to", "nonsense"]],
  ])("%s ends with status 2, and says so", async (_name, words) => {
    const { status, stdout, stderr } = await run(words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).not.toBe("");
    const document = await run([...words, "--json"]);
    expect(document.status).toBe(2);
    expect(JSON.parse(document.stdout)).toEqual({
      error: { type: "CLI_USAGE", message: expect.any(String), remedy: expect.any(String) },
    });
  });

  it("an option without its value ends with status 2", async () => {
    const { status, stderr } = await run(["smtp", "verify", "--uri"]);
    expect(status).toBe(2);
    expect(stderr).toContain("argument missing");
  });

  it("of an option is told under the option's name", async () => {
    const openDoor = (environment: ReturnType<typeof environmentOf>) => {
      loadConfig(environment);
      return fakeDoor().door;
    };
    const { status, stderr } = await run(["smtp", "verify", "--uri", "hunter2"], { openDoor });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^✗ {2}--uri: expected smtps:/);
  });

  it("is not what unusable settings of the environment are", async () => {
    const openDoor = () => {
      throw new ConfigError([
        { variable: "SMTP_PORT", expected: "a port", came: '"abc"' },
        { variable: "GATEWAY_PORT", expected: "a port", came: '"-1"' },
      ]);
    };
    const { status, stderr } = await run(["smtp", "verify"], { openDoor });
    expect(status).toBe(1);
    expect(stderr).toBe(
      '✗  SMTP_PORT: expected a port, got "abc"\n✗  GATEWAY_PORT: expected a port, got "-1"\n',
    );
    const { stdout } = await run(["smtp", "verify", "--json"], { openDoor });
    expect(JSON.parse(stdout)).toMatchObject({ error: { type: "CONFIG_INVALID", faults: [{}, {}] } });
  });
});

describe("secrets", () => {
  it.each<[string, string[]]>([
    ["a URI in place of a command", ["smtps://me:hunter2@smtp.example.com"]],
    ["a mistyped option", ["smtp", "verify", "--pasword=hunter2"]],
    ["a URI that is none", ["smtp", "verify", "--uri", "smtps://me:hunter2@"]],
    [
      "a password without its preset",
      ["smtp", "verify", "--password", "hunter2", "--uri", "smtp://a.example"],
    ],
  ])("in %s are not repeated", async (_name, words) => {
    const openDoor = (environment: ReturnType<typeof environmentOf>) => {
      loadConfig(environment);
      return fakeDoor().door;
    };
    for (const json of [[], ["--json"]]) {
      const { status, stdout, stderr } = await run([...words, ...json], { openDoor });
      expect(status).toBe(2);
      expect(stdout + stderr).not.toContain("hunter2");
    }
  });

  it.each<[string, string[], boolean]>([
    ["a URI with a password", ["--uri", "smtps://me:hunter2@smtp.example.com"], true],
    ["a URI with an unencoded address", ["--uri", "smtps://me@example.com:hunter2@smtp.example.com"], true],
    ["--password", ["--provider", "qq", "--username", "me@qq.com", "--password", "hunter2"], true],
    ["a URI without one", ["--uri", "smtp://smtp.example.com:587"], false],
  ])("%s: the hint that the environment is safer is given where it helps", async (_name, words, hinted) => {
    const { stdout, stderr } = await run(["smtp", "verify", ...words, "--json"]);
    expect(stderr.includes("SMTP_PASSWORD")).toBe(hinted);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "ok" });
  });
});

describe("on a terminal", () => {
  it("what is missing is asked for", async () => {
    const { door, calls } = fakeDoor();
    const { status } = await run(["smtp", "test"], { door, ask: async () => "ann@example.com" });
    expect(status).toBe(0);
    expect(calls[0]).toMatchObject({ action: "send", params: { to: "ann@example.com" } });
  });

  it("breaking off at a question ends with status 130", async () => {
    const ask = () => Promise.reject(new Canceled("canceled"));
    const { status, stderr } = await run(["smtp", "test"], { ask });
    expect({ status, stderr }).toEqual({ status: 130, stderr: "✗  canceled\n" });
  });
});

describe("help and version", () => {
  it.each([
    [[]],
    [["smtp"]],
    [["smtp", "verify"]],
    [["smtp", "test"]],
    [["config"]],
    [["providers"]],
    [["templates"]],
    [["send"]],
    [["list"]],
    [["show"]],
    [["retry"]],
    [["cancel"]],
    [["stats"]],
    [["start"]],
  ])("behind %j", async (path) => {
    const help = await run([...path, "--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toContain(`Usage: ${["meshmail", ...path].join(" ")} `);
    expect(await run([...path, "-h"])).toEqual(help);
    const version = await run([...path, "--version"]);
    expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  });
});

describe("start", () => {
  it("becomes the node", async () => {
    let started = 0;
    const start = async () => {
      started++;
    };
    expect(await run(["start"], { start })).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(started).toBe(1);
  });
});
