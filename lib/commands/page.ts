/** Text laid out for people: columns that line up, lines that fit, colours where the reader is a terminal. */
import { stripVTControlCharacters, styleText } from "node:util";

export type Tone = "good" | "odd" | "bad" | "quiet" | "strong";

export interface Page {
  /** Columns of the terminal; Infinity elsewhere: what goes into a file or to grep is not broken into lines */
  width: number;
  /** The same for tables, which may be as wide as the terminal */
  room: number;
  paint(tone: Tone, text: string): string;
  symbols: Readonly<Record<Tone, string>>;
}

/** One cell of a row; a bare text has no tone. */
export type Cell = string | { text: string; tone: Tone };

/** Where a page goes: the part of a terminal's stream that layout asks about. */
export interface Sheet {
  isTTY?: boolean;
  columns?: number;
}

const formats = { good: "green", odd: "yellow", bad: "red", quiet: "dim", strong: "bold" } as const;
const symbols = { good: "✓", odd: "!", bad: "✗", quiet: "–", strong: "•" } as const;
const asciiSymbols = { good: "+", odd: "!", bad: "x", quiet: "-", strong: "*" } as const;

/** Beyond this, lines are harder to read than they are short. */
const WIDEST = 100;

/** Colours on a terminal only, and not there with NO_COLOR (https://no-color.org) or a dumb one. */
export function pageFor(sheet: Sheet, env: NodeJS.ProcessEnv = {}): Page {
  const colours = sheet.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const charset = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "UTF-8";
  const room = sheet.isTTY ? sheet.columns || 80 : Infinity;
  return {
    width: Math.min(room, sheet.isTTY ? WIDEST : Infinity),
    room,
    paint: (tone, text) => (colours ? styleText(formats[tone], text, { validateStream: false }) : text),
    symbols: sheet.isTTY && !/utf-?8/i.test(charset) ? asciiSymbols : symbols,
  };
}

/** The tone's symbol in its colour. */
export function mark(page: Page, tone: Tone): Cell {
  return { text: page.symbols[tone], tone };
}

/** A row of cells, or a line of its own above the rows that follow. */
export type Row = readonly Cell[] | { heading: string };

/**
 * Rows as lines, their cells in columns; the text of the last two columns goes on several lines where the page ends.
 * @param indent spaces before the first column
 */
export function columns(page: Page, rows: readonly Row[], indent = 2): string[] {
  const measured = rows.map((row) =>
    "heading" in row ? [] : row.map((cell) => displayWidth(clean(textOf(cell)))),
  );
  const widths = fitted(measured, page.width - indent);
  return rows.flatMap((row) =>
    "heading" in row
      ? ["", page.paint("strong", row.heading)]
      : rowLines(page, row, widths, " ".repeat(indent)),
  );
}

function rowLines(page: Page, row: readonly Cell[], widths: readonly number[], indent: string): string[] {
  const wrapped = row.map((cell, at) => wrap(textOf(cell), widths[at] ?? 0));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = row.map((cell, at) => {
      const text = wrapped[at]?.[line] ?? "";
      const padding =
        at < row.length - 1 ? " ".repeat(Math.max(0, (widths[at] ?? 0) - displayWidth(text))) : "";
      return (typeof cell === "string" || text === "" ? text : page.paint(cell.tone, text)) + padding;
    });
    return (indent + parts.join(" ".repeat(GAP))).trimEnd();
  });
}

const textOf = (cell: Cell): string => (typeof cell === "string" ? cell : cell.text);

/** A text in lines that fit the page. */
export function paragraph(page: Page, text: string, indent = 0): string[] {
  return wrap(text, page.width - indent).map((line) => " ".repeat(indent) + line);
}

/** As wide as the widest cell; where that is too much for the page, the wider of the last two columns gives way. */
function fitted(rows: readonly (readonly number[])[], room: number): number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => row[at] ?? 0)));
  const last = widths.splice(-2);
  const left = room - widths.reduce((sum, width) => sum + width + GAP, 0) - GAP * (last.length - 1);
  const [most = 0, least = 0] = last.toSorted((a, b) => b - a);
  const widest = Math.max(
    NARROWEST,
    least + most > left ? Math.max(left - least, Math.floor(left / 2)) : most,
  );
  return [...widths, ...last.map((width) => Math.min(width, widest))];
}

const GAP = 2;
const NARROWEST = 12;

/** Breaks at spaces and between East Asian characters. A longer word sticks out, so that it can be copied whole. */
function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const [piece] of clean(text).matchAll(breakable)) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && displayWidth(line) + displayWidth(piece.trimEnd()) > width) lines.push(piece);
    else lines[lines.length - 1] = line + piece;
  }
  return lines.map((line) => line.trimEnd());
}

/** Not the marks that lie over a character, nor the halfwidth forms, which are letters of the same scripts. */
const WIDE = String.raw`[[\p{sc=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{sc=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]--[\p{M}\uff61-\uffdc]]`;
const wide = new RegExp(WIDE, "v");
/** No line begins with a closing mark, or with what makes the vowel before it long. */
const CLOSING = "[。，、；：？！）》”」』】ー]*";
const breakable = new RegExp(`${WIDE}\\p{M}*${CLOSING} *|[^${WIDE} ]+${CLOSING} *| +`, "gv");

/** Columns that a line takes on a terminal, its colours left out. */
export function widthOf(line: string): number {
  return displayWidth(stripVTControlCharacters(line));
}

/** Columns that a text takes on a terminal: East Asian characters take two (Unicode UAX #11), combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

/** A server's words could hold control sequences that change what the reader sees. */
function clean(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, " ");
}
