/** A letter's html as it was written: its elements and texts with their lines, and every tag that does not match. */
import { Parser } from "htmlparser2";

export interface MarkupElement {
  /** Its place among the elements, in the order of their start tags */
  index: number;
  name: string;
  attributes: Readonly<Record<string, string>>;
  line: number;
  /** Elements around it */
  depth: number;
  parent: MarkupElement | undefined;
  /** Place of its first text among the texts */
  firstText: number;
  /** Place after its last one */
  endText: number;
}

export interface MarkupText {
  value: string;
  /** Of its first visible character */
  line: number;
  parent: MarkupElement | undefined;
}

export interface Markup {
  elements: MarkupElement[];
  texts: MarkupText[];
  faults: { line: number; message: string }[];
}

/** Elements whose content is not shown */
export const UNSEEN: ReadonlySet<string> = new Set([
  "head",
  "title",
  "style",
  "script",
  "template",
  "noscript",
]);
/** Characters of an element's text that are shown with its name */
const QUOTED = 30;

/**
 * Reads html that may be broken anywhere, and never throws. End tags that HTML lets its authors leave out count as faults too:
 * clients cut letters up and rewrite them, each by rules of its own.
 */
export function readMarkup(html: string): Markup {
  const markup: Markup = { elements: [], texts: [], faults: [] };
  const { elements, texts, faults } = markup;
  const open: MarkupElement[] = [];
  const closedEarly = new Map<string, number>();
  const lineAt = lineCounter(html);
  /** Where the next event starts, if nothing is passed over */
  let expected = 0;
  let startTagEnd = -1;
  let isTextGoingOn = false;
  let isTextBlank = false;

  const parser = new Parser({
    onopentag(name, attributes, isImplied) {
      const line = begin();
      // The parser opens a <p> for a </p> that has none.
      if (isImplied) strayEnd(name, line);
      const place = { index: elements.length, depth: open.length, firstText: texts.length };
      const element = { ...place, name, attributes, line, parent: open.at(-1), endText: Infinity };
      elements.push(element);
      open.push(element);
      startTagEnd = parser.endIndex;
      end();
    },
    onclosetag(name, isImplied) {
      begin();
      const element = open.pop();
      if (element) element.endText = texts.length;
      // An element without content, such as <br>, ends with its own start tag.
      const isEmpty = parser.endIndex === startTagEnd;
      if (element && isImplied && !isEmpty) leftOpen(element);
      if (!isEmpty) end();
    },
    ontext(value) {
      const visible = value.trimStart();
      const line = begin(value.length - visible.length);
      const last = texts.at(-1);
      if (last && isTextGoingOn) {
        if (isTextBlank) last.line = line;
        last.value += value;
        isTextBlank &&= visible === "";
      } else {
        texts.push({ value, line, parent: open.at(-1) });
        isTextBlank = visible === "";
      }
      end();
      isTextGoingOn = true;
    },
    oncomment: skip,
    onprocessinginstruction: skip,
    onend() {
      passedOver(html.length);
    },
  });
  parser.end(html);
  return markup;

  function begin(offset = 0): number {
    passedOver(parser.startIndex);
    return lineAt(parser.startIndex + offset);
  }
  function end(): void {
    expected = parser.endIndex + 1;
    isTextGoingOn = false;
  }
  function skip(): void {
    begin();
    end();
  }
  /** The parser tells nothing of what it passes over: end tags of what is not open, and a tag that the html ends in. */
  function passedOver(until: number): void {
    if (until <= expected) return;
    const gap = html.slice(expected, until);
    const line = lineAt(expected);
    const names = [...gap.matchAll(/<\/([^\s<>/]+)/g)];
    for (const [, name = ""] of names) strayEnd(name.toLowerCase(), line);
    if (names.length === 0) faults.push({ line, message: "a tag is not finished: write its end" });
    expected = until;
  }
  function strayEnd(name: string, line: number): void {
    const early = closedEarly.get(name) ?? 0;
    // It has been told where it was closed early.
    if (early > 0) closedEarly.set(name, early - 1);
    else faults.push({ line, message: `</${name}> ends what is not open: take it away, or open <${name}>` });
  }
  function leftOpen(element: MarkupElement): void {
    const { name, line } = element;
    closedEarly.set(name, (closedEarly.get(name) ?? 0) + 1);
    const [cause] = /^<\/?[^\s<>/]+/.exec(html.slice(parser.startIndex, parser.startIndex + 40)) ?? [];
    const what = cause ? `${cause}> comes` : "the letter ends";
    faults.push({ line, message: `${describe(element, markup)} is left open: ${what} before </${name}>` });
  }
}

/** An element as its author finds it: its name and a few words of its text. */
export function describe({ name, firstText, endText }: MarkupElement, { texts }: Markup): string {
  const text = texts
    // most of the texts around elements are empty lines
    .slice(firstText, Math.min(endText, firstText + 20))
    .map(({ value, parent }) => (parent && UNSEEN.has(parent.name) ? "" : value.slice(0, 1000)))
    .join("")
    .replace(/[\s\p{C}]+/gu, " ")
    .trim();
  if (text === "") return `<${name}>`;
  return `<${name}> "${text.length > QUOTED ? `${text.slice(0, QUOTED).trimEnd()}…` : text}"`;
}

/** For offsets that do not go back: those that do get the line of the one before. */
function lineCounter(html: string): (offset: number) => number {
  let line = 1;
  let next = html.indexOf("\n");
  return (offset) => {
    for (; next >= 0 && next < offset; next = html.indexOf("\n", next + 1)) line += 1;
    return line;
  };
}
