/** Partials put in where they are called: what the one program prints is what Handlebars prints with the partials beside it. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import Handlebars from "handlebars";
import { compile } from "../../../lib/templates/compile.ts";
import { describeFault, type TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { parse, print } from "../../../lib/templates/syntax.ts";

type Texts = Readonly<Record<string, string>>;

/** The template as one program, and what is wrong with it. */
function flattened(text: string, partials: Texts = {}) {
  const faults: TemplateFault[] = [];
  const read = (file: string, source: string) => parse({ file, text: source }, faults);
  const program = read("a.hbs", text);
  const partialOf = (name: string) => {
    const source = partials[name];
    return source === undefined ? undefined : read(`partials/${name}.hbs`, source);
  };
  const flat = program && flatten(program, partialOf, faults);
  return { program: flat, faults: faults.map(describeFault) };
}

const printed = (...from: Parameters<typeof flattened>): string => {
  const { program, faults } = flattened(...from);
  expect(faults).toEqual([]);
  return program ? print(program) : "";
};

const data = {
  name: "Ann & <b>",
  yes: true,
  no: false,
  zero: 0,
  user: { name: "Ben", city: { name: "Bonn" } },
  items: [
    { name: "one", tags: ["x", "y"] },
    { name: "two", tags: ["z"] },
  ],
  none: [],
  words: ["first", "second"],
};
const globals = { locale: "en", dir: "ltr", brand: { name: "Brand" } } as const;

/** By our own way: flattened, printed, parsed and compiled; as html. */
const ours = (text: string, partials?: Texts): string =>
  compile(printed(text, partials), { escape: true })(data, globals, { locale: "en" });

/** By Handlebars alone. */
function plain(text: string, partials: Texts = {}): string {
  const own = Handlebars.create();
  own.registerHelper("eq", (one: unknown, other: unknown) => one === other);
  own.registerPartial(partials);
  return own.compile(text)(data, { data: globals });
}

