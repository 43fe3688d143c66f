/** `template.json`: what is wrong with it, with data, and with templates that use other data. */
import { describe, expect, it } from "@jest/globals";
import { describeFault, type TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { dataCheckOf, schemaCompiler } from "../../../lib/templates/data-check.ts";
import { type Manifest, readManifest } from "../../../lib/templates/manifest.ts";
import { checkUses, manifestOf } from "../../../lib/templates/uses.ts";
import { parse } from "../../../lib/templates/syntax.ts";
import { variablesOf } from "../../../lib/templates/variables.ts";
import { cpuMs } from "../../support/cpu.ts";

function read(content: object | string) {
  const faults: TemplateFault[] = [];
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 1);
  const manifest = readManifest({ file: "a/template.json", text }, faults);
  return { manifest, text, faults: faults.map(describeFault) };
}

function usesOf(text: string) {
  const faults: TemplateFault[] = [];
  const program = parse({ file: "a.hbs", text }, faults) as hbs.AST.Program;
  return variablesOf(flatten(program, () => undefined, faults)).uses;
}

const ajv = schemaCompiler(false);
const data = (properties: object, more: object = {}) => ({ type: "object", properties, ...more });
const text = { type: "string" };

describe("a manifest", () => {
  it("says what it says, and nothing where it is silent", () => {
    const full = {
      description: "A letter",
      data: data({ html: text, minutes: { type: "integer" }, off: text }),
      sample: { html: "x" },
      raw: ["html"],
      lifetime: "minutes",
      unsubscribe: "off",
    };
    expect(read(full)).toMatchObject({ manifest: full, faults: [] });
    expect(read({})).toMatchObject({
      manifest: { description: "", data: { type: "object" }, sample: {}, raw: [] },
      faults: [],
    });
  });

  it.each<[object | string, string]>([
    ['{\n"data": }', ":2: expected JSON; it breaks off at column 9"],
    ['{\n"sample": {\n"a": true,\n"b": nul,\n"c": 1}}', ":4: expected JSON; it breaks off at column 9"],
    ['{\n"raw": [\n"a",\n]}', ":4: expected JSON; it breaks off at column 1"],
    ['{\n"raw": "a\nb"}', ":2: expected JSON; it breaks off at column 10"],
    ["{\n// note\n}", ":2: expected JSON; it breaks off at column 1"],
    ['{"raw": [],\n"sample": {}\n', ":3: expected JSON; it breaks off at column 1"],
    ["{} {}", ":1: expected JSON; it breaks off at column 4"],
    ["", ":1: expected JSON; it breaks off at column 1"],
    ["[]", ": expected an object, got a list"],
    ["null", ": expected an object, got null"],
    [{ descripton: "x" }, ":2: unknown field descripton: did you mean description?"],
    [
      { $schema: "x" },
      ":2: unknown field $schema: expected description, data, sample, raw, lifetime, unsubscribe",
    ],
    [{ description: 1 }, ":2: description: expected a text, got a number"],
    [{ data: [] }, ':2: data: expected a JSON Schema with "type": "object", got a list'],
    [{ data: {} }, ':2: data: expected a JSON Schema with "type": "object"'],
    [{ sample: "x" }, ":2: sample: expected an object, got a string"],
    [{ raw: "html" }, ":2: raw: expected a list of names, got a string"],
    [{ raw: ["body"] }, ":2: raw: expected the name of a field of the data: "],
    [
      { lifetime: "minute", data: data({ minutes: {} }) },
      ":2: lifetime: expected the name of a field of the data: minutes",
    ],
    [{ lifetime: 10 }, ":2: lifetime: expected the name of a field of the data: "],
    [{ unsubscribe: "constructor" }, ":2: unsubscribe: expected the name of a field of the data: "],
    [
      { lifetime: "m", data: data({ m: text }) },
      ':2: lifetime: expected a field with "type": "integer" or "number"',
    ],
    [{ unsubscribe: "u", data: data({ u: {} }) }, ':2: unsubscribe: expected a field with "type": "string"'],
  ])("%j is refused with its line", (content, fault) => {
    expect(read(content).faults).toEqual([`a/template.json${fault}`]);
  });

  it("with several faults tells them all", () => {
    expect(read({ descripton: "x", lifetime: "x", raw: ["y"] }).faults).toHaveLength(3);
  });
});

