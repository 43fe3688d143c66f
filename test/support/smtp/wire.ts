/** One accepted connection as the scripted server sees it: lines and bodies in, bytes out, and every way to break off. */
import type { Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";

export interface Wire {
  readonly secure: boolean;
  /** Whether it has said its last word */
  readonly silent: boolean;
  /** Aborted when the client hangs up, with FIN or RST; after FIN it can still be written to. */
  readonly hungUp: AbortSignal;
  /** The next line without its CRLF; undefined once the client has hung up. Only CRLF ends a line. */
  line(): Promise<string | undefined>;
  /**
   * A message up to its final dot, dots unstuffed (RFC 5321 section 4.5.2), its last CRLF included; undefined once the client
   * has hung up. Only CRLF.CRLF ends a message. With a limit, `"reached"` as soon as so many bytes have come: they can be read again.
   */
  body(limit?: number): Promise<Buffer | "reached" | undefined>;
  /** Resolves when the bytes are with the kernel. */
  write(bytes: Buffer): Promise<void>;
  /**
   * Speaks TLS from now on; resolves after the handshake, or when it failed and the client has gone. What came in clear and was
   * not read yet is thrown away (RFC 3207 section 6).
   */
  startTls(options: TLSSocketOptions): Promise<void>;
  /** Says no more, but goes on reading. */
  silence(): void;
  /** FIN; goes on reading, so that the client sees the end and no RST. */
  drop(): void;
  /** RST. */
  reset(): void;
  /** Says no more and stops reading: the client's bytes fill the kernel's buffers, then its writes stand still. */
  stall(): void;
}

const crlf = Buffer.from("\r\n");
const endOfMessage = Buffer.from("\r\n.\r\n");

/** `onPlaintext` is told every byte that comes in clear. */
export function openWire(raw: Socket, onPlaintext: (bytes: Buffer) => void): Wire {
  const ended = new AbortController();
  let socket = raw;
  let silent = false;
  let queue: Buffer[] = [];
  let wake: (() => void) | undefined;

  raw.setNoDelay(true);
  raw.on("data", onPlaintext);
  listen();

  function listen(): void {
    socket.on("data", receive);
    socket.on("end", hangUp);
    socket.on("close", hangUp);
    socket.on("error", hangUp); // the client's way to break off: an outcome, no surprise
  }

  function receive(bytes: Buffer): void {
    queue.push(bytes);
    wake?.();
  }

  function hangUp(): void {
    ended.abort();
    wake?.();
  }

  async function next(): Promise<Buffer | undefined> {
    while (queue.length === 0 && !ended.signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return queue.shift();
  }

  return {
    get secure() {
      return socket !== raw;
    },
    get silent() {
      return silent;
    },
    hungUp: ended.signal,

    async line() {
      let text: Buffer = Buffer.alloc(0);
      for (;;) {
        const bytes = await next();
        if (!bytes) return undefined;
        text = Buffer.concat([text, bytes]);
        const end = text.indexOf(crlf);
        if (end === -1) continue;
        if (text.length > end + 2) queue.unshift(text.subarray(end + 2));
        return text.toString("utf8", 0, end);
      }
    },

    async body(limit = Infinity) {
      const chunks: Buffer[] = [];
      let received = 0;
      let tail: Buffer = crlf; // the line before the first one has ended: a lone dot may come at once
      while (received < limit) {
        const bytes = await next();
        if (!bytes) return undefined;
        chunks.push(bytes);
        const seam = Buffer.concat([tail, bytes]);
        const at = seam.indexOf(endOfMessage);
        if (at === -1) {
          received += bytes.length;
          tail = seam.subarray(-(endOfMessage.length - 1));
          continue;
        }
        const end = received - tail.length + at + crlf.length;
        if (end >= limit) break;
        const all = Buffer.concat(chunks);
        const rest = all.subarray(end + 3);
        if (rest.length > 0) queue.unshift(rest);
        return Buffer.from(all.toString("latin1", 0, end).replace(/(^|\r\n)\./g, "$1"), "latin1");
      }
      queue.unshift(...chunks);
      return "reached";
    },

    write(bytes) {
      return new Promise((resolve) => {
        // A client that has gone is an outcome: the next read tells.
        socket.write(bytes, () => resolve());
      });
    },

    startTls(options) {
      raw.removeListener("data", onPlaintext);
      raw.removeListener("data", receive);
      queue = [];
      socket = new TLSSocket(raw, { ...options, isServer: true });
      listen();
      // To write before it is over would cost the client the alert that says why a handshake failed.
      return new Promise((resolve) => {
        socket.once("secure", resolve);
        socket.once("close", resolve);
      });
    },

    silence() {
      silent = true;
    },
    drop() {
      silent = true;
      socket.end();
    },
    reset() {
      silent = true;
      raw.resetAndDestroy();
    },
    stall() {
      silent = true;
      socket.pause();
    },
  };
}
