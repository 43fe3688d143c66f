/** Moves the CSS of a letter into its elements, as mail clients want it; once, when the letter is read. */
import { SCOPE } from "./syntax.ts";
import { beginning, placeBehind } from "./html-place.ts";

/**
 * Inlines what stands in `<style>`. Rules of `@media` and the like stay there, and so does a `<style data-embed>`, and one in a
 * block or with a block in it: which of its rules hold is not known before the letter is filled in. Where that is not known of
 * the elements, all stays as it is: rules inlined into them would win over those that only the filled-in letter shows to hold.
 * @param html with Handlebars' expressions in it, which stay as they are
 */
export async function inlineStyles(html: string): Promise<string> {
  if (!hasRules(html)) return html;
  const marked = markStyles(html);
  if (marked === undefined || !hasRules(marked)) return html;
  // loaded when needed: it takes longer than everything else at the start
  const { default: juice } = await import("juice");
  const styled = juice(marked, { applyAttributesTableElements: false, resolveCSSVariables: true });
  return styled.replace(/(<style[^>]*?) data-embed(?:="")?/g, "$1");
}

/** @returns undefined where data decides which rules hold for an element, or on its style attribute */
function markStyles(html: string): string | undefined {
  const pieces = html.split(/((?<!\\)\{\{[^]*?\}\}+|<style(?=[\s/>]))/i);
  // the attributes that data is printed into
  const filled = new Set<string>();
  let place = beginning;
  let style = 0;
  let blocks = 0;
  for (const [at, piece] of pieces.entries()) {
    const [, mark, name] = /^\{\{([#/]?)(\w*)/.exec(piece) ?? [];
    const inStyle = place.mode === "raw" && place.tag === "style";
    if (mark === undefined) {
      if (at % 2 === 1 && place.mode === "text") style = at;
      if (style === at && blocks > 0) pieces[at] = EMBEDDED;
      place = placeBehind(place, piece, () => {});
      continue;
    }
    // what a partial is given is a block as well, but its body is always there
    if (mark !== "" && name !== SCOPE) blocks += mark === "#" ? 1 : -1;
    if (mark === "#" && place.mode === "tag") return undefined;
    if (mark === "#" && inStyle) pieces[style] = EMBEDDED;
    if (place.attribute !== "style") filled.add(place.attribute);
    else if (mark === "#") return undefined;
  }
  const written = pieces.filter((piece) => !piece.startsWith("{{")).join("");
  const isSelected = (attribute: string) =>
    attribute === "class" || attribute === "id" || (attribute !== "" && written.includes(`[${attribute}`));
  return [...filled].some(isSelected) ? undefined : pieces.join("");
}

const EMBEDDED = "<style data-embed";

/** Whether a `<style>` has a rule of its own, outside of `@media { … }` and the like. */
function hasRules(html: string): boolean {
  return [...html.matchAll(/<style(?![^>]*\sdata-embed)[^>]*>([^]*?)<\/style>/gi)].some(([, css = ""]) => {
    const plain = css.replace(/\/\*[^]*?\*\/|\{\{[^}]*\}\}|@(?:import|charset)[^;]*;/g, "");
    let depth = 0;
    let isAt = false;
    for (const [mark] of plain.matchAll(/[@{}]/g)) {
      if (mark === "@") isAt ||= depth === 0;
      else if (mark === "{" && depth++ === 0 && !isAt) return true;
      else if (mark === "}" && --depth === 0) isAt = false;
    }
    return false;
  });
}
