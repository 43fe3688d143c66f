/** What an element's own text looks like: its colour, what lies behind it, its size (CSS inheritance). */
import { type Colour, over, parseColour } from "./colours.ts";
import type { Rgb } from "../contrast.ts";
import { type MarkupElement, UNSEEN } from "./markup.ts";

export interface Appearance {
  isHidden: boolean;
  /** Absent: not known */
  colour?: Colour | undefined;
  /** What lies behind; absent: not known */
  ground?: Rgb | undefined;
  /** In CSS pixels */
  size: number;
  isBold: boolean;
}

/** What a client paints with where a letter says nothing. */
export interface Canvas {
  ground: Rgb;
  text: Rgb;
  link: Rgb;
}

export const LIGHT: Canvas = { ground: [255, 255, 255], text: [0, 0, 0], link: [0, 0, 0xee] };
/** As browsers paint for `color-scheme: dark` */
export const DARK: Canvas = { ground: [0x12, 0x12, 0x12], text: [255, 255, 255], link: [0x9e, 0x9e, 0xff] };

type Style = ReadonlyMap<string, string>;

const BOLD = new Set(["b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"]);
/** Of the text around (HTML Standard, section 15.3) */
const RELATIVE_SIZES: ReadonlyMap<string, number> = new Map([
  ["h1", 2],
  ["h2", 1.5],
  ["h3", 1.17],
  ["h5", 0.83],
  ["h6", 0.67],
  ["small", 0.83],
  ["sub", 0.83],
  ["sup", 0.83],
]);
const SIZE = /(?:^|\s)(\d*\.?\d+)(px|pt|em|rem|%|(?=\s*$))/;
const INHERITED = /^(?:inherit|unset|currentcolor)$/i;

/**
 * Background pictures do not count: many clients do not load them.
 * @param styles  the declarations that apply to each of the elements, in their order
 */
export function appearancesOf(
  elements: readonly MarkupElement[],
  styles: readonly Style[],
  canvas: Canvas,
): Appearance[] {
  const bare: Appearance = {
    isHidden: false,
    colour: { rgb: canvas.text, alpha: 1 },
    ground: canvas.ground,
    size: 16,
    isBold: false,
  };
  const found: Appearance[] = [];
  for (const element of elements) {
    const style = styles[element.index] ?? new Map<string, string>();
    const around = found[element.parent?.index ?? -1] ?? bare;
    found.push({
      isHidden: around.isHidden || UNSEEN.has(element.name) || isHidden(style),
      colour: colourOf(element, style, around, canvas),
      ground: groundOf(element, style, around),
      size: sizeOf(element, style, around),
      isBold: isBold(element, style, around),
    });
  }
  return found;
}

function colourOf(
  { name, attributes }: MarkupElement,
  style: Style,
  around: Appearance,
  { link }: Canvas,
): Colour | undefined {
  const attribute = name === "font" ? attributes.color : name === "body" ? attributes.text : undefined;
  const said = style.get("color") ?? attribute;
  if (said !== undefined) return INHERITED.test(said) ? around.colour : parseColour(withHash(said));
  return name === "a" && attributes.href !== undefined ? { rgb: link, alpha: 1 } : around.colour;
}

function groundOf({ attributes }: MarkupElement, style: Style, around: Appearance): Rgb | undefined {
  const said = last(style, "background", "background-color") ?? attributes.bgcolor;
  if (said === undefined || around.ground === undefined) return around.ground;
  const parts = withHash(said).match(/[\w-]*\([^()]*\)|\S+/g) ?? [];
  const colour = parts.map(parseColour).find((part) => part !== undefined);
  if (colour) return over(colour, around.ground);
  const isNoColour = /url\(|gradient\(|^(?:none|initial|inherit|unset|0)$/i.test(said);
  return isNoColour ? around.ground : undefined;
}

/** `bgcolor` and `color` attributes may leave out the `#`. */
function withHash(colour: string): string {
  return colour.trim().replace(/^[0-9a-f]{6}$/i, "#$&");
}

function sizeOf({ name }: MarkupElement, style: Style, around: Appearance): number {
  const said = last(style, "font", "font-size");
  const [, amount, unit] = SIZE.exec(said?.replaceAll("/", " /") ?? "") ?? [];
  if (amount === undefined) return around.size * (RELATIVE_SIZES.get(name) ?? 1);
  const value = Number(amount);
  if (unit === "pt") return (value * 4) / 3;
  if (unit === "em") return value * around.size;
  if (unit === "rem") return value * 16;
  if (unit === "%") return (value / 100) * around.size;
  return value;
}

function isBold({ name }: MarkupElement, style: Style, around: Appearance): boolean {
  const said = last(style, "font", "font-weight");
  return said === undefined ? BOLD.has(name) || around.isBold : /\b(?:bold(?:er)?|[7-9]00)\b/i.test(said);
}

/** As preheaders hide. Not `mso-hide`: it hides from Outlook alone, and the usual button carries it. */
function isHidden(style: Style): boolean {
  const isZero = (property: string) => /^0(?:\.0+)?(?:px|%)?$/.test(style.get(property) ?? "");
  return (
    style.get("display") === "none" ||
    style.get("visibility") === "hidden" ||
    isZero("opacity") ||
    (style.get("overflow") === "hidden" && (isZero("max-height") || isZero("height")))
  );
}

/** The value of a property or of its shorthand, whichever comes later. */
function last(style: Style, ...names: [string, string]): string | undefined {
  let value: string | undefined;
  for (const [name, said] of style) if (names.includes(name)) value = said;
  return value;
}
