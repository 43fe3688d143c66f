/** Looks over JSON before it is parsed: what is nested too deep, or made of too many parts, would hold up everybody for seconds. */

/** Deeper than any field that is known, and nowhere near what breaks a serializer's recursion (40,000 levels do). */
const DEPTH_LIMIT = 32;
/**
 * Lists, objects and fields together. The 100 KB that a template's data may have cannot hold as many; a million take a second.
 * A list's items are not counted: bytes may come as a list of millions of numbers.
 */
const PARTS_LIMIT = 50_000;

export interface Excess {
  /** The outermost field that it is in, as it is written; absent where there is none */
  field?: string;
  /** Completes the field's name */
  message: string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Says what is beyond the limits, undefined where nothing is. Whether it is JSON at all is left to the parser. */
export function excessIn(bytes: Uint8Array): Excess | undefined {
  let depth = 0;
  let parts = 0;
  // the name of the outermost object's field; never a value, not even where a bracket follows it by mistake
  let isName = false;
  let start = 0;
  let end = 0;
  const excess = (message: string): Excess => {
    const field = Buffer.from(bytes.subarray(start, end)).toString();
    return { ...(field !== "" && { field }), message };
  };
  for (let i = 0; i < bytes.length; i++) {
    switch (bytes[i]) {
      case QUOTE: {
        const closing = endOfString(bytes, i + 1);
        if (depth === 1 && isName) {
          start = i + 1;
          end = closing;
          isName = false;
        }
        i = closing;
        break;
      }
      case COLON:
        parts++;
        break;
      case COMMA:
        if (depth === 1) isName = true;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        parts++;
        isName = ++depth === 1;
        // the outermost object is no level of a field
        if (depth > DEPTH_LIMIT + 1) return excess(`is nested more than ${DEPTH_LIMIT} levels deep`);
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth--;
        break;
    }
    if (parts > PARTS_LIMIT) return excess(`is of more than ${PARTS_LIMIT} parts`);
  }
  return undefined;
}

/** Where the string that has begun is closed. */
function endOfString(bytes: Uint8Array, from: number): number {
  let i = from;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
