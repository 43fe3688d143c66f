/** Whether a letter looks right everywhere: what mail clients drop, clip or show unreadably (caniemail.com, WCAG 2.2). */
import { directionOf, readTag } from "../locale.ts";
import type { RenderedTemplate } from "../template.ts";
import { type CssRule, isImportant, rulesOf } from "./css.ts";
import { error, inOrder, type LooksFinding, warning } from "./finding.ts";
import { checkElements } from "./elements.ts";
import { checkTexts, declaresDark, isDarkMedia } from "./texts.ts";
import { type Markup, type MarkupElement, readMarkup } from "./markup.ts";

export type { LooksFinding } from "./finding.ts";

/** Bytes after which Gmail cuts a letter off and shows a link in the place of its end */
const CLIPPED = 102 * 1024;
/** Characters of <style> after which Gmail drops the rest; it has become milder, other clients have not */
const STYLE_LIMIT = 8192;
/** Characters of a subject that a wide window shows; phones show about 40 */
const SUBJECT_LIMIT = 78;

const TAG_IN_TEXT =
  /<\/?(?:a|b|body|br|div|em|h[1-6]|head|hr|html|i|img|li|ol|p|span|strong|style|t[dhr]|table|ul)(?:\s[^<>]*)?\/?>/i;

/**
 * Everything found, in the order of the lines. Findings quote a few words of the letter: give it letters of sample data, for
 * real ones hold one-time passwords.
 * @returns `error`: some reader cannot read or use the letter; `warning`: it looks worse for some
 */
export async function checkLooks(letter: RenderedTemplate): Promise<LooksFinding[]> {
  return [
    ...checkSubject(letter.subject),
    ...checkText(letter.text),
    ...(letter.html === "" ? [] : await checkHtml(letter)),
  ];
}

function checkSubject(subject: string): LooksFinding[] {
  if (subject.trim() === "") return [error("the subject is empty: write one")];
  const { length } = Array.from(subject);
  if (length <= SUBJECT_LIMIT) return [];
  const limits = `clients cut it off after ${SUBJECT_LIMIT}, phones after about 40`;
  return [warning(`the subject has ${length} characters and ${limits}: shorten it`)];
}

function checkText(text: string): LooksFinding[] {
  if (text.trim() === "") return [error("the text part is empty: write what the html says")];
  const lines = text.split("\n");
  const line = lines.findIndex((one) => TAG_IN_TEXT.test(one));
  if (line < 0) return [];
  const [tag] = TAG_IN_TEXT.exec(lines[line] ?? "") ?? [];
  return [warning(`the text part has the tag ${tag} in its line ${line + 1}: write it without`)];
}

async function checkHtml({ html, locale }: RenderedTemplate): Promise<LooksFinding[]> {
  const markup = readMarkup(html);
  const sheets = styleSheets(markup);
  const rules = sheets.flatMap(({ css }) => rulesOf(css));
  return inOrder([
    ...checkSize(html),
    ...markup.faults.map(({ line, message }) => error(message, line)),
    ...checkHead(markup, locale),
    ...checkDarkMode(markup, rules),
    ...checkSheets(sheets),
    ...checkElements(markup),
    ...(await checkTexts(html, markup, rules)),
  ]);
}

function checkSize(html: string): LooksFinding[] {
  const size = Buffer.byteLength(html);
  if (size <= CLIPPED) return [];
  const message = `the html has ${Math.ceil(size / 1024)} KB and Gmail shows the first ${CLIPPED / 1024} only`;
  return [error(`${message}: make it shorter`)];
}