describe("a template with its partials put in prints what Handlebars prints", () => {
  it.each<[string, string, Texts?]>([
    ["a partial", "Dear {{> who}}!", { who: "{{name}}" }],
    ["values over the data", '{{> who name="Eve"}} {{name}}', { who: "{{name}} {{user.name}}" }],
    ["a value out of the data", "{{> who name=user.name}}", { who: "{{name}}" }],
    ["a context of its own", "{{> who user}}", { who: "{{name}} {{city.name}}" }],
    ["both", '{{> who user name="Eve"}}', { who: "{{name}} {{city.name}}" }],
    ["a layout", "{{#> page}}Hi{{/page}}", { page: "<p>{{> @partial-block}}</p>" }],
    ["a layout used twice", "{{#> page}}Hi{{/page}}", { page: "{{> @partial-block}}|{{> @partial-block}}" }],
    [
      "a layout's values in its block",
      '{{#> page t="T"}}{{t}}{{/page}}',
      { page: "{{t}}{{> @partial-block}}" },
    ],
    [
      "a layout in a layout",
      "{{#> outer}}a{{#> inner}}b{{/inner}}{{/outer}}",
      { outer: "<{{> @partial-block}}>", inner: "({{> @partial-block}})" },
    ],
    [
      "a block handed on",
      "{{#> outer}}a{{/outer}}",
      { outer: "{{#> inner}}<{{> @partial-block}}>{{/inner}}", inner: "({{> @partial-block}})" },
    ],
    [
      "a layout in a loop",
      "{{#each items}}{{#> li}}{{name}}{{/li}}{{/each}}",
      { li: "-{{> @partial-block}};" },
    ],
    [
      "a loop in a layout",
      "{{#> list}}{{name}}{{@index}},{{/list}}",
      { list: "{{#each items}}{{> @partial-block}}{{/each}}" },
    ],
    ["a partial in a loop", "{{#each items}}{{> it n=../name}}{{/each}}", { it: "{{n}} {{name}} " }],
    ["names in a loop", "{{#each items as |item at|}}{{at}}{{item.name}}{{/each}}"],
    [
      "a loop of words",
      "{{#each words}}{{@key}}{{this}}{{#if @first}},{{/if}}{{#unless @last}};{{/unless}}{{/each}}",
    ],
    [
      "the other branch",
      "{{#each none}}x{{else}}y{{/each}}{{#if no}}a{{else if yes}}b{{else}}c{{/if}}{{^if zero}}z{{/if}}",
    ],
    ["a branch turned round", "{{^if yes}}a{{else}}b{{/if}}"],
    [
      "a section of the data",
      "{{#with user}}{{name}}{{#with city}}{{name}}{{../name}}{{../../yes}}{{/with}}{{/with}}",
    ],
    ["a helper in a test", '{{#if (eq user.name "Ben")}}a{{else}}b{{/if}}'],
    ["names that are none", "{{items.[0].name}} {{words.[1]}}"],
    [
      "texts with quotes",
      `{{> who name="it's" x='say "x"'}} {{> who name="\\"it's\\"" x=""}}`,
      { who: "{{name}}{{x}}" },
    ],
    ["html as it is", "{{{name}}} {{&name}} {{name}}"],
    ["blocks that stand alone", "a\n  {{#if yes}}\n  b\n  {{else}}\n  c\n  {{/if}}\nd\n"],
    ["partials that stand alone", "a\n{{> who}}\nb\n", { who: "x\n{{#if yes}}\ny\n{{/if}}\n" }],
    ["comments that stand alone", "a\n{{! one }}\n{{!-- two }} --}}\nb"],
    [
      "white space taken away",
      "a  {{~name~}}  b {{#if yes~}}  c {{~else~}} d {{~/if~}}  e {{~> who~}} f",
      { who: " {{~name}} " },
    ],
    ["literal braces", "\\{{name}} \\{{{name}}} {{name}} { } }} \\{{#if}}"],
    ["braces beside a value", "a { {{~name~}} } b { {{~#if yes~}} } { {{~/if~}} } c"],
    ["braces beside comments", "{{!a}}{ {{~!b}}{name}} {{! c ~}} }} {{name~}} }"],
    [
      "backslashes",
      "C:\\\\{{name}} \\\\{{!c}}\\{{name}} \\a \\\\\\{{name}} \\\\{{> who}}",
      { who: "\\{{x}}\\" },
    ],
  ])("with %s", (...[, text, partials]) => {
    expect(ours(text, partials)).toBe(plain(text, partials));
  });

  const texts = fc.constantFrom(
    " ",
    "\n",
    "\n\n",
    "a",
    "<p>",
    "{",
    "}",
    "\\",
    "\\\\",
    "\\{{",
    "'",
    '"',
    "  ",
    "{{! c }}",
    "{{!~}}",
    "{{~! c }}",
  );
  const values = fc.constantFrom(
    "name",
    "../name",
    "./name",
    "@root.name",
    "@locale",
    "yes",
    "user.city.name",
  );
  const given = fc.constantFrom(
    "",
    ' name="Eve"',
    " name=yes",
    " other=name",
    ' user name="x"',
    " name=../name",
    ' n="\\"\'"',
  );
  const lists = fc.constantFrom("items", "words", "none", "@root.items");
  const strip = fc.constantFrom("", "", "~");
  const { template } = fc.letrec<{ template: string; piece: string }>((tie) => {
    const block = (open: fc.Arbitrary<string>, close: string) =>
      fc
        .tuple(open, strip, strip, tie("template"), fc.option(tie("template"), { nil: undefined }))
        .map(
          ([begin, left, right, main, other]) =>
            `{{${left}#${begin}${right}}}${main}${other === undefined ? "" : `{{${right}else${left}}}${other}`}{{${left}/${close}${right}}}`,
        );
    const layout = fc
      .tuple(fc.constant("page"), given, strip, tie("template"))
      .map(([name, hash, left, main]) => `{{${left}#> ${name}${hash}}}${main}{{/${name}${left}}}`);
    return {
      template: fc.array(tie("piece"), { maxLength: 5 }).map((pieces) => pieces.join("")),
      piece: fc.oneof(
        { maxDepth: 3, depthIdentifier: "piece" },
        { weight: 4, arbitrary: texts },
        { weight: 4, arbitrary: fc.tuple(strip, values, strip).map(([l, v, r]) => `{{${l}${v}${r}}}`) },
        fc.tuple(fc.constantFrom("who", "lines"), given, strip).map(([n, g, l]) => `{{${l}> ${n}${g}}}`),
        block(
          values.map((value) => `if ${value}`),
          "if",
        ),
        block(
          values.map((value) => `unless ${value}`),
          "unless",
        ),
        block(
          lists.map((list) => `each ${list}`),
          "each",
        ),
        block(fc.constant("with user"), "with"),
        layout,
      ),
    };
  });
  /** Partials with a value that may be missing: what is shown must not depend on whether it must be there. */
  const partials = {
    who: "({{#if name}}{{@root.name}}{{/if}}{{#if n}}{{n}}{{/if}})",
    lines: "1\n{{#if yes}}\n 2\n{{/if}}\n",
    page: "<{{#if name}}n{{/if}}{{> @partial-block}}>",
  };

  it("with whatever stands in it", () => {
    let compared = 0;
    fc.assert(
      fc.property(template, (text) => {
        const { program, faults } = flattened(text, partials);
        // the indentation of a partial that stands alone is the one thing that is not kept
        if (!program || faults.length > 0 || / +(?:\{\{! c \}\})* *\{\{#?>/.test(text)) return;
        const one = attempt(() => compile(print(program), { escape: true })(data, globals, { locale: "en" }));
        // a value that is missing is refused here, and nothing there
        if (one === undefined) return;
        compared++;
        expect(one).toBe(plain(text, partials));
      }),
      { numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(150);
  });
});

it("lets a partial reach the data around its call, which Handlebars alone leaves empty", () => {
  const partials = { it: "{{name}} {{../name}}; " };
  expect(ours('{{> it name="Eve"}}', partials)).toBe("Eve Ann &amp; &lt;b&gt;; ");
  expect(ours('{{#each items}}{{> it x="1"}}{{/each}}', partials)).toBe("one one; two two; ");
});

describe("a partial is refused", () => {
  const refused = (text: string, partials?: Texts) => flattened(text, partials).faults;

  it.each<[string, Texts, string]>([
    ["a\n{{> gone}}", {}, "a.hbs:2: there is no partial gone: expected partials/gone.hbs"],
    ["{{> one}}", { one: "a\n{{> one}}" }, "partials/one.hbs:2: the partial one includes itself"],
    [
      "{{> one}}",
      { one: "{{> two}}", two: "{{> one}}" },
      "partials/two.hbs:1: the partial one includes itself",
    ],
    [
      "{{#> one}}x{{/one}}",
      { one: "{{#> one}}y{{/one}}" },
      "partials/one.hbs:1: the partial one includes itself",
    ],
    [
      "{{> (name)}}",
      {},
      "a.hbs:1: expected the name of a partial in so many words, not one that data could choose",
    ],
    ["{{> @name}}", {}, "a.hbs:1: expected the name of a partial, got @name"],
    [
      "{{> one}}",
      { one: "{{> @partial-block}}" },
      "partials/one.hbs:1: expected to be called as a layout: {{#> name}} … {{/name}}",
    ],
    [
      "{{#> frame}}{{name}}{{/frame}}",
      { frame: "<p>Acme</p>" },
      "a.hbs:1: the partial frame has no {{> @partial-block}}: what its block prints would be lost",
    ],
    ["{{#scope}}{{name}}{{/scope}}", {}, "a.hbs:1: there is no block #scope"],
  ])("%s", (text, partials, fault) => {
    expect(refused(text, partials)).toEqual([fault]);
  });

  it("of a name that every object has, as any other that is not there", () => {
    const none = (name: string) => `a.hbs:1: there is no partial ${name}: expected partials/${name}.hbs`;
    const readNone = (text: string) => {
      const faults: TemplateFault[] = [];
      const program = parse({ file: "a.hbs", text }, faults);
      if (program) flatten(program, () => undefined, faults);
      return faults.map(describeFault);
    };
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(readNone(`{{> ${name}}}`)).toEqual([none(name)]);
    }
  });

  it("in too great a number, told once and before there is text for it", () => {
    const partials = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`p${at}`, `{{> p${at + 1}}}`.repeat(20)]),
    );
    const { program, faults } = flattened("{{> p0}}", { ...partials, p8: "x".repeat(1000) });
    expect(faults).toEqual([
      expect.stringMatching(/^partials\/p\d\.hbs:1: expected at most 500 calls of partials$/),
    ]);
    expect(print(program as hbs.AST.Program).length).toBeLessThan(500_000);
  });

  it("by way of more others than the stack has room for", () => {
    const partials = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`p${at}`, `\n{{> p${at + 1}}}`]),
    );
    expect(flattened("{{> p0}}", partials).faults).toEqual([
      expect.stringMatching(/^partials\/p\d+\.hbs:1: expected blocks and partials at most 100 deep$/),
    ]);
  });
});

function attempt(make: () => string): string | undefined {
  try {
    return make();
  } catch (error) {
    if ((error as Error).name === "DataFault") return undefined;
    throw error;
  }
}
