/** Moves the CSS of a letter into its elements, as mail clients want it; once, when the letter is read. */

/**
 * Inlines what stands in `<style>`. Rules of `@media` and the like stay there, and so does a `<style data-embed>`, and one with a
 * block in it: which of its rules hold is not known before the letter is filled in.
 * @param html with Handlebars' expressions in it, which stay as they are
 */
export async function inlineStyles(html: string): Promise<string> {
  // loaded when needed: it takes longer than everything else at the start
  const { default: juice } = await import("juice");
  const marked = html.replace(/<style(?=[^>]*>(?:(?!<\/style>)[^])*?\{\{#)/gi, "<style data-embed");
  if (!hasRules(marked)) return html;
  const styled = juice(marked, { applyAttributesTableElements: false, resolveCSSVariables: true });
  return styled.replace(/(<style[^>]*?) data-embed(?:="")?/g, "$1");
}

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
