/** Which data a letter needs. */
import { describe, expect, it } from "@jest/globals";
import type { TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { parse } from "../../../lib/templates/syntax.ts";
import { variablesOf } from "../../../lib/templates/variables.ts";

function found(text: string, partials: Readonly<Record<string, string>> = {}) {
  const faults: TemplateFault[] = [];
  const read = (file: string, source = "") => parse({ file, text: source }, faults) as hbs.AST.Program;
  const program = flatten(read("a.hbs", text), (name) => read(name, partials[name]), faults);
  expect(faults).toEqual([]);
  return variablesOf(program);
}

/** Those of the data, each once, a `!` behind what must be there. */
function uses(...from: Parameters<typeof found>): string {
  const ofData = found(...from).uses.filter(({ path }) => path.length > 0);
  const all = ofData.map(({ path, needed }) => `${path.join(".")}${needed ? "!" : ""}`);
  return [...new Set(all)].join(" ");
}

describe("the variables of a template are", () => {
  it.each<[string, string, Record<string, string>?]>([
    ["{{name}} {{user.name}} {{@root.name}} {{this.city}}", "name! user.name! city!"],
    ["{{@locale}} {{@brand.name}} {{@index}} text", ""],
    [
      "{{date when zone=zone}} {{duration minutes}} {{link path query token=token}}",
      "when! zone minutes! path! query token",
    ],
    ["{{url (link path)}} {{plural (number n) other=word}}", "path! n! word"],
    ["{{#if (eq plan other)}}x{{/if}}", "plan other"],
    ["{{#if name}}{{name}}{{else}}{{name}}{{/if}}", "name name!"],
    ["{{#unless name}}{{name}}{{else}}{{name}}{{/unless}}", "name name!"],
    ["{{#if user}}{{user.name}}{{city}}{{/if}}", "user user.name! city!"],
    ['{{#if (eq plan "pro")}}{{plan}}{{/if}}', "plan"],
    ["{{#if a}}{{#if b}}{{a}}{{b}}{{/if}}{{b}}{{/if}}", "a b b!"],
    [
      "{{#each items}}{{name}}{{this}}{{../title}}{{@root.foot}}{{else}}{{none}}{{/each}}",
      "items title! foot! none!",
    ],
    ["{{#each items as |item|}}{{item.name}}{{/each}}{{item}}", "items item!"],
    ["{{#with user}}{{name}}{{../user.name}}{{../name}}{{/with}}", "user user.name! name!"],
    ["{{#each items}}{{#if ../title}}{{../title}}{{/if}}{{/each}}", "items title"],
    ["{{> p}}", "name!", { p: "{{name}}" }],
    ['{{> p name="x"}}', "", { p: "{{name}}" }],
    ['{{> p name="x"}}', "title!", { p: "{{name}}{{title}}" }],
    ["{{> p name=user.name}}", "user.name user.name!", { p: "{{name}}" }],
    ["{{> p name=user}}", "user user.name!", { p: "{{name.name}}" }],
    ["{{> p name=user.name}}", "user.name", { p: "{{#if name}}{{name}}{{/if}}" }],
    ["{{#if user}}{{> p name=user.name}}{{/if}}", "user user.name user.name!", { p: "{{name}}" }],
    ["{{> p name=title}}", "title title!", { p: "{{> q label=name}}", q: "{{label}}" }],
    ["{{> p name=(date when)}}", "when!", { p: "{{name}}" }],
    ["{{> p user}}", "user", { p: "{{name}}" }],
    ["{{#each items}}{{> p name=title}}{{/each}}", "items", { p: "{{name}}" }],
    ["{{#each items}}{{> p name=../title}}{{/each}}", "items title title!", { p: "{{name}}" }],
    ['{{#> p name="x"}}{{name}}{{title}}{{/p}}', "title!", { p: "{{> @partial-block}}" }],
    ['{{#> p name="x"}}x{{/p}}', "name!", { p: "{{../name}}{{> @partial-block}}" }],
  ])("in %s: %s", (...[text, expected, partials]) => {
    expect(uses(text, partials)).toBe(expected);
  });
});

describe("html out of the data is", () => {
  const html = (...from: Parameters<typeof found>) => found(...from).html.map(({ field }) => field);

  it.each<[string, string | undefined, Record<string, string>?]>([
    ["{{{body}}}", "body"],
    ["{{&body}}", "body"],
    ["{{{user.body}}}", "user.body"],
    ["{{#each items}}{{{body}}}{{/each}}", undefined],
    ["{{#with user}}{{{body}}}{{/with}}", undefined],
    ["{{{url body}}}", undefined],
    ["{{> p body=name}}", "name", { p: "{{{body}}}" }],
    ['{{> p body="<b>"}}', undefined, { p: "{{{body}}}" }],
    ["{{> p user}}", undefined, { p: "{{{body}}}" }],
    ["{{{@brand.name}}}", undefined],
  ])("in %s the field %s, whatever it is called there", (...[text, field, partials]) => {
    expect(html(text, partials)).toEqual([field]);
  });

  it("nothing that is escaped", () => {
    expect(html("{{body}} {{#if body}}{{url body}}{{/if}}")).toEqual([]);
  });
});
