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
  readonly host: "127.0.0.1";
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A port of 127.0.0.1 that answers no SYN, like a firewall that drops: connecting hangs. A thread listens with a backlog of one
 * and never accepts; Linux completes two connections for it and drops every further SYN, other systems may do otherwise.
 */
export async function blackHole(): Promise<BlackHole> {
  const thread = new Worker(neverAccepting, { eval: true });
  const [port] = (await once(thread, "message")) as [number];
  const fillers: Socket[] = [];
  for (let i = 0; i < 2; i++) {
    const filler = connect(port, "127.0.0.1");
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
  return { host: "127.0.0.1", port, close };
}

const neverAccepting = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
