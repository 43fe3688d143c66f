/** Handlebars' syntax: from text to a tree and back, and where in which file a piece of the tree stands. */
import Handlebars from "handlebars";
import type { TemplateFault } from "./faults.ts";
import type { SourceFile } from "./sources.ts";

type Node = hbs.AST.Node;

/** Name of the block that a partial's own values make: no template may write it. */
export const SCOPE = "scope";

/** The parser's time grows with the cube of the depth: 4,000 helpers in one another took 38 s, as many blocks 25 s. */
const DEEPEST = 100;
const MANY_OPEN = new RegExp(String.raw`\{\{[^{}]*(?:\([^(){}]*){${DEEPEST}}`);
const BLOCK = /\{\{~?(?:#|(\/)|\^(?!\s*~?\}))/g;

/** @returns undefined where a fault was told */
export function parse({ file, text }: SourceFile, faults: TemplateFault[]): hbs.AST.Program | undefined {
  const deep = tooDeep(text);
  if (deep !== undefined) {
    const line = text.slice(0, deep).split("\n").length;
    faults.push({ file, line, message: `expected blocks and helpers far less than ${DEEPEST} deep` });
    return undefined;
  }
  try {
    return Handlebars.parse(text, { srcName: file });
  } catch (error) {
    const { message, lineNumber } = error as Error & { lineNumber?: number };
    // "Parse error on line 3:" and a picture of the place, or "if doesn't match each - 2:5"
    const [, written] = /^Parse error on line (\d+)/.exec(message) ?? [];
    const line = lineNumber ?? (written === undefined ? undefined : Number(written));
    const said = message.replace(/^Parse error on line \d+:\n/, "").replace(/ - \d+:\d+$/, "");
    const words = said
      .replace(/\n-*\^\n?/, " ")
      .replace(/\s+/g, " ")
      .replace(/^\.\.\./, "")
      .trim();
    faults.push({
      file,
      ...(line !== undefined && { line }),
      message: `Handlebars cannot read this: ${words}`,
    });
    return undefined;
  }
}

/** Where that many are open, reckoned without parsing. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (const { 1: close, index } of text.matchAll(BLOCK)) {
    depth = close === undefined ? depth + 1 : Math.max(0, depth - 1);
    if (depth === DEEPEST) return index;
  }
  return MANY_OPEN.exec(text)?.index;
}

/** A fault with the place where a node was written. */
export function faultAt({ loc }: Node, message: string): TemplateFault {
  return { file: loc.source, line: loc.start.line, message };
}

export const isPath = (node: Node): node is hbs.AST.PathExpression => node.type === "PathExpression";
export const isCall = (node: Node): node is hbs.AST.SubExpression => node.type === "SubExpression";

/** `{{name}}` alone is a variable, whatever helpers there are; with anything behind it, it is a helper. */
export function isHelperCall({ params, hash }: { params: unknown[]; hash?: hbs.AST.Hash }): boolean {
  return params.length > 0 || hash !== undefined;
}

/**
 * Writes a tree without partials down again, less the white space that Handlebars takes away around blocks that stand alone and
 * where a `~` says so: it is to be parsed with `ignoreStandalone`.
 */
export function print(program: hbs.AST.Program): string {
  const texts: string[] = [];
  let written = "";
  const flush = (): string => printContent(texts.splice(0).join(""));
  for (const statement of program.body) {
    // a comment between two texts makes them one
    if (statement.type === "ContentStatement") texts.push((statement as hbs.AST.ContentStatement).value);
    else if (statement.type !== "CommentStatement") written += flush() + printStatement(statement);
  }
  return written + flush();
}

/** Takes away the space beside it: what it holds apart would be read as one, `{` and `{{name}}` as html that is not escaped. */
const [APART_BEFORE, APART_BEHIND] = [" {{~!}}", "{{!~}} "];

function printContent(text: string): string {
  return text
    .replace(/\{\{/g, (braces, at: number) => (text[at - 1] === "\\" ? APART_BEFORE : "") + `\\${braces}`)
    .replace(/^\}/, `${APART_BEHIND}}`)
    .replace(/[{\\]$/, `$&${APART_BEFORE}`);
}

function printStatement(statement: hbs.AST.Statement): string {
  if (statement.type === "MustacheStatement") {
    const { escaped, ...call } = statement as hbs.AST.MustacheStatement;
    return escaped ? `{{${printCall(call)}}}` : `{{{${printCall(call)}}}}`;
  }
  if (statement.type !== "BlockStatement") return "";
  const { path, program, inverse, ...call } = statement as hbs.AST.BlockStatement;
  const names = program?.blockParams?.length ? ` as |${program.blockParams.join(" ")}|` : "";
  const main = program ? print(program) : "";
  // an inverse may name its own values; `{{else}}` cannot, but the tree of `{{^if}}` and `{{else if}}` never does
  const other = inverse ? `{{else}}${print(inverse)}` : "";
  return `{{#${path.original}${printValues(call)}${names}}}${main}${other}{{/${path.original}}}`;
}

function printCall({ path, ...values }: { path: Node; params: Node[]; hash?: hbs.AST.Hash }): string {
  return printExpression(path) + printValues(values);
}

function printValues({ params, hash }: { params: Node[]; hash?: hbs.AST.Hash }): string {
  const pairs = hash?.pairs.map(({ key, value }) => `${printName(key)}=${printExpression(value)}`) ?? [];
  return [...params.map(printExpression), ...pairs].map((value) => ` ${value}`).join("");
}

function printExpression(node: Node): string {
  if (isPath(node)) return printPath(node);
  if (isCall(node)) return `(${printCall(node)})`;
  if (node.type === "UndefinedLiteral") return "undefined";
  if (node.type === "NullLiteral") return "null";
  const { value } = node as hbs.AST.StringLiteral;
  if (node.type === "StringLiteral") return `"${value.replaceAll('"', '\\"')}"`;
  return `${value as string | number | boolean}`;
}

function printPath({ data, depth, parts }: hbs.AST.PathExpression): string {
  const names = parts.length > 0 ? parts.map(printName).join(".") : "this";
  return `${data ? "@" : ""}${"../".repeat(depth)}${names}`;
}

/** In brackets any name is a name: `0` would be a number, `else` the other branch. */
function printName(name: string): string {
  return `[${name.replace(/[\\\]]/g, "\\$&")}]`;
}
