/**
 * An SMTP server that takes everything and remembers nothing but Message-IDs, as fast as Node can: what is measured against
 * it is the sender. No delay before the greeting, and none from Nagle's algorithm.
 */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { answer } from "./channel.ts";

const CAPABILITIES = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 36700160"];
const replies: Record<string, string> = {
  EHLO: ["sink", ...CAPABILITIES]
    .map((line, n, all) => `250${n < all.length - 1 ? "-" : " "}${line}`)
    .join("\r\n"),
  MAIL: "250 2.1.0 OK",
  RCPT: "250 2.1.5 OK",
  DATA: "354 Go on",
  RSET: "250 2.0.0 OK",
  QUIT: "221 2.0.0 Bye",
};

let received: string[] = [];
let onMessage = (): void => {};
/** How far away it is: each reply comes so many ms later. */
let distanceMs = 0;

function converse(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let inBody = false;
  socket.on("error", () => socket.destroy());
  socket.write("220 sink ESMTP\r\n");
  socket.on("data", (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const said: string[] = [];
    for (;;) {
      const ending = inBody ? "\r\n.\r\n" : "\r\n";
      const end = rest.indexOf(ending);
      if (end < 0) break;
      const text = rest.toString("latin1", 0, end);
      rest = rest.subarray(end + ending.length);
      if (inBody) {
        inBody = false;
        received.push(/^Message-ID:\s*(<[^>]+>)/im.exec(text)?.[1] ?? "none");
        said.push("250 2.0.0 Taken");
        onMessage();
      } else {
        const verb = text.slice(0, 4).toUpperCase();
        inBody = verb === "DATA";
        said.push(replies[verb] ?? "502 5.5.1 What?");
      }
    }
    if (said.length === 0) return;
    const reply = (): void => {
      socket.write(`${said.join("\r\n")}\r\n`);
      if (said.at(-1) === replies["QUIT"]) socket.end();
    };
    if (distanceMs > 0) setTimeout(reply, distanceMs);
    else reply();
  });
}

const server = createServer({ noDelay: true }, converse).listen(0, "127.0.0.1");
const listening = once(server, "listening");

answer({
  async port() {
    await listening;
    return (server.address() as { port: number }).port;
  },

  async distance({ ms }: { ms: number }) {
    distanceMs = ms;
  },

  /** Resolves as soon as so many are there. */
  arrived({ count, withinMs }: { count: number; withinMs: number }) {
    return new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`the sink has ${received.length} of ${count} messages`)),
        withinMs,
      );
      onMessage = () => {
        if (received.length < count) return;
        clearTimeout(limit);
        resolve();
      };
      onMessage();
    });
  },

  /** Message-IDs since the last time. */
  take() {
    const taken = received;
    received = [];
    return taken;
  },
});
