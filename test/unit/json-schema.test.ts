/** Facts about JSON Schemas made of rules. */
import { describe, expect, it } from "@jest/globals";
import { objectSchema, schemaOf } from "../../lib/json-schema.ts";
import type { Rule } from "../../lib/message/shape.ts";

describe("the schema of a rule", () => {
  it.each<[Rule, object]>([
    [{ type: "any" }, {}],
    [{ type: "boolean" }, { type: "boolean" }],
    [{ type: "object" }, { type: "object" }],
    [{ type: "string" }, { type: "string" }],
    [
      { type: "string", min: 1, max: 5 },
      { type: "string", minLength: 1, maxLength: 5 },
    ],
    [
      { type: "number", min: 0, max: 5 },
      { type: "number", minimum: 0, maximum: 5 },
    ],
    [{ type: "number", integer: true }, { type: "integer" }],
    [
      { type: "array", max: 5, items: "string" },
      { type: "array", items: { type: "string" }, maxItems: 5 },
    ],
    [
      { type: "enum", values: ["a", "b"] },
      { type: "string", enum: ["a", "b"] },
    ],
  ])("of %j is %j", (rule, schema) => {
    expect(schemaOf(rule)).toEqual(schema);
  });

  it("has what is said for people laid over it", () => {
    const doc = { description: "One line.", maxLength: 3 };
    expect(schemaOf({ type: "string", max: 5, doc })).toEqual({
      type: "string",
      maxLength: 3,
      description: "One line.",
    });
  });
});

describe("the schema of rules", () => {
  it("has these fields and no others, and needs those that are not optional", () => {
    const rules = { id: { type: "string", optional: false }, tag: { type: "string" } } as const;
    expect(objectSchema(rules, { title: "Thing", required: ["tag"] })).toEqual({
      title: "Thing",
      type: "object",
      properties: { id: { type: "string" }, tag: { type: "string" } },
      required: ["id", "tag"],
      additionalProperties: false,
    });
    expect(objectSchema({}, {})).toEqual({ type: "object", properties: {}, additionalProperties: false });
  });
});
