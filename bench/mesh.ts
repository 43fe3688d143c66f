/** Everything that a message meets: NATS, a mail node for each peer, the sibling that calls them, and the sink. */
import { join } from "node:path";
import { fetchProgram, findProgram, natsServer } from "../test/support/debian-program.ts";
import { startNats } from "../test/support/nats-server.ts";
import { type Program, runProgram } from "../test/support/node.ts";
import { ask } from "./channel.ts";

export interface Peer {
  name: string;
  /** Its namespace on the mesh; none: the yardstick, which does without a mesh */
  namespace?: string;
}

export interface Mesh {
  /** A sibling's process: `caller.ts` */
  caller: Program;
  /** nodemailer alone: `bare.ts` */
  bare: Program;
  peers: readonly Peer[];
  natsUrl: string;
  /** Puts the sink so far away that each of its replies takes so many ms more */
  distance(ms: number): Promise<void>;
  /** Resolves when the sink has so many more messages. */
  arrived(count: number): Promise<void>;
  /**
   * Compares what the sink got since the last time with what was sent.
   * @throws Error where a message is lost, doubled or nobody's: then no figure means anything
   */
  account(who: string, sent: readonly string[]): Promise<void>;
}

export const connections = 5;
export const bare: Peer = { name: "nodemailer, pooled, no mesh" };

interface Node extends Required<Peer> {
  service: string;
  outbox?: string;
}

const meshmail = { service: "services/mail.service.ts" };
const nodesWith = (folder: string): Node[] => [
  {
    name: "nodemailer in a plain service",
    namespace: "plain",
    service: "bench/plain-nodemailer.service.ts",
  },
  { ...meshmail, name: "Meshmail, in memory", namespace: "memory", outbox: "memory" },
  {
    ...meshmail,
    name: "Meshmail, SQLite",
    namespace: "sqlite",
    outbox: `sqlite:${join(folder, "outbox.db")}`,
  },
  // last, for it is slow: whoever is to be compared should be measured close together
  { name: "moleculer-mail", namespace: "moleculer-mail", service: "bench/moleculer-mail.service.ts" },
];

const root = join(import.meta.dirname, "..");
export const sender = "Shop <shop@example.com>";

/** @param folder where the durable outbox lies: on a disk, or its syncing would be free */
export async function openMesh(folder: string): Promise<Mesh> {
  if (findProgram(natsServer) === undefined) await fetchProgram(natsServer);
  const { url: natsUrl } = await startNats();
  const sink = runProgram("bench/sink.ts");
  const port = await ask<number>(sink, "port");
  const mail = {
    SMTP_URI: `smtp://127.0.0.1:${port}/?pool=true&maxConnections=${connections}&maxMessages=100`,
    SMTP_SENDER: sender,
  };
  const bareProgram = runProgram("bench/bare.ts", mail);
  const caller = runProgram("bench/caller.ts", { TRANSPORTER: natsUrl });

  const nodes = nodesWith(folder);
  for (const { namespace, service, outbox } of nodes) {
    const env = {
      NAMESPACE: namespace,
      NODEID: `${namespace}-mail`,
      TRANSPORTER: natsUrl,
      LOGLEVEL: "warn",
      ...mail,
      ...(outbox && { MAIL_OUTBOX: outbox }),
    };
    runProgram("node_modules/moleculer/bin/moleculer-runner.js", env, [
      "--config",
      join(root, "moleculer.config.ts"),
      join(root, service),
      join(root, "bench/bench.service.ts"),
    ]);
  }
  const peers = [bare];
  for (const { name, namespace, outbox } of nodes) {
    await ask(caller, "connect", { namespace });
    const claimsToKeep = outbox !== undefined && outbox !== "memory";
    const keeps = !claimsToKeep || (await ask<boolean>(caller, "isDurable", { namespace }));
    peers.push({ name: keeps ? name : `${name} (not durable yet)`, namespace });
  }

  return {
    caller,
    bare: bareProgram,
    peers,
    natsUrl,
    distance: (ms) => ask(sink, "distance", { ms }),
    arrived: (count) => ask(sink, "arrived", { count, withinMs: 60_000 }),

    async account(who, sent) {
      const arrived = await ask<string[]>(sink, "take");
      const wanted = new Set(sent);
      const got = new Set(arrived);
      const faults = {
        lost: sent.filter((id) => !got.has(id)).length,
        doubled: arrived.length - got.size,
        "nobody's": arrived.filter((id) => !wanted.has(id)).length,
      };
      const found = Object.entries(faults).filter(([, count]) => count > 0);
      if (wanted.size !== sent.length) throw new Error(`${who}: two messages have one Message-ID`);
      if (found.length === 0) return;
      throw new Error(`${who}: ${found.map(([what, count]) => `${count} ${what}`).join(", ")}`);
    },
  };
}
