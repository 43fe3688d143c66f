/** Facts about the ids of messages. */
import { describe, expect, it } from "@jest/globals";
import { newId } from "../../../lib/outbox/new-id.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");

describe("an id", () => {
  it("is a UUID of version 7", () => {
    expect(newId(NOW)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("sorts by its time", () => {
    const ids = [NOW, NOW + 1, NOW + 1000, NOW + 86_400_000].map(newId);
    expect(ids.toSorted()).toEqual(ids);
  });

  it("is never the same, in the same millisecond neither", () => {
    expect(new Set(Array.from({ length: 1000 }, () => newId(NOW))).size).toBe(1000);
  });
});
