/** What a template may not say: refused when it is read, with file and line. */
import { describe, expect, it } from "@jest/globals";
import { describeFault, type TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { lint } from "../../../lib/templates/lint.ts";
import { parse } from "../../../lib/templates/syntax.ts";

function faultsOf(text: string): string[] {
  const faults: TemplateFault[] = [];
  const program = parse({ file: "a.hbs", text }, faults);
  if (program)
    lint(
      flatten(program, () => undefined, faults),
      faults,
    );
  return faults.map(describeFault);
}

describe("a template", () => {
  it.each([
    "{{name}} {{user.name}} {{this.name}} {{../name}} {{user-name}} {{名前}} {{items.[0].name}}",
    "{{@locale}} {{@dir}} {{@subject}} {{@brand.name}} {{@root.name}}",
    "{{#each items as |item at|}}{{@index}}{{@key}}{{@first}}{{@last}}{{@../index}}{{item.name}}{{else}}-{{/each}}",
    '{{#if (eq plan "pro")}}a{{else if b}}c{{/if}}{{#unless a}}b{{/unless}}{{#with user}}{{name}}{{/with}}',
    '{{plural n one="# file" other="# \\"files\\""}} {{url a key=b}} {{link "/a" query token=(encode b)}}',
    "{{! a note }} {{!-- {{#log}} --}} \\{{x}}",
  ])("may say %s", (text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it.each([
    [
      "{{log name}}",
      "there is no helper log: expected date, number, plural, duration, url, link, encode, eq",
    ],
    [
      "{{lookup a b}}",
      "there is no helper lookup: expected date, number, plural, duration, url, link, encode, eq",
    ],
    ["{{dat a}}", "there is no helper dat: did you mean date?"],
    [
      "{{constructor a}}",
      "there is no helper constructor: expected date, number, plural, duration, url, link, encode, eq",
    ],
    [
      "{{#if (constructor a)}}x{{/if}}",
      "there is no helper constructor: expected date, number, plural, duration, url, link, encode, eq",
    ],
    ["{{show a}}", "there is no helper show: expected date, number, plural, duration, url, link, encode, eq"],
    ["{{duration}} {{duration a b}}", "expected 1 values behind duration, got 2"],
    ["{{link}} {{link a b c}}", "expected 1 to 2 values behind link, got 3"],
    ["{{eq a}}", "expected 2 values behind eq, got 1"],
    ['{{date a stile="long"}}', "date knows no stile: expected style, time, zone"],
    ["{{duration a unit=b}}", "duration knows no unit: expected none"],
    ["{{date (dat a)}}", "there is no helper dat: did you mean date?"],
    [
      "{{date a zone=(zone b)}}",
      "there is no helper zone: expected date, number, plural, duration, url, link, encode, eq",
    ],
    [
      "{{#items}}x{{/items}}",
      "expected #if, #unless, #each or #with: {{#if items}} or {{#each items}} says which is meant",
    ],
    [
      "{{^items}}x{{/items}}",
      "expected #if, #unless, #each or #with: {{#if items}} or {{#each items}} says which is meant",
    ],
    [
      "{{#date a}}x{{/date}}",
      "expected #if, #unless, #each or #with: there is no #date; {{#if (eq a b)}} compares",
    ],
    [
      "{{{{raw}}}}x{{{{/raw}}}}",
      "expected #if, #unless, #each or #with: {{#if raw}} or {{#each raw}} says which is meant",
    ],
    ["{{#if a b}}x{{/if}}", "expected one value behind #if, got 2"],
    ["{{#each}}x{{/each}}", "expected one value behind #each, got 0"],
    [
      '{{#*inline "x"}}y{{/inline}}',
      "expected no decorator or inline partial: a file in partials/ does the same",
    ],
    ["{{* x}}", "expected no decorator or inline partial: a file in partials/ does the same"],
    ["{{@run}}", "there is no @run: expected @locale, @dir, @subject, @brand.…, @root.…"],
    ["{{@_parent}}", "there is no @_parent: expected @locale, @dir, @subject, @brand.…, @root.…"],
    [
      "{{#if @partial-block}}x{{/if}}",
      "there is no @partial-block: expected @locale, @dir, @subject, @brand.…, @root.…",
    ],
    ["{{user.constructor}}", "expected names of letters, digits, _ and -"],
    ["{{__proto__}}", "expected names of letters, digits, _ and -"],
    ["{{@root.__proto__.x}}", "expected names of letters, digits, _ and -"],
    ["{{#each a.prototype}}x{{/each}}", "expected names of letters, digits, _ and -"],
    ["{{[a b]}}", "expected names of letters, digits, _ and -"],
    ["{{[@of]}}", "expected names of letters, digits, _ and -"],
    ['{{"a text"}}', "expected a variable or a helper"],
    ["{{5}}", "expected a variable or a helper"],
    ...["url", "if", "scope", "__proto__"].map((name): [string, string] => [
      `{{#each a as |${name}|}}{{/each}}`,
      `as |${name}|: expected a name of letters, digits, _ and - that is none of a helper`,
    ]),
    ["{{@index}}", "there is a @index in {{#each}} only"],
    ["{{#each a}}x{{else}}{{@index}}{{/each}}", "there is a @index in {{#each}} only"],
    ["{{@brand}}", "expected @locale, @dir, @subject, @brand.…, @root.…"],
    ["{{@locale.name}}", "expected @locale, @dir, @subject, @brand.…, @root.…"],
    ['{{plural n other="a\\nb"}}', 'expected a text without \\: Handlebars knows \\" and no other escape'],
  ])("may not say %s", (text, message) => {
    expect(faultsOf(`\n${text}`)).toEqual([`a.hbs:2: ${message}`]);
  });

  it("may have 500 expressions and no more, and is told so once", () => {
    expect(faultsOf("{{a}}".repeat(500))).toEqual([]);
    for (const many of [501, 12_000]) {
      expect(faultsOf("{{a}}\n".repeat(many).slice(0, -1))).toEqual([
        "a.hbs:501: expected at most 500 expressions with those of its partials",
      ]);
    }
  });

  it("may have blocks 32 deep and no deeper", () => {
    const nested = (depth: number) => "{{#if a}}".repeat(depth) + "x" + "{{/if}}".repeat(depth);
    expect(faultsOf(nested(32))).toEqual([]);
    expect(faultsOf(nested(33))).toEqual(["a.hbs:1: expected blocks at most 32 deep"]);
  });

  it("that is nested without end is refused before it is parsed", () => {
    const refusal = ["a.hbs:2: expected blocks and helpers far less than 100 deep"];
    expect(faultsOf(`\n${"{{#if a}}".repeat(4000)}${"{{/if}}".repeat(4000)}`)).toEqual(refusal);
    expect(faultsOf(`\n${"{{^if a}}".repeat(4000)}${"{{/if}}".repeat(4000)}`)).toEqual(refusal);
    expect(faultsOf(`\n{{#if ${"(eq ".repeat(8000)}1 2${")".repeat(8000)}}}`)).toEqual(refusal);
  });

  it("that cannot be read is told with its line", () => {
    expect(faultsOf("a\n{{#if b}}\nc")).toEqual([
      expect.stringMatching(/^a\.hbs:3: Handlebars cannot read this: /),
    ]);
    expect(faultsOf("a\n{{#if b}}c{{/each}}")).toEqual([
      "a.hbs:2: Handlebars cannot read this: if doesn't match each",
    ]);
    expect(faultsOf("a {{")).toEqual([expect.stringMatching(/^a\.hbs:1: Handlebars cannot read this: /)]);
  });
});
