/** Ports to be refused at and ports to wait at. */
import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { opened } from "./open.ts";

/** A port of 127.0.0.1 on which nobody listens; the system gives ports in random order, so nobody else has it soon. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return address.port;
}

export interface BlackHole {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A port that answers no SYN, like a firewall that drops: connecting hangs. A thread listens with a backlog of one and never
 * accepts; Linux completes two connections for it and drops every further SYN, other systems may do otherwise.
 *
 * @param at by default a free port of 127.0.0.1
 */
export async function blackHole(at: { host?: string; port?: number } = {}): Promise<BlackHole> {
  const { host = "127.0.0.1" } = at;
  const thread = new Worker(neverAccepting, { eval: true, workerData: { host, port: at.port ?? 0 } });
  const [port] = (await once(thread, "message")) as [number];
  const fillers: Socket[] = [];
  for (let i = 0; i < 2; i++) {
    const filler = connect(port, host);
    filler.on("error", () => {}); // reset when the thread ends
    await once(filler, "connect");
    fillers.push(filler);
  }

  async function close(): Promise<void> {
    for (const filler of fillers) filler.destroy();
    await thread.terminate();
    closed();
  }

  const closed = opened(`black hole on port ${port}`, close);
  return { host, port, close };
}

const neverAccepting = `
  const { createServer } = require("node:net");
  const { parentPort, workerData } = require("node:worker_threads");
  const server = createServer().listen({ ...workerData, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
