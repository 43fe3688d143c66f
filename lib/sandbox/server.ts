/** The SMTP side of the sandbox: takes every message into the inbox, or makes the trouble that its recipient asks for. */
import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { listen } from "../listen.ts";
import type { Inbox } from "./inbox.ts";
import { outcomeOf } from "./outcomes.ts";

export interface SandboxServerOptions {
  inbox: Inbox;
  host: string;
  /** 0 takes a free one */
  port: number;
  /** How long `slow@` takes, in milliseconds: longer than `mail.send` waits. @default 6,000 */
  slowness?: number;
}

export interface SandboxServer {
  readonly host: string;
  readonly port: number;
  /** How many recipients and messages were refused */
  readonly refusals: number;
  /** Gives open connections a second to end, then cuts them. Harmless when repeated */
  close(): Promise<void>;
}

const SLOWNESS = 6000;
const CLOSE_GRACE = 1000;
/** As large providers have it: 25 MB and what base64 adds */
const MAX_SIZE = 35 * 1024 * 1024;

/**
 * Neither STARTTLS nor AUTH is offered: there is nothing to protect, and a client with a password must not send it in clear.
 * @throws Error with one sentence when the port is taken
 */
export async function openSandboxServer(options: SandboxServerOptions): Promise<SandboxServer> {
  const { inbox, slowness = SLOWNESS } = options;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // any number of messages may be slow at a time
  const sockets = new Set<Socket>();
  let refusals = 0;

  const smtp = new SMTPServer({
    banner: "Meshmail sandbox",
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    size: MAX_SIZE,
    closeTimeout: CLOSE_GRACE,
    maxClients: 100,
    onRcptTo({ address }, _session, answer) {
      const outcome = outcomeOf(address);
      if (outcome?.act !== "refuse") return answer(null);
      refusals++;
      answer(refusal(outcome.code, outcome.reply));
    },
    onData(stream, session, answer) {
      take(stream, session).then(
        (reply) => (reply === undefined ? cut(session) : answer(null, reply)),
        (error: Error) => {
          refusals++;
          answer(error);
        },
      );
    },
  });
  smtp.on("error", () => {}); // of single connections: a client that hangs up is its own affair
  smtp.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  /** The reply to the final dot; undefined: none at all. */
  async function take(
    stream: SMTPServerDataStream,
    { envelope }: SMTPServerSession,
  ): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
    if (stream.sizeExceeded)
      throw refusal(552, `5.3.4 The sandbox takes messages of up to ${MAX_SIZE} bytes`);
    const to = envelope.rcptTo.map(({ address }) => address);
    const acts = to.map((address) => outcomeOf(address)?.act);
    if (acts.includes("drop")) return undefined;
    if (acts.includes("slow")) await delay(slowness, undefined, { signal: closing.signal }).catch(stopping);
    const from = envelope.mailFrom ? envelope.mailFrom.address : "";
    const message = await inbox.add(Buffer.concat(chunks), { from, to }).catch((error: Error) => {
      throw refusal(554, `5.6.0 The sandbox cannot read this as MIME: ${error.message}`);
    });
    return `2.6.0 In the inbox as ${message.ID}`;
  }

  function cut(session: SMTPServerSession): void {
    for (const connection of smtp.connections) if (connection.session === session) connection.close();
  }

  const remedy =
    "Stop that program (another `npm run dev`, or Mailpit?), or set SANDBOX_PORT for npm run dev";
  const { host, port } = await listen(smtp.server, options, "The sandbox", remedy);
  let closed: Promise<void> | undefined;
  return {
    host,
    port,
    get refusals() {
      return refusals;
    },
    close() {
      closing.abort();
      closed ??= new Promise<void>((resolve) => smtp.close(resolve)).then(() => {
        for (const socket of sockets) socket.destroy();
      });
      return closed;
    },
  };
}

function stopping(): never {
  throw refusal(421, "4.3.2 The sandbox stops");
}

function refusal(responseCode: number, reply: string): Error {
  return Object.assign(new Error(reply), { responseCode });
}
