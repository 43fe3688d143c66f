/** "Did you mean …": the known word that a mistyped one is closest to. */

/** The nearest candidate at most two edits away, else the only one that begins with the word; undefined for none. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.min(2, word.length / 3))
    .sort((a, b) => a.edits - b.edits);
  const longer = candidates.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  return best?.candidate ?? (longer.length === 1 ? longer[0] : undefined);
}

/** In words: the candidate that was meant, or all that there are. */
export function suggest(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? `expected ${candidates.join(", ")}` : `did you mean ${meant}?`;
}

/** Levenshtein's distance: how many letters to insert, delete or replace. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const letter of a) {
    const above = row;
    row = [(above[0] ?? 0) + 1];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
