/** The certificates of the test suite, read from the fixtures that `certificates/make.sh` makes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What may be wrong with a server's certificate; all but `self-signed` are signed by the test authority. */
export type CertificateKind = "valid" | "expired" | "not-yet-valid" | "wrong-host" | "self-signed";

/** The authority to trust in tests, as PEM: `tls: { ca: testCa }`. */
export const testCa: string = pem("ca");

/** A server's key and certificate, ready for `tls.createSecureContext`. */
export function serverCertificate(kind: CertificateKind): { key: string; cert: string } {
  return { key: pem("key"), cert: pem(kind) };
}

function pem(name: string): string {
  return readFileSync(join(import.meta.dirname, "certificates", `${name}.pem`), "utf8");
}
