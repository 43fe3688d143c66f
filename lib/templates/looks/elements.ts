/** What mail clients make of the elements of a letter, by their names, places, attributes and style attributes (caniemail.com). */
import { parseColour } from "./colours.ts";
import { declarationsOf } from "./css.ts";
import { error, type LooksFinding, warning } from "./finding.ts";
import { describe, type Markup, type MarkupElement } from "./markup.ts";

/** CSS pixels: what a window of a desktop client shows beside its lists */
const WIDEST = 640;

/** Characters of an address or a text that a finding quotes */
const SHOWN = 60;

/** Dropped by nearly every client, or by the large ones */
const DROPPED = new Set([
  "audio",
  "base",
  "button",
  "canvas",
  "embed",
  "form",
  "iframe",
  "input",
  "object",
  "script",
  "select",
  "svg",
  "textarea",
  "video",
]);

/** What may be in these, and where these must be: anything else is moved out of its table, by each client to another place */
const CHILDREN: ReadonlyMap<string, readonly string[]> = new Map([
  ["table", ["caption", "col", "colgroup", "tbody", "tfoot", "thead", "tr"]],
  ["tbody", ["tr"]],
  ["tfoot", ["tr"]],
  ["thead", ["tr"]],
  ["tr", ["td", "th"]],
]);
const PARENTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["tbody", ["table"]],
  ["td", ["tr"]],
  ["tfoot", ["table"]],
  ["th", ["tr"]],
  ["thead", ["table"]],
  ["tr", ["table", "tbody", "tfoot", "thead"]],
]);

type Style = ReadonlyMap<string, string>;

