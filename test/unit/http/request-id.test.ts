import { describe, expect, it } from "@jest/globals";
import { requestIdOf } from "../../../lib/http/request-id.ts";

describe("the request id", () => {
  it.each(["a", "req-1.2_3", "x".repeat(64)])("%s is taken from the caller", (id) => {
    expect(requestIdOf(id)).toBe(id);
  });

  it.each([
    undefined,
    "",
    "x".repeat(65),
    "x".repeat(5000),
    "a b",
    "a%0d%0ab",
    "a\nb",
    "\u001b[31m",
    "a, b",
    "é",
    ["a"],
  ])("%j is replaced", (id) => {
    expect(requestIdOf(id, () => "new")).toBe("new");
  });
});
