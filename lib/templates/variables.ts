/** Which data a letter needs: every variable that it prints or asks about, and whether it can do without. */
import { helpers } from "./helpers.ts";
import { isCall, isHelperCall, isPath, SCOPE } from "./syntax.ts";

type Node = hbs.AST.Node;

/** One place where a variable is used. */
export interface VariableUse {
  /** As the template has it */
  written: string;
  /** The field of the data, and the fields within it: `user`, `name`; empty for globals, and within `#each` and `#with` */
  path: readonly string[];
  /** Printed, outside of any `{{#if}}` that makes sure of it */
  needed: boolean;
  /** Variables that are known to be there, `user`, `user.name`, `@brand.name` */
  sure: ReadonlySet<string>;
  node: Node;
}

/** One place where something is printed as html, `{{{ }}}`. */
export interface HtmlUse {
  /** The field of the data, whatever a partial calls it; absent for what is within one, or out of a helper */
  field?: string | undefined;
  node: hbs.AST.MustacheStatement;
}

export interface Variables {
  uses: VariableUse[];
  html: HtmlUse[];
}

/** What a name means at some depth: the data, what a partial's call has laid over it, or something within the data. */
type Frame =
  | { kind: "data" }
  | { kind: "scope"; values: ReadonlyMap<string, Node>; outer: Place; below: boolean }
  | { kind: "within" };

interface Place {
  /** The innermost last */
  frames: readonly Frame[];
  /** Variables that are known to be there */
  sure: ReadonlySet<string>;
  /** Names of `as |item|` */
  locals: ReadonlySet<string>;
}

/** @param program without partials */
export function variablesOf(program: hbs.AST.Program): Variables {
  const found: Variables = { uses: [], html: [] };
  visitProgram(program, { frames: [{ kind: "data" }], sure: new Set(), locals: new Set() }, found);
  return found;
}

function visitProgram(program: hbs.AST.Program | undefined, outer: Place, found: Variables): void {
  if (!program) return;
  // the parser leaves them out where there are none
  const names = program.blockParams as string[] | undefined;
  const place = names ? { ...outer, locals: new Set([...outer.locals, ...names]) } : outer;
  for (const statement of program.body) {
    if (statement.type === "MustacheStatement") {
      const mustache = statement as hbs.AST.MustacheStatement;
      if (!isPath(mustache.path)) continue;
      const isCalled = isHelperCall(mustache);
      if (isCalled) visitCall({ ...mustache, path: mustache.path }, place, found);
      else note(mustache.path, true, place, found);
      if (mustache.escaped) continue;
      const field = isCalled ? undefined : fieldOf(mustache.path, place)?.join(".");
      found.html.push({ field, node: mustache });
    } else if (statement.type === "BlockStatement") {
      visitBlock(statement as hbs.AST.BlockStatement, place, found);
    }
  }
}

function visitBlock(block: hbs.AST.BlockStatement, place: Place, found: Variables): void {
  const { path, params, hash, program, inverse } = block;
  const { original: name } = path;
  const [condition] = params;
  for (const node of [...params, ...(hash?.pairs ?? []).map(({ value }) => value)]) {
    if (isCall(node)) visitCall(node, place, found);
    else note(node, false, place, found);
  }
  const sure = condition ? withSure(place, condition) : place;
  if (name === "if" || name === "unless") {
    visitProgram(program, name === "if" ? sure : place, found);
    visitProgram(inverse, name === "if" ? place : sure, found);
  } else if (name === SCOPE) {
    const values = new Map(hash?.pairs.map(({ key, value }) => [key, value]));
    const frame = { kind: "scope", values, outer: place, below: params.length === 0 } as const;
    visitProgram(program, within(place, frame), found);
  } else {
    visitProgram(program, within(sure, { kind: "within" }), found);
    visitProgram(inverse, place, found);
  }
}

/** Only the first value of a helper has to be there, and both of `eq` may be missing. */
function visitCall(
  { path, params, hash }: Pick<hbs.AST.SubExpression, "path" | "params" | "hash">,
  place: Place,
  found: Variables,
): void {
  for (const [index, node] of params.entries()) {
    if (isCall(node)) visitCall(node, place, found);
    else note(node, index === 0 && needsValue(path.original), place, found);
  }
  for (const { value } of hash?.pairs ?? []) {
    if (isCall(value)) visitCall(value, place, found);
    else note(value, false, place, found);
  }
}

/** Whether a helper cannot do without its first value. */
export function needsValue(helper: string): boolean {
  return helper !== "eq" && Object.hasOwn(helpers, helper);
}

function note(node: Node, needed: boolean, place: Place, found: Variables): void {
  if (!isPath(node)) return;
  const { original: written } = node;
  const path = fieldOf(node, place) ?? [];
  const { sure } = place;
  found.uses.push({ written, path, needed: needed && !sure.has(path.join(".") || written), sure, node });
}

/** The path within the data; undefined for what is nothing of the data itself. */
function fieldOf({ data, depth, parts }: hbs.AST.PathExpression, place: Place): string[] | undefined {
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  if (data) return first === "root" && rest.length > 0 ? rest : undefined;
  if (depth === 0 && place.locals.has(first)) return undefined;
  for (let at = place.frames.length - 1 - depth; at >= 0; at--) {
    const frame = place.frames[at];
    if (frame?.kind === "data") return parts;
    if (frame?.kind !== "scope") return undefined;
    const value = frame.values.get(first);
    if (value) {
      const field = isPath(value) ? fieldOf(value, frame.outer) : undefined;
      return field && [...field, ...rest];
    }
    if (!frame.below) return undefined;
  }
  return undefined;
}

function withSure(place: Place, condition: Node): Place {
  const asked = isCall(condition) && condition.path.original === "eq" ? condition.params : [condition];
  const names = asked.flatMap((node) => {
    if (!isPath(node)) return [];
    if (node.data) return node.original;
    // whatever has a field is there itself
    return (fieldOf(node, place) ?? []).map((_name, at, path) => path.slice(0, at + 1).join("."));
  });
  return names.length > 0 ? { ...place, sure: new Set([...place.sure, ...names]) } : place;
}

function within(place: Place, frame: Frame): Place {
  return { ...place, frames: [...place.frames, frame] };
}
