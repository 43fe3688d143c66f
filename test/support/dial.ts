/** A client for tests that says what it is told to, at once or byte by byte, and keeps what it hears. */
import { type Socket, connect } from "node:net";
import { opened } from "./open.ts";
import { createWatch } from "./watch.ts";

export interface Client {
  readonly socket: Socket;
  /** Everything that was heard (Latin-1) */
  readonly heard: string;
  /** How the server broke off: `FIN`, or the error's code, e.g. `ECONNRESET`; empty while it has not */
  readonly end: string;
  say(text: string): void;
  /** Waits until the pattern has been heard; rejects when the server breaks off first */
  hear(pattern: RegExp): Promise<void>;
  /** Waits until the server has broken off, and says how */
  ended(): Promise<string>;
}

/** Connects; or takes a socket that is connected already, a TLS one for example. */
export function dial(to: { host: string; port: number } | Socket): Client {
  const socket = "write" in to ? to : connect(to);
  let heard = "";
  let end = "";
  const watch = createWatch(() => `heard ${JSON.stringify(heard)}, end ${JSON.stringify(end)}`);
  const closed = opened("client", async () => {
    socket.destroy();
    closed();
  });
  function broken(how: string): void {
    end ||= how;
    watch.changed();
  }
  socket.on("data", (bytes) => {
    heard += bytes.toString("latin1");
    watch.changed();
  });
  socket.on("end", () => broken("FIN"));
  socket.on("error", (error: NodeJS.ErrnoException) => broken(error.code ?? error.message));
  socket.on("close", closed);
  return {
    socket,
    get heard() {
      return heard;
    },
    get end() {
      return end;
    },
    say: (text) => void socket.write(text),
    async hear(pattern) {
      await watch.until(() => pattern.test(heard) || end !== "", undefined, String(pattern));
      if (!pattern.test(heard))
        throw new Error(`${end} before ${String(pattern)}; heard ${JSON.stringify(heard)}`);
    },
    async ended() {
      await watch.until(() => end !== "", undefined, "the end");
      return end;
    },
  };
}
