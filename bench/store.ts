/** The outbox's store: what a message costs with a small and with a large backlog. */
import { join } from "node:path";
import { runProgram } from "../test/support/node.ts";
import { ask } from "./channel.ts";
import type { Table } from "./table.ts";

interface Settings {
  folder: string;
  /** How many messages wait, small and large */
  depths: readonly [small: number, large: number];
  rounds: number;
}

const MESSAGES = 1000;

export async function store({ folder, depths, rounds }: Settings): Promise<Table[]> {
  const holders = depths.map((depth) => {
    const name = `with ${depth.toLocaleString("en")} queued`;
    return {
      depth,
      name,
      enqueue: [] as number[],
      settle: [] as number[],
      rss: [] as number[],
      program: runProgram("bench/store-program.ts"),
    };
  });
  let durable = false;
  for (const { depth, rss, program } of holders) {
    const path = join(folder, `${depth}.db`);
    const filled = await ask<{ rss: number; durable: boolean }>(program, "fill", { path, depth });
    rss.push(filled.rss);
    ({ durable } = filled);
  }
  for (let round = -1; round < rounds; round++) {
    for (const { program, enqueue, settle } of holders) {
      const figures = await ask<{ enqueue: number; settle: number }>(program, "round", { count: MESSAGES });
      if (round < 0) continue; // warm
      enqueue.push(figures.enqueue);
      settle.push(figures.settle);
    }
  }
  for (const { program } of holders) await program.close();

  const rows = (what: string, unit: "µs" | "MB", kind: "enqueue" | "settle" | "rss") =>
    holders.map(({ name, [kind]: figures }, index) => ({
      name: `${what} ${name}`,
      unit,
      rounds: figures,
      ...(index > 0 && { to: `${what} ${holders[0]?.name}`, target: { atMost: 1.5 } }),
    }));
  return [
    {
      title: "Store",
      how: `${durable ? "The durable store" : "The store in memory"}: ${MESSAGES} messages of about 2 KB put in, 50 at a time, then claimed and settled, 5 at a time, while others wait. For each message; resident memory of the process that holds them.`,
      rows: [
        ...rows("enqueue", "µs", "enqueue"),
        ...rows("claim and settle", "µs", "settle"),
        ...rows("memory", "MB", "rss"),
      ],
    },
  ];
}
