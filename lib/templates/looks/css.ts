/** CSS as far as letters have it: the declarations of a style attribute, the rules of a style sheet. */

export interface CssRule {
  /** What stands before the braces: a selector, or an at-rule such as `@media (…)` */
  prelude: string;
  /** What stands between them; empty for a statement such as `@import` */
  body: string;
}

const COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/g;
// The closing quote may be missing, so that a string without end costs one look at the rest and not one from each character.
const MARK = /"[^"]*"?|'[^']*'?|[{}();]/g;
const IMPORTANT = / ?! ?important$/i;

/** Property to value, in lower case and without `!important`. As in the cascade the last one wins, and stands last. */
export function declarationsOf(style: string): Map<string, string> {
  const all = pieces(tidy(style).toLowerCase()).flatMap((piece) => {
    const colon = piece.indexOf(":");
    if (colon < 0) return [];
    return [{ name: piece.slice(0, colon).trim(), value: piece.slice(colon + 1).trim() }];
  });
  const declarations = new Map<string, string>();
  const plain = all.filter(({ value }) => !IMPORTANT.test(value));
  const important = all.filter(({ value }) => IMPORTANT.test(value));
  for (const { name, value } of [...plain, ...important]) {
    declarations.delete(name);
    declarations.set(name, value.replace(IMPORTANT, ""));
  }
  return declarations;
}

/** The rules of a style sheet, or of the body of an at-rule. */
export function rulesOf(sheet: string): CssRule[] {
  const css = tidy(sheet).replace(/<!--|-->/g, "");
  const rules: CssRule[] = [];
  let start = 0;
  let open = 0;
  let depth = 0;
  const end = (prelude: string, body: string, at: number) => {
    rules.push({ prelude: prelude.trim(), body });
    start = at + 1;
  };
  for (const { 0: mark, index } of css.matchAll(MARK)) {
    if (mark === "{") {
      if (depth === 0) open = index;
      depth += 1;
    } else if (mark === "}" && depth > 0) {
      depth -= 1;
      if (depth === 0) end(css.slice(start, open), css.slice(open + 1, index), index);
    } else if (mark === ";" && depth === 0) end(css.slice(start, index), "", index);
  }
  return rules;
}

/** Whether every declaration of one of `rulesOf` carries `!important`: only so it wins over a style attribute. */
export function isImportant({ body }: CssRule): boolean {
  return pieces(body).every((piece) => piece.trim() === "" || IMPORTANT.test(piece.trim()));
}

function tidy(css: string): string {
  return css.replace(COMMENT, "").replace(/\s+/g, " ");
}

function pieces(css: string): string[] {
  const found: string[] = [];
  let start = 0;
  let depth = 0;
  for (const { 0: mark, index } of css.matchAll(MARK)) {
    if (mark === "(") depth += 1;
    else if (mark === ")") depth -= 1;
    else if (mark === ";" && depth <= 0) {
      found.push(css.slice(start, index));
      start = index + 1;
    }
  }
  return [...found, css.slice(start)];
}
