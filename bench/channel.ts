/** Questions to a program in another process, and its answers, over Node's own channel between parent and child. */
import { once } from "node:events";
import type { Program } from "../test/support/node.ts";

interface Question {
  question: string;
  details: object;
}
type Reply = { result: unknown } | { error: string };

/** One question at a time; rejects with what went wrong over there, or with its output when it ends instead. */
export async function ask<T = void>(program: Program, question: string, details: object = {}): Promise<T> {
  const answered = once(program.process, "message");
  program.process.send({ question, details } satisfies Question);
  const ended = program.ended.then(() => {
    throw new Error(`a program ended when it was asked to ${question}:\n${program.output}`);
  });
  const [reply] = (await Promise.race([answered, ended])) as [Reply];
  if ("error" in reply) throw new Error(reply.error);
  return reply.result as T;
}

/** The other end. The program lives as long as whoever asks. */
export function answer(handlers: Record<string, (details: never) => unknown>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", ({ question, details }: Question) => {
    void Promise.resolve()
      .then(() => handlers[question]?.(details as never))
      .then(
        (result): Reply => ({ result }),
        (error: unknown): Reply => ({ error: error instanceof Error ? String(error.stack) : String(error) }),
      )
      .then((reply) => process.send?.(reply));
  });
}
