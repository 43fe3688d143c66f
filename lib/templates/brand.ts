/** The looks of the letters: the brand as it is set, completed so that every letter can be read. */
import type { Config } from "../config/config.ts";
import { parseAddress } from "../message/address.ts";
import { contrast, hexOf, READABLE, type Rgb, rgbOf } from "./contrast.ts";

/** What the frame of the built-in letters lays its text on */
export const LIGHT_GROUND = "#ffffff";
/** The same for readers who have asked for dark */
export const DARK_GROUND = "#1f2328";

const DEFAULT_COLOR = "#0a5cd8";
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
/** From a colour to black or white: fine enough that two neighbours look alike */
const STEPS = 100;

/** `@brand` in the templates. Colours are `#rrggbb`: Outlook does not know the short form in `bgcolor`. */
export interface Looks {
  name?: string;
  /** Address of a picture */
  logo?: string;
  /** Of buttons */
  color: string;
  /** Of text on `color`: black or white, whichever reads better */
  onColor: string;
  /** `color`, made dark enough for text on LIGHT_GROUND */
  link: string;
  /** `color`, made light enough for text on DARK_GROUND */
  linkDark: string;
  footer?: string;
  /** As it is set: an address, a URL or any other words */
  support?: string;
  /** Where `support` leads, where it is an e-mail address or a web address */
  supportUrl?: string;
}

/** What is there whatever the settings say, and what may be missing. */
export const throughout = ["color", "onColor", "link", "linkDark"] as const satisfies (keyof Looks)[];
export const sometimes = [
  "name",
  "logo",
  "footer",
  "support",
  "supportUrl",
] as const satisfies (keyof Looks)[];

/** @param senderName the display name of SMTP_SENDER, for a brand without a name */
export function looksOf(brand: Config["brand"], senderName?: string): Looks {
  const color = rgbOf(brand.color ?? DEFAULT_COLOR);
  return {
    name: brand.name ?? senderName,
    logo: brand.logo,
    color: hexOf(color),
    onColor: hexOf(contrast(color, BLACK) > contrast(color, WHITE) ? BLACK : WHITE),
    link: hexOf(readable(color, rgbOf(LIGHT_GROUND), BLACK)),
    linkDark: hexOf(readable(color, rgbOf(DARK_GROUND), WHITE)),
    footer: brand.footer,
    support: brand.support,
    supportUrl: brand.support === undefined ? undefined : supportUrl(brand.support),
  };
}

/** The colour nearest to this one, on the way to black or white (so that the hue stays), that can be read on the ground. */
function readable(color: Rgb, ground: Rgb, end: Rgb): Rgb {
  for (let step = 0; step < STEPS; step += 1) {
    const mixed = mix(color, end, step / STEPS);
    if (contrast(mixed, ground) >= READABLE) return mixed;
  }
  return end;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
  return [channel(0), channel(1), channel(2)];
}

/** `mailto:` (RFC 6068) or the web address; undefined for a telephone number and other words. */
function supportUrl(support: string): string | undefined {
  const mailbox = parseAddress(support.trim());
  if ("address" in mailbox) return `mailto:${mailbox.address.split("@").map(encodeURIComponent).join("@")}`;
  const url = URL.parse(support.trim());
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : undefined;
}
