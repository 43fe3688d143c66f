/** What a template may say: which helpers, blocks and values, and how much of it. */
import { FORBIDDEN } from "../message/template-data.ts";
import { suggest } from "../nearest.ts";
import type { TemplateFault } from "./faults.ts";
import { helpers } from "./helpers.ts";
import { faultAt, isCall, isHelperCall, isPath, SCOPE } from "./syntax.ts";

type Node = hbs.AST.Node;

/** Compiling takes time and memory by the number and depth of expressions: 40,000 of them took 5.6 s and 900 MB. */
const MOST_EXPRESSIONS = 500;
const DEEPEST = 32;

const BLOCKS = new Set(["if", "unless", "each", "with", SCOPE]);

/** Handlebars takes them for the value of that name wherever it is one, and what they guard would stand open. */
const RESERVED = new Set([...BLOCKS, ...Object.keys(helpers)]);

/** Values at any depth, and whether they have fields, which alone can be printed. */
const GLOBALS: Readonly<Record<string, boolean>> = {
  locale: false,
  dir: false,
  subject: false,
  brand: true,
  root: true,
};
const IN_EACH = new Set(["index", "key", "first", "last"]);

/** Handlebars takes any characters between brackets; what is not printed as it was written would be read as something else. */
const NAME = /^(?:[\p{L}_$][\p{L}\p{N}_$-]*|\d+)$/u;

/** @param program without partials */
export function lint(program: hbs.AST.Program, faults: TemplateFault[]): void {
  let expressions = 0;
  let loops = 0;
  const refuse = (node: Node, message: string): void => {
    faults.push(faultAt(node, message));
  };

  const visitProgram = ({ body }: hbs.AST.Program, depth: number): void => {
    for (const statement of body) {
      if (statement.type === "ContentStatement" || statement.type === "CommentStatement") continue;
      expressions++;
      if (expressions === MOST_EXPRESSIONS + 1) {
        refuse(statement, `expected at most ${MOST_EXPRESSIONS} expressions with those of its partials`);
      }
      if (depth > DEEPEST) refuse(statement, `expected blocks at most ${DEEPEST} deep`);
      else if (statement.type === "MustacheStatement") visitMustache(statement as hbs.AST.MustacheStatement);
      else if (statement.type === "BlockStatement") visitBlock(statement as hbs.AST.BlockStatement, depth);
      else refuse(statement, "expected no decorator or inline partial: a file in partials/ does the same");
    }
  };

  const visitMustache = (mustache: hbs.AST.MustacheStatement): void => {
    const { path } = mustache;
    if (!isPath(path)) return refuse(mustache, "expected a variable or a helper");
    if (isHelperCall(mustache)) visitCall({ ...mustache, path });
    else visitPath(path);
  };

  const visitBlock = (block: hbs.AST.BlockStatement, depth: number): void => {
    const { path, params, hash, program: main, inverse } = block;
    const name = path.original;
    if (!BLOCKS.has(name)) {
      const advice =
        params.length > 0
          ? `there is no #${name}; {{#if (eq a b)}} compares`
          : `{{#if ${name}}} or {{#each ${name}}} says which is meant`;
      refuse(block, `expected #if, #unless, #each or #with: ${advice}`);
    } else if (name !== SCOPE && params.length !== 1) {
      refuse(block, `expected one value behind #${name}, got ${params.length}`);
    }
    params.forEach(visitExpression);
    hash?.pairs.forEach(({ value }) => visitExpression(value));
    for (const local of [main, inverse].flatMap(
      (branch) => (branch?.blockParams as string[] | undefined) ?? [],
    )) {
      if (!NAME.test(local) || FORBIDDEN.has(local) || RESERVED.has(local)) {
        refuse(block, `as |${local}|: expected a name of letters, digits, _ and - that is none of a helper`);
      }
    }
    if (name === "each") loops++;
    if (main) visitProgram(main, depth + 1);
    if (name === "each") loops--;
    if (inverse) visitProgram(inverse, depth + 1);
  };

  const visitCall = (call: Omit<hbs.AST.SubExpression, "type"> & Node): void => {
    const { path, params, hash } = call;
    const name = path.original;
    const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
    if (!helper) {
      return refuse(call, `there is no helper ${name}: ${suggest(name, Object.keys(helpers))}`);
    }
    const [least, most] = helper.params;
    if (params.length < least || params.length > most) {
      const wanted = least === most ? String(least) : `${least} to ${most}`;
      refuse(call, `expected ${wanted} values behind ${name}, got ${params.length}`);
    }
    for (const { key, value } of hash?.pairs ?? []) {
      if (helper.named !== "any" && !helper.named.includes(key)) {
        refuse(call, `${name} knows no ${key}: expected ${helper.named.join(", ") || "none"}`);
      }
      visitExpression(value);
    }
    params.forEach(visitExpression);
  };

  const visitExpression = (node: Node): void => {
    if (isCall(node)) visitCall(node);
    else if (isPath(node)) visitPath(node);
    else if (node.type === "StringLiteral" && (node as hbs.AST.StringLiteral).value.includes("\\")) {
      refuse(node, 'expected a text without \\: Handlebars knows \\" and no other escape');
    }
  };

  const visitGlobal = (path: hbs.AST.PathExpression): void => {
    const [first = "", ...rest] = path.parts;
    if (IN_EACH.has(first)) {
      if (loops === 0) refuse(path, `there is a @${first} in {{#each}} only`);
      return;
    }
    const known = Object.entries(GLOBALS).map(([name, hasFields]) => `@${name}${hasFields ? ".…" : ""}`);
    const hasFields = Object.hasOwn(GLOBALS, first) ? GLOBALS[first] : undefined;
    if (hasFields === undefined) refuse(path, `there is no @${first}: expected ${known.join(", ")}`);
    else if (hasFields !== rest.length > 0) refuse(path, `expected ${known.join(", ")}`);
  };

  const visitPath = (path: hbs.AST.PathExpression): void => {
    if (path.data) visitGlobal(path);
    const odd = path.parts.find((part) => !NAME.test(part) || FORBIDDEN.has(part));
    if (odd !== undefined) refuse(path, "expected names of letters, digits, _ and -");
  };

  visitProgram(program, 1);
}
