/** What only a person at a terminal gets: questions, and a sign that something is going on. All of it on standard error. */
import { stripVTControlCharacters } from "node:util";
import { type Ask, Canceled } from "./gather.ts";

/** Asks with a prompt; a secret shows as dots. @throws Canceled */
export const askOnTerminal: Ask = async ({ text: message, secret, choices, initial, check }) => {
  // loaded when needed: most calls ask nothing, and the package is ESM only
  const { autocomplete, isCancel, password, text } = await import("@clack/prompts");
  const common = { message, output: process.stderr };
  const validate = (answer = "") => check(answer);
  const answer = choices
    ? await autocomplete({ ...common, options: [...choices], maxItems: 8, placeholder: "type to search" })
    : secret
      ? await password({ ...common, validate })
      : await text({ ...common, validate, ...(initial && { initialValue: initial }) });
  if (isCancel(answer)) throw new Canceled("canceled");
  return answer ?? "";
};

export interface Screen {
  isTTY?: boolean;
  write(text: string): unknown;
}

const FRAMES = ["|", "/", "-", "\\"];

/** Shows that the work goes on, for as long as it does; nothing where nobody looks. */
export async function progress<T>(screen: Screen, text: string, work: Promise<T>): Promise<T> {
  if (!screen.isTTY) return work;
  let turn = 0;
  const draw = () => screen.write(`\r${FRAMES[turn++ % FRAMES.length]} ${stripVTControlCharacters(text)} `);
  draw();
  const timer = setInterval(draw, 120);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    screen.write("\r\u001b[K");
  }
}
