/** Whether the text of a letter can be read, in light, in dark and by its size (WCAG 2.2). */
import { appearancesOf, type Appearance, DARK, LIGHT } from "./appearance.ts";
import { over } from "./colours.ts";
import { contrast, hexOf, READABLE } from "../contrast.ts";
import { type CssRule, declarationsOf, rulesOf } from "./css.ts";
import { error, type LooksFinding, warning } from "./finding.ts";
import { describe, type Markup, type MarkupElement, readMarkup } from "./markup.ts";

/** juice's reading of others, with a bracket in them that is not closed, takes time that doubles with each character. */
const SELECTOR = /^(?:[^(){}<]|\([\w\s.#+-]{1,30}\))+$/;
/** CSS pixels */
const SMALLEST = 13;
/** WCAG 1.4.3 for large text: 18 pt, or 14 pt bold */
const READABLE_LARGE = 3;
/** Elements open at a time: juice goes into them by recursion */
const DEEPEST = 500;
const DARK_RULES = /^@media(?!.*\bnot\b).*prefers-color-scheme\s*:\s*dark/i;

export function isDarkMedia({ prelude }: CssRule): boolean {
  return DARK_RULES.test(prelude);
}

/** Whether the letter says that it has colours of its own for dark windows: clients then paint a dark canvas under it. */
export function declaresDark({ elements }: Markup, rules: readonly CssRule[]): boolean {
  const schemes = [
    ...elements.map(({ attributes }) => attributes.name === "color-scheme" && attributes.content),
    ...rules.map(({ body }) => declarationsOf(body).get("color-scheme")),
  ];
  return schemes.some((scheme) => /\bdark\b/i.test(scheme || ""));
}

/** @param rules  all of the letter's <style> elements */
export async function checkTexts(
  html: string,
  markup: Markup,
  rules: readonly CssRule[],
): Promise<LooksFinding[]> {
  if (markup.elements.some(({ depth }) => depth >= DEEPEST)) {
    return [error(`elements lie more than ${DEEPEST} deep in each other: colours were not checked`)];
  }
  const plain = rules.filter(isPlain);
  const dark = rules.filter(isDarkMedia).flatMap(({ body }) => rulesOf(body).filter(isPlain));
  const lightStyles = await stylesOf(html, markup, plain);
  const darkStyles = await stylesOf(html, markup, [...plain, ...dark]);
  if (!lightStyles || !darkStyles) {
    return [error("the html or its <style> cannot be read for certain: colours were not checked")];
  }
  const light = appearancesOf(markup.elements, lightStyles, LIGHT);
  const canvas = declaresDark(markup, rules) ? DARK : LIGHT;
  return [
    ...checkSizes(markup, light),
    ...checkContrast(markup, light),
    ...checkContrast(markup, appearancesOf(markup.elements, darkStyles, canvas), light),
  ];
}

function isPlain({ prelude }: CssRule): boolean {
  return !prelude.startsWith("@");
}

type Style = ReadonlyMap<string, string>;

/**
 * The declarations that apply to each element where these rules do; nothing where juice stumbles over CSS, or reads broken
 * html in another way than we do.
 */
async function stylesOf(
  html: string,
  { elements }: Markup,
  rules: readonly CssRule[],
): Promise<Style[] | undefined> {
  if (rules.length === 0) return elements.map(ownStyle);
  if (!rules.every(({ prelude }) => SELECTOR.test(prelude))) return undefined;
  // It takes 200 ms to load, and a node that sends never needs it for this.
  const { default: juice } = await import("juice/client.js");
  const css = rules.map(({ prelude, body }) => `${prelude}{${body}}`).join("\n");
  try {
    const inlined = readMarkup(juice.inlineContent(html, css)).elements;
    return inlined.length === elements.length ? inlined.map(ownStyle) : undefined;
  } catch {
    return undefined;
  }
}

function ownStyle({ attributes }: MarkupElement): Style {
  return declarationsOf(attributes.style ?? "");
}

function checkSizes(markup: Markup, looks: readonly Appearance[]): LooksFinding[] {
  const small = shown(markup, looks).flatMap(({ element, look: { size } }) =>
    size < SMALLEST ? [{ element, problem: `${Math.round(size * 10) / 10}px small` }] : [],
  );
  return outermost(small).map(({ element, problem }) => {
    const advice = `hard to read on phones: make it ${SMALLEST}px`;
    return warning(`${describe(element, markup)} is ${problem}, ${advice}`, element.line);
  });
}

/** @param before  how the same looks in light: what is the same in dark is not told twice */
function checkContrast(
  markup: Markup,
  looks: readonly Appearance[],
  before?: readonly Appearance[],
): LooksFinding[] {
  const unreadable = shown(markup, looks).flatMap(({ element, look }) => {
    const pair = pairOf(look);
    const light = before?.[element.index];
    const lightPair = light && !light.isHidden ? pairOf(light) : undefined;
    if (!pair || (lightPair?.colour === pair.colour && lightPair.ground === pair.ground)) return [];
    const isLarge = look.size >= 24 || (look.isBold && look.size >= 18.66);
    const needed = isLarge ? READABLE_LARGE : READABLE;
    if (pair.ratio >= needed) return [];
    const colours = `${pair.colour} on ${pair.ground}${before ? " in dark mode" : ""}`;
    const ratio = `a contrast of ${Math.floor(pair.ratio * 100) / 100} where WCAG 1.4.3 asks for ${needed}`;
    return [{ element, problem: `${colours}, ${ratio}`, advice: adviceFor(pair, lightPair) }];
  });
  return outermost(unreadable).map(({ element, problem, advice }) =>
    error(`${describe(element, markup)} is ${problem}: ${advice}`, element.line),
  );
}

/** Leaves out an element with the problem that the one around it has as well: it has it from there. */
function outermost<Found extends { element: MarkupElement; problem: string }>(
  found: readonly Found[],
): Found[] {
  const problems = new Map(found.map(({ element, problem }) => [element, problem]));
  return found.filter(({ element: { parent }, problem }) => !parent || problems.get(parent) !== problem);
}

interface Pair {
  colour: string;
  ground: string;
  ratio: number;
}

function pairOf({ colour, ground }: Appearance): Pair | undefined {
  if (!colour || !ground) return undefined;
  const seen = over(colour, ground);
  return { colour: hexOf(seen), ground: hexOf(ground), ratio: contrast(seen, ground) };
}

function adviceFor(pair: Pair, light: Pair | undefined): string {
  if (light?.colour === pair.colour) return "give the text a colour in the dark rules too";
  if (light?.ground === pair.ground) return "give its background a colour in the dark rules too";
  return "take the two colours further apart";
}

/** The elements with letters or digits of their own that are seen, each once. A size of 1 px is how preheaders hide. */
function shown(
  { texts }: Markup,
  looks: readonly Appearance[],
): { element: MarkupElement; look: Appearance }[] {
  const seen = new Set<MarkupElement>();
  return texts.flatMap(({ value, parent: element }) => {
    const look = looks[element?.index ?? -1];
    if (!element || !look || look.isHidden || look.size <= 1) return [];
    if (seen.has(element) || !/[\p{L}\p{N}]/u.test(value)) return [];
    seen.add(element);
    return [{ element, look }];
  });
}
