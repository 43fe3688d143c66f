/** Characters that must not stand in what people read as one line, or in a text at all. */

/** C0, DEL, C1, U+2028, U+2029, and halves of surrogate pairs: they break lines, logs and encoders. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

/**
 * Direction marks, zero-width and other invisible characters: a name or file name could look like another one. What joins
 * letters in Persian and Indic scripts and pictures in emoji has its place, but between two such characters only.
 */
const INVISIBLE =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cf}\p{DI}]|(?<!\P{ASCII})(?:\u200c|\u200d)|(?:\u200c|\u200d)(?!\P{ASCII})/u;

export function hasUnprintable(line: string): boolean {
  return UNPRINTABLE.test(line);
}

export function hasInvisible(label: string): boolean {
  return INVISIBLE.test(label);
}

export function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

/** Halves of surrogate pairs become U+FFFD: the text is then the same in UTF-16 and in UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
