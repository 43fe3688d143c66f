/** Facts about all servers of the settings together: verified by name, one walk at a time, and what that does to a hold. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { environmentOf } from "../../../lib/config/environment.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { MailError } from "../../../lib/errors.ts";
import type { SessionOptions } from "../../../lib/smtp/session.ts";
import { openTransports, type Transports } from "../../../lib/smtp/transports.ts";
import { configFor } from "../../support/config.ts";
import { closeEverything } from "../../support/open.ts";
import { type SmtpServerOptions, startSmtpServer } from "../../support/smtp-server.ts";
import { quick, transportTo } from "../../support/transport.ts";

const patient = { ...quick, connect: 3000, greeting: 3000, command: 3000 };
const open: Transports[] = [];
afterEach(async () => {
  for (const transports of open.splice(0)) transports.close();
  await closeEverything();
});

/** Two servers, `primary` and `fallback1`. */
async function pair(options: SmtpServerOptions = {}, session: SessionOptions = {}) {
  const servers = [await startSmtpServer(options), await startSmtpServer()] as const;
  const names = ["primary", "fallback1"];
  const to = servers.map((server, index) => transportTo(server, { name: names[index], timeouts: patient }));
  // the delays are a hold's length, too: no hold may end by itself here
  const config = configFor(to, { MAIL_RETRY_SCHEDULE: "1h" });
  const transports = openTransports(config, session);
  open.push(transports);
  return { servers, transports, states: () => transports.policy.states().map(({ state }) => state) };
}

function configured(env: Record<string, string>): Transports {
  const transports = openTransports(loadConfig(environmentOf(env)));
  open.push(transports);
  return transports;
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof MailError) return error;
      throw error;
    },
  );

describe("verify", () => {
  it.each([
    [undefined, 0],
    ["primary", 0],
    ["fallback1", 1],
  ] as const)("of %s walks to that server only, with the sender of the settings", async (name, which) => {
    const { transports, servers } = await pair();
    const report = await transports.verify(name);
    expect(report).toMatchObject({ verdict: "ok", transport: name ?? "primary" });
    expect(servers.map(({ connections }) => connections)).toEqual(which === 0 ? [1, 0] : [0, 1]);
    expect(servers[which].commands.map(({ line }) => line)).toContain("MAIL FROM:<me@example.com>");
  });

  it("of an unknown name is refused, naming the parameter and the names that there are", async () => {
    const { transports, servers } = await pair();
    expect(await refusal(transports.verify("backup"))).toMatchObject({
      type: "MAIL_INVALID_MESSAGE",
      code: 422,
      message: "`transport`: expected one of primary, fallback1",
      data: { fields: [{ field: "transport", message: expect.stringContaining("primary, fallback1") }] },
    });
    expect(servers[0].connections).toBe(0);
  });

  it("never walks to one server twice at a time, nor keeps an answer", async () => {
    const { transports, servers } = await pair();
    const reports = await Promise.all([
      transports.verify(),
      transports.verify(),
      transports.verify("fallback1"),
    ]);
    expect(reports.map(({ verdict }) => verdict)).toEqual(["ok", "ok", "ok"]);
    const [primary] = servers;
    expect(primary.connections).toBe(2);
    await primary.waitFor(({ commands }) => commands.filter(({ line }) => line === "QUIT").length === 2);
    const speakers = primary.commands.map(({ connection }) => connection);
    expect(speakers).toEqual(speakers.toSorted((a, b) => a - b));
  });

  it("shares the walk that has not begun among all who wait for it", async () => {
    const { transports, servers } = await pair();
    const reports = await Promise.all(Array.from({ length: 10 }, () => transports.verify()));
    expect(reports.every(({ ok }) => ok)).toBe(true);
    expect(servers[0].connections).toBe(2);
  });

  it("walks again after a walk that failed", async () => {
    const { transports } = await pair({
      script: { auth: ({ connection }) => (connection === 1 ? "535 5.7.8 No" : undefined) },
    });
    const reports = await Promise.all([transports.verify(), transports.verify()]);
    expect(reports.map(({ verdict }) => verdict)).toEqual(["failed", "ok"]);
  });

  it("walks again after a walk that ended in a bug of ours", async () => {
    let calls = 0;
    const now = () => {
      if (++calls === 1) throw new TypeError("a bug");
      return Date.now();
    };
    const { transports } = await pair({}, { now });
    const [first, second] = await Promise.allSettled([transports.verify(), transports.verify()]);
    expect(first.status).toBe("rejected");
    expect(second).toMatchObject({ status: "fulfilled", value: { ok: true } });
  });

  it("ends at once when the transports are closed, also where it still waited for its turn", async () => {
    const { transports, servers } = await pair({ script: { ehlo: "silence" } });
    const walks = [transports.verify(), transports.verify()];
    await servers[0].waitFor(({ commands }) => commands.length > 0);
    transports.close();
    for (const report of await Promise.all(walks)) {
      expect(report).toMatchObject({ verdict: "failed", problem: { type: "SMTP_CONNECTION_LOST" } });
    }
  });

  it("speaks Chinese where it is asked to", async () => {
    const { transports } = await pair({ script: { auth: "535 5.7.8 No" } });
    const { problem } = await transports.verify("primary", { locale: "zh-CN" });
    expect(problem?.remedy).toMatch(/\p{Script=Han}/u);
  });
});

