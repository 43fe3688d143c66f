/** Faults on the way to a server, up to the login: none of them may fail a message, and nothing may cross in clear. */
import { expect } from "@jest/globals";
import type { Address } from "../../../lib/smtp/session.ts";
import { serverCertificate, testCa } from "../../support/certificates.ts";
import { blackHole } from "../../support/ports.ts";
import { patient } from "../../support/transport.ts";
import { failover, type FaultRow, hold, sent } from "./fault.ts";

const here: Address = { address: "127.0.0.1", family: 4 };
/** Of this machine as well, but the server does not listen there. */
const closed: Address = { address: "127.0.0.2", family: 4 };
/** Nobody can connect to a multicast address: the system says that there is no route, whatever routes it has. */
const unrouted: Address = { address: "ff0e::1", family: 6 };

const unresolved = (code: string) => () =>
  Promise.reject<Address[]>(Object.assign(new Error(`getaddrinfo ${code}`), { code }));

function* endless(): Generator<string> {
  for (;;) yield "250-and so on\r\n".repeat(5000);
}

/** Patient but for what is awaited in vain. */
const impatient = (step: "dns" | "connect" | "greeting" | "command", ms = 300) => ({
  timeouts: { ...patient, [step]: ms },
});

const rows: readonly FaultRow[] = [
  // ── names and addresses ──
  {
    name: "F1 the port is closed",
    lookup: async () => [closed],
    connections: 0,
    outcome: failover("SMTP_CONNECTION_REFUSED"),
  },
  {
    name: "F2 no route to the only address",
    lookup: async () => [unrouted],
    connections: 0,
    outcome: failover("SMTP_CONNECTION_TIMEOUT"),
  },
  { name: "F2 no route to one of two addresses", lookup: async () => [unrouted, here], outcome: sent },
  { name: "F3 the first of two addresses is dead", lookup: async () => [closed, here], outcome: sent },
  ...["ENOTFOUND", "ENODATA"].map((code) => ({
    name: `F4 DNS: ${code}`,
    lookup: unresolved(code),
    connections: 0,
    outcome: failover("SMTP_DNS_FAILED"),
  })),
  {
    name: "F4 DNS: no address",
    lookup: async () => [],
    connections: 0,
    outcome: failover("SMTP_DNS_FAILED"),
  },
  ...["EAI_AGAIN", "EREFUSED", "EBADRESP"].map((code) => ({
    name: `F5 DNS: ${code}`,
    lookup: unresolved(code),
    connections: 0,
    outcome: failover("SMTP_DNS_FAILED"),
  })),
  {
    name: "F6 DNS: no answer",
    lookup: () => new Promise<Address[]>(() => {}),
    transport: impatient("dns", 200),
    connections: 0,
    outcome: failover("SMTP_DNS_FAILED"),
  },
  {
    name: "F8 SYN dropped",
    arrange: ({ port }) => blackHole({ host: closed.address, port }),
    lookup: async () => [closed],
    transport: impatient("connect"),
    connections: 0,
    outcome: failover("SMTP_CONNECTION_TIMEOUT"),
  },

  // ── the greeting ──
  {
    name: "F9 no greeting",
    script: { greeting: "silence" },
    transport: impatient("greeting"),
    outcome: failover("SMTP_TIMEOUT"),
  },
  { name: "F10 FIN at once", script: { connect: "drop" }, outcome: failover("SMTP_CONNECTION_LOST") },
  { name: "F11 RST at once", script: { connect: "reset" }, outcome: failover("SMTP_CONNECTION_LOST") },
  {
    name: "F12 greeting 421",
    script: { greeting: ["421 4.3.2 Service not available", "drop"] },
    outcome: failover("SMTP_SERVER_BUSY"),
  },
  {
    name: "F12 greeting 421, which names a time",
    script: { greeting: ["421 4.3.2 Try again in 5 minutes", "drop"] },
    outcome: failover("SMTP_SERVER_BUSY", 300),
  },
  {
    name: "F12 greeting 421 for too many connections",
    script: { greeting: ["421 4.7.0 Too many connections", "drop"] },
    outcome: failover("SMTP_RATE_LIMITED"),
  },
  {
    name: "F13 greeting 554",
    script: { greeting: "554 5.7.1 No service for you" },
    outcome: failover("SMTP_GREETING_REJECTED"),
  },
  {
    name: "F14 a web server answers",
    script: { greeting: { raw: "HTTP/1.1 400 Bad Request\r\n\r\n" } },
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F16 a greeting that drips",
    script: { greeting: { drip: "220 mail.test ESMTP, and take your time", everyMs: 40 } },
    transport: impatient("greeting"),
    outcome: failover("SMTP_TIMEOUT"),
  },

  // ── EHLO ──
  {
    name: "F17 EHLO answered with a line of 2 MB",
    script: { ehlo: { raw: `250-${"x".repeat(2_000_000)}` } },
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F17 EHLO answered with lines without end",
    script: { ehlo: () => ({ drip: endless(), everyMs: 0 }) },
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F18 EHLO 502",
    script: { ehlo: "502 5.5.1 Command not implemented" },
    outcome: hold("SMTP_PROTOCOL_ERROR"),
    seen: ({ commands }) => expect(commands.some(({ line }) => line.startsWith("HELO"))).toBe(false),
  },
  { name: "F19 EHLO 421", script: { ehlo: "421 4.3.2 Closing" }, outcome: failover("SMTP_SERVER_BUSY") },
  {
    name: "F20 EHLO 550",
    script: { ehlo: "550 5.7.1 Access denied" },
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F20 EHLO 502 and HELO 550, where neither login nor TLS is asked for",
    script: { ehlo: "502 5.5.1 Command not implemented", helo: "550 5.7.1 Access denied" },
    server: { tls: "none", auth: "none" },
    plain: true,
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F21 EHLO without an answer",
    script: { ehlo: "silence" },
    transport: impatient("command"),
    outcome: failover("SMTP_TIMEOUT"),
  },

  // ── TLS ──
  {
    name: "F22 STARTTLS is missing",
    script: { ehlo: "250-mail.test\n250-AUTH PLAIN LOGIN\n250 SIZE 36700160" },
    outcome: hold("SMTP_STARTTLS_UNAVAILABLE"),
  },
  {
    name: "F23 STARTTLS 454",
    script: { starttls: "454 4.7.0 TLS not available due to local problem" },
    outcome: failover("SMTP_STARTTLS_FAILED"),
  },
  {
    name: "F23 STARTTLS 501",
    script: { starttls: "501 5.5.4 No parameters allowed" },
    outcome: hold("SMTP_STARTTLS_FAILED"),
  },
  {
    name: "F24 a reply injected behind the 220",
    script: { starttls: { raw: "220 Go ahead\r\n250-mail.test\r\n250 AUTH PLAIN\r\n" } },
    outcome: failover("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F24 a reply injected into the handshake",
    script: { starttls: ["220 Go ahead", { afterMs: 30, step: { raw: "250 AUTH PLAIN\r\n" } }] },
    outcome: failover("SMTP_STARTTLS_FAILED"),
  },
  {
    name: "F27 a certificate signed by nobody",
    tlsOptions: serverCertificate("self-signed"),
    outcome: hold("SMTP_CERTIFICATE_UNTRUSTED"),
  },
  {
    name: "F28 a certificate that has expired",
    tlsOptions: serverCertificate("expired"),
    outcome: hold("SMTP_CERTIFICATE_EXPIRED"),
  },
  {
    name: "F28 a certificate of the future",
    tlsOptions: serverCertificate("not-yet-valid"),
    outcome: hold("SMTP_CERTIFICATE_EXPIRED"),
  },
  {
    name: "F29 a certificate for another host",
    tlsOptions: serverCertificate("wrong-host"),
    outcome: hold("SMTP_CERTIFICATE_HOST_MISMATCH"),
  },
  {
    name: "F30 an IP address that is not in the certificate",
    tlsOptions: serverCertificate("wrong-host"),
    transport: { host: "127.0.0.1" },
    outcome: hold("SMTP_CERTIFICATE_HOST_MISMATCH"),
  },
  {
    name: "F30 the same, with the name to check in the settings",
    tlsOptions: serverCertificate("wrong-host"),
    transport: { host: "127.0.0.1", tls: { ca: testCa, servername: "other.test" } },
    runs: ["new"],
    outcome: sent,
  },
  {
    name: "F31 TLS 1.0 and 1.1 only",
    tlsOptions: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    outcome: hold("SMTP_TLS_FAILED"),
  },
  {
    name: "F33 no cipher in common",
    tlsOptions: { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-SHA" },
    transport: { tls: { ca: testCa, ciphers: "TLSv1.2" } },
    outcome: hold("SMTP_TLS_FAILED"),
  },

  // ── the login ──
  {
    name: "F26 AUTH is not offered inside TLS",
    script: { ehlo: ({ secure }) => (secure ? "250-mail.test\n250 SIZE 36700160" : undefined) },
    outcome: hold("SMTP_AUTH_UNSUPPORTED"),
  },
  {
    name: "F34 AUTH 535",
    script: { auth: "535 5.7.8 Authentication failed" },
    outcome: hold("SMTP_AUTH_FAILED"),
  },
  {
    name: "F34 AUTH 535 that repeats what it was told",
    script: { auth: ({ argument }) => `535 5.7.8 ${argument}: the password secret is wrong` },
    outcome: hold("SMTP_AUTH_FAILED"),
  },
  ...(
    [
      ["534 5.7.9 Application-specific password required", "SMTP_AUTH_FAILED"],
      ["538 5.7.11 Encryption required", "SMTP_AUTH_FAILED"],
      ["504 5.5.4 Unrecognized authentication type", "SMTP_AUTH_UNSUPPORTED"],
      ["530 5.7.0 Authentication required", "SMTP_AUTH_REQUIRED"],
      ["500 5.5.1 Command unrecognized", "SMTP_AUTH_UNSUPPORTED"],
    ] as const
  ).map(([auth, type]) => ({
    name: `F35 AUTH ${auth.slice(0, 3)}`,
    script: { auth },
    outcome: hold(type),
  })),
  ...["454 4.7.0 Temporary authentication failure", "421 4.3.2 Closing", "432 4.7.12 Transition needed"].map(
    (auth) => ({
      name: `F36 AUTH ${auth.slice(0, 3)}`,
      script: { auth },
      outcome: failover("SMTP_AUTH_TEMPORARY"),
    }),
  ),
  {
    name: "F37 AUTH without an answer",
    script: { auth: "silence" },
    transport: impatient("command"),
    outcome: failover("SMTP_TIMEOUT"),
  },
  {
    name: "F38 AUTH is not known at all",
    script: {
      ehlo: ({ secure }) => (secure ? "250-mail.test\n250 8BITMIME" : "250-mail.test\n250 STARTTLS"),
      auth: "503 5.5.1 Authentication not enabled",
    },
    outcome: hold("SMTP_AUTH_UNSUPPORTED"),
  },
  {
    name: "F38 AUTH 503",
    script: { auth: "503 5.5.1 Authentication not enabled" },
    outcome: hold("SMTP_AUTH_UNSUPPORTED"),
  },
  {
    name: "F39 an AUTH line with 900 KB of spaces",
    script: {
      ehlo: ({ secure }) =>
        secure ? `250-mail.test\n250-AUTH ${" ".repeat(900_000)}PLAIN\n250 8BITMIME` : undefined,
    },
    outcome: sent,
  },
];

/** TLS of the wrong kind: nothing that a server could begin in the middle. */
const modes: readonly FaultRow[] = [
  {
    name: "F32 we speak TLS to a port that speaks plain text",
    transport: { security: "tls" },
    runs: ["new"],
    lasting: true,
    outcome: hold("SMTP_TLS_MODE_MISMATCH"),
  },
  {
    name: "F32 we speak plain text to a port that waits for TLS",
    server: { tls: "implicit" },
    askTlsAfter: 50,
    runs: ["new"],
    lasting: true,
    connections: 2, // the second one proves it
    outcome: hold("SMTP_TLS_MODE_MISMATCH"),
  },
];

export const wayFaults: readonly FaultRow[] = [
  ...rows.map((row) => ({ ...row, way: true })),
  ...modes.map((row) => ({ ...row, way: true })),
];