describe("a schema", () => {
  const checked = (schema: object, given: Record<string, unknown>) => {
    const faults: TemplateFault[] = [];
    const check = dataCheckOf({ data: schema } as unknown as Manifest, undefined, {
      ajv,
      faults,
    });
    expect(faults).toEqual([]);
    return check?.(given);
  };

  it.each([
    [{ type: "object", properties: { a: { type: "txt" } } }, "schema is invalid"],
    [{ type: "object", required: "a" }, "schema is invalid"],
    [{ type: "object", requierd: ["a"] }, 'unknown keyword: "requierd"'],
    [{ type: "object", properties: { a: { $ref: "https://example.com/a" } } }, "can't resolve reference"],
    [{ type: "object", properties: { a: { pattern: "(" } } }, "regular expression"],
  ])("that is none, %j, is told with its line", (schema, words) => {
    const faults: TemplateFault[] = [];
    const source = { file: "a/template.json", text: '{\n"data": 1}' };
    expect(dataCheckOf({ data: schema } as unknown as Manifest, source, { ajv, faults })).toBeUndefined();
    expect(faults.map(describeFault)).toEqual([
      expect.stringMatching(/^a\/template\.json:2: data: expected a JSON Schema \(2020-12\): /),
    ]);
    expect(faults[0]?.message.toLowerCase()).toContain(words.toLowerCase());
  });

  it.each<[object, Record<string, unknown>, string, string]>([
    [data({ a: text }, { required: ["a"] }), {}, "data.a", "expected a value, got nothing"],
    [data({ a: text }), { a: 5 }, "data.a", "expected a string, got a number"],
    [data({ a: { type: ["string", "null"] } }), { a: [] }, "data.a", "expected a string or null, got a list"],
    [data({ a: data({ b: text }) }), { a: { b: {} } }, "data.a.b", "expected a string, got an object"],
    [
      data({ a: { type: "array", items: text } }),
      { a: ["x", 1] },
      "data.a[1]",
      "expected a string, got a number",
    ],
    [data({ a: { enum: ["x", "y"] } }), { a: "hunter2" }, "data.a", "expected one of x, y"],
    [data({}, { additionalProperties: false }), { b: 1 }, "data.b", "is no field of this template's data"],
    [
      data({ a: { type: "string", format: "email" } }),
      { a: "hunter2" },
      "data.a",
      'must match format "email"',
    ],
    [data({ a: { type: "string", pattern: "^x" } }), { a: "hunter2" }, "data.a", 'must match pattern "^x"'],
    [data({ "a/b~c": text }), { "a/b~c": 1 }, "data.a/b~c", "expected a string, got a number"],
  ])("%j refuses %j by name, without the value", (schema, given, field, message) => {
    const faults = checked(schema, given);
    expect(faults).toEqual([{ field, message }]);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
  });

  it.each([
    ["url", `http://${"a:".repeat(40_000)} `],
    ["uri", `http://${"a:".repeat(40_000)} `],
    ["uri-reference", `//${"a@".repeat(40_000)} `],
    ["email", `a@${"a-".repeat(40_000)}!`],
  ])("refuses 80 KB that look like a %s at once", (format, long) => {
    let faults: unknown[] | undefined;
    expect(
      cpuMs(() => (faults = checked(data({ a: { type: "string", format } }), { a: long }))),
    ).toBeLessThan(1000);
    expect(faults).toHaveLength(1);
  });

  it.each([
    ["https://example.com/a?b=c#d", 0],
    ["ftp://user@localhost:21", 0],
    ["javascript:alert(1)", 1],
    ["https://exa mple.com", 1],
    ["https://", 1],
    ["https://a:b", 1],
  ])("takes %s for a url or not: %i faults", (a, count) => {
    expect(checked(data({ a: { type: "string", format: "url" } }), { a })).toHaveLength(count);
  });

  it("with alternatives says which of them would do", () => {
    const either = data({}, { anyOf: [{ required: ["token"] }, { required: ["query"] }] });
    expect(checked(either, {})?.map(({ field }) => field)).toEqual(["data"]);
    expect(checked(either, { query: {} })).toEqual([]);
  });

  it("with the same $id as another is no trouble, and tells at most 20 faults", () => {
    const schema = { $id: "https://example.com/a", ...data({}, { additionalProperties: false }) };
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`f${at}`, at]));
    for (let i = 0; i < 2; i++) expect(checked(schema, many)).toHaveLength(20);
  });
});

describe("a variable", () => {
  const faultsOf = (template: string, schema: object) => {
    const faults: TemplateFault[] = [];
    checkUses(usesOf(template), { data: schema } as unknown as Manifest, "a.hbs", faults);
    return faults.map(describeFault);
  };
  const schema = data({ name: text, city: text, plan: { default: "free" } }, { required: ["name"] });

  it.each([
    ["\n{{nam}}", "a.hbs:2: nam is no field of the data in template.json: did you mean name?"],
    [
      "{{#if other}}x{{/if}}",
      "a.hbs:1: other is no field of the data in template.json: expected name, city, plan",
    ],
    ["{{toString}}", "a.hbs:1: toString is no field of the data in template.json: expected name, city, plan"],
    [
      "\n\n{{city}}",
      "a.hbs:3: city may be missing: write {{#if city}} around it, or require it in template.json",
    ],
    [
      "{{url city}}",
      "a.hbs:1: city may be missing: write {{#if city}} around it, or require it in template.json",
    ],
  ])("in %j is told", (template, fault) => {
    expect(faultsOf(template, schema)).toEqual([fault]);
  });

  it("that is required, has a default, or is asked about first is right", () => {
    expect(faultsOf("{{name}}{{plan}}{{#if city}}{{city}}{{/if}}", schema)).toEqual([]);
  });
});

describe("without a manifest", () => {
  it("what a template prints without asking is required, and an example is made of the names", () => {
    const { data: schema, sample } = manifestOf(
      usesOf(
        "{{name}}{{user.city}}{{user.street.name}}{{#if code}}{{code}}{{/if}}{{#each items}}{{this}}{{/each}}",
      ),
    );
    expect(schema).toEqual({
      type: "object",
      properties: { name: {}, user: {}, code: {}, items: {} },
      required: ["name", "user"],
    });
    expect(sample).toEqual({
      name: "name",
      user: { city: "user.city", street: { name: "user.street.name" } },
      code: "code",
      items: "items",
    });
  });
});
