import { describe, expect, it } from "@jest/globals";
import { excessIn } from "../../../lib/http/outline.ts";
import { cpuMs } from "../../support/cpu.ts";

const look = (json: string) => excessIn(Buffer.from(json));
const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const many = (parts: number): string => Array.from({ length: parts }, () => "[]").join(",");

describe("what is not beyond the limits", () => {
  it.each([
    ["nothing", ""],
    ["a letter", '{"to":"ann@example.com","text":"It works."}'],
    ["32 levels in a field", `{"data":${nested(32)}}`],
    [
      "one level after the other",
      `{${Array.from({ length: 100 }, (_, i) => `"a${i}":${nested(20)}`).join(",")}}`,
    ],
    ["brackets in a string", `{"text":"${"[{:".repeat(100_000)}"}`],
    ["brackets behind a quote that is none", `{"text":"\\"${"[{:".repeat(100_000)}"}`],
    ["a string that ends in a backslash", `{"text":"\\\\","data":${nested(30)}}`],
    ["a list of a million numbers", `{"data":[${"7,".repeat(1_000_000)}7]}`],
    ["49,000 lists", `{"data":[${many(49_000)}]}`],
    ["a string that does not end", '{"text":"\\'],
  ])("passes: %s", (_what, json) => {
    expect(look(json)).toBeUndefined();
  });
});

describe("what is beyond the limits", () => {
  const tooDeep = "is nested more than 32 levels deep";
  const tooMany = "is of more than 50000 parts";
  it.each([
    ["33 levels", `{"a":1,"data":${nested(33)}}`, { field: "data", message: tooDeep }],
    ["33 levels of objects", `{"data":${'{"a":'.repeat(33)}`, { field: "data", message: tooDeep }],
    ["levels after a value", `{"text":"secret" ${nested(33)}}`, { field: "text", message: tooDeep }],
    ["levels without a field", nested(40), { message: tooDeep }],
    ["51,000 lists", `{"data":[${many(51_000)}]}`, { field: "data", message: tooMany }],
    [
      "51,000 fields",
      `{${Array.from({ length: 51_000 }, (_, i) => `"a${i}":1`).join(",")}}`,
      { message: tooMany },
    ],
  ])("is told by its field: %s", (_what, json, excess) => {
    expect(look(json)).toMatchObject(excess);
  });
});

it("looks over a large attachment with less work than its parser has", () => {
  const bytes = Buffer.from(`{"content":"${"QUJD".repeat(2_500_000)}"}`);
  // in turns: a processor that is slowed down for a moment is so for both
  const turns = Array.from({ length: 5 }, () => ({
    parsing: cpuMs(() => JSON.parse(bytes.toString())),
    looking: cpuMs(() => excessIn(bytes)),
  }));
  const leastOf = (work: "parsing" | "looking") => Math.min(...turns.map((turn) => turn[work]));
  expect(leastOf("looking")).toBeLessThan(leastOf("parsing"));
});
