/** A letter's html as a reader with certain settings gets it, whatever the settings of the system are that shows it. */

/** How a letter is looked at. */
export interface Look {
  scheme: "light" | "dark";
  pictures: boolean;
}

/**
 * Runs in the preview page, which holds its source: it may use nothing from outside, and no syntax of ours that is not
 * JavaScript once types are gone.
 *
 * Media queries about the reader's scheme get one that is always or never true in their place, which fits between any
 * `and`, `or` and `not`. A letter that does not speak of `color-scheme` stays as light as it is: Apple Mail does the same.
 */
export function frameDocument(html: string, { scheme, pictures }: Look): string {
  const adapts = /(?<!prefers-)color-scheme/i.test(html);
  const head = [
    // a click on a link would lead the frame away; in a window of its own the sandbox lets nothing open
    '<base target="_blank">',
    ...(adapts ? [`<style>:root{color-scheme:${scheme}!important}</style>`] : []),
    ...(pictures ? [] : [`<meta http-equiv="Content-Security-Policy" content="img-src 'none'">`]),
  ].join("");
  const shown = html
    .replace(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi, (_query, asked: string) =>
      asked.toLowerCase() === scheme ? "(min-width:0)" : "(max-width:0)",
    )
    // a policy does not keep it from a server (`rel=preconnect`); as another void element nothing else changes
    .replace(/<link(?=[\s/>])/gi, "<meta data-link");
  // before anything else: what looks like a <head> may stand in a comment, where a policy is none
  const at = /^\s*<!doctype[^>]*>/i.exec(shown)?.[0].length ?? 0;
  return shown.slice(0, at) + head + shown.slice(at);
}
