/** From a checked program to a function that fills it in: every variable has a value, and the work has bounds. */
import Handlebars from "handlebars";
import { isRecord, kindOf } from "../message/faults.ts";
import { isScalar } from "./expected.ts";
import { DataFault } from "./faults.ts";
import { formattersMade, type HelperContext, helpers } from "./helpers.ts";
import { isCall, isHelperCall, isPath, SCOPE } from "./syntax.ts";
import { needsValue } from "./variables.ts";

type Node = hbs.AST.Node;

/** What every letter can ask for, at any depth, as `@locale`, `@brand.name`, … */
export interface Globals {
  locale: string;
  dir: "ltr" | "rtl";
  brand: object;
  /** The subject, once it is there */
  subject?: string;
}

/** @throws DataFault naming the variable that is missing, or that the letter cannot show */
export type Fill = (data: object, globals: Globals, context: HelperContext) => string;

/** Values and repetitions in one letter; a loop in a loop over the longest lists would be a million. */
const MOST_STEPS = 50_000;
/** A formatter for one more zone or currency takes as long as a thousand values. */
const FORMATTER_STEPS = 1000;
/** Of everything that loops and helpers write, in characters. */
const LONGEST = 1024 * 1024;

/** What one filling has done so far, out of sight of the template. */
interface Run {
  context: HelperContext;
  steps: number;
  characters: number;
}

interface Options {
  data: { run: Run };
  hash: Readonly<Record<string, unknown>>;
  fn: (context: unknown, options?: unknown) => string;
}

/** The guards, and the name of the variable that a helper is about. No template can write these names, nor call a value so. */
const SHOW = "@show";
const NEED = "@need";
const OF = "@of";

const engine = createEngine();
const knownHelpers = Object.fromEntries(Object.keys(engine.helpers).map((name) => [name, true]));

/** @param source without partials, and free of faults; its white space is as it is to be */
export function compile(source: string, { escape }: { escape: boolean }): Fill {
  const program = engine.parse(source, { ignoreStandalone: true });
  const render = engine.compile<object>(guarded(program), {
    knownHelpers,
    knownHelpersOnly: true,
    noEscape: !escape,
    ignoreStandalone: true,
  });
  return (data, globals, context) => {
    const run: Run = { context, steps: 0, characters: 0 };
    return render(data, {
      data: { ...globals, run },
      allowProtoMethodsByDefault: false,
      allowProtoPropertiesByDefault: false,
    });
  };
}

/** An instance of our own: what others register with Handlebars, and what it brings that we do not offer, is not there. */
function createEngine(): typeof Handlebars {
  const own = Handlebars.create();
  const { if: when, unless, each, with: within } = own.helpers;
  for (const name of Object.keys(own.helpers)) own.unregisterHelper(name);
  for (const [name, block] of Object.entries({ if: when, unless, with: within })) {
    own.registerHelper(name, function (this: unknown, ...given: unknown[]) {
      // `unless` asks `if`, and hands on no data
      const { data } = given.at(-1) as Partial<Options>;
      if (data) step(data.run);
      return (block as (...given: unknown[]) => unknown).apply(this, given);
    });
  }
  own.registerHelper(SHOW, show);
  own.registerHelper(NEED, need);
  own.registerHelper(SCOPE, scope);
  own.registerHelper("each", function (this: unknown, list: unknown, options: Options) {
    const { run } = options.data;
    const fn: Options["fn"] = (...given) => {
      step(run);
      return wrote(run, options.fn(...given));
    };
    return (each as Handlebars.HelperDelegate).call(this, list, { ...options, fn });
  });
  for (const [name, helper] of Object.entries(helpers)) {
    own.registerHelper(name, (...given: unknown[]) => {
      const { data, hash } = given.pop() as Options;
      const { [OF]: of, ...named } = hash;
      const { run } = data;
      const before = formattersMade;
      step(
        run,
        1 + given.reduce<number>((sum, value) => sum + (isRecord(value) ? Object.keys(value).length : 0), 0),
      );
      try {
        const written = helper.run(given, named, run.context);
        step(run, (formattersMade - before) * FORMATTER_STEPS);
        return typeof written === "string" ? wrote(run, written) : written;
      } catch (error) {
        if (!(error instanceof DataFault) || error.field !== undefined || typeof of !== "string") throw error;
        throw new DataFault(error.message, of, error.remedy);
      }
    });
  }
  return own;
}

function wrote(run: Run, written: string): string {
  run.characters += written.length;
  if (run.characters > LONGEST) throw new DataFault("makes the letter longer than 1 MB");
  return written;
}

