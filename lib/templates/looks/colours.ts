/** Colours as letters write them (CSS Color 4): those that every mail client knows. */
import type { Rgb } from "../contrast.ts";

/** `alpha`: 0 lets everything through, 1 nothing */
export interface Colour {
  rgb: Rgb;
  alpha: number;
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ["black", "#000000"],
  ["silver", "#c0c0c0"],
  ["gray", "#808080"],
  ["grey", "#808080"],
  ["white", "#ffffff"],
  ["maroon", "#800000"],
  ["red", "#ff0000"],
  ["purple", "#800080"],
  ["fuchsia", "#ff00ff"],
  ["green", "#008000"],
  ["lime", "#00ff00"],
  ["olive", "#808000"],
  ["yellow", "#ffff00"],
  ["navy", "#000080"],
  ["blue", "#0000ff"],
  ["teal", "#008080"],
  ["aqua", "#00ffff"],
  ["orange", "#ffa500"],
  ["transparent", "#00000000"],
]);
const HEX = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/;
const RGB = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)(?:[\s,/]+([\d.]+)(%?))?\s*\)$/;

/** @returns nothing for a colour that is not known here, such as `hsl()` or one of the rarer names */
export function parseColour(text: string): Colour | undefined {
  const value = text.trim().toLowerCase();
  const hex = NAMED.get(value) ?? value;
  if (HEX.test(hex)) return fromHex(hex.slice(1));
  const [match, red = "", green = "", blue = "", alpha = "1", percent] = RGB.exec(value) ?? [];
  if (match === undefined) return undefined;
  const share = Number(alpha) / (percent ? 100 : 1);
  return { rgb: [byte(red), byte(green), byte(blue)], alpha: Math.min(1, share || 0) };
}

/** What is seen of a colour that lies on another. */
export function over({ rgb, alpha }: Colour, ground: Rgb): Rgb {
  const mixed = (channel: 0 | 1 | 2) => Math.round(rgb[channel] * alpha + ground[channel] * (1 - alpha));
  return [mixed(0), mixed(1), mixed(2)];
}

function fromHex(digits: string): Colour {
  const long = digits.length < 6 ? digits.replace(/./g, "$&$&") : digits;
  const at = (place: number) => Number.parseInt(long.slice(place, place + 2), 16);
  return { rgb: [at(0), at(2), at(4)], alpha: long.length === 8 ? at(6) / 255 : 1 };
}

function byte(text: string): number {
  return Math.min(255, Number(text));
}
