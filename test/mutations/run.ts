/**
 * The mutation check: plants one fault after the other in a copy of the sources, and demands that the test named for it fails.
 * `npm run test:mutations`, or with a word of the faults wanted: `npm run test:mutations -- token`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { reportFigures } from "../support/reliability.ts";
import { deliveryMutations } from "./delivery.ts";
import { doorMutations } from "./doors.ts";
import type { Mutation } from "./mutation.ts";
import { smtpMutations } from "./smtp.ts";
import { storeMutations } from "./store.ts";
import { templateMutations } from "./templates.ts";
import { endAll, openWorkbench, type Workbench } from "./workbench.ts";

const all = [
  ...storeMutations,
  ...deliveryMutations,
  ...smtpMutations,
  ...doorMutations,
  ...templateMutations,
];
const [wanted] = process.argv.slice(2);
const mutations = all.filter(({ fault }) => wanted === undefined || fault.includes(wanted));
if (mutations.length === 0) throw new Error(`No planted fault has the words ${wanted}.`);
const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), "meshmail-mutations-"));

interface Outcome {
  mutation: Mutation;
  /** The first test that failed */
  by?: string;
  /** Why the check fails here */
  wrong?: string;
}

/** Names are compared as words: a test with parameters has more of them. */
const has = (names: readonly string[], { named }: Mutation): boolean =>
  names.some((name) => name.includes(named));

async function check(bench: Workbench, mutation: Mutation): Promise<Outcome> {
  try {
    const { failed, trouble } = await bench.look([mutation], mutation);
    const [first] = failed;
    if (first) return { mutation, by: first.name };
    return { mutation, wrong: trouble ?? `survived ${mutation.test}: ${mutation.named}` };
  } catch (error) {
    return { mutation, wrong: (error as Error).message };
  }
}

/** A test that fails without the fault, or that there is not, would prove nothing. */
async function checkSound(bench: Workbench): Promise<string[]> {
  const { passed, failed, trouble } = await bench.look(mutations);
  return [
    ...(trouble ? [trouble] : []),
    ...failed.map(({ name }) => `fails on the sources as they are: ${name}`),
    ...mutations
      .filter((mutation) => !has([...passed, ...failed.map(({ name }) => name)], mutation))
      .map(({ fault, test, named }) => `${fault}: ${test} has no test named ${named}`),
  ];
}

async function checkAll(benches: readonly Workbench[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...mutations];
  const work = async (bench: Workbench): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const outcome = await check(bench, next);
      outcomes.push(outcome);
      console.log(
        outcome.by
          ? `caught: ${next.fault}, by ${outcome.by}`
          : `NOT CAUGHT: ${next.fault}: ${outcome.wrong}`,
      );
    }
  };
  await Promise.all(benches.map(work));
  return mutations.flatMap((mutation) => outcomes.find((outcome) => outcome.mutation === mutation) ?? []);
}

function tidy(): void {
  endAll();
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    tidy();
    process.exit(1);
  });
}

try {
  const benches = Array.from({ length: Math.min(4, availableParallelism()) }, (_, at) =>
    openWorkbench(join(folder, String(at))),
  );
  const [first] = benches;
  const unsound = first ? await checkSound(first) : [];
  for (const line of unsound) console.log(`NOT SOUND: ${line}`);
  const outcomes = unsound.length === 0 ? await checkAll(benches) : [];
  const caught = outcomes.filter(({ by }) => by !== undefined);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${caught.length} of ${mutations.length} planted faults were caught, in ${Math.round(seconds)} s.`,
  );
  if (caught.length < mutations.length) process.exitCode = 1;
  else if (wanted === undefined) {
    reportFigures("mutations", {
      shows: "Faults planted in a copy of the sources, one at a time: a test fails for each",
      promises: [],
      command: "npm run test:mutations",
      counts: { planted: mutations.length, caught: caught.length },
      table: {
        head: ["planted fault", "what it breaks", "caught by"],
        rows: caught.map(({ mutation: { fault, breaks, test }, by = "" }) => [
          fault,
          breaks,
          `${by} (\`${test}\`)`,
        ]),
      },
      seconds,
    });
  }
} finally {
  tidy();
}
