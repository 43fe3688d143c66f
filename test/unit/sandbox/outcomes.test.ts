import { describe, expect, it } from "@jest/globals";
import { outcomeOf, outcomes } from "../../../lib/sandbox/outcomes.ts";

describe("the recipient chooses the outcome", () => {
  it.each([
    ["bounce@example.com", outcomes.bounce],
    ["BOUNCE@Example.com", outcomes.bounce],
    ["bounce+order-17@any.domain", outcomes.bounce],
    ["bounce+a+b@any.domain", outcomes.bounce],
    ["defer@example.com", outcomes.defer],
    ["full+x@example.com", outcomes.full],
    ["busy@example.com", outcomes.busy],
    ["slow@example.com", outcomes.slow],
    ["drop@example.com", outcomes.drop],
  ])("%s makes its trouble", (address, outcome) => {
    expect(outcomeOf(address)).toBe(outcome);
  });

  it.each([
    "ann@example.com",
    "bouncer@example.com",
    "x+bounce@example.com",
    "toString@example.com",
    "ann@bounce",
    "postmaster",
  ])("%s is accepted", (address) => {
    expect(outcomeOf(address)).toBeUndefined();
  });

  it("every refusal carries an enhanced code of the same class", () => {
    for (const outcome of Object.values(outcomes)) {
      if (outcome.act === "refuse") expect(outcome.reply.charAt(0)).toBe(String(outcome.code).charAt(0));
    }
  });
});
