/** The tags of a message, as Mailpit finds them: in the header X-Tags and after the plus signs of addresses. */

const MAX_LENGTH = 100;

/**
 * Sorted; of two that differ in letter case only, the first one stays.
 * @param header the value of X-Tags: tags separated by commas
 * @example tagsOf("shop, VIP", ["ann+trial@example.com"]) // ["VIP", "shop", "trial"]
 */
export function tagsOf(header: string, addresses: readonly string[]): string[] {
  const plus = addresses.flatMap((address) => /\+([^@]*)@/.exec(address)?.[1]?.split("+") ?? []);
  const tags = new Map<string, string>();
  for (const tag of [...header.split(","), ...plus].map(clean)) {
    const key = tag.toLowerCase();
    if (tag !== "" && !tags.has(key)) tags.set(key, tag);
  }
  return [...tags.values()].sort();
}

function clean(word: string): string {
  return word
    .replace(/[^a-z0-9 _.@-]/gi, " ")
    .replace(/ +/g, " ")
    .trim()
    .slice(0, MAX_LENGTH);
}
