/** A fault to be planted: which promise it breaks, where, and which test has to notice. */

export interface Mutation {
  /** What is wrong then, in words */
  fault: string;
  /** The promise that it breaks */
  breaks: string;
  file: string;
  /** Each text must occur exactly once: a table that the sources have left behind is no check */
  changes: readonly (readonly [text: string, replacement: string])[];
  /** The test that must fail: its file, and words of its name that no other test there has */
  test: string;
  named: string;
}

/** @throws Error where a text is not there exactly once */
export function mutated(source: string, { file, changes }: Mutation): string {
  return changes.reduce((changed, [text, replacement]) => {
    const found = changed.split(text).length - 1;
    if (found !== 1) throw new Error(`${file} has this text ${found} times: ${JSON.stringify(text)}`);
    return changed.replace(text, () => replacement);
  }, source);
}
