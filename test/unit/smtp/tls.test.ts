/** Facts about TLS: what a certificate is told as, and how a port is found to speak TLS from the first byte. */
import type { PeerCertificate, TLSSocket } from "node:tls";
import { createSecureContext } from "node:tls";
import { afterEach, describe, expect, it } from "@jest/globals";
import { encryptionFacts, speaksTls } from "../../../lib/smtp/tls.ts";
import { serverCertificate } from "../../support/certificates.ts";
import { closeEverything } from "../../support/open.ts";
import { freePort } from "../../support/ports.ts";
import { type SmtpServerOptions, startSmtpServer } from "../../support/smtp-server.ts";

afterEach(async () => {
  await closeEverything();
});

describe("a certificate", () => {
  const told = (certificate: Partial<Record<keyof PeerCertificate, unknown>>) =>
    encryptionFacts(
      {
        getPeerCertificate: () => ({ valid_to: "Jan  1 00:00:00 2030 GMT", ...certificate }),
        getProtocol: () => "TLSv1.3",
        getCipher: () => ({ name: "TLS_AES_128_GCM_SHA256" }),
      } as unknown as TLSSocket,
      Date.parse("2029-12-30T12:00:00Z"),
    ).certificate;

  it.each([
    ["its common name", { subject: { CN: "mail.test", O: "Test" } }, "mail.test"],
    ["its organisation where it has no common name", { subject: { O: "Test" } }, "Test"],
    [
      "its first alternative name where it has no other",
      { subject: {}, subjectaltname: "DNS:mail.test, DNS:smtp.test" },
      "DNS:mail.test",
    ],
    ["one line whatever is in it", { subject: { CN: "mail.test\r\n250 ok" } }, "mail.test 250 ok"],
    ["nameless where it has none at all", {}, "(no name)"],
  ])("is told as %s", (_name, certificate, subject) => {
    expect(told(certificate).subject).toBe(subject);
  });

  it("is told with its issuer, its end and the whole days left", () => {
    expect(told({ issuer: { CN: "Test authority" } })).toMatchObject({
      issuer: "Test authority",
      validTo: "2030-01-01T00:00:00.000Z",
      daysLeft: 1,
    });
  });
});

describe("a port speaks TLS from the first byte", () => {
  const asked = async (options: SmtpServerOptions, signal = new AbortController().signal) =>
    speaksTls(await startSmtpServer(options), "mail.test", signal);

  const bySni = {
    cert: undefined,
    key: undefined,
    SNICallback: (name: string, callback: (error: null, context: unknown) => void) =>
      callback(null, name === "mail.test" ? createSecureContext(serverCertificate("valid")) : undefined),
  } as SmtpServerOptions["tlsOptions"];

  it.each<[string, SmtpServerOptions]>([
    ["with a certificate that we trust", {}],
    ["with a certificate that nobody trusts", { certificate: "self-signed" }],
    ["in TLS 1.3 only", { tlsOptions: { minVersion: "TLSv1.3" } }],
    [
      "in TLS 1.0 only",
      { tlsOptions: { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" } },
    ],
    ["to those who name the host", { tlsOptions: bySni }],
  ])("%s", async (_name, options) => {
    expect(await asked({ tls: "implicit", ...options })).toBe(true);
  });

  it.each<[string, SmtpServerOptions]>([
    ["that begins in clear", {}],
    ["that hangs up", { script: { connect: "drop" } }],
  ])("not one %s", async (_name, options) => {
    expect(await asked(options)).toBe(false);
  });

  it("not one that nobody listens on", async () => {
    const address = { host: "127.0.0.1", port: await freePort() };
    expect(await speaksTls(address, "mail.test", new AbortController().signal)).toBe(false);
  });

  it("not one that is still silent when the question is dropped", async () => {
    expect(await asked({ script: { connect: "silence" } }, AbortSignal.timeout(50))).toBe(false);
    expect(await asked({ script: { connect: "silence" } }, AbortSignal.abort())).toBe(false);
  });
});