function checkHead({ elements, texts }: Markup, locale: string): LooksFinding[] {
  const html = elements.find(({ name }) => name === "html");
  const title = elements.find(({ name }) => name === "title");
  const hasCharset = elements.some(
    ({ name, attributes: { charset, content } }) =>
      name === "meta" && (charset !== undefined || /charset=/i.test(content ?? "")),
  );
  const titled = texts.slice(title?.firstText ?? 0, title?.endText ?? 0);
  const findings = checkLanguage(html, locale);
  if (!hasCharset) findings.push(error('there is no charset: write <meta charset="utf-8"> in <head>'));
  if (titled.every(({ value }) => value.trim() === "")) {
    findings.push(
      warning("there is no <title>: screen readers and browsers name the letter by it", title?.line),
    );
  }
  if (!hasMeta(elements, "viewport")) {
    const meta = '<meta name="viewport" content="width=device-width, initial-scale=1">';
    findings.push(warning(`there is no viewport, so that phones show the letter tiny: write ${meta}`));
  }
  return findings;
}

function checkDarkMode(markup: Markup, rules: readonly CssRule[]): LooksFinding[] {
  const hasRules = rules.some(isDarkMedia);
  if (hasRules && !hasMeta(markup.elements, "color-scheme")) {
    const meta = '<meta name="color-scheme" content="light dark">';
    return [warning(`there are dark rules, but no color-scheme for Apple Mail: write ${meta}`)];
  }
  if (hasRules || declaresDark(markup, rules)) return [];
  const media = "@media (prefers-color-scheme: dark)";
  return [warning(`there is no dark mode, so that clients make up one: write its colours in ${media}`)];
}

function hasMeta(elements: readonly MarkupElement[], wanted: string): boolean {
  return elements.some(
    ({ name, attributes }) => name === "meta" && attributes.name?.toLowerCase() === wanted,
  );
}

function checkLanguage(html: MarkupElement | undefined, locale: string): LooksFinding[] {
  const { lang = "", dir = "ltr" } = html?.attributes ?? {};
  const findings: LooksFinding[] = [];
  if (lang === "" || languageOf(lang) !== languageOf(locale)) {
    const got = lang === "" ? "has no lang" : `has lang="${lang}"`;
    const why = "screen readers speak by it";
    findings.push(
      error(`<html> ${got} in a letter in ${locale}: write lang="${locale}", ${why}`, html?.line),
    );
  }
  const expected = directionOf(locale);
  if (dir.toLowerCase() !== expected) {
    findings.push(error(`<html> must have dir="${expected}" in a letter in ${locale}`, html?.line));
  }
  return findings;
}

function languageOf(tag: string): string | undefined {
  return readTag(tag)?.maximize().language;
}

interface Sheet {
  css: string;
  line: number;
}

function styleSheets({ elements, texts }: Markup): Sheet[] {
  return elements
    .filter(({ name }) => name === "style")
    .map(({ line, firstText, endText }) => {
      const css = texts.slice(firstText, endText).map(({ value }) => value);
      return { line, css: css.join("") };
    });
}

function checkSheets(sheets: readonly Sheet[]): LooksFinding[] {
  const findings: LooksFinding[] = [];
  let length = 0;
  for (const { css, line } of sheets) {
    const before = length;
    length += css.length;
    if (before <= STYLE_LIMIT && length > STYLE_LIMIT) {
      const message = `<style> goes beyond ${STYLE_LIMIT} characters, and clients drop it`;
      findings.push(warning(`${message}: write fewer rules`, line));
    }
    for (const { prelude } of rulesOf(css).filter(isLeft)) {
      const message = prelude.toLowerCase().startsWith("@import")
        ? "@import in <style> is not loaded: write the rules themselves"
        : `the rule ${prelude.slice(0, 40)} is in <style> alone, which some clients drop: write it into style attributes`;
      findings.push(warning(message, line));
    }
  }
  return findings;
}

/** Whether a rule should not be in <style> any more. Those that no style attribute can hold stay there. */
function isLeft(rule: CssRule): boolean {
  if (rule.prelude.startsWith("@")) return /^@import/i.test(rule.prelude);
  return !rule.prelude.includes(":") && !isImportant(rule);
}
