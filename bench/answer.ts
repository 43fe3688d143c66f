/** The answer to `wait: false`: how long until a message is safe, next to a call that does nothing in the same node. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ask } from "./channel.ts";
import type { Mesh } from "./mesh.ts";
import { median, quantile } from "./statistics.ts";
import type { Row, Table } from "./table.ts";

interface Settings {
  calls: number;
  rounds: number;
  /** Where the durable outbox lies */
  folder: string;
}

interface Times {
  empty: number[];
  send: number[];
  p99: number[];
}

export async function answer(mesh: Mesh, { calls, rounds, folder }: Settings): Promise<Table[]> {
  const syncs: number[] = [];
  const meshmails = mesh.peers.filter(({ name }) => name.startsWith("Meshmail"));
  const times = new Map(
    meshmails.map(({ name }): [string, Times] => [name, { empty: [], send: [], p99: [] }]),
  );

  for (let round = -1; round < rounds; round++) {
    if (round >= 0) syncs.push(syncedWrite(join(folder, "sync")));
    for (const { name, namespace } of meshmails) {
      const count = calls;
      const empty = await ask<number[]>(mesh.caller, "timeEmpty", { namespace, count });
      const params = { wait: false };
      const sent = await ask<{ times: number[]; ids: string[] }>(mesh.caller, "timeSend", {
        namespace,
        count,
        params,
      });
      await mesh.arrived(count);
      await mesh.account(name, sent.ids);
      if (round < 0) continue; // warm
      times.get(name)?.empty.push(median(empty));
      times.get(name)?.send.push(median(sent.times));
      times.get(name)?.p99.push(quantile(sent.times, 0.99));
    }
  }

  const rows = [...times].flatMap(([name, { empty, send, p99 }]): Row[] => [
    { name: `empty call to ${name}`, unit: "ms", rounds: empty },
    {
      name: `mail.send to ${name}`,
      unit: "ms",
      rounds: send,
      to: `empty call to ${name}`,
      target: { atMost: 1.5 },
    },
    { name: `mail.send to ${name}, p99`, unit: "ms", rounds: p99 },
  ]);
  rows.push({ name: "synced write, the disk alone", unit: "ms", rounds: syncs });
  return [
    {
      title: "Answer with `wait: false`",
      how:
        `${calls} calls a round, one after the other, 5 ms apart. Medians, but for p99. What the durable answer waits for beyond ` +
        "the other is the disk, whose own time for one synced write of 4 KB stands below.",
      rows,
    },
  ];
}

/** What the disk takes at least, in ms. */
function syncedWrite(path: string): number {
  const file = openSync(path, "w");
  const page = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const begin = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  return median(times);
}
