/** Whoever opens, closes; this list is for the tests that do not, or that fail before they could. */

interface Opened {
  name: string;
  close(): Promise<void>;
}

const list = new Set<Opened>();

/** Notes that something was opened, and how to close it; call what it returns once that is done. */
export function opened(name: string, close: () => Promise<void>): () => void {
  const entry = { name, close };
  list.add(entry);
  return () => {
    list.delete(entry);
  };
}

/** `afterEach(closeEverything)`: closes what is open, the latest first, and returns its names. */
export async function closeEverything(): Promise<string[]> {
  const entries = [...list].toReversed();
  for (const entry of entries) await entry.close();
  return entries.map(({ name }) => name);
}

/** `afterAll(expectNothingOpen)`: closes what the tests of a file left open, and fails the file for it. */
export async function expectNothingOpen(): Promise<void> {
  const names = await closeEverything();
  if (names.length > 0) throw new Error(`still open at the end of this file: ${names.join(", ")}`);
}
