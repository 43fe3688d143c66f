/** Start: from spawning the process until it says that it is ready, next to a broker without services. */
import { join } from "node:path";
import { type Program, runProgram } from "../test/support/node.ts";
import { sender } from "./mesh.ts";
import type { Table } from "./table.ts";

const ready = /ServiceBroker with \d+ service/;

export async function start(natsUrl: string, folder: string, rounds: number): Promise<Table[]> {
  const mesh = { TRANSPORTER: natsUrl };
  const mail = {
    SERVICES: "mail",
    SMTP_URI: "smtp://127.0.0.1:25/",
    SMTP_SENDER: sender,
    MAIL_OUTBOX: `sqlite:${join(folder, "start.db")}`,
  };
  const alone = "a bare broker, alone";
  const meshed = "a bare broker, on NATS";
  const target = { atMost: 1.5 };
  const programs = [
    { name: alone, run: () => runProgram("bench/bare-broker.ts") },
    { name: "Meshmail, alone", run: () => runProgram("start.ts", mail), to: alone, target },
    { name: meshed, run: () => runProgram("bench/bare-broker.ts", mesh) },
    {
      name: "Meshmail, on NATS",
      run: () => runProgram("start.ts", { ...mail, ...mesh }),
      to: meshed,
      target,
    },
  ].map((one) => ({ ...one, unit: "ms" as const, rounds: [] as number[] }));

  for (let round = -1; round < rounds; round++) {
    for (const one of programs) {
      const time = await timeOf(one.run);
      if (round >= 0) one.rounds.push(time); // the first fills the disk's cache
    }
  }
  return [
    {
      title: "Start",
      how: "From spawning the process until the broker says that its services have started.",
      rows: programs.map(({ run: _run, ...row }) => row),
    },
  ];
}

async function timeOf(run: () => Program): Promise<number> {
  const begin = performance.now();
  const program = run();
  await program.says(ready);
  const time = performance.now() - begin;
  await program.close();
  return time;
}
