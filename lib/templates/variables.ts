/** Which data a letter needs: every variable that it prints or asks about, and whether it can do without. */
import { SCOPE } from "./flatten.ts";
import { helpers } from "./helpers.ts";
import { isCall, isHelperCall, isPath } from "./syntax.ts";

type Node = hbs.AST.Node;

/** One place where a variable is used. */
export interface VariableUse {
  /** As the template has it */
  written: string;
  /** The field of the data, and the fields within it: `user`, `name`; empty for globals, and within `#each` and `#with` */
  path: readonly string[];
  /** Printed, outside of any `{{#if}}` that makes sure of it */
  needed: boolean;
  node: Node;
}

/** What a name means at some depth: the data, what a partial's call has laid over it, or something within the data. */
type Frame =
  { kind: "data" } | { kind: "scope"; names: ReadonlySet<string>; below: boolean } | { kind: "within" };

interface Place {
  /** The innermost last */
  frames: readonly Frame[];
  /** Fields that are known to be there */
  sure: ReadonlySet<string>;
  /** Names of `as |item|` */
  locals: ReadonlySet<string>;
}

/** @param program without partials */
export function variablesOf(program: hbs.AST.Program): VariableUse[] {
  const uses: VariableUse[] = [];
  visitProgram(program, { frames: [{ kind: "data" }], sure: new Set(), locals: new Set() }, uses);
  return uses;
}

function visitProgram(program: hbs.AST.Program | undefined, outer: Place, uses: VariableUse[]): void {
  if (!program) return;
  // the parser leaves them out where there are none
  const names = program.blockParams as string[] | undefined;
  const place = names ? { ...outer, locals: new Set([...outer.locals, ...names]) } : outer;
  for (const statement of program.body) {
    if (statement.type === "MustacheStatement") {
      const mustache = statement as hbs.AST.MustacheStatement;
      if (!isPath(mustache.path)) continue;
      if (isHelperCall(mustache)) visitCall({ ...mustache, path: mustache.path }, place, uses);
      else note(mustache.path, true, place, uses);
    } else if (statement.type === "BlockStatement") {
      visitBlock(statement as hbs.AST.BlockStatement, place, uses);
    }
  }
}

function visitBlock(block: hbs.AST.BlockStatement, place: Place, uses: VariableUse[]): void {
  const { path, params, hash, program, inverse } = block;
  const { original: name } = path;
  const [condition] = params;
  for (const node of [...params, ...(hash?.pairs ?? []).map(({ value }) => value)]) {
    if (isCall(node)) visitCall(node, place, uses);
    else note(node, false, place, uses);
  }
  const sure = condition ? withSure(place, condition) : place;
  if (name === "if" || name === "unless") {
    visitProgram(program, name === "if" ? sure : place, uses);
    visitProgram(inverse, name === "if" ? place : sure, uses);
  } else if (name === SCOPE) {
    const names = new Set(hash?.pairs.map(({ key }) => key));
    visitProgram(program, within(place, { kind: "scope", names, below: params.length === 0 }), uses);
  } else {
    visitProgram(program, within(sure, { kind: "within" }), uses);
    visitProgram(inverse, place, uses);
  }
}

/** Only the first value of a helper has to be there, and both of `eq` may be missing. */
function visitCall(
  { path, params, hash }: Pick<hbs.AST.SubExpression, "path" | "params" | "hash">,
  place: Place,
  uses: VariableUse[],
): void {
  for (const [index, node] of params.entries()) {
    if (isCall(node)) visitCall(node, place, uses);
    else note(node, index === 0 && needsValue(path.original), place, uses);
  }
  for (const { value } of hash?.pairs ?? []) {
    if (isCall(value)) visitCall(value, place, uses);
    else note(value, false, place, uses);
  }
}

/** Whether a helper cannot do without its first value. */
export function needsValue(helper: string): boolean {
  return helper !== "eq" && Object.hasOwn(helpers, helper);
}

function note(node: Node, needed: boolean, place: Place, uses: VariableUse[]): void {
  if (!isPath(node)) return;
  const path = fieldOf(node, place) ?? [];
  uses.push({ written: node.original, path, needed: needed && !place.sure.has(path[0] ?? ""), node });
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
    if (frame?.kind !== "scope" || frame.names.has(first) || !frame.below) return undefined;
  }
  return undefined;
}

function withSure(place: Place, condition: Node): Place {
  const asked = isCall(condition) && condition.path.original === "eq" ? condition.params : [condition];
  const names = asked.flatMap((node) => (isPath(node) ? (fieldOf(node, place)?.slice(0, 1) ?? []) : []));
  return names.length > 0 ? { ...place, sure: new Set([...place.sure, ...names]) } : place;
}

function within(place: Place, frame: Frame): Place {
  return { ...place, frames: [...place.frames, frame] };
}
