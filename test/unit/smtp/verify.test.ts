/** Facts about verification: every fault gets its check, its word and its remedy, and nothing is called proven that is not. */
import { createServer, connect } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import { Secret } from "../../../lib/secret.ts";
import {
  type CheckName,
  checkNames,
  type VerifyOptions,
  type VerifyReport,
  verifyTransport,
} from "../../../lib/smtp/verify.ts";
import { testCa } from "../../support/certificates.ts";
import { closeEverything } from "../../support/open.ts";
import { blackHole } from "../../support/ports.ts";
import {
  type Script,
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
} from "../../support/smtp-server.ts";
import { quick, transportTo } from "../../support/transport.ts";
import { type Row, rows, unroutable, type Way } from "./verify-faults.ts";

afterEach(async () => {
  await closeEverything();
});

const user = "user@example.com";
const password = "pa55/wörd";
const sender = { address: "me@example.com" };
const patient = { ...quick, connect: 3000, greeting: 3000, command: 3000 };

const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** Every form in which a password travels or is told; of each the beginning, so that a piece of it is found, too. */
const secrets = [
  password,
  encodeURIComponent(password),
  base64(password),
  base64(`\0${user}\0${password}`),
].map((form) => form.slice(0, 6));

/** A server that knows the test account, and the settings for it. */
async function pair(
  way: Way,
  server: SmtpServerOptions = {},
  change: Partial<TransportConfig> = {},
): Promise<{ server: SmtpServer; transport: TransportConfig }> {
  const started = await startSmtpServer({
    tls: way === "TLS" ? "implicit" : "starttls",
    ...server,
    auth: server.auth === "none" ? "none" : { users: { [user]: password }, ...server.auth },
  });
  const transport = transportTo(started, {
    security: way === "TLS" ? "tls" : "starttls",
    username: user,
    password: new Secret(password),
    timeouts: patient,
    ...change,
  });
  return { server: started, transport };
}

function withoutCredentials({
  username: _user,
  password: _password,
  ...transport
}: TransportConfig): TransportConfig {
  return transport;
}

async function verified(
  way: Way,
  options: SmtpServerOptions = {},
  change: Partial<TransportConfig> = {},
  more: VerifyOptions = {},
): Promise<{ server: SmtpServer; report: VerifyReport }> {
  const { server, transport } = await pair(way, options, change);
  return { server, report: await verifyTransport(transport, { sender, ...more }) };
}

const statuses = (report: VerifyReport) =>
  Object.fromEntries(report.checks.map(({ name, status }) => [name, status]));
const checkOf = (report: VerifyReport, wanted: CheckName) =>
  report.checks.find(({ name }) => name === wanted);
const verbs = ({ commands }: SmtpServer) => commands.map(({ line }) => line.split(/[ :]/, 1)[0]);

/** What holds for every report and every conversation, whatever happened. */
function expectDecency(report: VerifyReport, server: SmtpServer): void {
  expect(report.checks.map(({ name }) => name)).toEqual(checkNames);
  expect(report.ok).toBe(report.verdict === "ok");
  expect(report.problem === undefined).toBe(report.ok);
  for (const { detail } of report.checks) expect(detail).toMatch(/^[^\n\r]+$/);
  for (const secret of secrets) expect(JSON.stringify(report)).not.toContain(secret);
  expect(server.messages).toEqual([]);
  expect(server.commands.filter(({ line }) => /^(RCPT|DATA)/i.test(line))).toEqual([]);
}

/** What never crosses in clear, unless allowed in so many words. */
function expectNothingInClear({ plaintext }: SmtpServer): void {
  for (const word of ["AUTH", "MAIL", user, base64(user), ...secrets]) expect(plaintext).not.toContain(word);
}

const walkedWay = {
  STARTTLS: checkNames,
  TLS: ["config", "dns", "connect", "encryption", "greeting", "authentication", "sender"],
} as const satisfies Record<Way, readonly CheckName[]>;

async function portOf(row: Row, server: SmtpServer): Promise<number> {
  if (row.port === "black hole") return (await blackHole()).port;
  if (row.port === "closed") await server.close();
  return server.port;
}

