/** What a reader says in the end: the answer or the failure, as a document or for people. */
import type { Answer } from "./command.ts";
import { failureOf } from "./failure.ts";
import { pageFor } from "./page.ts";

export interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface Audience {
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  /** One document on standard output, and nothing for people */
  json: boolean;
}

/** Does the work and tells what came of it. Returns the exit status. */
export async function respond(
  work: () => Promise<Answer | undefined>,
  { stdout, stderr, env, json }: Audience,
): Promise<number> {
  try {
    const answer = await work();
    if (answer && json) printDocument(stdout, answer.document);
    else if (answer) stdout.write(`${answer.show(pageFor(stdout, env)).join("\n")}\n`);
    return answer?.status ?? 0;
  } catch (error) {
    const failure = failureOf(error);
    if (json) printDocument(stdout, failure.document);
    else stderr.write(`${failure.show(pageFor(stderr, env)).join("\n")}\n`);
    return failure.status;
  }
}

export function printDocument(output: Output, document: unknown): void {
  output.write(`${JSON.stringify(document, null, 2)}\n`);
}
