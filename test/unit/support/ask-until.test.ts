import { describe, expect, it } from "@jest/globals";
import { askUntil } from "../../support/ask-until.ts";

describe("asking until the answer fits", () => {
  it("ends with that answer, and lets others work in between", async () => {
    let count = 0;
    const counting = setInterval(() => count++, 1);
    const answer = await askUntil(
      () => count,
      (counted) => counted >= 2,
    );
    clearInterval(counting);
    expect(answer).toBeGreaterThanOrEqual(2);
  });

  it("fails with the last answer where none fits in time", async () => {
    const never = askUntil(
      async () => ({ status: 503 }),
      ({ status }) => status === 200,
      20,
    );
    await expect(never).rejects.toThrow(/^not so within 20 ms: .*200\nbut \{"status":503\}$/);
  });
});
