/** Preload for a node under test, in each of its threads: with BRISK=1, what is done now and then is done all the time. */
const original = globalThis.setInterval;
const OFTEN_MS = 50;

globalThis.setInterval = ((work: () => void, ms = 0, ...values: unknown[]) =>
  original(
    work,
    ms >= 5000 && process.env["BRISK"] === "1" ? OFTEN_MS : ms,
    ...(values as []),
  )) as typeof setInterval;
