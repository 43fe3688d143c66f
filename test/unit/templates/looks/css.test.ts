/** CSS as it is read for the check of a letter's looks. */
import { describe, expect, it } from "@jest/globals";
import { declarationsOf, isImportant, rulesOf } from "../../../../lib/templates/looks/css.ts";

describe("declarations", () => {
  it("are cut at semicolons that stand in no brackets and no quotes", () => {
    const style = `background:URL(data:a;b) ; font-family: "a;b", serif; /* color: red; */ margin : 0`;
    expect([...declarationsOf(style)]).toEqual([
      ["background", "url(data:a;b)"],
      ["font-family", '"a;b", serif'],
      ["margin", "0"],
    ]);
  });

  it("have the last one win, and stand last, unless another is important", () => {
    expect([...declarationsOf("color:red;background:#fff;color:blue")]).toEqual([
      ["background", "#fff"],
      ["color", "blue"],
    ]);
    expect([...declarationsOf("color:red !important;color:blue")]).toEqual([["color", "red"]]);
  });
});

describe("rules", () => {
  it("are read with what is nested in them, and statements without", () => {
    const css = `@import url(a.css); a { color: red } @media (x) { b { c: "}" } d { e: f } } } /* g { } */ h{}`;
    const rules = rulesOf(css);
    expect(rules.map(({ prelude }) => prelude)).toEqual(["@import url(a.css)", "a", "@media (x)", "} h"]);
    expect(rulesOf(rules[2]?.body ?? "").map(({ prelude }) => prelude)).toEqual(["b", "d"]);
  });

  it("are important where all of their declarations are", () => {
    const [all, some] = rulesOf("a { b: c !important; d: e!important } a { b: c !important; d: e }");
    expect([all, some].map((rule) => rule && isImportant(rule))).toEqual([true, false]);
  });
});