/** A printed variable. Nothing would be a hole in the letter, and an object `[object Object]`. */
function show(value: unknown, name: string, { data }: Options): unknown {
  step(data.run);
  if (isScalar(value)) return value;
  throw new DataFault(`expected a text or a number, got ${kindOf(value)}`, name);
}

/** What a helper cannot do without. */
function need(value: unknown, name: string, { data }: Options): unknown {
  step(data.run);
  if (value !== undefined && value !== null) return value;
  throw new DataFault(`expected a value, got ${kindOf(value)}`, name);
}

function scope(this: unknown, ...given: unknown[]): string {
  const { fn, hash, data } = given.pop() as Options;
  const below = given.length > 0 ? given[0] : this;
  const fields = { ...(below as object), ...hash };
  step(data.run, 1 + Object.keys(fields).length);
  return fn(fields);
}

function step(run: Run, count = 1): void {
  run.steps += count;
  if (run.steps > MOST_STEPS) throw new DataFault(`makes the letter ask for more than ${MOST_STEPS} values`);
}

/** What the caller of a partial calls what the partial has another name for. */
type Names = ReadonlyMap<string, string>;

/** The program with a guard around each value that it prints or hands to a helper. */
function guarded(program: hbs.AST.Program, names: Names = new Map()): hbs.AST.Program {
  return { ...program, body: program.body.map((statement) => guardedStatement(statement, names)) };
}

function guardedStatement(statement: hbs.AST.Statement, names: Names): hbs.AST.Statement {
  if (statement.type === "BlockStatement") {
    const block = statement as hbs.AST.BlockStatement;
    const { program, inverse, params, hash } = block;
    return {
      ...block,
      params: params.map((node) => guardedCall(node, names)),
      ...(hash && { hash: guardedHash(hash, names) }),
      ...(program && { program: guarded(program, namesWithin(block, names)) }),
      ...(inverse && { inverse: guarded(inverse, names) }),
    } as hbs.AST.Statement;
  }
  if (statement.type !== "MustacheStatement") return statement;
  const mustache = statement as hbs.AST.MustacheStatement;
  if (!isPath(mustache.path)) return statement;
  if (isHelperCall(mustache)) {
    return { ...mustache, ...guardedParts({ ...mustache, path: mustache.path }, names) };
  }
  return { ...mustache, ...call(SHOW, mustache.path, names) };
}

function namesWithin({ path, params, hash }: hbs.AST.BlockStatement, names: Names): Names {
  if (path.original === "if" || path.original === "unless") return names;
  if (path.original !== SCOPE) return new Map();
  const given = (hash?.pairs ?? []).map(({ key, value }): [string, string] => [
    key,
    isPath(value) ? nameOf(value, names) : key,
  ]);
  return new Map([...(params.length > 0 ? [] : names), ...given]);
}

/** As whoever gives the data knows it. */
function nameOf({ data, depth, parts, original }: hbs.AST.PathExpression, names: Names): string {
  const [first = "", ...rest] = parts;
  const name = data || depth > 0 ? undefined : names.get(first);
  return name === undefined ? original : [name, ...rest].join(".");
}

function guardedCall(node: Node, names: Names): Node {
  return isCall(node) ? { ...node, ...guardedParts(node, names) } : node;
}

function guardedHash(hash: hbs.AST.Hash, names: Names): hbs.AST.Hash {
  return { ...hash, pairs: hash.pairs.map((pair) => ({ ...pair, value: guardedCall(pair.value, names) })) };
}

function guardedParts(
  { path, params, hash, loc }: Pick<hbs.AST.SubExpression, "path" | "params" | "hash" | "loc">,
  names: Names,
) {
  const [first] = params;
  const isVariable = first !== undefined && isPath(first);
  const guarding = params.map((node, index) =>
    index === 0 && isVariable && needsValue(path.original)
      ? { type: "SubExpression", ...call(NEED, first, names), loc }
      : guardedCall(node, names),
  );
  const pairs = guardedHash(hash ?? { type: "Hash", pairs: [], loc }, names).pairs;
  const of = {
    type: "HashPair",
    key: OF,
    value: text(isVariable ? nameOf(first, names) : path.original, loc),
    loc,
  };
  return { params: guarding, hash: { type: "Hash", pairs: [...pairs, of], loc } as hbs.AST.Hash };
}

/** `helper path "path"` */
function call(helper: string, path: hbs.AST.PathExpression, names: Names) {
  const { loc } = path;
  return {
    path: { type: "PathExpression", data: false, depth: 0, parts: [helper], original: helper, loc },
    params: [path, text(nameOf(path, names), loc)],
  };
}

function text(value: string, loc: hbs.AST.SourceLocation): Node {
  return { type: "StringLiteral", value, original: value, loc } as Node;
}
