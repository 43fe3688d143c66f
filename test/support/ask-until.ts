/** Waiting for what tells nobody when it changes: asked again and again. What does tell is better waited for with a watch. */

import { setImmediate } from "node:timers/promises";

/** The first answer that fits; rejects after `withinMs` (10,000) with the last one. */
export async function askUntil<Answer>(
  question: () => Answer | Promise<Answer>,
  fits: (answer: Answer) => boolean,
  withinMs = 10_000,
): Promise<Answer> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await question();
    if (fits(answer)) return answer;
    // even where the question is answered at once
    await setImmediate();
    if (performance.now() > deadline)
      throw new Error(`not so within ${withinMs} ms: ${String(fits)}\nbut ${JSON.stringify(answer)}`);
  }
}
