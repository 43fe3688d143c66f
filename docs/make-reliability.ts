/**
 * Writes docs/reliability.md from what the crash suites have counted. All figures come from their runs:
 * `RELIABILITY_OUT=$PWD/data/reliability npx jest test/crash`, the same with `npm run test:soak` and `npm run test:mutations`,
 * then `node docs/make-reliability.ts data/reliability`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../test/support/reliability.ts";

const promises: Readonly<Record<string, string>> = {
  P1: "What `mail.send` has answered is on stable storage.",
  P2: "A second copy comes only where the final dot was written and no reply was recorded, and it is the same to the byte.",
  P3: "The same idempotency key and content: the same id, one message.",
  P4: "Every accepted message comes to its end; none stays on the wire for ever.",
  P10: "SIGTERM: what is on the wire is finished, and the exit code is 0.",
};

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function section({
  suite,
  shows,
  promises: of,
  command,
  counts,
  table: more,
  seconds,
  at,
  machine,
}: Report): string {
  const rows = Object.entries(counts).map(([what, count]) => [wordsOf(what), count.toLocaleString("en")]);
  return [
    `## ${suite}`,
    `${of.length > 0 ? `Shows ${of.join(", ")}: ` : ""}${shows}. Run on ${at.slice(0, 10)} in ${Math.round(seconds)} s, on ${machine}.`,
    `\`\`\`sh\n${command}\n\`\`\``,
    table(["counted", "number"], rows),
    ...(more ? [table(more.head, more.rows)] : []),
  ].join("\n\n");
}

/** `dotsWithoutReply` as people write it */
function wordsOf(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error("node docs/make-reliability.ts FOLDER: where the suites wrote their figures");
const reports = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Report);

const page = [
  "# What a crash costs",
  "Suites kill real nodes with SIGKILL and hold three lists against each other: what callers were answered, what the outbox's file has, and what the SMTP server received. `node docs/make-reliability.ts` makes this page from what they counted; nothing in it is typed.",
  table(
    ["promise", "shown by"],
    Object.entries(promises).map(([name, promise]) => [
      `${name}. ${promise}`,
      reports
        .filter((report) => report.promises.includes(name))
        .map(({ suite }) => suite)
        .join(", "),
    ]),
  ),
  "`lost`: accepted, and neither with the server nor given up. `extra`: copies beyond the first. `dots without reply`: final dots whose reply no record of the node knows, the bound of `extra`. `given up`: failed because three kills in a row met them.",
  ...reports.map(section),
];
writeFileSync(join(import.meta.dirname, "reliability.md"), `${page.join("\n\n")}\n`);
