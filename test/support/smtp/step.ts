/** What a scripted server does instead of the right thing: one step as data, and how it is played. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Wire } from "./wire.ts";

/** `drop`: FIN. `reset`: RST. `silence`: not a word any more, but goes on reading. `stall`: stops reading as well. */
type Ending = "drop" | "reset" | "silence" | "stall";

/**
 * - a string: a reply of one or more lines, in one segment, CRLF appended; two replies make a surplus one
 * - `raw`: exactly these bytes (of a string: Latin-1)
 * - `drip`: piece by piece with a pause before each (of a string: byte by byte), nothing appended; may be endless
 * - a list: one after the other, `["421 4.4.2 Idle", "drop"]`
 * - `does`: something happens elsewhere at this moment, e.g. the client is killed
 * - `afterMs`: later
 */
export type Step =
  | Ending
  | (string & {})
  | { raw: Buffer | string }
  | { drip: Iterable<string>; everyMs: number }
  | { afterMs: number; step: Step }
  | { does: () => void }
  | readonly Step[];

/** Plays a step to its end. */
export async function play(step: Step, wire: Wire): Promise<void> {
  if (isEnding(step)) {
    wire[step]();
  } else if (typeof step === "string") {
    await wire.write(Buffer.from(`${step.replace(/\r?\n/g, "\r\n")}\r\n`));
  } else if ("raw" in step) {
    await wire.write(bytesOf(step.raw));
  } else if ("drip" in step) {
    await drip(step.drip, step.everyMs, wire);
  } else if ("does" in step) {
    step.does();
  } else if ("afterMs" in step) {
    await pause(step.afterMs, wire);
    await play(step.step, wire);
  } else {
    for (const each of step) await play(each, wire);
  }
}

/** The code with which a step's answer begins: the server's state follows what it said. Undefined when it said nothing. */
export function replyCode(step: Step): number | undefined {
  if (typeof step === "string") {
    const [code] = /^[2-5]\d\d/.exec(step) ?? [];
    return code === undefined ? undefined : Number(code);
  }
  if ("raw" in step) return replyCode(bytesOf(step.raw).toString("latin1"));
  if ("drip" in step) return typeof step.drip === "string" ? replyCode(step.drip) : undefined;
  if ("does" in step) return undefined;
  if ("afterMs" in step) return replyCode(step.step);
  return step.map(replyCode).find((code) => code !== undefined);
}

async function drip(pieces: Iterable<string>, everyMs: number, wire: Wire): Promise<void> {
  for (const piece of pieces) {
    await pause(everyMs, wire);
    if (wire.silent || wire.hungUp.aborted) return;
    await wire.write(Buffer.from(piece));
  }
}

async function pause(ms: number, wire: Wire): Promise<void> {
  await sleep(ms, undefined, { signal: wire.hungUp }).catch(() => {}); // cut short: nobody is left to wait for
}

function bytesOf(raw: Buffer | string): Buffer {
  return typeof raw === "string" ? Buffer.from(raw, "latin1") : raw;
}

function isEnding(step: Step): step is Ending {
  return step === "drop" || step === "reset" || step === "silence" || step === "stall";
}
