/** The sibling's end of the line: starts `sibling.ts` in a process of its own and asks it to call. */
import { type Program, runProgram } from "./node.ts";

export interface Answer {
  result?: Record<string, unknown>;
  error?: {
    type: string;
    code: number;
    message: string;
    data: Record<string, unknown>;
    retryable: boolean;
    stack: string;
  };
}

export interface Sibling {
  program: Program;
  call(action: string, params?: object, options?: object, bytes?: number): Promise<Answer>;
}

/** A bare Moleculer node on this NATS server, ready when it knows a `mail` service. */
export async function startSibling(transporter: string): Promise<Sibling> {
  const program = runProgram("test/support/sibling.ts", { TRANSPORTER: transporter });
  await program.says(/"ready"/);
  let asked = 0;
  return {
    program,
    async call(action, params, options, bytes) {
      const index = ++asked;
      program.tell(JSON.stringify({ action, params, options, bytes }));
      await program.says(new RegExp(`^(?:.*\\n){${index + 1}}`));
      const lines = program.output.split("\n").filter((line) => line.startsWith("{"));
      return JSON.parse(lines[index] ?? "null") as Answer;
    },
  };
}
