/** Where in html one stands behind a piece of it: the states of the tokenizer (WHATWG HTML, section 13.2.5) and no more. */

export interface Place {
  mode: Mode;
  /** In lower case, a closing one with its `/`; empty outside of tags */
  tag: string;
  /** Whose value one stands in or before; in lower case, else empty */
  attribute: string;
  /** What there is of the value; an expression in it is U+0000 */
  value: string;
  /** In a tag: an attribute may begin here */
  spaced: boolean;
  /** In a conditional comment, which Outlook alone reads, as html */
  conditional: boolean;
}

/** `open`: behind `<` or `</`. `tag`: in one, where attributes stand. `before`: behind `=`. `raw`: where tags are text. */
type Mode =
  "text" | "open" | "tag" | "before" | "double" | "single" | "unquoted" | "comment" | "declaration" | "raw";

/** Where a letter begins, and must end. */
export const beginning: Place = {
  mode: "text",
  tag: "",
  attribute: "",
  value: "",
  spaced: false,
  conditional: false,
};

const RAW = new Set(["style", "script", "title", "textarea"]);

/** Mail clients drop them, and what stands in them is read by rules of its own: as text, as XML, as a program. */
const DROPPED = new Set(
  "script noscript iframe frame object embed param applet svg math xmp noembed noframes plaintext base".split(
    " ",
  ),
);

/** What changes, and what is wrong with it. */
type Move = (place: Place, found: readonly string[]) => Partial<Place> & { fault?: string };

const stay: Move = () => ({});
const to =
  (mode: Mode): Move =>
  () => ({ mode });
const inTag = { mode: "tag", attribute: "", value: "" } as const;
const collect: Move = ({ value }, [text = ""]) => ({ value: value + text });

const closeTag: Move = ({ tag }) =>
  RAW.has(tag) ? { ...inTag, mode: "raw" } : { ...inTag, mode: "text", tag: "" };

const openTag: Move = (_place, [, name = ""]) => {
  const tag = name.toLowerCase();
  const fault = DROPPED.has(tag) ? `mail clients drop <${tag}>: leave it out` : undefined;
  return { ...inTag, tag, spaced: false, fault };
};

const openAttribute: Move = ({ spaced }, [, name = "", equals]) => {
  const attribute = name.toLowerCase();
  const fault =
    !spaced || name.startsWith("=")
      ? "expected a space before an attribute, and its = right behind it"
      : attribute.startsWith("on")
        ? `scripts do not run in letters: leave ${attribute} out`
        : undefined;
  return equals === undefined
    ? { ...inTag, spaced: false, fault }
    : { mode: "before", attribute, value: "", fault };
};

const closeRaw: Move = ({ tag }, [, name = ""]) =>
  name.toLowerCase() === tag ? { ...inTag, tag: `/${tag}`, spaced: false } : {};

/** White space is that of html: a no-break space is part of a name. The first that matches is taken; the last of each matches anything that is left. */
const moves: Readonly<Record<Mode, readonly (readonly [pattern: RegExp, move: Move])[]>> = {
  text: [
    [/[^<]+/y, stay],
    [
      /<!--\[if\b[^>]*\]>(<!--\s*-->|<!-->|-->)?/iy,
      (_place, [, revealed]) => ({ conditional: revealed === undefined }),
    ],
    [/<!\[endif\]-->/iy, () => ({ conditional: false })],
    [/<!--(?:<!\[endif\]--|-?)>/iy, stay],
    [/<!--/y, to("comment")],
    [/<[!?]|<\/(?![a-z]|$)/iy, to("declaration")],
    [/<(\/?[a-z][^\t\n\f\r />]*)/iy, openTag],
    [/<\/?$/y, to("open")],
    [/</y, stay],
  ],
  open: [[/[^]/y, () => ({ mode: "text", fault: "expected the tag's name right behind its <" })]],
  tag: [
    [/[\t\n\f\r /]+/y, () => ({ spaced: true })],
    [/>/y, closeTag],
    [/([^\t\n\f\r />][^\t\n\f\r />=]*)([\t\n\f\r ]*=)?/y, openAttribute],
  ],
  before: [
    [/[\t\n\f\r ]+/y, stay],
    [/"/y, to("double")],
    [/'/y, to("single")],
    [/>/y, closeTag],
    [/(?=[^])/y, to("unquoted")],
  ],
  double: [
    [/[^"]+/y, collect],
    [/"/y, () => ({ ...inTag, spaced: false })],
  ],
  single: [
    [/[^']+/y, collect],
    [/'/y, () => ({ ...inTag, spaced: false })],
  ],
  unquoted: [
    [/[^\t\n\f\r >]+/y, stay],
    [/[\t\n\f\r ]+/y, () => ({ ...inTag, spaced: true })],
    [/>/y, closeTag],
  ],
  comment: [
    [/[^]*?--!?>/y, to("text")],
    [/[^]+/y, stay],
  ],
  declaration: [
    [/[^>]*>/y, to("text")],
    [/[^]+/y, stay],
  ],
  raw: [
    [/<\/([a-z]+)(?=[\t\n\f\r />])/iy, closeRaw],
    [/[^<]+|</y, stay],
  ],
};

/** @param tell is called with what is wrong in the piece itself, and where that is */
export function placeBehind(
  place: Place,
  html: string,
  tell: (message: string, offset: number) => void,
): Place {
  let offset = 0;
  while (offset < html.length) {
    for (const [pattern, move] of moves[place.mode]) {
      pattern.lastIndex = offset;
      const found = pattern.exec(html);
      if (!found) continue;
      const { fault, ...changes } = move(place, found);
      if (fault !== undefined) tell(fault, offset);
      place = { ...place, ...changes };
      offset += found[0].length;
      break;
    }
  }
  return place;
}

/** As words: `text`, `the attribute href of <a>`. */
export function describePlace({ mode, tag, attribute, conditional }: Place): string {
  if (attribute !== "") return `the attribute ${attribute} of <${tag}>`;
  if (tag !== "") return `<${tag}>`;
  if (mode === "open") return "a tag";
  if (mode === "comment" || mode === "declaration") return "a comment";
  return conditional ? "a conditional comment" : "text";
}

/** The place behind two branches that meet; undefined where they do not. */
export function meet(a: Place, b: Place): Place | undefined {
  const [one, other] = [leaveValue(a), leaveValue(b)];
  const same = (["mode", "tag", "attribute", "conditional"] as const).every((key) => one[key] === other[key]);
  if (!same) return undefined;
  const alike = one.value === other.value || (hasScheme(one) && hasScheme(other));
  // of two harmless beginnings the one that still has to end its host
  const value = beginsSafely(one) ? other.value : one.value;
  return { ...one, value: alike ? value : "?", spaced: one.spaced && other.spaced };
}

/** A value without quotes ends with its branch: whatever comes next in the tag needs a space before it. */
function leaveValue(place: Place): Place {
  return place.mode === "unquoted" ? { ...place, ...inTag, spaced: false } : place;
}

function hasScheme({ value }: Place): boolean {
  return /^\s*(?:\0|https?:\/\/|mailto:)/i.test(value);
}

/** Whether the address in an attribute leads to a server or a mailbox already, so that it can no more run a script. */
export function beginsSafely({ value }: Place): boolean {
  return /^\s*(?:\0|https?:\/\/[^/?#\0]+[/?#]|mailto:)/i.test(value);
}
