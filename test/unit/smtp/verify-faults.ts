/** What a verification can meet on its way, by the numbers of the test plan, and what it must say of it: the table of verify's tests. */
import { isIP } from "node:net";
import type { TransportConfig } from "../../../lib/config/config.ts";
import { Secret } from "../../../lib/secret.ts";
import type { Problem, SmtpProblemType } from "../../../lib/smtp/problem.ts";
import type { SessionOptions } from "../../../lib/smtp/session.ts";
import type { CheckName, VerifyOptions } from "../../../lib/smtp/verify.ts";
import { testCa } from "../../support/certificates.ts";
import type { Script, SmtpServerOptions } from "../../support/smtp-server.ts";

/** TCP to a multicast address: whatever routes a machine has, the kernel says ENETUNREACH. */
export const unroutable = "ff0e::1";

/** How the transport begins: in clear and then STARTTLS, or with TLS from the first byte. */
export type Way = "STARTTLS" | "TLS";

export interface Row {
  /** The number in the test plan, where it has one, and what happens */
  name: string;
  /** @default both */
  ways?: readonly Way[];
  /** Which check fails; where TLS comes first, it may be another one */
  check: CheckName | Readonly<Record<Way, CheckName>>;
  type: SmtpProblemType;
  /** What the remedy must speak of */
  remedy: RegExp;
  /** @default none: nobody knows */
  fix?: (port: number) => Problem["fix"];
  /** Of the server's reply, where there is one */
  code?: number;
  /** `tls` follows the way unless it is given */
  server?: SmtpServerOptions;
  /** Instead of the server's port */
  port?: "closed" | "black hole";
  change?: Partial<TransportConfig>;
  /** The limit that this row runs into, in ms; all others are generous */
  patience?: Partial<TransportConfig["timeouts"]>;
  options?: VerifyOptions;
  /** @default 1; 0 where nobody was reached */
  connections?: number;
  /** False: no user name and password are set */
  credentials?: false;
}

type Case = Omit<Row, "check" | "type" | "remedy">;

/** Rows that are told alike. */
function told(check: Row["check"], type: SmtpProblemType, remedy: RegExp, cases: readonly Case[]): Row[] {
  return cases.map((one) => ({ ...one, check, type, remedy }));
}

/** A reply that the server gives at one moment of every conversation. */
function said(name: string, moment: keyof Script, reply: string, more: Partial<Case> = {}): Case {
  const server = { ...more.server, script: { [moment]: reply } };
  return { name: `${name}: ${reply}`, code: Number(reply.slice(0, 3)), ...more, server };
}

const lookup = (...addresses: string[]): NonNullable<SessionOptions["lookup"]> => {
  return async () => addresses.map((address) => ({ address, family: isIP(address) }));
};
const failing = (code: string): VerifyOptions => ({
  lookup: async () => Promise.reject(Object.assign(new Error(`getaddrinfo ${code} mail.test`), { code })),
});
/** A provider's host name that leads to the scripted server. */
const at = (host: string): Pick<Row, "change" | "options"> => ({
  change: { host, tls: { ca: testCa, servername: "mail.test" } },
  options: { lookup: lookup("127.0.0.1") },
});
const set = (variable: string, value: string) => () => ({ variable, value });
const rewrite = (variable: string, scheme: string) => (port: number) => ({
  variable,
  value: `${scheme}://<username>:<password>@127.0.0.1:${port}/`,
});

const inClearFirst = ["STARTTLS"] as const;
const tlsFirst = ["TLS"] as const;
const clearTextAllowed = { security: "opportunistic", allowCleartextAuth: true } as const;
const firstWord = { STARTTLS: "greeting", TLS: "encryption" } as const;
const oldTls = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;