describe("a fault is named by the check that meets it", () => {
  it.each(
    rows.flatMap((row) =>
      (row.ways ?? (["STARTTLS", "TLS"] as const)).map((way) => [row.name, way, row] as const),
    ),
  )("%s, by %s", async (_name, way, row) => {
    const timeouts = { ...patient, ...row.patience };
    const { server, transport } = await pair(way, row.server, { timeouts, ...row.change });
    const port = await portOf(row, server);
    const settings = { ...transport, port };
    const report = await verifyTransport(
      row.credentials === false ? withoutCredentials(settings) : settings,
      {
        sender,
        ...row.options,
      },
    );

    const failed = typeof row.check === "string" ? row.check : row.check[way];
    const reached = walkedWay[way].indexOf(failed);
    walkedWay[way].forEach((name, index) => {
      const status = checkOf(report, name)?.status;
      if (index < reached) expect([name, status]).toEqual([name, expect.stringMatching(/passed|warning/)]);
      else expect([name, status]).toEqual([name, index === reached ? "failed" : "skipped"]);
    });
    expect(report).toMatchObject({
      verdict: "failed",
      transport: "primary",
      problem: { type: row.type, message: checkOf(report, failed)?.detail },
    });
    expect(report.problem?.remedy).toMatch(row.remedy);
    expect(report.problem?.fix).toEqual(row.fix?.(port));
    expect(report.problem?.smtp?.code).toBe(row.code);
    expectDecency(report, server);
    if (row.credentials !== false) expectNothingInClear(server);
    expect(server.connections).toBe(row.connections ?? 1);
  });

  it("has a row for every number of the test plan that verification can meet", () => {
    const told = rows.flatMap(({ name }) => name.match(/F\d+/g) ?? []);
    const proved = ["F3", "F17", "F39"]; // below
    const notThere = ["F7", "F15", "F25"]; // the plan has none of these
    const missing = Array.from({ length: 45 }, (_, index) => `F${index + 1}`).filter(
      (number) => ![...told, ...proved, ...notThere].includes(number),
    );
    expect(missing).toEqual([]);
  });
});

describe("a walk to its end", () => {
  it.each([
    ["STARTTLS", {}, "PLAIN"],
    ["TLS", {}, "PLAIN"],
    ["STARTTLS", { auth: { mechanisms: ["LOGIN"] } }, "LOGIN"],
    ["TLS", { auth: { mechanisms: ["CRAM-MD5"] } }, "CRAM-MD5"],
    ["STARTTLS", { authRequired: true }, "PLAIN"],
  ] as const)("by %s with %j is ok", async (way, options, mechanism) => {
    const { server, report } = await verified(way, options as SmtpServerOptions);
    expect(report).toMatchObject({ verdict: "ok", ok: true });
    expect(new Set(Object.values(statuses(report)))).toEqual(new Set(["passed"]));
    expect(checkOf(report, "authentication")?.data).toEqual({ mechanism });
    expectDecency(report, server);
    expectNothingInClear(server);
  });

  it("tries the sender with MAIL FROM, takes it back with RSET, and takes its leave", async () => {
    const { server } = await verified("TLS");
    await server.waitFor(({ open }) => open === 0);
    expect(verbs(server)).toEqual(["EHLO", "AUTH", "MAIL", "RSET", "QUIT"]);
    expect(server.commands.find(({ line }) => line.startsWith("MAIL"))?.line).toBe(
      "MAIL FROM:<me@example.com>",
    );
  });

  it("tries a sender with a Unicode local part as a message would", async () => {
    const { server, report } = await verified("TLS", {}, {}, { sender: { address: "jõ@example.com" } });
    expect(report.ok).toBe(true);
    expect(server.commands.map(({ line }) => line)).toContain("MAIL FROM:<jõ@example.com> SMTPUTF8");
  });

  it("tells protocol, cipher, certificate and OpenSSL", async () => {
    const { report } = await verified("STARTTLS");
    expect(checkOf(report, "encryption")).toMatchObject({
      detail: expect.stringMatching(
        /^TLSv1\.3, TLS_\w+; certificate for mail\.test by Meshmail test authority, \d+ days left$/,
      ),
      data: {
        protocol: "TLSv1.3",
        cipher: expect.stringMatching(/^TLS_/),
        certificate: {
          subject: "mail.test",
          issuer: "Meshmail test authority",
          validTo: "2126-01-01T00:00:00.000Z",
          daysLeft: expect.any(Number),
        },
        openssl: process.versions.openssl,
      },
    });
  });

  it("tells OpenSSL's version also where no TLS came about", async () => {
    const { report } = await verified("TLS", { certificate: "expired" });
    expect(checkOf(report, "encryption")?.data).toEqual({ openssl: process.versions.openssl });
  });

  it("accepts a certificate for the servername where the host is an address (F30)", async () => {
    const tls = { ca: testCa, servername: "other.test" };
    const { report } = await verified("TLS", { certificate: "wrong-host" }, { tls });
    expect(report.ok).toBe(true);
  });

  it("shows the server without the password and the whole user name", async () => {
    const { report, server } = await verified("TLS");
    expect(report.server).toBe(`smtps://127.0.0.1:${server.port} (user u***@example.com)`);
  });
});

