/** The text part that a letter in HTML gets when its author wrote none. */
import { compile } from "html-to-text";

/** Elements open at a time. The parser's time grows with the square of it: 200,000 took twelve seconds. */
const DEEPEST = 500;

const VOID = new Set([
  "area",
  "base",
  "br",
  "col",
  "embed",
  "hr",
  "img",
  "input",
  "link",
  "meta",
  "source",
  "wbr",
]);

let convert: ((html: string) => string) | undefined;

/** HTML as text: links keep their address, pictures and what is hidden are left out, lines are not wrapped (the reader's program does that). */
export function plainText(html: string): string {
  if (depthOf(html) > DEEPEST) return withoutTags(html);
  convert ??= compile({
    wordwrap: false,
    limits: { maxDepth: DEEPEST },
    selectors: [
      {
        selector: "a",
        options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, linkBrackets: ["<", ">"] },
      },
      { selector: "img", format: "skip" },
      // what lists of mail show after the subject, and readers of the letter do not see
      ...["display:none", "display: none"].map((style) => ({
        selector: `[style*="${style}"]`,
        format: "skip",
      })),
      { selector: "hr", options: { length: 10 } },
      ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({
        selector,
        // one blank line above, as above a paragraph
        options: { uppercase: false, leadingLineBreaks: 2 },
      })),
    ],
  });
  return convert(html);
}

/** Counted without parsing; an element whose end tag is left out counts as open. */
function depthOf(html: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [, slash, name = ""] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)/gi)) {
    if (VOID.has(name.toLowerCase())) continue;
    depth = Math.max(0, depth + (slash ? -1 : 1));
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Drops what no reader sees as far as that takes no parser; each pattern runs through the html once, whatever is left open. */
function withoutTags(html: string): string {
  return html
    .replace(
      /<!--(?:-?>|[^]*?(?:--!?>|$))|<(title|style|script)(?=[\s/>])[^]*?(?:<\/\1(?=[\s/>])[^<>]*>?|$)/gi,
      " ",
    )
    .replace(/(<[^<>]*>)([^<]*)/g, (_all, tag: string, text: string) => (isHidden(tag) ? " " : ` ${text}`))
    .replace(/\s+/g, " ")
    .trim();
}

function isHidden(tag: string): boolean {
  const [, name = ""] = /^<([a-z]\w*)/i.exec(tag) ?? [];
  return /display: ?none/i.test(tag) && !VOID.has(name.toLowerCase());
}
