/**
 * Where in html a template prints something. Escaping makes data harmless in text and in quoted attributes, nowhere else; so
 * other places are refused when the template is read, after the model of Go's html/template, which escapes for each.
 */
/// <reference types="handlebars" />
import type { TemplateFault } from "./faults.ts";
import { beginning, beginsSafely, describePlace, meet, type Place, placeBehind } from "./html-place.ts";
import { faultAt, isHelperCall, isPath } from "./syntax.ts";

/** Attributes that hold an address, by their names without a prefix (`xlink:`). */
const ADDRESSES = new Set(
  "href src action formaction background cite poster longdesc data codebase manifest ping icon dynsrc lowsrc".split(
    " ",
  ),
);

/** Attributes whose value is a language of its own, that no helper writes. */
const LITERAL = new Set(["srcset", "imagesrcset", "srcdoc", "http-equiv", "content"]);

/** What prints whole addresses that run no script. */
const WHOLE = new Set(["url", "link", "@brand.logo", "@brand.supportUrl"]);

/** Bodies that are printed any number of times, or lie in a frame: after them all must be as before. */
const CLOSED = new Set(["each", "with", "scope"]);

/** @param program of an html template, its partials put in; the file of each node is its `loc.source` */
export function checkHtmlContexts(program: hbs.AST.Program): TemplateFault[] {
  const faults: TemplateFault[] = [];
  const end = walk(program, beginning, faults);
  if (!meet(end, beginning)) {
    const line = program.loc?.end.line ?? 1;
    faults.push({
      ...faultAt(program, `expected the html to end in text, not in ${describePlace(end)}`),
      line,
    });
  }
  return faults;
}

function walk(program: hbs.AST.Program, place: Place, faults: TemplateFault[]): Place {
  for (const statement of program.body) {
    if (isContent(statement)) place = walkContent(statement, place, faults);
    else if (isExpression(statement)) place = walkExpression(statement, place, faults);
    else if (isBlock(statement)) place = walkBlock(statement, place, faults);
  }
  return place;
}

function walkContent(content: hbs.AST.ContentStatement, place: Place, faults: TemplateFault[]): Place {
  // Handlebars takes white space off `value` at both ends; the lines are those of the original, which its types misname.
  const original = content.original as unknown as string;
  const skipped = Math.max(original.indexOf(content.value), 0);
  return placeBehind(place, content.value, (message, offset) => {
    const before = original.slice(0, skipped + offset);
    const line = content.loc.start.line + before.split("\n").length - 1;
    faults.push({ ...faultAt(content, message), line });
  });
}

function walkExpression(node: hbs.AST.MustacheStatement, place: Place, faults: TemplateFault[]): Place {
  const message = refusePlace(place) ?? refuseExpression(node, place);
  if (message !== undefined) faults.push(faultAt(node, message));
  // On from a place that was refused: what follows is to be read as it is meant.
  if (place.mode === "before") return { ...place, mode: "unquoted" };
  if (place.mode === "open") return { ...place, mode: "tag", tag: "…", spaced: true };
  return { ...place, spaced: false, value: `${place.value}\0` };
}

function walkBlock(block: hbs.AST.BlockStatement, place: Place, faults: TemplateFault[]): Place {
  const message = refusePlace(place);
  if (message !== undefined) faults.push(faultAt(block, message));
  const ends = [block.program, block.inverse].map((branch: hbs.AST.Program | undefined) =>
    branch ? walk(branch, place, faults) : place,
  );
  const name = block.path.original;
  if (CLOSED.has(name)) ends.push(place);
  return ends.reduce((one, other) => {
    const met = meet(one, other);
    if (met) return met;
    const where = `${describePlace(one)} and ${describePlace(other)}`;
    const rule = CLOSED.has(name)
      ? "to end where it begins"
      : "to end in one place, with and without {{else}}";
    faults.push(faultAt(block, `expected {{#${name}}} ${rule}, not in ${where}`));
    return one;
  });
}

/** Where neither expressions nor blocks may stand. */
function refusePlace({ mode, attribute }: Place): string | undefined {
  if (mode === "open") return "a tag's name must be literal; the character < is written &lt;";
  if (mode === "before" || mode === "unquoted")
    return `the value needs quotes: ${attribute || "name"}="{{…}}"`;
  if (mode === "comment")
    return "nothing may be printed into a comment of html: {{! … }} is one of the template";
  if (mode === "declaration") return "nothing may be printed into <!…>: make it literal";
  return undefined;
}

function refuseExpression(node: hbs.AST.MustacheStatement, place: Place): string | undefined {
  if (place.mode === "tag") {
    return 'nothing may be printed among attributes: write name="{{…}}", or {{#if}} around a literal attribute';
  }
  if (!node.escaped && (place.mode !== "text" || place.conditional)) {
    return `{{{…}}} is html and stands in text alone: write {{…}} in ${describePlace(place)}`;
  }
  if (place.mode === "raw") return place.tag === "style" ? refuseInStyle(node) : undefined;
  return place.attribute === "" ? undefined : refuseInAttribute(node, place);
}

function refuseInAttribute(node: hbs.AST.MustacheStatement, place: Place): string | undefined {
  const name = place.attribute.slice(place.attribute.lastIndexOf(":") + 1);
  if (name === "style") return refuseInStyle(node);
  if (LITERAL.has(name)) return `nothing may be printed into ${place.attribute}: make it literal`;
  if (!ADDRESSES.has(name)) return undefined;
  const printed = nameOf(node);
  const allowed =
    place.value.trim() === "" ? WHOLE.has(printed) : printed === "encode" && beginsSafely(place);
  return allowed
    ? undefined
    : `${place.attribute} must begin with {{url …}} or {{link …}}; behind that, https://, http:// or mailto: write {{encode …}}`;
}

function refuseInStyle(node: hbs.AST.MustacheStatement): string | undefined {
  const name = nameOf(node);
  return name.startsWith("@brand.") || name === "@dir"
    ? undefined
    : "nothing but {{@brand.…}} and {{@dir}} may be printed into CSS: put {{#if}} around literal CSS";
}

/** Of a global value or a helper, as the template writes it; empty for a variable, whatever its name. */
function nameOf(node: hbs.AST.MustacheStatement): string {
  const { path } = node;
  return isPath(path) && (path.data || isHelperCall(node)) ? path.original : "";
}

const isContent = (node: hbs.AST.Statement): node is hbs.AST.ContentStatement =>
  node.type === "ContentStatement";
const isExpression = (node: hbs.AST.Statement): node is hbs.AST.MustacheStatement =>
  node.type === "MustacheStatement";
const isBlock = (node: hbs.AST.Statement): node is hbs.AST.BlockStatement => node.type === "BlockStatement";