describe("ok, with a warning", () => {
  const lastDay = Date.parse("2126-01-01T00:00:00Z");
  const day = 86_400_000;

  it.each([
    ["passed", 14],
    ["warning", 13],
  ] as const)("the encryption check is %s with %d days left", async (status, days) => {
    const { report } = await verified("TLS", {}, {}, { now: () => lastDay - days * day });
    expect(report.verdict).toBe("ok");
    expect(checkOf(report, "encryption")).toMatchObject({
      status,
      detail: expect.stringContaining(`${days} days left`),
      data: { certificate: { daysLeft: days } },
    });
  });

  it("where the settings contradict themselves", async () => {
    const findings = [
      { variable: "SMTP_URI", message: "is set beside SMTP_HOST", remedy: "Remove one of them." },
      { variable: "SMTP_TLS", message: "does not go with port 587", remedy: "Use 465." },
    ];
    const { report } = await verified("TLS", {}, {}, { findings });
    expect(report.verdict).toBe("ok");
    expect(checkOf(report, "config")).toEqual({
      name: "config",
      status: "warning",
      durationMs: 0,
      detail: "SMTP_URI: is set beside SMTP_HOST; SMTP_TLS: does not go with port 587",
      data: { findings },
    });
  });

  it("where there is no sender to try", async () => {
    const { server, transport } = await pair("TLS");
    const report = await verifyTransport(transport);
    expect(report.verdict).toBe("ok");
    expect(checkOf(report, "sender")).toMatchObject({
      status: "warning",
      detail: expect.stringContaining("SMTP_SENDER"),
    });
    expect(verbs(server)).not.toContain("MAIL");
  });
});

describe("unproven", () => {
  const allowed = { security: "opportunistic", allowCleartextAuth: true } as const;

  it("is a way on which nobody logged in", async () => {
    const { server, transport } = await pair("TLS");
    const report = await verifyTransport(withoutCredentials(transport), { sender });
    expect(report).toMatchObject({
      verdict: "unproven",
      ok: false,
      problem: { type: "SMTP_AUTH_NOT_TRIED" },
    });
    expect(report.problem?.remedy).toMatch(/SMTP_USERNAME and SMTP_PASSWORD/);
    expect(statuses(report)).toMatchObject({ authentication: "warning", sender: "passed" });
    expectDecency(report, server);
  });

  it.each([
    ["opportunistic", { tls: "none" }, "STARTTLS is not offered"],
    ["none", { tls: "starttls" }, "the settings forbid STARTTLS"],
    ["opportunistic", { tls: "none", script: { ehlo: "502 5.5.1 What?" } }, "STARTTLS is not offered"],
  ] as const)("is a way in clear (%s, %j)", async (security, options, why) => {
    const { server, transport } = await pair("STARTTLS", options, { security });
    const report = await verifyTransport(withoutCredentials(transport), { sender });
    expect(report).toMatchObject({ verdict: "unproven", ok: false, problem: { type: "SMTP_NOT_ENCRYPTED" } });
    expect(checkOf(report, "encryption")).toMatchObject({
      status: "warning",
      detail: expect.stringContaining(why),
      data: { openssl: process.versions.openssl },
    });
    expectDecency(report, server);
  });

  it("is a way in clear on which the password crossed, as the operator allowed", async () => {
    const { server, report } = await verified("STARTTLS", { tls: "none", authInClear: true }, allowed);
    expect(report).toMatchObject({ verdict: "unproven", ok: false, problem: { type: "SMTP_NOT_ENCRYPTED" } });
    expect(checkOf(report, "authentication")).toMatchObject({
      status: "warning",
      detail: "logged in with PLAIN over a connection in clear",
    });
    expect(server.plaintext).toContain("AUTH PLAIN");
    expectDecency(report, server);
  });

  it("is not a way with TLS where clear text was allowed as well", async () => {
    const { server, report } = await verified("STARTTLS", { authInClear: true }, allowed);
    expect(report.verdict).toBe("ok");
    expectNothingInClear(server);
  });

  it.each(["opportunistic", "none"] as const)(
    "turns into failed where settings with credentials forgot to demand TLS (%s)",
    async (security) => {
      const { server, report } = await verified("STARTTLS", { tls: "none", authInClear: true }, { security });
      expect(report).toMatchObject({ verdict: "failed", problem: { type: "SMTP_STARTTLS_UNAVAILABLE" } });
      expectNothingInClear(server);
      expectDecency(report, server);
    },
  );
});

