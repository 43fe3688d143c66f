import { describe, expect, it } from "@jest/globals";
import { tagsOf } from "../../../lib/sandbox/tags.ts";

describe("the tags of a message", () => {
  it.each<[string, string[], string[]]>([
    ["", [], []],
    ["", ["ann@example.com"], []],
    ["shop, VIP", [], ["VIP", "shop"]],
    ["", ["ann+trial@example.com", "bob+a+b@example.com"], ["a", "b", "trial"]],
    ["Trial", ["ann+trial@example.com"], ["Trial"]],
    [", ,", ["ann+@example.com"], []],
    ["two   words, <b>bold</b>", [], ["b bold b", "two words"]],
    ["x".repeat(200), [], ["x".repeat(100)]],
    ["", ["ann@example.com+org"], []],
  ])("of X-Tags %j and the addresses %j are %j", (header, addresses, tags) => {
    expect(tagsOf(header, addresses)).toEqual(tags);
  });
});
