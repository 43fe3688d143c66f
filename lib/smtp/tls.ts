/** TLS for SMTP: the context of a transport, the handshake, and what a certificate says. */
import { isIP, connect as connectTcp, type Socket } from "node:net";
import tls, { type SecureContext, type TLSSocket } from "node:tls";
import type { TransportConfig } from "../config/config.ts";

/** What verify tells of an encrypted connection. */
export interface EncryptionFacts {
  protocol: string;
  cipher: string;
  certificate: { subject: string; issuer: string; validTo: string; daysLeft: number };
  openssl: string;
}

/** Parsing some 150 root certificates costs milliseconds, so it is done once for the same settings. */
const contexts = new WeakMap<TransportConfig["tls"], SecureContext>();

function contextOf(settings: TransportConfig["tls"]): SecureContext {
  let context = contexts.get(settings);
  if (!context) {
    const { ca, ciphers, minVersion = "TLSv1.2" } = settings;
    context = tls.createSecureContext({
      minVersion,
      ...(ciphers && { ciphers }),
      // "default" is Node's own list and NODE_EXTRA_CA_CERTS; a private CA comes beside them, not instead
      ...(ca && { ca: [...tls.getCACertificates("default"), ca] }),
    });
    contexts.set(settings, context);
  }
  return context;
}

/** The name that the certificate must be for: the host's, or `SMTP_TLS_SERVERNAME` where that is set. */
export function serverName(transport: TransportConfig): string {
  return transport.tls.servername ?? transport.host;
}

/** RFC 6066 section 3: an address is never a server name; it is checked against the certificate's IP names instead. */
const sniOf = (name: string): { servername?: string } => (isIP(name) === 0 ? { servername: name } : {});

/** Starts TLS over an open socket; the certificate must fit the transport's {@link serverName}. */
export function startTls(socket: Socket, transport: TransportConfig): TLSSocket {
  const name = serverName(transport);
  return tls.connect({
    socket,
    host: name,
    ...sniOf(name),
    secureContext: contextOf(transport.tls),
    // NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment must not hand the password to anybody who listens
    rejectUnauthorized: true,
  });
}

/** Facts about a finished handshake. `now` in epoch ms. */
export function encryptionFacts(socket: TLSSocket, now: number): EncryptionFacts {
  const certificate = socket.getPeerCertificate();
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().name,
    certificate: {
      // some certificates have alternative names only, and need no other (RFC 9525)
      subject: nameOf(certificate.subject) ?? certificate.subjectaltname?.split(", ", 1)[0] ?? nameless,
      issuer: nameOf(certificate.issuer) ?? nameless,
      validTo: new Date(certificate.valid_to).toISOString(),
      daysLeft: Math.floor((Date.parse(certificate.valid_to) - now) / 86_400_000),
    },
    openssl: process.versions.openssl,
  };
}

const nameless = "(no name)";

function nameOf(name: { CN?: string | string[]; O?: string | string[] } | undefined): string | undefined {
  // whoever signs may write what he likes; here it is told in one line
  return (name?.CN ?? name?.O)?.toString().replace(/\p{C}+/gu, " ");
}

/**
 * Does this address finish a TLS handshake from the first byte? Asked when a server stays silent on a plain
 * connection: greet delays are legal, a completed handshake is proof. Nothing is sent, so neither the certificate nor the
 * age of the protocol matters here. Resolves false on any refusal; `signal` ends the wait.
 * @param name asked for by SNI, without which some servers finish no handshake
 */
export function speaksTls(
  address: { host: string; port: number },
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const tcp = connectTcp({ host: address.host, port: address.port });
    const socket = tls.connect({
      socket: tcp,
      ...sniOf(name),
      rejectUnauthorized: false,
      minVersion: "TLSv1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const done = (answer: boolean) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      tcp.destroy();
      resolve(answer);
    };
    const onAbort = () => done(false);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    tcp.on("error", () => done(false));
    socket.on("error", () => done(false));
    socket.on("close", () => done(false));
    socket.on("secureConnect", () => done(true));
  });
}
