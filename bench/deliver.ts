/** Accept and deliver: from the first call until the sink has the last message. */
import { ask } from "./channel.ts";
import { bare, connections, type Mesh, type Peer } from "./mesh.ts";
import type { Row, Table } from "./table.ts";

interface Settings {
  messages: number;
  rounds: number;
  /** How long each reply of the server is on its way, in ms */
  distanceMs: number;
}

const AT_A_TIME = 50;

export async function deliver(mesh: Mesh, { messages, rounds, distanceMs }: Settings): Promise<Table[]> {
  const speed = new Map<string, number[]>(mesh.peers.map(({ name }) => [name, []]));
  const cpu = new Map<string, number[]>(mesh.peers.map(({ name }) => [name, []]));

  await mesh.distance(distanceMs);
  for (const peer of mesh.peers) await run(mesh, peer, Math.min(messages, 500)); // warm
  for (let round = 0; round < rounds; round++) {
    // everyone is once the first
    const first = round % mesh.peers.length;
    for (const peer of [...mesh.peers.slice(first), ...mesh.peers.slice(0, first)]) {
      const { seconds, cpuMs } = await run(mesh, peer, messages);
      speed.get(peer.name)?.push(messages / seconds);
      cpu.get(peer.name)?.push(cpuMs / messages);
    }
  }

  await mesh.distance(0);

  const near = distanceMs === 0;
  const tables: Table[] = [
    {
      title: near ? "Accept and deliver" : `Accept and deliver, to a server ${distanceMs} ms away`,
      how:
        `${messages} messages of about 2 KB, ${AT_A_TIME} calls at a time from a sibling's process, ${connections} SMTP connections, ` +
        "until the server has them all. moleculer-mail brings nodemailer 6, which leaves Nagle's algorithm on: each message waits " +
        "for the server's delayed acknowledgement, 40 ms on Linux.",
      rows: rowsOf(speed, "msg/s").map((row) =>
        row.name.startsWith("Meshmail") ? { ...row, target: { atLeast: 1 } } : row,
      ),
    },
  ];
  // a server that is far away is waited for: that takes no processor time worth telling
  if (near) {
    tables.push({
      title: "Processor time",
      how: "For each message of the above, in the process that speaks SMTP; for nodemailer alone that is also the one that has the letters.",
      rows: rowsOf(cpu, "ms"),
    });
  }
  return tables;
}

function rowsOf(figures: Map<string, number[]>, unit: Row["unit"]): Row[] {
  return [...figures].map(([name, rounds]) => ({
    name,
    unit,
    rounds,
    ...(name !== bare.name && { to: bare.name }),
  }));
}

async function run(
  mesh: Mesh,
  { name, namespace }: Peer,
  count: number,
): Promise<{ seconds: number; cpuMs: number }> {
  const program = namespace === undefined ? mesh.bare : mesh.caller;
  const cpuTime = () => ask<number>(program, "cpuTime", { namespace });
  const cpuBefore = await cpuTime();
  const begin = performance.now();
  const sending = ask<string[]>(program, "send", { namespace, count, atATime: AT_A_TIME });
  await Promise.all([sending, mesh.arrived(count)]);
  const seconds = (performance.now() - begin) / 1000;
  const cpuMs = (await cpuTime()) - cpuBefore;
  await mesh.account(name, await sending);
  return { seconds, cpuMs };
}