const nowhere: readonly Row[] = [
  ...told("dns", "SMTP_DNS_FAILED", /spelling of SMTP_HOST.*getent hosts mail\.test/, [
    { name: "F4 no such host", options: failing("ENOTFOUND") },
    { name: "F4 a host without an address", options: failing("ENODATA") },
    { name: "F4 an empty answer", options: { lookup: lookup() } },
    { name: "F5 the name server fails", options: failing("EAI_AGAIN") },
    {
      name: "F6 the name server is silent",
      options: { lookup: () => new Promise(() => {}) },
      patience: { dns: 100 },
    },
  ]),
  ...told("connect", "SMTP_CONNECTION_REFUSED", /Nothing listens there.*SMTP_PORT/, [
    { name: "F1 a closed port", port: "closed", options: { lookup: lookup("127.0.0.1") } },
    {
      name: "F2 no way to the IPv6 address, and the other one refuses",
      port: "closed",
      options: { lookup: lookup(unroutable, "127.0.0.1") },
    },
  ]),
  ...told("connect", "SMTP_CONNECTION_TIMEOUT", /no way to mail\.test.*IPv6/, [
    { name: "F2 an IPv6 address alone, and no way there", options: { lookup: lookup(unroutable) } },
  ]),
  ...told("connect", "SMTP_CONNECTION_TIMEOUT", /firewall.*security group.*block port 25/, [
    {
      name: "F8 a port that swallows SYN",
      port: "black hole",
      options: { lookup: lookup("127.0.0.1") },
      patience: { connect: 100 },
    },
  ]),
].map((row) => ({ ...row, ways: tlsFirst, change: { host: "mail.test" }, connections: 0 }));

const greeting: readonly Row[] = [
  ...told("greeting", "SMTP_TIMEOUT", /SMTP_PORT and SMTP_TLS.*firewall/, [
    { name: "F9 no banner", server: { script: { greeting: "silence" } }, patience: { greeting: 100 } },
    {
      name: "F16 a banner that drips",
      server: { script: { greeting: { drip: "220 mail.test ESMTP", everyMs: 20 } } },
      patience: { greeting: 100 },
    },
    { name: "F21 EHLO hangs", server: { script: { ehlo: "silence" } }, patience: { command: 100 } },
  ]),
  ...told(firstWord, "SMTP_CONNECTION_LOST", /firewall or proxy.*lets this machine's address in/, [
    { name: "F10 FIN at once", server: { script: { connect: "drop" } } },
    { name: "F11 RST at once", server: { script: { connect: { afterMs: 20, step: "reset" } } } },
  ]),
  ...told("greeting", "SMTP_SERVER_BUSY", /status page.*SMTP_FALLBACK_URIS/, [
    said("F12 banner", "greeting", "421 4.3.2 Later"),
    said("F19 EHLO", "ehlo", "421 4.3.2 Closing"),
  ]),
  ...told("greeting", "SMTP_RATE_LIMITED", /quota/, [
    said("F12 a banner that throttles", "greeting", "421 4.7.0 Too many connections"),
  ]),
  ...told("greeting", "SMTP_GREETING_REJECTED", /our address is blocked/, [
    said("F13 banner", "greeting", "554 5.7.1 Go away"),
  ]),
  ...told("greeting", "SMTP_PROTOCOL_ERROR", /SMTP_HOST and SMTP_PORT.*web server/, [
    {
      name: "F14 a web server",
      server: { script: { greeting: { raw: "HTTP/1.1 400 Bad Request\r\n\r\n" } } },
    },
    said("F18 EHLO", "ehlo", "502 5.5.1 What?", { server: { authInClear: true } }),
    said("F20 EHLO", "ehlo", "550 5.7.1 No"),
    {
      name: "EHLO answered by two codes",
      server: { script: { ehlo: { raw: "250-mail.test\r\n550 no\r\n" } } },
    },
  ]),
];