const UNSUPPORTED: readonly { property: RegExp; value: RegExp; message: string }[] = [
  {
    property: /^position$/,
    value: /^(?!static)/,
    message: "Gmail and Outlook drop position: lay out with tables",
  },
  {
    property: /^display$/,
    value: /flex|grid/,
    message: "Outlook knows neither flex nor grid: lay out with tables",
  },
  {
    property: /^float$/,
    value: /^(?!none)/,
    message: "Outlook drops float: use cells, or the align attribute",
  },
  {
    property: /^margin/,
    value: /(?:^|\s)-\.?\d/,
    message: "Gmail and Outlook drop negative margins: use padding elsewhere",
  },
  {
    property: /^--/,
    value: /^/,
    message: "Gmail and Outlook drop CSS variables: write the values themselves",
  },
  {
    property: /^/,
    value: /\bvar\(/,
    message: "Gmail and Outlook drop CSS variables: write the values themselves",
  },
  {
    property: /^/,
    value: /\b(?:calc|min|max|clamp)\(/,
    message: "Outlook drops what is calculated: write the value itself",
  },
];

/** Findings about the elements, in no order. */
export function checkElements(markup: Markup): LooksFinding[] {
  return [
    ...markup.elements.flatMap((element) => checkElement(element, markup)),
    ...checkTables(markup),
    ...checkLooseTexts(markup),
  ];
}

function checkElement(element: MarkupElement, markup: Markup): LooksFinding[] {
  const { name, attributes, line } = element;
  if (isDropped(element)) {
    return [error(`${describe(element, markup)} is dropped by mail clients: take it away`, line)];
  }
  const where = () => describe(element, markup);
  const style = declarationsOf(attributes.style ?? "");
  return [
    ...checkPlace(element),
    ...checkStyle(element, style, where),
    ...checkWidth(element, style, where),
    ...(name === "img" ? checkImage(element) : []),
    ...(name === "a" ? checkLink(element, where) : []),
  ];
}

function isDropped({ name, attributes }: MarkupElement): boolean {
  if (name === "link") return /\bstylesheet\b/i.test(attributes.rel ?? "");
  if (name === "meta") return attributes["http-equiv"]?.toLowerCase() === "refresh";
  return DROPPED.has(name);
}

function checkPlace({ name, line, parent }: MarkupElement): LooksFinding[] {
  const inside = CHILDREN.get(parent?.name ?? "");
  const around = PARENTS.get(name);
  const isRight = (inside?.includes(name) ?? true) && (around?.includes(parent?.name ?? "") ?? true);
  if (isRight) return [];
  const wanted = around ? `it belongs into <${around[0]}>` : `only <${inside?.join(">, <")}> may be there`;
  return [error(`<${name}> is directly in ${parent ? `<${parent.name}>` : "the letter"}: ${wanted}`, line)];
}

function checkStyle({ attributes, line }: MarkupElement, style: Style, where: () => string): LooksFinding[] {
  const messages = UNSUPPORTED.filter(({ property, value }) =>
    [...style].some(([name, said]) => property.test(name) && value.test(said)),
  ).map(({ message }) => message);
  const background = `${style.get("background") ?? ""} ${style.get("background-image") ?? ""}`;
  const isColoured =
    attributes.bgcolor !== undefined ||
    style.has("background-color") ||
    (style.get("background") ?? "").split(" ").some((part) => parseColour(part) !== undefined);
  if (/url\(|gradient\(/.test(background) && !isColoured) {
    messages.push("a background picture is not shown everywhere: give a background-color as well");
  }
  return messages.map((message) => warning(`${where()}: ${message}`, line));
}

function checkWidth(
  { name, attributes, line }: MarkupElement,
  style: Style,
  where: () => string,
): LooksFinding[] {
  if (!/^(?:table|td|th|img)$/.test(name) || style.has("max-width")) return [];
  const said = [style.get("width"), style.get("min-width"), attributes.width].map(
    (width) => /^\s*(\d+)(?:\.\d+)?(?:px)?\s*$/.exec(width ?? "")?.[1],
  );
  const width = Math.max(...said.map((digits) => Number(digits ?? 0)));
  if (width <= WIDEST) return [];
  const message = `${where()} is ${width}px wide, so that phones scroll sideways`;
  return [warning(`${message}: make it ${WIDEST}px or less, or give it a max-width`, line)];
}

function checkImage({
  attributes: { alt, src = "", width, height, ...rest },
  line,
}: MarkupElement): LooksFinding[] {
  const where = `<img src="${src.slice(0, SHOWN)}">`;
  const findings: LooksFinding[] = [];
  const isDecoration =
    [width, height].some((size) => size !== undefined && Number.parseInt(size, 10) <= 2) ||
    /^(?:presentation|none)$/.test(rest.role ?? "");
  if (alt === undefined || (alt.trim() === "" && !isDecoration)) {
    const advice = 'write what it shows, or for decoration alt="" role="presentation"';
    findings.push(warning(`${where} has no alt, which is all that many readers see: ${advice}`, line));
  }
  if (width === undefined && height === undefined) {
    const advice = "write one of the attributes";
    findings.push(
      warning(`${where} has no width or height, so that Outlook shows it in its full size: ${advice}`, line),
    );
  }
  if (/^\s*http:/i.test(src)) {
    findings.push(warning(`${where} is fetched in clear, which clients refuse or warn of: use https:`, line));
  } else if (!/^\s*(?:https:\/\/|cid:)/i.test(src)) {
    findings.push(
      error(`${where} is never shown: src must be an https: address, or cid: of an attachment`, line),
    );
  }
  return findings;
}

function checkLink({ attributes, line }: MarkupElement, where: () => string): LooksFinding[] {
  const { href } = attributes;
  // the target of a link within the letter
  if (href === undefined && (attributes.name ?? attributes.id) !== undefined) return [];
  const address = href?.trim() ?? "";
  if (address === "" || address === "#") return [error(`${where()} leads nowhere: write its href`, line)];
  if (address.startsWith("#")) return [];
  const shown = `${where()} leads to ${address.slice(0, SHOWN)}`;
  if (/^http:/i.test(address)) return [warning(`${shown}, in clear: use https:`, line)];
  if (/^(?:javascript|data|vbscript):/i.test(address)) {
    return [error(`${shown}, which mail clients take away: use https:`, line)];
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return [];
  return [error(`${shown}, and there is no page that it could be relative to: write it with https:`, line)];
}

/** A table of data is one with headings: it must keep its role. */
function checkTables(markup: Markup): LooksFinding[] {
  const tables = markup.elements.filter(({ name }) => name === "table");
  const data = new Set(
    markup.elements.filter(({ name }) => name === "th" || name === "caption").map(tableAround),
  );
  return tables
    .filter((table) => !data.has(table) && !/^(?:presentation|none)$/.test(table.attributes.role ?? ""))
    .map((table) => {
      const message = `${describe(table, markup)} is read out as a table of data`;
      return warning(`${message}: write role="presentation"`, table.line);
    });
}

function tableAround(element: MarkupElement): MarkupElement | undefined {
  let around = element.parent;
  while (around && around.name !== "table") around = around.parent;
  return around;
}

function checkLooseTexts({ texts }: Markup): LooksFinding[] {
  return texts
    .filter(({ value, parent }) => value.trim() !== "" && CHILDREN.has(parent?.name ?? ""))
    .map(({ value, line, parent }) => {
      const words = value.trim().slice(0, SHOWN).replace(/\s+/g, " ");
      return error(`the text "${words}" is directly in <${parent?.name}>: put it into a <td>`, line);
    });
}
