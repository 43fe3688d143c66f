/** Filling a letter in: no variable without a value, nothing of the engine in a letter, and an end to the work. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import Handlebars from "handlebars";
import { compile } from "../../../lib/templates/compile.ts";
import { DataFault, type TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { helpers } from "../../../lib/templates/helpers.ts";
import { parse, print } from "../../../lib/templates/syntax.ts";

type Data = Record<string, unknown>;
type Texts = Readonly<Record<string, string>>;

const globals = { locale: "en", dir: "ltr", brand: { name: "Brand" } } as const;
const context = { locale: "en", adminWebUrl: "https://app.example.com" };

function compiled(text: string, partials: Texts = {}, escape = true) {
  const faults: TemplateFault[] = [];
  const read = (file: string, source = "") => parse({ file, text: source }, faults) as hbs.AST.Program;
  const program = flatten(read("a", text), (name) => read(name, partials[name]), faults);
  expect(faults).toEqual([]);
  const fill = compile(print(program), { escape });
  return (data: Data) => fill(data, globals, context);
}
const render = (text: string, data: Data = {}, partials: Texts = {}) => compiled(text, partials)(data);

function fault(...from: Parameters<typeof render>): { field: string | undefined; message: string } {
  try {
    render(...from);
  } catch (error) {
    if (error instanceof DataFault) return { field: error.field, message: error.message };
    throw error;
  }
  throw new Error("expected a refusal");
}

describe("a variable without a value is refused by its name", () => {
  const got = (kind: string) => `expected a text or a number, got ${kind}`;

  it.each<[string, Data, string, string, Texts?]>([
    ["{{name}}", {}, "name", got("nothing")],
    ["{{name}}", { name: null }, "name", got("null")],
    ["{{name}}", { name: { toHTML: "x" } }, "name", got("an object")],
    ["{{name}}", { name: ["a"] }, "name", got("a list")],
    ["{{name}}", { name: NaN }, "name", got("a number")],
    ["{{{name}}}", {}, "name", got("nothing")],
    ["{{user.name}}", {}, "user.name", got("nothing")],
    ["{{user.name}}", { user: null }, "user.name", got("null")],
    ["{{user.name}}", { user: "Ann" }, "user.name", got("nothing")],
    ["{{@root.name}}", {}, "@root.name", got("nothing")],
    ["{{@brand.footer}}", {}, "@brand.footer", got("nothing")],
    ["{{#each items}}{{name}}{{/each}}", { items: [{ name: "a" }, {}] }, "name", got("nothing")],
    ["{{#each items}}{{this}}{{/each}}", { items: [{}] }, "this", got("an object")],
    ["{{#each items as |item|}}{{item.name}}{{/each}}", { items: [{}] }, "item.name", got("nothing")],
    ["{{#with user}}{{name}}{{/with}}", { user: { x: 1 } }, "name", got("nothing")],
    ["{{#if a}}{{else}}{{name}}{{/if}}", {}, "name", got("nothing")],
    ["{{link path}}", {}, "path", "expected a value, got nothing"],
    ["{{date when}}", { when: null }, "when", "expected a value, got null"],
    [
      "{{date when}}",
      { when: "x" },
      "when",
      "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got a string",
    ],
    ['{{link "/a" token=token}}', {}, "link", "token: expected a text, a number, true or false, got nothing"],
    ["{{#if (eq (number n) a)}}{{/if}}", {}, "n", "expected a value, got nothing"],
    ["{{> p label=user.name}}", {}, "user.name", got("nothing"), { p: "{{label}}" }],
    ["{{> p label=user}}", { user: {} }, "user.name", got("nothing"), { p: "{{label.name}}" }],
    ["{{> p at=when}}", {}, "when", "expected a value, got nothing", { p: "{{> q t=at}}", q: "{{date t}}" }],
    ["{{> p label=(eq a b)}}", {}, "name", got("nothing"), { p: "{{label}}{{name}}" }],
    ["{{> p n=name}}", { l: [{}] }, "n", got("nothing"), { p: "{{#each l}}{{n}}{{/each}}" }],
  ])("%s with %j: %s", (...[template, data, field, message, partials]) => {
    expect(fault(template, data, partials)).toEqual({ field, message });
  });

  it("and an empty text, zero and false are values", () => {
    expect(render("[{{a}}{{b}}{{c}}]", { a: "", b: 0, c: false })).toBe("[0false]");
  });

  it("and what is only asked about may be missing", () => {
    const text =
      "{{#if a.b}}x{{/if}}{{#unless a}}y{{/unless}}{{#each c}}z{{/each}}{{#with d}}w{{/with}}{{#if (eq e f)}}v{{/if}}";
    expect(render(text)).toBe("yv");
  });
});

describe("hostile data", () => {
  it.each([
    "<script>alert(1)</script>",
    "\"'`=&<>",
    "{{name}} {{{name}}} {{#each this}}{{/each}}",
    "</style><!--",
  ])("%s comes out as text", (name) => {
    const escaped = Handlebars.Utils.escapeExpression(name);
    expect(render('<p title="{{name}}">{{name}}</p>', { name })).toBe(`<p title="${escaped}">${escaped}</p>`);
    expect(compiled("{{name}}", {}, false)({ name })).toBe(name);
  });

  it.each<[string, Data]>([
    ["a tree of the engine", { type: "Program", body: [{ type: "ContentStatement", value: "hacked" }] }],
    ["what the engine would print as html", { toHTML: "hacked", string: "hacked" }],
    ["a tree in a list", [{ type: "MustacheStatement" }] as never],
  ])("that is %s is refused, not printed", (_what, name) => {
    expect(fault("{{name}}", { name }).field).toBe("name");
    expect(fault("{{{name}}}", { name }).field).toBe("name");
  });

  it("reaches nothing of the prototypes", () => {
    for (const name of ["toString", "valueOf", "hasOwnProperty", "__defineGetter__", "toLocaleString"]) {
      expect(fault(`{{${name}}}`).message).toContain("got nothing");
      expect(fault(`{{user.${name}}}`, { user: { a: 1 } }).message).toContain("got nothing");
      expect(fault(`{{@brand.${name}}}`).message).toContain("got nothing");
      expect(render(`{{#if ${name}}}x{{/if}}{{#with ${name}}}y{{/with}}`)).toBe("");
    }
    expect(fault("{{words.length}}", { words: Object.create({ length: 5 }) as object }).message).toContain(
      "got nothing",
    );
  });

  it("with __proto__ in it pollutes nothing, and comes through no partial's values", () => {
    const data = JSON.parse(
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"name":"Ann"}',
    ) as Data;
    expect(render('{{> p x="1"}}', data, { p: "{{name}}{{#if polluted}}!{{/if}}" })).toBe("Ann");
    expect(({} as Data)["polluted"]).toBeUndefined();
  });

  it("is not changed by a partial's values", () => {
    const data = { name: "Ann" };
    expect(render('{{> p name="Eve"}}{{name}}', data, { p: "{{name}}" })).toBe("EveAnn");
    expect(data).toEqual({ name: "Ann" });
  });
});

describe("the work has bounds", () => {
  const list = Array.from({ length: 1000 }, (_, at) => at);
  const STEPS = "makes the letter ask for more than 50000 values";

  /** CPU time in ms, generous: what is refused takes a few ms, what is not minutes. */
  const quick = (run: () => void) => {
    const before = process.cpuUsage();
    run();
    const { user } = process.cpuUsage(before);
    expect(user / 1000).toBeLessThan(3000);
  };

  it.each<[string, string, Data, Texts?]>([
    ["a loop in a loop", "{{#each list}}{{#each ../list}}{{/each}}{{/each}}", { list }],
    ["a loop full of tests", `{{#each list}}${"{{#if a}}{{/if}}".repeat(400)}{{/each}}`, { list }],
    ["a loop full of sections", `{{#each list}}${"{{#with @root}}{{/with}}".repeat(400)}{{/each}}`, { list }],
    [
      "a loop full of negations",
      `{{#each list}}${"{{#unless a}}{{/unless}}".repeat(400)}{{/each}}`,
      { list },
    ],
    ["a loop full of helpers", `{{#each list}}${'{{#if (eq a "b")}}{{/if}}'.repeat(400)}{{/each}}`, { list }],
    [
      "a loop of zones, each of which needs a formatter",
      "{{#each zones}}{{date 0 zone=this}}{{/each}}",
      { zones: Intl.supportedValuesOf("timeZone").slice(0, 100) },
    ],
    [
      "a loop of links with a long query",
      '{{#each list}}{{#if (eq 1 (link "/x" ../query))}}{{/if}}{{/each}}',
      { list, query: Object.fromEntries(list.map((at) => [`f${at}`, ""])) },
    ],
    [
      "a partial that takes all data along",
      '{{#each list}}{{> p @root x="1"}}{{/each}}',
      { list, ...Object.fromEntries(list.map((at) => [`f${at}`, at])) },
      { p: "" },
    ],
  ])("of %s: it is refused when it has done enough", (...[, text, data, partials]) => {
    const fill = compiled(text, partials);
    quick(() => expect(() => fill(data)).toThrow(STEPS));
  });

  it("of a loop that writes more than 1 MB", () => {
    const fill = compiled(`{{#each list}}${"x".repeat(2000)}{{/each}}`);
    quick(() => expect(() => fill({ list })).toThrow("makes the letter longer than 1 MB"));
  });

  it("for each letter anew, and a long invoice is within them", () => {
    const fill = compiled("{{#each list}}{{number this}}{{#if this}}{{this}}{{/if}};{{/each}}");
    for (let i = 0; i < 20; i++) expect(fill({ list }).split(";")).toHaveLength(1001);
  });
});