const encryption: readonly Row[] = [
  ...told(
    "encryption",
    "SMTP_STARTTLS_UNAVAILABLE",
    /465.*suspect somebody.*SMTP_ALLOW_CLEARTEXT_AUTH=true/,
    [
      { name: "F22 no STARTTLS", ways: inClearFirst, server: { tls: "none", authInClear: true } },
      {
        ...at("smtp.qq.com"),
        name: "F22 no STARTTLS at a provider that has a port with TLS",
        ways: inClearFirst,
        server: { tls: "none", authInClear: true },
        fix: set("SMTP_PORT", "465"),
      },
    ],
  ),
  ...told("encryption", "SMTP_STARTTLS_FAILED", /tell its operator.*465/, [
    said("F23", "starttls", "454 4.7.0 No TLS", { ways: inClearFirst, server: { authInClear: true } }),
    said("F23", "starttls", "501 5.5.4 No", { ways: inClearFirst, server: { authInClear: true } }),
    said("F23 where clear text is allowed", "starttls", "454 4.7.0 No TLS", {
      ways: inClearFirst,
      server: { authInClear: true },
      change: clearTextAllowed,
    }),
    {
      name: "F24 a reply injected into the handshake",
      ways: inClearFirst,
      server: { script: { starttls: ["220 2.0.0 Go", { afterMs: 20, step: "250 injected" }] } },
    },
  ]),
  ...told("encryption", "SMTP_PROTOCOL_ERROR", /proxy/, [
    {
      name: "F24 a reply injected before the handshake",
      ways: inClearFirst,
      server: { script: { starttls: "220 2.0.0 Go\r\n250-injected\r\n250 AUTH PLAIN" } },
    },
    {
      name: "EHLO refused once TLS has begun",
      ways: inClearFirst,
      server: { script: { ehlo: ({ secure }) => (secure ? "550 5.7.1 No" : undefined) } },
      code: 550,
    },
  ]),
  ...told("encryption", "SMTP_TIMEOUT", /firewall/, [
    {
      name: "a handshake that hangs",
      ways: tlsFirst,
      server: { script: { connect: "silence" } },
      patience: { connect: 100 },
    },
  ]),
  ...told("encryption", "SMTP_CERTIFICATE_UNTRUSTED", /SMTP_TLS_CA_FILE/, [
    { name: "F27 a certificate signed by nobody", server: { certificate: "self-signed" } },
    {
      name: "F27 a certificate signed by nobody, where clear text is allowed",
      ways: inClearFirst,
      server: { certificate: "self-signed", authInClear: true },
      change: clearTextAllowed,
    },
    { name: "F27 a private authority that we were not told of", change: { tls: {} } },
  ]),
  ...told("encryption", "SMTP_CERTIFICATE_EXPIRED", /renew.*clock of this machine/, [
    { name: "F28 an expired certificate", server: { certificate: "expired" } },
    { name: "F28 a certificate of the future", server: { certificate: "not-yet-valid" } },
  ]),
  ...told("encryption", "SMTP_CERTIFICATE_HOST_MISMATCH", /SMTP_HOST.*SMTP_TLS_SERVERNAME/, [
    {
      name: "F29 a certificate for another host",
      server: { certificate: "wrong-host" },
      change: { host: "mail.test" },
      options: { lookup: lookup("127.0.0.1") },
    },
    { name: "F30 an address that the certificate does not name", server: { certificate: "wrong-host" } },
    {
      name: "F30 a servername that the certificate does not name",
      change: { tls: { ca: testCa, servername: "smtp.test" } },
    },
  ]),
  ...told("encryption", "SMTP_TLS_FAILED", /SMTP_CIPHER_SPEC.*TLS 1\.2/, [
    { name: "F31 TLS 1.0 and 1.1 only", server: { tlsOptions: oldTls } },
    {
      name: "F33 no common cipher",
      server: { tlsOptions: { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-SHA" } },
      change: { tls: { ca: testCa, ciphers: "ECDHE-RSA-AES128-GCM-SHA256" } },
    },
    {
      name: "F33 TLS 1.3 demanded of a server that does not speak it",
      server: { tlsOptions: { maxVersion: "TLSv1.2" } },
      change: { tls: { ca: testCa, minVersion: "TLSv1.3" } },
    },
  ]),
];

const tlsMode: readonly Row[] = [
  ...told(firstWord, "SMTP_TLS_MODE_MISMATCH", /465.*587/, [
    { name: "F32 in clear", fix: set("SMTP_TLS", "true") },
    { name: "F32 in clear, to old TLS", server: { tlsOptions: oldTls }, fix: set("SMTP_TLS", "true") },
    {
      name: "F32 in clear, to a certificate that nobody trusts",
      server: { certificate: "self-signed" },
      fix: set("SMTP_TLS", "true"),
    },
    {
      name: "F32 in clear, without credentials",
      change: { security: "opportunistic" },
      credentials: false,
      fix: set("SMTP_TLS", "true"),
    },
    { name: "F32 smtp://", change: { dialect: "uri" }, fix: rewrite("SMTP_URI", "smtps") },
  ]).map((row) => ({
    ...row,
    name: `${row.name}, to a port that speaks TLS`,
    ways: inClearFirst,
    server: { ...row.server, tls: "implicit" as const },
    options: { askTlsAfter: 20 },
    connections: 2,
  })),
  ...told(firstWord, "SMTP_TLS_MODE_MISMATCH", /465.*587/, [
    { name: "F32 TLS", fix: set("SMTP_TLS", "false") },
    { name: "F32 smtps://", change: { dialect: "uri" }, fix: rewrite("SMTP_URI", "smtp") },
    {
      name: "F32 smtps:// of a fallback",
      change: { dialect: "fallback" },
      fix: rewrite("SMTP_FALLBACK_URIS", "smtp"),
    },
  ]).map((row) => ({
    ...row,
    name: `${row.name}, to a port that begins in clear`,
    ways: tlsFirst,
    server: { tls: "starttls" as const },
  })),
];

const authentication: readonly Row[] = [
  ...told("authentication", "SMTP_AUTH_UNSUPPORTED", /only inside TLS.*SMTP_AUTH/, [
    { name: "F26, F38 AUTH is not offered", server: { auth: "none" } },
    { name: "F38 no mechanism of ours", server: { auth: { mechanisms: ["XOAUTH2", "NTLM"] } } },
    { name: "F38 OAuth2 is wanted, which is not there yet", change: { auth: "oauth2" } },
    said("F35", "auth", "504 5.5.4 Unrecognized authentication type"),
    said("F35", "auth", "500 5.5.2 What?"),
    said("F35", "auth", "503 5.5.1 No"),
  ]),
  ...told("authentication", "SMTP_AUTH_FAILED", /SMTP_USERNAME and SMTP_PASSWORD.*app password/, [
    { name: "F34 a wrong password", change: { password: new Secret("another") }, code: 535 },
    {
      name: "F34 a wrong password to LOGIN",
      server: { auth: { mechanisms: ["LOGIN"] } },
      change: { password: new Secret("another") },
      code: 535,
    },
  ]),
  ...told("authentication", "SMTP_AUTH_FAILED", /app password/, [
    said("F34 Gmail", "auth", "535 5.7.8 Username and Password not accepted", at("smtp.gmail.com")),
    said("F35", "auth", "534 5.7.9 Application-specific password required"),
  ]),
  ...told("authentication", "SMTP_AUTH_FAILED", /authorization code/, [
    said("F34 QQ", "auth", "535 Error: authentication failed", at("smtp.qq.com")),
    said("F34 163", "auth", "535 Error: authentication failed", at("smtp.163.com")),
  ]),
  ...told("authentication", "SMTP_AUTH_FAILED", /apikey/, [
    said(
      "F34 SendGrid",
      "auth",
      "535 Authentication failed: Bad username / password",
      at("smtp.sendgrid.net"),
    ),
  ]),
  ...told("authentication", "SMTP_AUTH_FAILED", /only inside TLS/, [
    said("F35", "auth", "538 5.7.11 Encryption required"),
  ]),
  ...told("authentication", "SMTP_AUTH_REQUIRED", /may send mail over SMTP/, [
    said("F35", "auth", "530 5.7.0 No"),
  ]),
  ...told("authentication", "SMTP_AUTH_TEMPORARY", /tried again by itself/, [
    said("F36", "auth", "454 4.7.0 Temporary failure"),
    said("F36", "auth", "421 4.3.2 Closing"),
    said("F36", "auth", "432 4.7.12 Later"),
  ]),
  ...told("authentication", "SMTP_TIMEOUT", /firewall/, [
    { name: "F37 AUTH hangs", server: { script: { auth: "silence" } }, patience: { command: 250 } },
  ]),
  ...told("authentication", "SMTP_CONNECTION_LOST", /hung up/, [
    { name: "FIN instead of an answer to AUTH", server: { script: { auth: "drop" } } },
  ]),
];

const sender: readonly Row[] = [
  ...told("sender", "SMTP_AUTH_REQUIRED", /SMTP_USERNAME and SMTP_PASSWORD/, [
    { name: "F40 nobody has logged in", server: { authRequired: true }, credentials: false, code: 530 },
    said("F40", "mail", "530 5.7.57 Client not authenticated to send mail"),
  ]),
  ...told("sender", "SMTP_TLS_MODE_MISMATCH", /only inside TLS/, [
    said(
      "F40 STARTTLS is forbidden by the settings",
      "mail",
      "530 5.7.0 Must issue a STARTTLS command first",
      {
        ways: inClearFirst,
        change: { security: "none" },
        credentials: false,
        fix: set("SMTP_OPPORTUNISTIC_TLS", "true"),
      },
    ),
  ]),
  ...told("sender", "SMTP_SERVER_BUSY", /status page/, [said("F41", "mail", "421 4.3.2 Shutting down")]),
  ...told("sender", "SMTP_MESSAGE_DEFERRED", /Nothing to do for now/, [
    said("F42", "mail", "450 4.1.8 Domain not found"),
    said("F42", "mail", "451 4.3.0 Local error"),
    said("F42", "mail", "452 4.3.1 No room"),
    said("F43", "mail", "503 5.5.1 Nested MAIL command"),
  ]),
  ...told("sender", "SMTP_SENDER_REJECTED", /SMTP_SENDER/, [
    said("F44", "mail", "550 5.7.1 No"),
    said("F44 Yandex", "mail", "553 5.7.1 Sender address rejected: not owned by auth user."),
    said("F44", "mail", "554 5.7.1 No"),
    said("F44 QQ", "mail", "501 mail from address must be same as authorization user"),
    said("Alibaba Mail", "mail", "440 mail from account doesn't conform with authentication"),
    said("DirectMail", "mail", '436 "MAIL FROM" doesn\'t conform with authentication'),
    {
      name: "a sender that needs SMTPUTF8, which is not offered",
      server: { capabilities: ["PIPELINING"] },
      options: { sender: { address: "jõ@example.com" } },
    },
  ]),
  ...told("sender", "SMTP_MESSAGE_TOO_LARGE", /MAIL_MAX_SIZE/, [said("F45", "mail", "552 5.3.4 Too big")]),
  ...told("sender", "SMTP_CONNECTION_LOST", /hung up/, [
    { name: "F55 FIN at MAIL", server: { script: { mail: "drop" } } },
    { name: "FIN at RSET", server: { script: { rset: "drop" } } },
  ]),
  ...told("sender", "SMTP_PROTOCOL_ERROR", /does not behave like an SMTP server/, [
    said("a server that knows no RSET", "rset", "500 5.5.2 What?"),
  ]),
];

/** From the login on it is the same which way was taken. */
const afterTls = [...authentication, ...sender].map((row) => ({ ways: tlsFirst, ...row }));

export const rows: readonly Row[] = [...nowhere, ...greeting, ...encryption, ...tlsMode, ...afterTls];
