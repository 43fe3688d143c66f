/** Facts about one SMTP conversation, against a real server that misbehaves on demand. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import { SmtpFault, SmtpSession } from "../../../lib/smtp/session.ts";
import { walk } from "../../../lib/smtp/steps.ts";
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from "../../support/smtp-server.ts";
import { plainTransportTo, quick, transportTo } from "../../support/transport.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const start = async (options: SmtpServerOptions = {}): Promise<SmtpServer> => {
  const server = await startSmtpServer(options);
  open.push(server);
  return server;
};

const sessionTo = (transport: TransportConfig, options = {}): SmtpSession => {
  const session = new SmtpSession(transport, options);
  open.push({ close: () => session.destroy() });
  return session;
};

const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof SmtpFault) return error.fault;
      throw error;
    },
  );

const message = Buffer.from("Subject: Hello\r\n\r\nIt works.\r\n");

async function send(session: SmtpSession): Promise<void> {
  await session.envelope("me@example.com", ["ann@example.com"]);
  await session.data(message);
}

describe("the way to a server", () => {
  it.each([
    ["STARTTLS", {}, {}],
    ["TLS from the first byte", { tls: "implicit" }, { security: "tls" }],
    ["LOGIN where there is no PLAIN", { auth: { mechanisms: ["LOGIN"] } }, {}],
    ["CRAM-MD5 where there is nothing else", { auth: { mechanisms: ["CRAM-MD5"] } }, {}],
  ] as const)("leads to a delivered message by %s", async (_name, options, change) => {
    const server = await start(options as SmtpServerOptions);
    const session = sessionTo(transportTo(server, change));
    await walk(session);
    await send(session);
    const [received] = await server.received(1);
    expect(received).toMatchObject({
      from: "me@example.com",
      to: ["ann@example.com"],
      secure: true,
      user: "user@example.com",
    });
    expect(received?.data.toString()).toBe(message.toString());
  });

  it("needs no account and no TLS where the server asks for neither", async () => {
    const server = await start({ tls: "none", auth: "none" });
    const session = sessionTo(plainTransportTo(server));
    await walk(session);
    await send(session);
    expect(await server.received(1)).toHaveLength(1);
  });

  it("uses STARTTLS where it is offered, even without an account", async () => {
    const server = await start({ auth: "none" });
    const session = sessionTo(plainTransportTo(server, { tls: transportTo(server).tls }));
    await walk(session);
    expect(session.secure).toBe(true);
  });

  it("says HELO to a server that knows no EHLO, where nothing needs an extension", async () => {
    const server = await start({ tls: "none", auth: "none", script: { ehlo: "502 5.5.1 Not implemented" } });
    const session = sessionTo(plainTransportTo(server));
    await walk(session);
    await send(session);
    expect(await server.received(1)).toHaveLength(1);
  });
});

describe("a password", () => {
  it.each([
    ["STARTTLS is not offered", { tls: "none", authInClear: true }],
    ["EHLO is refused", { authInClear: true, script: { ehlo: "502 5.5.1 Not implemented" } }],
    [
      "STARTTLS is refused for now",
      { authInClear: true, script: { starttls: "454 4.7.0 TLS not available" } },
    ],
    ["STARTTLS is refused", { authInClear: true, script: { starttls: "501 5.5.4 No" } }],
    ["a reply is injected before TLS", { script: { starttls: "220 go\r\n250 injected" } }],
    ["the certificate has expired", { certificate: "expired", authInClear: true }],
    ["the certificate is signed by nobody", { certificate: "self-signed", authInClear: true }],
    ["the certificate is for another host", { certificate: "wrong-host", authInClear: true }],
  ] as const)("never crosses in clear when %s", async (_name, options) => {
    const server = await start(options as SmtpServerOptions);
    const fault = await faultOf(walk(sessionTo(transportTo(server))));
    expect(fault).toBeDefined();
    for (const word of [
      "AUTH",
      "MAIL",
      "secret",
      "user@",
      Buffer.from("secret").toString("base64"),
      "AHVzZXI",
    ]) {
      expect(server.plaintext).not.toContain(word);
    }
    expect(server.commands.filter(({ line }) => line.startsWith("AUTH"))).toEqual([]);
  });

  it("does not cross in clear on loopback, even when the settings forgot to demand TLS", async () => {
    const server = await start({ tls: "none", authInClear: true });
    const fault = await faultOf(walk(sessionTo(transportTo(server, { security: "opportunistic" }))));
    expect(fault).toMatchObject({ cause: "STARTTLS_NOT_OFFERED" });
    expect(server.plaintext).not.toContain("AUTH");
  });

  it("crosses in clear when the operator allowed it in so many words", async () => {
    const server = await start({ tls: "none", authInClear: true });
    const session = sessionTo(transportTo(server, { security: "opportunistic", allowCleartextAuth: true }));
    await walk(session);
    expect(server.plaintext).toContain("AUTH PLAIN");
  });

  it("is not in the fault when the server echoes it", async () => {
    const line = Buffer.from("\0user@example.com\0secret").toString("base64");
    const server = await start({ script: { auth: `535 5.7.8 secret ${line} is wrong` } });
    const fault = await faultOf(walk(sessionTo(transportTo(server))));
    expect(fault?.reply).toEqual({ code: 535, enhancedCode: "5.7.8", text: "5.7.8 *** *** is wrong" });
  });
});

describe("a fault tells how far it came", () => {
  it.each([
    ["greeting", { greeting: "554 5.3.2 Not today" }, { reply: { code: 554 } }],
    ["greeting", { greeting: "drop" }, { cause: "CLOSED" }],
    ["greeting", { greeting: { raw: "HTTP/1.1 400 Bad Request\r\n" } }, { cause: "GARBAGE" }],
    ["ehlo", { ehlo: "421 4.3.2 Closing" }, { command: "EHLO", reply: { code: 421 } }],
    ["ehlo", { ehlo: "drop" }, { command: "EHLO", cause: "CLOSED" }],
    ["tls", { starttls: "454 4.7.0 TLS not available" }, { command: "STARTTLS", reply: { code: 454 } }],
    ["auth", { auth: "535 5.7.8 No" }, { command: "AUTH", reply: { code: 535 } }],
    ["auth", { auth: "reset" }, { command: "AUTH", cause: "ECONNRESET" }],
    ["mail", { mail: "550 5.7.1 No" }, { command: "MAIL FROM", reply: { code: 550 } }],
    ["rcpt", { rcpt: "421 4.3.2 Closing" }, { command: "RCPT TO", reply: { code: 421 } }],
    ["data", { data: "451 4.3.0 Later" }, { command: "DATA", reply: { code: 451 } }],
    ["reply", { dot: "drop" }, { command: "DATA", cause: "CLOSED" }],
    ["reply", { dot: "554 5.7.1 Spam" }, { command: "DATA", reply: { code: 554 } }],
    ["reply", { dot: { raw: "250-ok\r\n550 no\r\n" } }, { cause: "REPLY_INCONSISTENT" }],
    ["reply", { dot: "250 ok\r\n550 surplus" }, { cause: "REPLY_INCONSISTENT" }],
    ["reply", { dot: "550 surplus\r\n250 ok" }, { cause: "REPLY_INCONSISTENT" }],
  ] as const)("stage %s after %j", async (stage, script, fault) => {
    const server = await start({ script } as SmtpServerOptions);
    const session = sessionTo(transportTo(server));
    const seen = await faultOf(walk(session).then(() => send(session)));
    expect(seen).toMatchObject({ stage, ...fault });
  });

  it.each([
    ["AUTH is not offered", { auth: "none" }, "AUTH_NOT_OFFERED"],
    [
      "only a mechanism is offered that we do not speak",
      { auth: { mechanisms: ["XOAUTH2"] } },
      "AUTH_MECHANISM_NOT_OFFERED",
    ],
  ] as const)("%s: nothing is tried", async (_name, options, cause) => {
    const server = await start(options as SmtpServerOptions);
    expect(await faultOf(walk(sessionTo(transportTo(server))))).toMatchObject({ stage: "auth", cause });
    expect(server.commands.some(({ line }) => line.startsWith("AUTH") || line.startsWith("MAIL"))).toBe(
      false,
    );
  });
});

describe("time", () => {
  const hurried = { timeouts: { ...quick, greeting: 150, command: 150, afterDot: 150 } };

  it.each([
    ["greeting", { greeting: "silence" }],
    ["ehlo", { ehlo: "silence" }],
    ["auth", { auth: "silence" }],
    ["reply", { dot: "silence" }],
    ["greeting", { greeting: { drip: "220 smtp.example.com ready", everyMs: 40 } }],
  ] as const)("is up at stage %s after %j", async (stage, script) => {
    const server = await start({ script } as SmtpServerOptions);
    const session = sessionTo(transportTo(server, hurried));
    const fault = await faultOf(walk(session).then(() => send(session)));
    expect(fault).toMatchObject({ stage, cause: "TIMEOUT" });
  });

  it("is up for the whole attempt, however busily the server drips", async () => {
    const server = await start({ script: { dot: { drip: "250-x\r\n".repeat(1000), everyMs: 20 } } });
    const session = sessionTo(transportTo(server));
    session.guard(AbortSignal.timeout(200));
    const fault = await faultOf(walk(session).then(() => send(session)));
    expect(fault).toMatchObject({ stage: "reply", cause: "TIMEOUT" });
  });

  it("is not waited for once somebody says stop", async () => {
    const server = await start({ script: { ehlo: "silence" } });
    const session = sessionTo(transportTo(server));
    const stop = new AbortController();
    session.guard(stop.signal);
    const walking = faultOf(walk(session));
    await server.waitFor(({ commands }) => commands.length > 0);
    stop.abort();
    expect(await walking).toMatchObject({ stage: "ehlo", cause: "ABORTED" });
  });
});

describe("TLS of the wrong kind", () => {
  it("is told at once when we speak TLS to a port that speaks plain text", async () => {
    const server = await start();
    const fault = await faultOf(walk(sessionTo(transportTo(server, { security: "tls" }))));
    expect(fault).toMatchObject({ stage: "tls", cause: "ERR_SSL_WRONG_VERSION_NUMBER" });
  });

  it("is proved by a second connection when we speak plain text to a port that waits for TLS", async () => {
    const server = await start({ tls: "implicit" });
    const fault = await faultOf(walk(sessionTo(transportTo(server), { askTlsAfter: 20 })));
    expect(fault).toEqual({ stage: "greeting", cause: "TLS_MODE" });
    expect(server.connections).toBe(2);
  });

  it("is not suspected of a server that only takes its time", async () => {
    const server = await start({ script: { greeting: { afterMs: 120, step: "220 smtp.example.com" } } });
    await walk(sessionTo(transportTo(server), { askTlsAfter: 20 }));
    expect(server.connections).toBe(2);
  });
});

describe("the system below", () => {
  it("finds no address", async () => {
    const session = sessionTo(transportTo({ port: 25 }, { host: "mail.invalid" }), {
      lookup: async () =>
        Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" })),
    });
    expect(await faultOf(walk(session))).toMatchObject({ stage: "dns", cause: "ENOTFOUND" });
  });

  it("does not answer the question for an address", async () => {
    const session = sessionTo(
      transportTo({ port: 25 }, { host: "mail.invalid", timeouts: { ...quick, dns: 50 } }),
      {
        lookup: () => new Promise(() => {}),
      },
    );
    expect(await faultOf(walk(session))).toMatchObject({ stage: "dns", cause: "TIMEOUT" });
  });

  it("reaches the second address where the first is dead", async () => {
    const server = await start();
    const session = sessionTo(transportTo(server, { host: "localhost" }), {
      lookup: async () => [
        { address: "127.255.255.254", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ],
    });
    await walk(session);
    expect(session.secure).toBe(true);
  });

  it("finds nobody listening", async () => {
    const server = await startSmtpServer();
    await server.close();
    expect(await faultOf(walk(sessionTo(transportTo(server))))).toMatchObject({
      stage: "connect",
      cause: "ECONNREFUSED",
    });
  });
});

describe("what comes unasked", () => {
  it("makes a connection unfit for the next message", async () => {
    const server = await start();
    const session = sessionTo(transportTo(server));
    await walk(session);
    await send(session);
    expect(session.reusable).toBe(true);
    await server.interrupt("421 4.4.2 Idle");
    while (session.reusable) await new Promise((resolve) => setImmediate(resolve));
    expect(await faultOf(session.mail("me@example.com"))).toMatchObject({
      stage: "mail",
      cause: "REPLY_INCONSISTENT",
    });
  });
});

it("refuses to put a line break on the wire", async () => {
  const server = await start();
  const session = sessionTo(transportTo(server));
  await walk(session);
  await expect(session.mail("me@example.com>\r\nRCPT TO:<evil@example.com")).rejects.toThrow("line break");
});