describe("a server that echoes the password", () => {
  const forms = [password, encodeURIComponent(password), base64(password), base64(`\0${user}\0${password}`)];
  // wherever a text is cut, at 80, 300 or 500 characters, one of them lies across the cut
  const line = [72, 290, 492, 560].reduce(
    (text, column, index) => `${text.padEnd(column, "x")} ${forms[index]} `,
    "",
  );
  const scripts: [string, Script][] = [
    ["as its banner", { greeting: `554 5.7.1 ${line}` }],
    ["as a banner that is none", { greeting: { raw: Buffer.from(`${line}\r\n`) } }],
    [
      "as a banner in two pieces",
      { greeting: [{ raw: "pa55" }, { afterMs: 20, step: { raw: Buffer.from("/wörd\r\n") } }] },
    ],
    ["at EHLO", { ehlo: `550 5.7.1 ${line}` }],
    ["at AUTH", { auth: `535 5.7.8 ${line}` }],
    ["at AUTH, in several lines", { auth: `535-5.7.8 ${line}\n535 5.7.8 ${line}` }],
    ["at AUTH, as no reply at all", { auth: { raw: Buffer.from(`${line}\r\n`) } }],
    ["at MAIL", { mail: `550 5.7.1 ${line}` }],
    ["at RSET", { rset: `500 5.5.1 ${line}` }],
  ];

  it.each(scripts)("%s, is not echoed by the report", async (_name, script) => {
    const { server, report } = await verified("TLS", { script });
    expect(report.verdict).toBe("failed");
    expect(report.problem?.message.length).toBeLessThan(700);
    expectDecency(report, server);
  });

  it("that sends garbage is quoted with the line that is none", async () => {
    const { report } = await verified("TLS", { script: { ehlo: { raw: "250-mail.test\r\n<html>\r\n" } } });
    expect(checkOf(report, "greeting")?.detail).toMatch(/received: <html>$/);
  });
});

describe("several addresses", () => {
  const to = (...addresses: string[]): VerifyOptions => ({
    sender,
    lookup: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  });

  it.each([
    ["refuses (F3)", "127.255.255.254"],
    ["cannot be reached (F2)", unroutable],
  ])("lead to the second where the first %s", async (_name, first) => {
    const { transport } = await pair("TLS", {}, { host: "mail.test" });
    const report = await verifyTransport(transport, to(first, "127.0.0.1"));
    expect(report.ok).toBe(true);
    expect(checkOf(report, "dns")).toMatchObject({
      detail: `mail.test is at ${first}, 127.0.0.1`,
      data: { addresses: [first, "127.0.0.1"] },
    });
    expect(checkOf(report, "connect")?.data).toMatchObject({ address: "127.0.0.1" });
  });

  it("lead to the second within the connect time where the first swallows SYN (F3)", async () => {
    const { server, transport } = await pair("TLS", {}, { host: "mail.test" });
    const { host, port } = await blackHole();
    // the same port at the second address
    const relay = createServer((socket) => {
      const onward = connect(server.port, server.host);
      socket.pipe(onward).pipe(socket);
      for (const one of [socket, onward]) one.on("error", () => {});
    });
    await new Promise<void>((resolve) => relay.listen(port, "127.0.0.2", resolve));
    try {
      const timeouts = { ...patient, connect: 600 };
      const report = await verifyTransport({ ...transport, port, timeouts }, to(host, "127.0.0.2"));
      expect(report.ok).toBe(true);
      expect(checkOf(report, "connect")?.data).toEqual({ address: "127.0.0.2", port });
    } finally {
      relay.close();
    }
  });

  it("are each told with their reason where none answers", async () => {
    const { server, transport } = await pair("TLS", {}, { host: "mail.test" });
    await server.close();
    const report = await verifyTransport(transport, to(unroutable, "127.0.0.1"));
    expect(checkOf(report, "connect")?.detail).toMatch(
      /refused the connection: connect E\w+ ff0e::1:\d+.*; connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    );
  });
});