describe("the engine", () => {
  it("is an instance of our own: others' helpers are not there, and ours are nowhere else", () => {
    Handlebars.registerHelper("shout", () => "hacked");
    Handlebars.registerHelper("date", () => "hacked");
    Handlebars.registerPartial("shared", "hacked");
    try {
      expect(() => render('{{shout "a"}}')).toThrow();
      expect(render("{{date when}}", { when: "2026-11-21T12:00:00Z" })).toBe("November 21, 2026");
    } finally {
      for (const name of ["shout", "date"]) Handlebars.unregisterHelper(name);
      Handlebars.unregisterPartial("shared");
    }
    for (const name of [...Object.keys(helpers), "show", "need", "scope"]) {
      expect(Handlebars.helpers[name]).toBeUndefined();
    }
    for (const name of ["each", "if", "log", "lookup"])
      expect(Handlebars.helpers[name]).toBeInstanceOf(Function);
  });

  it("is Handlebars 4.7.10 or later: the ones before run code out of data that is a tree", () => {
    const file = require.resolve("handlebars/package.json");
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    expect(major).toBe(4);
    expect(minor * 1000 + patch).toBeGreaterThanOrEqual(7010);
  });

  it("takes a variable with a helper's name for a variable", () => {
    expect(
      render("{{link}} {{show}} {{need}} {{each}} {{if}}", {
        link: "a",
        show: "b",
        need: "c",
        each: "d",
        if: "e",
      }),
    ).toBe("a b c d e");
  });
});