describe("without a server", () => {
  it("verify says so, and what to set", async () => {
    const report = await configured({}).verify();
    expect(report).toMatchObject({
      verdict: "failed",
      ok: false,
      transport: "primary",
      problem: { type: "MAIL_NOT_CONFIGURED", fix: { variable: "SMTP_URI" } },
    });
    expect(report.problem?.remedy).toMatch(/SMTP_URI.*SMTP_HOST.*SMTP_PROVIDER/);
    const [config, ...others] = report.checks;
    expect(config).toMatchObject({
      name: "config",
      status: "failed",
      detail: "no SMTP server is configured",
    });
    expect(others.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ["dns", "connect", "greeting", "encryption", "authentication", "sender"].map(
        (name) => `${name} skipped`,
      ),
    );
  });

  it("verify shows the misspelt variable that may be why", async () => {
    const report = await configured({ SMTP_URL: "smtps://me:geheim@smtp.example.com" }).verify();
    expect(report.checks[0]?.detail).toMatch(/; SMTP_URL: there is no variable SMTP_URL/);
    expect(report.checks[0]?.data).toMatchObject({ findings: [{ variable: "SMTP_URL" }] });
    expect(JSON.stringify(report)).not.toContain("geheim");
  });

  it("verify speaks Chinese where it is asked to", async () => {
    const { problem } = await configured({}).verify("primary", { locale: "zh-CN" });
    expect([problem?.message, problem?.remedy].join()).toMatch(/尚未配置.*请设置/);
  });

  it("any other name is unknown", async () => {
    const error = await refusal(configured({}).verify("fallback1"));
    expect(error).toMatchObject({ type: "MAIL_INVALID_MESSAGE", data: { fields: [{ field: "transport" }] } });
  });
});

it("contradictions in the settings are shown by the config check", async () => {
  const transports = configured({ SMTP_URI: "smtp://127.0.0.1:1", SMTP_HOST: "smtp.example.com" });
  const { checks } = await transports.verify();
  expect(checks[0]).toMatchObject({
    name: "config",
    status: "warning",
    detail: expect.stringMatching(/SMTP_URI.*the URI wins/),
  });
});

describe("a hold", () => {
  const problem = { type: "SMTP_AUTH_FAILED", message: "no", remedy: "yes" };

  it("ends with a verdict ok", async () => {
    const { transports, states } = await pair();
    transports.policy.take()?.done("hold", problem);
    expect(transports.policy.take()?.transport.config.name).toBe("fallback1");
    await transports.verify();
    expect(states()).toEqual(["resting", "up"]);
    expect(transports.policy.take()?.transport.config.name).toBe("primary");
  });

  it.each([
    ["failed", { script: { auth: "535 5.7.8 No" } }],
    ["ok, of another server", {}],
  ] as const)("does not end with a verdict %s", async (verdict, options) => {
    const { transports, states } = await pair(options as SmtpServerOptions);
    transports.policy.take()?.done("hold", problem);
    await transports.verify(verdict === "failed" ? "primary" : "fallback1");
    expect(states()).toEqual(["held", "up"]);
    expect(transports.policy.take()?.transport.config.name).toBe("fallback1");
  });
});
