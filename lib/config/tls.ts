/** Kinds of values that concern TLS, proven with OpenSSL at the start instead of at the first message. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { TransportConfig } from "./config.ts";
import { type Kind, quote, refuse } from "./units.ts";

/**
 * SMTP_CIPHER_SPEC: an OpenSSL cipher list. Its manual calls it the "TLS encryption algorithm (default TLSv1.2)", so a
 * protocol's name is read as its users mean it, as the oldest protocol; to OpenSSL, `TLSv1.2` selects nothing of the kind.
 */
export const cipherSpec: Kind<Pick<TransportConfig["tls"], "ciphers" | "minVersion">> = {
  expected: "an OpenSSL cipher list, TLSv1.2 or TLSv1.3",
  parse(written) {
    const protocol = (["TLSv1.2", "TLSv1.3"] as const).find(
      (name) => name.toLowerCase() === written.toLowerCase(),
    );
    if (protocol) {
      const message = `${protocol} is a protocol, not a cipher: it is read as the oldest protocol to accept`;
      const remedy =
        protocol === "TLSv1.2"
          ? "Remove SMTP_CIPHER_SPEC: TLS 1.2 is the oldest protocol accepted anyway."
          : "Nothing needs to be done if that is what you mean.";
      return { value: { minVersion: protocol }, notes: [{ message, remedy }] };
    }
    if (/^(SSL|TLS)v[\d.]+$/i.test(written)) {
      return refuse("an OpenSSL cipher list, TLSv1.2 or TLSv1.3 (older protocols are not secure)");
    }
    try {
      createSecureContext({ ciphers: written });
      return { value: { ciphers: written } };
    } catch {
      return refuse(
        undefined,
        `${quote(written)}, in which OpenSSL ${process.versions.openssl} finds no cipher`,
      );
    }
  },
};

/** SMTP_TLS_CA_FILE: the certificates themselves, in PEM. */
export const caFile: Kind<string> = {
  expected: "a readable file of certificates in PEM",
  parse(written) {
    let pem: string;
    try {
      pem = readFileSync(written, "utf8");
    } catch (error) {
      return refuse(undefined, `${JSON.stringify(written)} (${(error as NodeJS.ErrnoException).code})`);
    }
    const certificates = pem.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
    const broken = certificates.findIndex((certificate) => !isCertificate(certificate));
    if (certificates.length === 0) return refuse(undefined, `${JSON.stringify(written)}, which holds none`);
    if (broken >= 0)
      return refuse(undefined, `${JSON.stringify(written)}, in which number ${broken + 1} cannot be read`);
    return { value: certificates.join("\n") };
  },
};

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
