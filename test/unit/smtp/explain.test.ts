/** What people read about a fault: message, remedy, what to set, and what the server said. */
import { describe, expect, it } from "@jest/globals";
import type { TransportConfig } from "../../../lib/config/config.ts";
import type { Provider, ProviderPort } from "../../../lib/providers/provider.ts";
import { classify } from "../../../lib/smtp/classify.ts";
import { explain } from "../../../lib/smtp/explain.ts";
import type { Fault, Problem } from "../../../lib/smtp/problem.ts";
import type { RemedyContext } from "../../../lib/smtp/remedies.ts";
import { faults, reply } from "./faults.ts";
import { transport } from "./transport-config.ts";

const explained = (fault: Fault, context: RemedyContext = {}): Problem =>
  explain(fault, classify(fault), context);

const provider = (...ports: ProviderPort[]): Provider => ({
  id: "somebody",
  name: "Somebody",
  host: "mail.example.com",
  ports,
  credential: "password",
  plainPassword: true,
  username: { en: "", "zh-CN": "" },
  password: { en: "", "zh-CN": "" },
  links: [],
});

describe("the message", () => {
  const messages: readonly (readonly [fault: Fault, message: string, change?: Partial<TransportConfig>])[] = [
    [
      { stage: "auth", command: "AUTH", reply: reply("535 5.7.8 Error: authentication failed") },
      "mail.example.com:587 refused user name and password: 535 5.7.8 Error: authentication failed",
    ],
    [
      { stage: "dns", cause: "ENOTFOUND", detail: "getaddrinfo ENOTFOUND mail.example.com" },
      "the host name mail.example.com could not be resolved: getaddrinfo ENOTFOUND mail.example.com",
    ],
    [
      { stage: "connect", cause: "ECONNREFUSED", detail: "connect ECONNREFUSED 192.0.2.1:587" },
      "mail.example.com:587 refused the connection: connect ECONNREFUSED 192.0.2.1:587",
    ],
    [{ stage: "connect", cause: "TIMEOUT" }, "mail.example.com:587 could not be reached in time"],
    [
      { stage: "greeting", cause: "GARBAGE", detail: "received: HTTP/1.1 400 Bad Request" },
      "mail.example.com:587 did not keep to SMTP before its greeting: what came is no SMTP reply; received: HTTP/1.1 400 Bad Request",
    ],
    [{ stage: "mail", cause: "CLOSED" }, "the connection to mail.example.com:587 was lost after MAIL FROM"],
    [
      { stage: "rcpt", cause: "ABORTED" },
      "the connection to mail.example.com:587 was lost after RCPT TO: this service is stopping",
    ],
    [
      { stage: "reply", cause: "TIMEOUT" },
      "mail.example.com:587 was silent after the whole message, before its answer",
    ],
    [
      { stage: "tls", cause: "CERT_HAS_EXPIRED", detail: "certificate has expired" },
      "the certificate of mail.example.com:587 is not valid at this time: certificate has expired (CERT_HAS_EXPIRED)",
    ],
    [
      { stage: "tls", cause: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
      "the certificate of mail.example.com:587 is not trusted: UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ],
    [
      {
        stage: "tls",
        cause: "ERR_SSL_UNSUPPORTED_PROTOCOL",
        detail:
          "407D8246A07F0000:error:0A000102:SSL routines:tls_process_server_hello:unsupported protocol:../deps/openssl/ssl/statem/clnt.c:77:\n",
      },
      "no TLS connection with mail.example.com:587 came about: unsupported protocol (ERR_SSL_UNSUPPORTED_PROTOCOL)",
    ],
    [
      { stage: "tls", cause: "ERR_SSL_WRONG_VERSION_NUMBER" },
      "mail.example.com:587 does not speak TLS from the first byte: ERR_SSL_WRONG_VERSION_NUMBER",
      { security: "tls" },
    ],
    [
      { stage: "greeting", cause: "TLS_MODE" },
      "mail.example.com:465 speaks TLS from the first byte, and we began in clear",
      { port: 465 },
    ],
    [
      { stage: "mail", reply: reply("530 5.7.0 Must issue a STARTTLS command first") },
      "mail.example.com:587 takes mail only after STARTTLS: 530 5.7.0 Must issue a STARTTLS command first",
      { security: "none" },
    ],
    [
      { stage: "mail", cause: "SIZE_EXCEEDED", detail: "the message has 12 bytes, the server takes 10" },
      "the message is too large for mail.example.com:587: the message has 12 bytes, the server takes 10",
    ],
    [
      { stage: "rcpt", cause: "SMTPUTF8_NOT_OFFERED" },
      "mail.example.com:587 refused the recipient: it does not offer SMTPUTF8, which this address needs",
    ],
    [{ stage: "greeting" }, "the connection to mail.example.com:587 was lost before its greeting"],
    [
      { stage: "rcpt", reply: reply("550 5.1.1 no such user") },
      "[2001:db8::1]:587 refused the recipient: 550 5.1.1 no such user",
      { host: "2001:db8::1" },
    ],
  ];

  it.each(messages.map(([fault, message, change = {}]) => [message, fault, change] as const))(
    "%s",
    (message, fault, change) => {
      expect(explained(fault, { transport: transport(change) }).message).toBe(message);
    },
  );

  it("speaks Chinese", () => {
    const context = { transport: transport(), locale: "zh-CN" } as const;
    expect(explained({ stage: "auth", reply: reply("535 5.7.8 no") }, context).message).toBe(
      "mail.example.com:587 拒绝了用户名和密码：535 5.7.8 no",
    );
    expect(explained({ stage: "mail", cause: "CLOSED" }, context).message).toBe(
      "与 mail.example.com:587 的连接在 MAIL FROM 之后中断",
    );
  });

  it("does without a transport", () => {
    expect(explained({ stage: "auth", reply: reply("535 no") }).message).toBe(
      "the SMTP server refused user name and password: 535 no",
    );
    expect(explained({ stage: "greeting", cause: "TLS_MODE" }).message).toBe(
      "the SMTP server and we do not agree on when TLS begins",
    );
  });
});

describe("whatever happens", () => {
  it.each(faults.map(({ title, fault, verdict }) => [title, fault, verdict] as const))(
    "%s",
    (_title, fault, verdict) => {
      for (const locale of ["en", "zh-CN"] as const) {
        for (const dialect of ["host", "uri", "provider", "fallback"] as const) {
          const problem = explain(fault, verdict, { transport: transport({ dialect }), locale });
          expect(problem.type).toBe(verdict.type);
          expect(problem.message).not.toMatch(/[{}\n]|undefined|\(\)$/);
          expect(problem.remedy).not.toMatch(/[{}\n]|undefined/);
          expect(JSON.stringify(problem)).not.toMatch(/hunter2|me@example\.com/);
          expect(problem.ambiguous).toBe(verdict.outcome === "uncertain" ? true : undefined);
        }
      }
    },
  );
});

describe("the server's words", () => {
  it("come with code, enhanced code and command", () => {
    const fault: Fault = {
      stage: "auth",
      command: "AUTH",
      reply: reply("535 5.7.8 Error: authentication failed"),
    };
    expect(explained(fault).smtp).toEqual({
      code: 535,
      enhancedCode: "5.7.8",
      response: "535 5.7.8 Error: authentication failed",
      command: "AUTH",
    });
  });

  it("come with what there is", () => {
    expect(explained({ stage: "greeting", reply: reply("421 too busy") }).smtp).toEqual({
      code: 421,
      response: "421 too busy",
    });
    expect(explained({ stage: "greeting", cause: "CLOSED" })).not.toHaveProperty("smtp");
  });
});

describe("an uncertain outcome", () => {
  it("says that nobody knows, and what becomes of the message", () => {
    const problem = explained({ stage: "reply", cause: "ECONNRESET" });
    expect(problem).toMatchObject({ type: "SMTP_CONNECTION_LOST", ambiguous: true });
    expect(problem.remedy).toMatch(/may have been delivered.*same Message-ID/);
    expect(explained({ stage: "reply", cause: "ECONNRESET" }, { locale: "zh-CN" }).remedy).toMatch(
      /可能已经送达/,
    );
  });
});

describe("what to set", () => {
  const wrongVersion: Fault = { stage: "tls", cause: "ERR_SSL_WRONG_VERSION_NUMBER" };
  const silentTls: Fault = { stage: "greeting", cause: "TLS_MODE" };
  const wantsStarttls: Fault = {
    stage: "mail",
    reply: reply("530 5.7.0 Must issue a STARTTLS command first"),
  };
  const refused: Fault = { stage: "connect", cause: "ECONNREFUSED" };
  const timedOut: Fault = { stage: "connect", cause: "TIMEOUT" };
  const noStarttls: Fault = { stage: "tls", command: "STARTTLS", cause: "STARTTLS_NOT_OFFERED" };

  const both = provider({ port: 465, security: "tls" }, { port: 587, security: "starttls" });
  const only587 = provider({ port: 587, security: "starttls" });
  const with25 = provider({ port: 25, security: "none" }, { port: 465, security: "tls" });
  const starttls25 = provider({ port: 25, security: "starttls" }, { port: 587, security: "starttls" });

  const fixes: readonly (readonly [
    name: string,
    fault: Fault,
    change: Partial<TransportConfig>,
    provider: Provider | undefined,
    fix: string | undefined,
  ])[] = [
    ["TLS on 587", wrongVersion, { port: 587, security: "tls" }, undefined, "SMTP_TLS=false"],
    ["TLS on 25", wrongVersion, { port: 25, security: "tls" }, undefined, "SMTP_TLS=false"],
    ["TLS on an odd port", wrongVersion, { port: 5000, security: "tls" }, undefined, "SMTP_TLS=false"],
    ["clear text on 465", silentTls, { port: 465, security: "starttls" }, undefined, "SMTP_TLS=true"],
    [
      "clear text on an odd port",
      silentTls,
      { port: 5000, security: "opportunistic" },
      undefined,
      "SMTP_TLS=true",
    ],
    ["the same with a preset", silentTls, { port: 465, dialect: "provider" }, both, "SMTP_TLS=true"],
    [
      "clear text on 465, in a URI",
      silentTls,
      { port: 465, dialect: "uri" },
      undefined,
      "SMTP_URI=smtps://<username>:<password>@mail.example.com:465/",
    ],
    [
      "TLS on 587, in a URI",
      wrongVersion,
      { port: 587, security: "tls", dialect: "uri" },
      undefined,
      "SMTP_URI=smtp://<username>:<password>@mail.example.com:587/",
    ],
    [
      "a URI without credentials",
      silentTls,
      { port: 465, dialect: "uri", username: undefined, password: undefined, host: "2001:db8::1" },
      undefined,
      "SMTP_URI=smtps://[2001:db8::1]:465/",
    ],
    [
      "a URI with a user only",
      silentTls,
      { port: 465, dialect: "uri", password: undefined },
      undefined,
      "SMTP_URI=smtps://<username>@mail.example.com:465/",
    ],
    [
      "one of the fallbacks",
      silentTls,
      { port: 465, dialect: "fallback" },
      undefined,
      "SMTP_FALLBACK_URIS=smtps://<username>:<password>@mail.example.com:465/",
    ],
    ["STARTTLS switched off", wantsStarttls, { security: "none" }, undefined, "SMTP_OPPORTUNISTIC_TLS=true"],
    [
      "STARTTLS switched off, in a URI",
      wantsStarttls,
      { security: "none", dialect: "uri" },
      undefined,
      "SMTP_URI=smtp://<username>:<password>@mail.example.com:587/",
    ],
    ["STARTTLS wanted, but not offered", wantsStarttls, { security: "opportunistic" }, undefined, undefined],
    ["refused on a port that the provider does not list", refused, { port: 2525 }, both, "SMTP_PORT=465"],
    ["timed out on such a port", timedOut, { port: 2525 }, only587, "SMTP_PORT=587"],
    [
      "timed out on such a port, in a URI",
      timedOut,
      { port: 2525, dialect: "uri" },
      both,
      "SMTP_URI=smtps://<username>:<password>@mail.example.com:465/",
    ],
    ["timed out on a listed port: the firewall's doing", timedOut, { port: 587 }, both, undefined],
    ["refused on a listed port", refused, { port: 587 }, both, undefined],
    ["25 is listed in clear only", timedOut, { port: 25 }, with25, "SMTP_PORT=465"],
    ["25 is listed, but hosters block it", timedOut, { port: 25 }, starttls25, "SMTP_PORT=587"],
    ["25 at an unknown host", timedOut, { port: 25 }, undefined, "SMTP_PORT=587"],
    ["25 refused at an unknown host", refused, { port: 25 }, undefined, undefined],
    ["2525 at an unknown host", timedOut, { port: 2525 }, undefined, undefined],
    [
      "no route: the port is not the point",
      { stage: "connect", cause: "ENETUNREACH" },
      { port: 25 },
      both,
      undefined,
    ],
    ["no STARTTLS, but 465 is listed", noStarttls, { port: 25 }, both, "SMTP_PORT=465"],
    ["no STARTTLS on the listed port, but 465 is listed", noStarttls, { port: 587 }, both, "SMTP_PORT=465"],
    ["no STARTTLS, only 587 is listed", noStarttls, { port: 25 }, only587, "SMTP_PORT=587"],
    ["no STARTTLS where it should be", noStarttls, { port: 587 }, only587, undefined],
    ["no STARTTLS at an unknown host", noStarttls, {}, undefined, undefined],
    ["a wrong password", { stage: "auth", reply: reply("535 no") }, {}, both, undefined],
  ];

  it.each(fixes)("%s", (_name, fault, change, known, expected) => {
    const context = { transport: transport(change), ...(known && { provider: known }) };
    const { fix, remedy } = explained(fault, context);
    expect(fix && `${fix.variable}=${fix.value}`).toBe(expected);
    if (!fix) return;
    expect(remedy).toContain(fix.variable);
    expect(remedy).toContain(fix.value);
    expect(explained(fault, { ...context, locale: "zh-CN" }).remedy).toContain(fix.value);
  });

  it("says which TLS goes with the port", () => {
    const context = { transport: transport({ port: 2525 }), provider: both };
    expect(explained(refused, context).remedy).toMatch(/Set SMTP_PORT to 465, with SMTP_TLS=true\.$/);
  });

  it("needs a transport", () => {
    expect(explained(silentTls)).not.toHaveProperty("fix");
  });
});
