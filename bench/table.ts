/** A table of figures, each measured in several rounds, some of them next to another one. */
import { type Spread, spread } from "./statistics.ts";

export interface Row {
  name: string;
  unit: "msg/s" | "ms" | "µs" | "MB";
  /** One figure for each round */
  rounds: readonly number[];
  /** The name of the row that this one is compared with, round by round: what a busy machine did to both cancels out */
  to?: string;
  /** What the ratio should be */
  target?: { atLeast: number } | { atMost: number };
}

export interface Table {
  title: string;
  /** What was done, in a sentence or two */
  how: string;
  rows: readonly Row[];
}

export interface Result extends Spread {
  name: string;
  unit: Row["unit"];
  ratio?: Spread & { to: string; target?: Row["target"]; met?: boolean };
}

/** Each row with its median and its ratio. */
export function results({ rows }: Table): Result[] {
  return rows.map(({ name, unit, rounds, to, target }) => {
    const other = rows.find((row) => row.name === to);
    if (to === undefined || !other) return { name, unit, ...spread(rounds) };
    const ratio = spread(rounds.map((value, round) => value / (other.rounds[round] ?? NaN)));
    return {
      name,
      unit,
      ...spread(rounds),
      ratio: { to, ...ratio, ...(target && { target, met: meets(ratio.median, target) }) },
    };
  });
}

function meets(ratio: number, target: NonNullable<Row["target"]>): boolean {
  return "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** In Markdown, which reads well on a terminal too. */
export function markdown(table: Table): string {
  const cells = results(table).map(({ name, unit, ratio, ...figures }) => [
    name,
    `${digits(figures.median)} ${unit}`,
    between(figures),
    ratio ? `${digits(ratio.median)} × ${ratio.to}` : "",
    ratio ? between(ratio) : "",
    ratio?.target ? `${goal(ratio.target)}: ${ratio.met ? "met" : "missed"}` : "",
  ]);
  return `## ${table.title}\n\n${table.how}\n\n${grid([header, ...cells])}\n`;
}

const header = ["", "median", "rounds", "ratio", "rounds", "target"];

function goal(target: NonNullable<Row["target"]>): string {
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function between({ low, high }: Spread): string {
  return `${digits(low)} … ${digits(high)}`;
}

/** Three of them say all that such measurements can. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function grid(lines: readonly string[][]): string {
  const widths = header.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const row = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = lines;
  return [row(head), row(widths.map((width) => "-".repeat(width))), ...body.map(row)].join("\n");
}
