/** Puts partials where they are called, so that a letter is one program: to be checked, styled and compiled as a whole. */
import type { TemplateFault } from "./faults.ts";
import { faultAt, SCOPE } from "./syntax.ts";
import { variablesOf } from "./variables.ts";

type Program = hbs.AST.Program;
type Statement = hbs.AST.Statement;

/** Partials that call others twice each, and so on, would be more text than there is memory. */
const MOST_PARTIALS = 500;
/** Far more than a letter may have: this only keeps within the stack. */
const DEEPEST = 100;

/** What `{{> @partial-block}}` stands for. */
type Block = readonly Statement[] | undefined;

/**
 * @param partialOf the program of a partial, undefined where there is none
 * @returns the same program without any partial: what a call gives to one is a block named {@link SCOPE} around it
 */
export function flatten(
  program: Program,
  partialOf: (name: string) => Program | undefined,
  faults: TemplateFault[],
): Program {
  /** Those that some partial has printed */
  const printed = new Set<Block>();
  let partials = 0;
  let depth = 0;
  const expand = (inner: Program, block: Block, within: readonly string[]): Program => {
    const [first] = inner.body;
    if (depth === DEEPEST && first) {
      faults.push(faultAt(first, `expected blocks and partials at most ${DEEPEST} deep`));
      return { ...inner, body: [] };
    }
    depth++;
    const body = inner.body.flatMap((statement) => expandStatement(statement, block, within));
    depth--;
    return { ...inner, body };
  };

  const expandStatement = (
    statement: Statement,
    block: Block,
    within: readonly string[],
  ): readonly Statement[] => {
    if (statement.type === "BlockStatement") {
      const { program: main, inverse, ...rest } = statement as hbs.AST.BlockStatement;
      if (rest.path.original === SCOPE) faults.push(faultAt(statement, `there is no block #${SCOPE}`));
      // the parser leaves out either of them
      const branches = {
        ...(main && { program: expand(main, block, within) }),
        ...(inverse && { inverse: expand(inverse, block, within) }),
      };
      return [{ ...rest, ...branches }];
    }
    if (statement.type === "PartialStatement") return insert(statement as Call, block, undefined, within);
    if (statement.type === "PartialBlockStatement") {
      const call = statement as hbs.AST.PartialBlockStatement;
      return insert(call, block, expand(call.program, block, within).body, within);
    }
    return [statement];
  };

  const insert = (
    call: Call,
    outer: Block,
    given: Block,
    within: readonly string[],
  ): readonly Statement[] => {
    const refuse = (message: string): readonly Statement[] => {
      faults.push(faultAt(call, message));
      return [];
    };
    if (call.name.type !== "PathExpression") {
      return refuse("expected the name of a partial in so many words, not one that data could choose");
    }
    const { original: name, data } = call.name;
    if (data) {
      if (name !== "@partial-block") return refuse(`expected the name of a partial, got ${name}`);
      printed.add(outer);
      return outer
        ? scoped(call, outer)
        : refuse("expected to be called as a layout: {{#> name}} … {{/name}}");
    }
    partials++;
    if (partials > MOST_PARTIALS) {
      // told once
      return partials === MOST_PARTIALS + 1
        ? refuse(`expected at most ${MOST_PARTIALS} calls of partials`)
        : [];
    }
    if (within.includes(name)) return refuse(`the partial ${name} includes itself`);
    const partial = partialOf(name);
    if (!partial) return refuse(`there is no partial ${name}: expected partials/${name}.hbs`);
    const before = faults.length;
    const body = scoped(call, expand(partial, given, [...within, name]).body);
    const isLost = given && !printed.has(given) && faults.length === before;
    return isLost && asksForData(given)
      ? refuse(`the partial ${name} has no {{> @partial-block}}: what its block prints would be lost`)
      : body;
  };

  return expand(program, undefined, []);
}

function asksForData(body: readonly Statement[]): boolean {
  return variablesOf({ type: "Program", body } as unknown as Program).uses.some(
    ({ path }) => path.length > 0,
  );
}

type Call = hbs.AST.PartialStatement | hbs.AST.PartialBlockStatement;

/** As Handlebars has it: a partial sees the data around it, and over that what the call gives. */
function scoped(call: Call, body: readonly Statement[]): readonly Statement[] {
  const { params, hash, loc } = call;
  if (params.length === 0 && !hash) return body;
  const path = { type: "PathExpression", data: false, depth: 0, parts: [SCOPE], original: SCOPE, loc };
  const program = { type: "Program", body, loc };
  return [{ type: "BlockStatement", path, params, hash, program, loc } as unknown as Statement];
}