describe("time", () => {
  it.each([
    ["in clear to a TLS port", "STARTTLS", { tls: "implicit" }],
    ["TLS to a port in clear", "TLS", { tls: "starttls" }],
  ] as const)("is no matter of half a minute with %s", async (_name, way, options) => {
    const started = performance.now();
    const { report } = await verified(way, options, { timeouts: { ...patient, greeting: 30_000 } });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(report.problem?.type).toBe("SMTP_TLS_MODE_MISMATCH");
  });

  it("is given to a server that greets late", async () => {
    const greeting = { afterMs: 1500, step: "220 mail.test ESMTP" };
    const { server, report } = await verified("STARTTLS", { script: { greeting } });
    expect(report.ok).toBe(true);
    expect(server.connections).toBe(2); // the second asked for TLS, and got none
  });

  it("ends when somebody says stop", async () => {
    const { server, transport } = await pair("TLS", { script: { ehlo: "silence" } });
    const stop = new AbortController();
    const walking = verifyTransport(transport, { sender, signal: stop.signal });
    await server.waitFor(({ commands }) => commands.length > 0);
    stop.abort();
    const report = await walking;
    expect(report.problem).toMatchObject({
      type: "SMTP_CONNECTION_LOST",
      message: expect.stringContaining("stopping"),
    });
    await server.waitFor(({ open }) => open === 0);
  });

  it("is up for the whole walk, however busily the server drips", async () => {
    const timeouts = { ...patient, total: 200 };
    const ehlo = { drip: "250-x\r\n".repeat(1000), everyMs: 20 };
    const { report } = await verified("TLS", { script: { ehlo } }, { timeouts });
    expect(report.problem?.type).toBe("SMTP_TIMEOUT");
  });
});

describe("a server that talks without end (F17)", () => {
  const MB = 1024 * 1024;

  it.each([
    ["one line", `250-${"x".repeat(64 * 1024 - 4)}`, "x".repeat(64 * 1024)],
    ["line after line", "250-x\r\n".repeat(9000), "250-x\r\n".repeat(9000)],
  ])("in %s is cut off, and fills no memory", async (_name, first, rest) => {
    let sent = 0;
    const endless = {
      *[Symbol.iterator]() {
        for (let piece = first; sent < 64 * MB; piece = rest) {
          sent += piece.length;
          yield piece;
        }
      },
    };
    const before = process.memoryUsage().rss;
    const { report } = await verified("STARTTLS", { script: { ehlo: { drip: endless, everyMs: 0 } } });
    expect(report).toMatchObject({ problem: { type: "SMTP_PROTOCOL_ERROR" } });
    expect(checkOf(report, "greeting")?.detail).toMatch(/its reply did not end$/);
    expect(sent).toBeLessThan(16 * MB); // what fits into the kernel's buffers, after the first megabyte
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MB);
  });

  it("in one go of 2 MB is cut off as well", async () => {
    const raw = Buffer.from(`250-AUTH ${"x".repeat(2 * MB)}\r\n250 ok\r\n`);
    const { report } = await verified("STARTTLS", { script: { ehlo: { raw } } });
    expect(report).toMatchObject({ problem: { type: "SMTP_PROTOCOL_ERROR" } });
  });
});

it("900 KB of spaces in the AUTH line do not hold up anybody else (F39)", async () => {
  const ehlo = { raw: `250-mail.test\r\n250-AUTH${" ".repeat(900_000)}PLAIN LOGIN\r\n250 SIZE\r\n` };
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const { report } = await verified("TLS", { script: { ehlo } });
  delay.disable();
  expect(report.ok).toBe(true);
  expect(delay.max / 1e6).toBeLessThan(10_000); // generous: a pattern that tracks back would take minutes
});

describe("in Chinese", () => {
  const chinese = /\p{Script=Han}/u;

  it.each(["F34 a wrong password", "F27 a certificate signed by nobody", "F13", "F44 QQ", "F32 TLS"])(
    "message and remedy of %s",
    async (name) => {
      const row = rows.find((one) => one.name.startsWith(name));
      const { report } = await verified("TLS", row?.server, row?.change, { locale: "zh-CN" });
      expect(report.problem).toMatchObject({
        type: row?.type,
        message: expect.stringMatching(chinese),
        remedy: expect.stringMatching(chinese),
      });
    },
  );

  it.each(["opportunistic", "tls"] as const)("what is not proven (%s)", async (security) => {
    const way = security === "tls" ? "TLS" : "STARTTLS";
    const { transport } = await pair(way, security === "tls" ? {} : { tls: "none" }, { security });
    const { problem } = await verifyTransport(withoutCredentials(transport), { sender, locale: "zh-CN" });
    expect(problem).toMatchObject({
      message: expect.stringMatching(chinese),
      remedy: expect.stringMatching(chinese),
    });
  });
});
