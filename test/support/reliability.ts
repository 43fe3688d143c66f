/** What a suite has counted, for docs/reliability.md: written as JSON to the folder RELIABILITY_OUT, where that is set. */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

export interface Figures {
  /** What the suite shows, in one sentence */
  shows: string;
  /** Of the README's promises, e.g. `P1` */
  promises: string[];
  command: string;
  counts: Record<string, number>;
  /** What numbers do not say */
  table?: { head: string[]; rows: string[][] };
  seconds: number;
}

export interface Report extends Figures {
  suite: string;
  /** ISO 8601, when it ended */
  at: string;
  machine: string;
}

export function reportFigures(suite: string, figures: Figures): void {
  const folder = process.env["RELIABILITY_OUT"];
  if (!folder) return;
  const [cpu] = cpus();
  const report: Report = {
    suite,
    ...figures,
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${cpu?.model.trim()}, ${process.platform} ${process.arch}, Node ${process.versions.node}`,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${suite}.json`), `${JSON.stringify(report, null, 2)}\n`);
}
