import { afterAll, afterEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { createTransport } from "nodemailer";
import { type CertificateKind, testCa } from "../../support/certificates.ts";
import { dial } from "../../support/dial.ts";
import { closeEverything, expectNothingOpen } from "../../support/open.ts";
import {
  type SmtpServer,
  type SmtpServerOptions,
  type Script,
  type Step,
  defaultCapabilities,
  startSmtpServer,
} from "../../support/smtp-server.ts";

const credentials = { user: "user@example.com", pass: "secret" };
const letter = {
  from: "ann@example.com",
  to: "ben@example.com, cid@example.com",
  subject: "Hello",
  text: "one\n.two\n",
};

afterEach(async () => {
  await closeEverything();
});
afterAll(expectNothingOpen);

function transport(server: SmtpServer, options: object = {}) {
  const { host, port } = server;
  return createTransport({
    host,
    port,
    auth: credentials,
    requireTLS: true,
    tls: { ca: testCa },
    ...options,
  });
}

function dialTls({ host, port }: SmtpServer, options: ConnectionOptions = {}) {
  return dial(connectTls({ host, port, ca: testCa, ...options }));
}

function withToken(accessToken: string) {
  return { auth: { type: "OAuth2", user: "user@example.com", accessToken } };
}

describe("a well-behaved server", () => {
  it("takes a message over STARTTLS, as it was meant", async () => {
    const server = await startSmtpServer({ authRequired: true });
    const info = await transport(server).sendMail(letter);

    expect(info).toMatchObject({
      accepted: ["ben@example.com", "cid@example.com"],
      response: "250 2.0.0 Ok: queued",
    });
    const [message] = await server.received(1);
    expect(message).toMatchObject({
      from: "ann@example.com",
      to: ["ben@example.com", "cid@example.com"],
      connection: 1,
      secure: true,
      user: "user@example.com",
    });
    expect(message?.data.toString()).toMatch(/^Subject: Hello\r\n[^]*\r\n\r\none\r\n\.two\r\n$/m);
    expect(server.plaintext).toMatch(/^EHLO \S+\r\nSTARTTLS\r\n$/);
    expect(server.commands.map(({ line, secure }) => `${secure} ${line.split(" ", 1)[0]}`)).toEqual([
      "false EHLO",
      "false STARTTLS",
      "true EHLO",
      "true AUTH",
      "true MAIL",
      "true RCPT",
      "true RCPT",
      "true DATA",
    ]);
  });

  it("speaks TLS from the first byte where it should", async () => {
    const server = await startSmtpServer({ tls: "implicit" });
    await transport(server, { secure: true }).sendMail(letter);
    expect(server.messages).toMatchObject([{ secure: true }]);
    expect(server.plaintext).toBe("");
  });

  it.each(["PLAIN", "LOGIN", "CRAM-MD5"])("checks the password with %s", async (mechanism) => {
    const server = await startSmtpServer({ auth: { mechanisms: [mechanism] } });
    expect(await transport(server).verify()).toBe(true);
    expect(server.commands.filter(({ line }) => line.startsWith(`AUTH ${mechanism}`))).toHaveLength(1);
    const mistaken = transport(server, { auth: { user: credentials.user, pass: "mistaken" } });
    await expect(mistaken.verify()).rejects.toMatchObject({ code: "EAUTH", responseCode: 535 });
    const unknown = transport(server, { auth: { user: "constructor", pass: "secret" } });
    await expect(unknown.verify()).rejects.toMatchObject({ code: "EAUTH", responseCode: 535 });
  });

  it("checks the token with XOAUTH2, and refuses as Google does", async () => {
    const server = await startSmtpServer({
      auth: { mechanisms: ["XOAUTH2"], users: { "user@example.com": "token" } },
    });
    expect(await transport(server, withToken("token")).verify()).toBe(true);
    await expect(transport(server, withToken("stale")).verify()).rejects.toMatchObject({ responseCode: 535 });
  });

  it("asks for what AUTH PLAIN did not bring, and takes a cancellation", async () => {
    const server = await startSmtpServer({ authInClear: true });
    const client = dial(server);
    client.say("EHLO me\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n");
    await client.hear(/334 \r\n501 5\.7\.0 .*\r\n334 \r\n$/);
    client.say(`${Buffer.from("\0user@example.com\0secret").toString("base64")}\r\n`);
    await client.hear(/235 2\.7\.0/);
  });

  it("answers commands of one segment in their order, and takes the messages between them", async () => {
    const server = await startSmtpServer();
    const client = dial(server);
    const transaction = "MAIL FROM:<a@x.com>\r\nRCPT TO:<b@x.com>\r\nDATA\r\n";
    client.say(`EHLO me\r\n${transaction}one\r\n.\r\n${transaction}.\r\nNOOP\r\nRSET\r\nQUIT\r\n`);
    expect(await client.ended()).toBe("FIN");
    const codes = client.heard.match(/^\d{3}(?= )/gm);
    expect(codes?.join(" ")).toBe("220 250 250 250 354 250 250 250 354 250 250 250 221");
    expect(server.messages.map(({ data }) => data.toString())).toEqual(["one\r\n", ""]);
  });

  it.each([
    ["MAIL before EHLO", {}, "MAIL FROM:<a@x.com>", "503"],
    ["RCPT before MAIL", {}, "EHLO me\r\nRCPT TO:<a@x.com>", "503"],
    ["DATA before MAIL", {}, "EHLO me\r\nDATA", "503"],
    ["DATA before RCPT", {}, "EHLO me\r\nMAIL FROM:<>\r\nDATA", "554"],
    ["a second MAIL", {}, "EHLO me\r\nMAIL FROM:<>\r\nMAIL FROM:<>", "503"],
    ["an address without brackets", {}, "EHLO me\r\nMAIL FROM:a@x.com", "501"],
    ["no recipient", {}, "EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<>", "501"],
    ["MAIL before AUTH", { authRequired: true }, "EHLO me\r\nMAIL FROM:<>", "530"],
    ["AUTH in clear", {}, "EHLO me\r\nAUTH PLAIN AGEAYg==", "538"],
    ["AUTH where there is none", { auth: "none" }, "EHLO me\r\nAUTH PLAIN AGEAYg==", "502"],
    ["another mechanism", { authInClear: true }, "EHLO me\r\nAUTH GSSAPI", "504"],
    ["STARTTLS where there is none", { tls: "none" }, "EHLO me\r\nSTARTTLS", "502"],
    ["more than SIZE", { capabilities: ["SIZE 10"] }, "EHLO me\r\nMAIL FROM:<> SIZE=11", "552"],
    ["a word of no meaning", {}, "HELLO", "500"],
  ] satisfies [string, SmtpServerOptions, string, string][])(
    "refuses %s",
    async (_name, options, words, code) => {
      const client = dial(await startSmtpServer(options));
      client.say(`${words}\r\nQUIT\r\n`);
      await client.ended();
      expect(client.heard.match(/^\d{3}(?= )/gm)?.at(-2)).toBe(code);
    },
  );

  it.each([
    ["by default", {}, [...defaultCapabilities, "STARTTLS"]],
    ["with capabilities of its own", { capabilities: ["DSN"] }, ["DSN", "STARTTLS"]],
    ["without TLS", { tls: "none", capabilities: [] }, []],
    ["with AUTH in clear", { authInClear: true, capabilities: [] }, ["STARTTLS", "AUTH PLAIN LOGIN"]],
  ] satisfies [string, SmtpServerOptions, string[]][])(
    "announces, %s, what it offers",
    async (_name, options, keywords) => {
      const client = dial(await startSmtpServer(options));
      client.say("EHLO me\r\nQUIT\r\n");
      await client.ended();
      expect([...client.heard.matchAll(/^250[- ](.*)\r$/gm)].map(([, text]) => text)).toEqual([
        "mail.test greets me",
        ...keywords,
      ]);
    },
  );

  it("ends a message at CRLF.CRLF only, wherever the segments are cut", async () => {
    const server = await startSmtpServer();
    const client = dial(server);
    client.socket.setNoDelay(true);
    client.say("EHLO me\r\nMAIL FROM:<a@x.com>\r\nRCPT TO:<b@x.com>\r\nDATA\r\n");
    await client.hear(/354/);
    const text = "a\n.\nb\r\n.\nc\n.\r\nd\r.\re\r\n..\r\n";
    for (const byte of `${text}.\r\nQUIT\r\n`) {
      await new Promise((resolve) => client.socket.write(byte, resolve));
    }
    await client.ended();
    expect(server.messages.map(({ data }) => data.toString())).toEqual([
      text.replace("\r\n..\r\n", "\r\n.\r\n").replace("\r\n.\nc", "\r\n\nc"),
    ]);
  });

  it("refuses at the dot what is larger than its SIZE", async () => {
    const server = await startSmtpServer({ capabilities: ["SIZE 100"] });
    await expect(transport(server).sendMail(letter)).rejects.toMatchObject({ responseCode: 552 });
    expect(server.messages).toEqual([]);
  });
});

describe("TLS", () => {
  it.each([
    ["valid", undefined],
    ["expired", "CERT_HAS_EXPIRED"],
    ["not-yet-valid", "CERT_NOT_YET_VALID"],
    ["wrong-host", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ] satisfies [CertificateKind, string | undefined][])(
    "with a certificate that is %s: %s",
    async (certificate, code) => {
      const server = await startSmtpServer({ tls: "implicit", certificate });
      for (const name of [{}, { servername: "localhost" }, { servername: "mail.test" }]) {
        const client = dialTls(server, name);
        if (code === undefined) await client.hear(/^220 /);
        else expect(await client.ended()).toBe(code);
      }
    },
  );

  it("of an old version only is refused by a client of today, and spoken with one of then", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const server = await startSmtpServer({ tls: "implicit", tlsOptions: old });
    expect(await dialTls(server).ended()).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    await dialTls(server, old).hear(/^220 /);
  });

  it("of an old cipher only is refused by a client that does not know it", async () => {
    const tlsOptions = { maxVersion: "TLSv1.2", ciphers: "AES128-SHA" } as const;
    const server = await startSmtpServer({ tls: "implicit", tlsOptions });
    await dialTls(server).hear(/^220 /);
    const modern = dialTls(server, { ciphers: "ECDHE-RSA-AES128-GCM-SHA256" });
    expect(await modern.ended()).toBe("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE");
  });
});

describe("a misbehaving server", () => {
  // What the client hears after it has said EHLO, and how it ends
  it.each([
    ["FIN before a word", { connect: "drop" }, "", "FIN"],
    ["RST before a word", { connect: "reset" }, "", "ECONNRESET"],
    [
      "another protocol",
      { connect: { raw: "HTTP/1.1 400 Bad Request\r\n\r\n" }, greeting: "drop" },
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "FIN",
    ],
    [
      "bytes, not text",
      { greeting: ["220 x", { raw: Buffer.from([0, 255]) }], ehlo: "drop" },
      "220 x\r\n\0\xff",
      "FIN",
    ],
    ["a refusal, then FIN", { greeting: ["554 5.7.1 no", "drop"] }, "554 5.7.1 no\r\n", "FIN"],
    [
      "several lines",
      { greeting: "220-a\n220-b\r\n220 c", ehlo: "drop" },
      "220-a\r\n220-b\r\n220 c\r\n",
      "FIN",
    ],
    [
      "a surplus reply",
      { greeting: "220 a\n250 surplus", ehlo: "reset" },
      "220 a\r\n250 surplus\r\n",
      "ECONNRESET",
    ],
    ["a drip", { greeting: { drip: "220 slow\r\n", everyMs: 1 }, ehlo: "drop" }, "220 slow\r\n", "FIN"],
    [
      "a drip of pieces",
      { greeting: { drip: ["220-a\r\n", "220 b\r\n"], everyMs: 1 }, ehlo: "drop" },
      "220-a\r\n220 b\r\n",
      "FIN",
    ],
    [
      "a chain",
      { greeting: ["220 a", { afterMs: 1, step: ["421 b", "drop"] }] },
      "220 a\r\n421 b\r\n",
      "FIN",
    ],
  ] satisfies [string, SmtpServerOptions["script"], string, string][])(
    "%s",
    async (_name, script, heard, end) => {
      const server = await startSmtpServer({ script });
      const client = dial(server);
      client.say("EHLO me\r\n");
      expect(await client.ended()).toBe(end);
      expect(client.heard).toBe(heard);
    },
  );

  it("says nothing more after silence, and hears everything", async () => {
    const server = await startSmtpServer({ script: { ehlo: "silence" } });
    const client = dial(server);
    client.say("EHLO me\r\nNOOP\r\nQUIT\r\n");
    await server.waitFor(({ commands }) => commands.length === 3);
    client.socket.end();
    await server.waitFor(({ open }) => open === 0);
    expect(client.heard).toBe("220 mail.test ESMTP\r\n");
  });

  it("waits before a step as long as it says", async () => {
    const server = await startSmtpServer({ script: { greeting: { afterMs: 50, step: "220 at last" } } });
    const begin = performance.now();
    await dial(server).hear(/220 at last/);
    expect(performance.now() - begin).toBeGreaterThan(45);
  });

  it("drips for ever, until the client goes", async () => {
    const forever = {
      *[Symbol.iterator]() {
        for (;;) yield "220-x\r\n";
      },
    };
    const server = await startSmtpServer({ script: { greeting: { drip: forever, everyMs: 1 } } });
    const client = dial(server);
    await client.hear(/(220-x\r\n){5}/);
    client.socket.destroy();
    await server.waitFor(({ open }) => open === 0);
  });

  it("injects a reply before TLS, in one segment with its 220", async () => {
    const server = await startSmtpServer({ script: { starttls: { raw: "220 go\r\n250 injected\r\n" } } });
    const clear = dial(server);
    await clear.hear(/220 /);
    clear.say("EHLO me\r\n");
    await clear.hear(/250 STARTTLS/);
    const said = once(clear.socket, "data");
    clear.say("STARTTLS\r\n");
    const [segment] = await said;
    expect(String(segment)).toBe("220 go\r\n250 injected\r\n");

    clear.socket.removeAllListeners("data");
    const secret = dial(connectTls({ socket: clear.socket, ca: testCa, host: server.host }));
    secret.say("EHLO me again\r\n");
    await secret.hear(/250 AUTH PLAIN LOGIN/);
    expect(server.plaintext).toBe("EHLO me\r\nSTARTTLS\r\n");
  });

  it("cuts TLS with RST as well", async () => {
    const server = await startSmtpServer({ tls: "implicit", script: { ehlo: "reset" } });
    const client = dialTls(server);
    client.say("EHLO me\r\n");
    expect(await client.ended()).toBe("ECONNRESET");
  });

  // Before the dot nothing was delivered; once it has come, only 4xx and 5xx say that nothing was
  it.each([
    ["the data are refused", { data: "451 4.3.0 later" }, 0],
    ["the connection ends before the dot", { body: { afterBytes: 40, step: "drop" } }, 0],
    ["the connection is reset before the dot", { body: { afterBytes: 0, step: "reset" } }, 0],
    [
      "the server pauses before the dot",
      { body: { afterBytes: 40, step: { afterMs: 1, step: { raw: "" } } } },
      1,
    ],
    ["the message is shorter than the fault", { body: { afterBytes: 100_000, step: "drop" } }, 1],
    ["the dot is refused for now", { dot: "451 4.3.0 later" }, 0],
    ["the dot is refused for good", { dot: "550 5.7.1 spam" }, 0],
    ["the connection ends after the dot", { dot: "drop" }, 1],
    ["the connection is reset after the dot", { dot: "reset" }, 1],
    ["the dot is answered with garbage", { dot: "what?" }, 1],
    ["the dot is answered twice", { dot: "250 2.0.0 ok\n550 surplus" }, 1],
    ["all recipients are refused, and the data welcome", { rcpt: "550 5.1.1 no", data: "354 go" }, 1],
  ] satisfies [string, Script, number][])("when %s, messages received: %#", async (_name, script, count) => {
    const server = await startSmtpServer({ script });
    const client = dial(server);
    client.say("EHLO me\r\nMAIL FROM:<a@x.com>\r\nRCPT TO:<b@x.com>\r\nDATA\r\n");
    client.say(`${"x".repeat(50)}\r\n.\r\nQUIT\r\n`);
    client.socket.end();
    await server.waitFor(({ connections, open }) => connections === 1 && open === 0);
    expect(server.messages).toHaveLength(count);
  });

  it("goes on after a step that only delayed the body", async () => {
    const server = await startSmtpServer({
      script: { body: { afterBytes: 10, step: { afterMs: 1, step: { raw: "" } } } },
    });
    await transport(server).sendMail(letter);
    expect(server.messages[0]?.data.toString()).toMatch(/one\r\n\.two\r\n$/);
  });

  it("takes no line of a broken-off body for a command", async () => {
    const server = await startSmtpServer({ script: { body: { afterBytes: 1, step: "silence" } } });
    const client = dial(server);
    client.say("EHLO me\r\nMAIL FROM:<a@x.com>\r\nRCPT TO:<b@x.com>\r\nDATA\r\nNOOP\r\n.\r\nQUIT\r\n");
    await server.waitFor(({ commands }) => commands.at(-1)?.line === "QUIT");
    expect(server.commands.map(({ line }) => line)).not.toContain("NOOP");
  });

  it("stops reading in the middle of a message, so that the client's writes stand still", async () => {
    const server = await startSmtpServer({ script: { body: { afterBytes: 1000, step: "stall" } } });
    const client = dial(server);
    client.say("EHLO me\r\nMAIL FROM:<a@x.com>\r\nRCPT TO:<b@x.com>\r\nDATA\r\n");
    await client.hear(/354/);
    client.say("x\r\n".repeat(5_000_000));
    await once(client.socket.setTimeout(200), "timeout");
    expect(client.socket.writableLength).toBeGreaterThan(0);
  });

  it.each([
    ["reset", "", "ECONNRESET"],
    [["421 4.4.2 Idle for too long", "drop"], "421 4.4.2 Idle for too long\r\n", "FIN"],
  ] satisfies [Step, string, string][])("interrupts idle connections with %j", async (step, heard, end) => {
    const server = await startSmtpServer();
    const clients = [dial(server), dial(server)];
    await Promise.all(clients.map((client) => client.hear(/220 /)));
    await server.interrupt(step);
    expect(await Promise.all(clients.map((client) => client.ended()))).toEqual([end, end]);
    for (const client of clients) expect(client.heard).toBe(`220 mail.test ESMTP\r\n${heard}`);
  });

  it("answers nobody any more when it was interrupted for good", async () => {
    const server = await startSmtpServer();
    const client = dial(server);
    await client.hear(/220 /);
    await server.interrupt("silence");
    client.say("EHLO me\r\n");
    client.socket.end();
    expect(await client.ended()).toBe("FIN");
    expect(client.heard).toBe("220 mail.test ESMTP\r\n");
    expect(server.commands).toHaveLength(1);
  });
});

describe("a script", () => {
  it("decides by connection, count and what is known of the client", async () => {
    const seen: string[] = [];
    const server = await startSmtpServer({
      script: {
        ehlo: ({ secure, argument }) => void seen.push(`${secure ? "TLS" : "clear"} ${argument}`),
        rcpt: ({ connection, nth, total, session }) => {
          seen.push(`${connection} ${nth} ${total} ${session.user} ${session.from} ${session.to.length}`);
          return nth === 2 ? "550 5.1.1 No such user" : undefined;
        },
        dot: ({ message, nth }) => void seen.push(`${nth} ${message?.to.join()}`),
      },
    });
    const sender = transport(server, { pool: true, maxConnections: 1, name: "me" });
    const first = await sender.sendMail(letter);
    const second = await sender.sendMail({ ...letter, to: "dan@example.com" });
    sender.close();
    await transport(server, { name: "you" }).sendMail({ ...letter, to: "eve@example.com" });

    expect(first).toMatchObject({ accepted: ["ben@example.com"], rejected: ["cid@example.com"] });
    expect(second).toMatchObject({ accepted: ["dan@example.com"] });
    expect(seen).toEqual([
      "clear me",
      "TLS me",
      "1 1 1 user@example.com ann@example.com 0",
      "1 2 2 user@example.com ann@example.com 1",
      "1 ben@example.com",
      "1 3 3 user@example.com ann@example.com 0",
      "2 dan@example.com",
      "clear you",
      "TLS you",
      "2 1 4 user@example.com ann@example.com 0",
      "1 eve@example.com",
    ]);
  });

  it("may take or refuse anybody's credentials, before or after they were given", async () => {
    const late = await startSmtpServer({
      script: { credentials: ({ argument }) => `454 4.7.0 Later, ${argument}` },
    });
    await expect(transport(late).verify()).rejects.toMatchObject({
      responseCode: 454,
      response: "454 4.7.0 Later, user@example.com",
    });
    const early = await startSmtpServer({ script: { auth: ({ argument }) => `535 5.7.8 No ${argument}` } });
    await expect(transport(early).verify()).rejects.toMatchObject({
      response: "535 5.7.8 No PLAIN AHVzZXJAZXhhbXBsZS5jb20Ac2VjcmV0",
    });
    const generous = await startSmtpServer({ authRequired: true, script: { auth: "235 2.7.0 Welcome" } });
    await transport(generous, { auth: { user: "x", pass: "y" } }).sendMail(letter);
    expect(generous.messages).toHaveLength(1);
  });

  it("that throws shows itself when the server is closed", async () => {
    const server = await startSmtpServer({
      script: {
        ehlo: () => {
          throw new Error("a mistake in the test");
        },
      },
    });
    const client = dial(server);
    client.say("EHLO me\r\n");
    await client.ended();
    await expect(server.close()).rejects.toThrow("a mistake in the test");
  });
});

describe("the test's side", () => {
  it("gets the messages as they come, and hears what came instead", async () => {
    const server = await startSmtpServer();
    const received = server.received(2);
    const sender = transport(server);
    await sender.sendMail(letter);
    await sender.sendMail({ ...letter, from: "zoe@example.com" });
    expect((await received).map(({ from }) => from)).toEqual(["ann@example.com", "zoe@example.com"]);
    await expect(server.received(3, 1)).rejects.toThrow(
      /not seen within 1 ms: 3 messages[^]*2 messages[^]*2: MAIL FROM:<zoe@example.com>/,
    );
  });

  it("cuts every connection when it closes, frees the port, and may close again", async () => {
    const server = await startSmtpServer();
    const client = dial(server);
    await client.hear(/220 /);
    expect(server.open).toBe(1);
    const waiting = expect(server.received(1)).rejects.toThrow(
      "not seen before the server was closed: 1 messages",
    );
    await server.close();
    await server.close();
    await waiting;
    await client.ended();
    expect(server).toMatchObject({ open: 0, connections: 1 });
    expect(await dial(server).ended()).toBe("ECONNREFUSED");
  });

  it("is told by name what it left open, which is closed then", async () => {
    const server = await startSmtpServer();
    await expect(expectNothingOpen()).rejects.toThrow(
      `still open at the end of this file: SMTP server on port ${server.port}`,
    );
    expect(await dial(server).ended()).toBe("ECONNREFUSED");
    await closeEverything();
    await expect(expectNothingOpen()).resolves.toBeUndefined();
  });
});
