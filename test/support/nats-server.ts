/** A real nats-server for one test file: a free port, a directory of its own, and a tap to see what travels on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect } from "nats";
import { findProgram, natsServer } from "./debian-program.ts";
import { opened } from "./open.ts";

export interface NatsOptions {
  /** @default a free one. Given, when a server that was killed comes back, or is to appear later than its clients */
  port?: number;
  /** In bytes. @default 1 MiB, the server's own */
  maxPayload?: number;
  /** @default false */
  jetstream?: boolean;
  /** Where JetStream keeps its streams; the caller removes it. @default a directory that goes with the server */
  storeDir?: string;
  /** Further lines of its configuration file, e.g. `authorization { user: mesh, password: "p@ss" }` */
  config?: string;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Stops it in order (SIGTERM). Harmless when repeated */
  stop(): Promise<void>;
  /** Stops it at once (SIGKILL) */
  kill(): Promise<void>;
  /** As {@link tapNats} on this server */
  tap(subject: string): Promise<NatsTap>;
}

/** Collects raw packets. */
export interface NatsTap {
  readonly packets: readonly { subject: string; data: Buffer }[];
  /** All packets as one text, once everything that was published before this call has arrived */
  text(): Promise<string>;
  close(): Promise<void>;
}

/** Starts a server and waits until it takes clients. Rejects with its log when it ends before that. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const program = findProgram(natsServer);
  if (program === undefined) throw new Error("nats-server is not there; jest's global setup fetches it");
  const home = await mkdtemp(join(tmpdir(), "meshmail-nats-"));
  const file = join(home, "nats.conf");
  await writeFile(file, configuration(options, home));

  const child = spawn(program, ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = once(child, "close").then(() => rm(home, { recursive: true, force: true }));
  const port = await readyPort(createInterface(child.stderr)).catch(async (error: unknown) => {
    child.kill();
    await exited;
    throw error;
  });

  async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    child.kill(signal);
    await exited;
    ended();
  }

  const ended = opened(`nats-server on port ${port}`, () => end("SIGKILL"));
  const url = `nats://127.0.0.1:${port}`;
  return {
    url,
    port,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    tap: (subject) => tapNats(url, subject),
  };
}

/** Sees every packet of a subject (`MOL.INFO.*`, `>`) on a running server, from the moment when this resolves. */
export async function tapNats(url: string, subject: string): Promise<NatsTap> {
  const { host, username, password } = new URL(url);
  const connection = await connect({
    servers: host,
    ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
  });
  const closed = opened(`NATS tap on ${subject}`, close);
  const packets: { subject: string; data: Buffer }[] = [];
  connection.subscribe(subject, {
    callback: (_error, packet) => packets.push({ subject: packet.subject, data: Buffer.from(packet.data) }),
  });
  await connection.flush(); // the server knows of the subscription
  return {
    packets,
    async text() {
      await connection.flush(); // what it had for us has come before its answer
      return packets.map((packet) => `${packet.subject} ${packet.data.toString()}`).join("\n");
    },
    close,
  };

  async function close(): Promise<void> {
    await connection.close();
    closed();
  }
}

function configuration(options: NatsOptions, home: string): string {
  const lines = [`listen: "127.0.0.1:${options.port ?? -1}"`];
  if (options.maxPayload !== undefined) lines.push(`max_payload: ${options.maxPayload}`);
  if (options.jetstream) lines.push(`jetstream { store_dir: ${JSON.stringify(options.storeDir ?? home)} }`);
  if (options.config !== undefined) lines.push(options.config);
  return lines.join("\n");
}

/** Goes on reading after it has returned: a server whose log nobody reads would stand still. */
function readyPort(log: NodeJS.EventEmitter): Promise<number> {
  const lines: string[] = [];
  let port = 0;
  return new Promise((resolve, reject) => {
    log.on("line", (line: string) => {
      lines.push(line);
      port = Number(/Listening for client connections on .*:(\d+)/.exec(line)?.[1] ?? port);
      if (line.endsWith("Server is ready")) resolve(port);
    });
    log.on("close", () => reject(new Error(`nats-server ended before it was ready:\n${lines.join("\n")}`)));
  });
}
