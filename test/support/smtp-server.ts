/** An SMTP server for tests that is correct by default and misbehaves exactly as a script says, down to FIN, RST and silence. */
import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import type { TlsOptions } from "node:tls";
import { type CertificateKind, serverCertificate } from "./certificates.ts";
import { opened } from "./open.ts";
import type { Moment, ReceivedMessage, Script } from "./smtp/script.ts";
import { converse } from "./smtp/session.ts";
import { type Step, play } from "./smtp/step.ts";
import { type Wire, openWire } from "./smtp/wire.ts";
import { createWatch } from "./watch.ts";

export type { Script } from "./smtp/script.ts";
export type { Step } from "./smtp/step.ts";

export interface SmtpServerOptions {
  /** @default a free one */
  port?: number;
  /** @default "starttls", offered */
  tls?: "implicit" | "starttls" | "none";
  /** @default "valid" for localhost and 127.0.0.1, signed by the test authority */
  certificate?: CertificateKind;
  /**
   * Laid over the certificate, e.g. `{ minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }`; a function
   * is asked at each handshake
   */
  tlsOptions?: TlsOptions | (() => TlsOptions);
  /** @default PLAIN and LOGIN for `user@example.com` with `secret`. Also known: CRAM-MD5, and XOAUTH2 with the token as password */
  auth?: { mechanisms?: string[]; users?: Record<string, string> } | "none";
  /** Offers and takes AUTH outside TLS. @default false */
  authInClear?: boolean;
  /** Refuses MAIL with 530 before AUTH. @default false */
  authRequired?: boolean;
  /** All EHLO keywords but STARTTLS and AUTH, which follow from the options above. @default {@link defaultCapabilities} */
  capabilities?: string[];
  /** What to do otherwise, and when */
  script?: Script;
}

export interface SmtpServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** In the order of their final dots; see {@link ReceivedMessage} for what counts */
  readonly messages: readonly ReceivedMessage[];
  /** Every line that came where a command or an AUTH response is due, decrypted */
  readonly commands: readonly { connection: number; line: string; secure: boolean }[];
  /** Everything that came outside TLS, over all connections (Latin-1) */
  readonly plaintext: string;
  /** How many connections there have been */
  readonly connections: number;
  /** How many there are now */
  readonly open: number;
  /** Plays a step on every open connection at once, unasked: `"reset"`, `["421 4.4.2 Idle", "drop"]` */
  interrupt(step: Step): Promise<void>;
  /** The first `count` messages, as soon as they are there; rejects after `withinMs` (5,000) */
  received(count: number, withinMs?: number): Promise<readonly ReceivedMessage[]>;
  /** Looks again whenever something happened: a connection, a line, a message; rejects after `withinMs` (5,000) */
  waitFor(predicate: (server: SmtpServer) => boolean, withinMs?: number): Promise<void>;
  /** Cuts every connection and frees the port. Rejects when a function of the script threw. Harmless when repeated */
  close: () => Promise<void>;
}

export const defaultCapabilities: readonly string[] = [
  "PIPELINING",
  "SIZE 36700160",
  "8BITMIME",
  "SMTPUTF8",
  "ENHANCEDSTATUSCODES",
];

/**
 * Listens on 127.0.0.1.
 *
 * @example
 * const server = await startSmtpServer({ script: { rcpt: ({ nth }) => (nth === 2 ? "550 5.1.1 No such user" : undefined) } });
 */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const auth = options.auth === "none" ? { mechanisms: [] } : options.auth;
  const rules = {
    tls: options.tls ?? "starttls",
    get tlsOptions() {
      const more = typeof options.tlsOptions === "function" ? options.tlsOptions() : options.tlsOptions;
      return { ...serverCertificate(options.certificate ?? "valid"), ...more };
    },
    capabilities: options.capabilities ?? defaultCapabilities,
    mechanisms: auth?.mechanisms ?? ["PLAIN", "LOGIN"],
    users: new Map(Object.entries(auth?.users ?? { "user@example.com": "secret" })),
    authRequired: options.authRequired ?? false,
    authInClear: options.authInClear ?? false,
    script: options.script ?? {},
  };

  const messages: ReceivedMessage[] = [];
  const commands: { connection: number; line: string; secure: boolean }[] = [];
  const plaintext: Buffer[] = [];
  const totals = new Map<Moment, number>();
  const sockets = new Map<Socket, Wire>();
  let connections = 0;
  let failure: unknown;

  const watch = createWatch(() => {
    const lines = commands.map(({ connection, line }) => `${connection}: ${line}`);
    return `${connections} connections, ${messages.length} messages and these lines:\n${lines.join("\n")}`;
  });

  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = ++connections;
    const wire = openWire(socket, (bytes) => plaintext.push(bytes));
    sockets.set(socket, wire);
    socket.on("close", () => {
      sockets.delete(socket);
      watch.changed();
    });
    watch.changed();
    void converse(wire, rules, {
      connection,
      command(line, secure) {
        commands.push({ connection, line, secure });
        watch.changed();
      },
      message(message) {
        messages.push(message);
        watch.changed();
      },
      count(moment) {
        const total = (totals.get(moment) ?? 0) + 1;
        totals.set(moment, total);
        return total;
      },
    }).catch((error: unknown) => {
      failure ??= error; // of a script's function
      socket.destroy();
    });
  });
  listener.listen(options.port ?? 0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the listener has no port");

  const server: SmtpServer = {
    host: "127.0.0.1",
    port: address.port,
    messages,
    commands,
    get plaintext() {
      return Buffer.concat(plaintext).toString("latin1");
    },
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    async interrupt(step) {
      await Promise.all([...sockets.values()].map((wire) => play(step, wire)));
    },
    async received(count, withinMs) {
      await watch.until(() => messages.length >= count, withinMs, `${count} messages`);
      return messages.slice(0, count);
    },
    waitFor(predicate, withinMs) {
      return watch.until(() => predicate(server), withinMs, String(predicate));
    },
    close: async () => {
      if (!listener.listening) return;
      for (const socket of sockets.keys()) socket.destroy();
      watch.giveUp("before the server was closed");
      listener.close();
      await once(listener, "close");
      closed();
      if (failure !== undefined) throw failure;
    },
  };
  const closed = opened(`SMTP server on port ${address.port}`, server.close);
  return server;
}
