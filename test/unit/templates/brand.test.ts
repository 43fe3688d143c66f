/** The looks of the letters: what the brand leaves open is filled in, and every colour can be read. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DARK_GROUND, LIGHT_GROUND, looksOf } from "../../../lib/templates/brand.ts";
import { contrast, READABLE, rgbOf } from "../../../lib/templates/contrast.ts";

const colors = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, "0")}`);

describe("the brand's looks", () => {
  it("have readable pairs of colours, whatever the brand's colour is", () => {
    fc.assert(
      fc.property(colors, (written) => {
        const { color, onColor, link, linkDark } = looksOf({ color: written });
        expect(color).toBe(written);
        expect(between(onColor, color)).toBeGreaterThanOrEqual(READABLE);
        expect(between(link, LIGHT_GROUND)).toBeGreaterThanOrEqual(READABLE);
        expect(between(linkDark, DARK_GROUND)).toBeGreaterThanOrEqual(READABLE);
      }),
    );
  });

  it("keep the order of the channels in links, and so the hue", () => {
    fc.assert(
      fc.property(colors, (color) => {
        const { link, linkDark } = looksOf({ color });
        const [most = 0, middle = 1, least = 2] = [0, 1, 2].sort(
          (a, b) => channel(color, b) - channel(color, a),
        );
        for (const made of [link, linkDark]) {
          expect(channel(made, most)).toBeGreaterThanOrEqual(channel(made, middle));
          expect(channel(made, middle)).toBeGreaterThanOrEqual(channel(made, least));
        }
      }),
    );
  });

  it("leave a colour alone that can be read as it is", () => {
    expect(looksOf({ color: "#0a5cd8" }).link).toBe("#0a5cd8");
    expect(looksOf({ color: "#79b8ff" }).linkDark).toBe("#79b8ff");
  });

  it("go no further from the brand's colour than reading asks for", () => {
    const { link, linkDark } = looksOf({ color: "#808080" });
    expect(between(link, LIGHT_GROUND)).toBeLessThan(READABLE + 0.2);
    expect(between(linkDark, DARK_GROUND)).toBeLessThan(READABLE + 0.2);
  });

  it("put black on light colours and white on dark ones", () => {
    expect(looksOf({ color: "#ffd400" }).onColor).toBe("#000000");
    expect(looksOf({ color: "#1b1f6b" }).onColor).toBe("#ffffff");
  });

  it("write a short colour in full", () => {
    expect(looksOf({ color: "#fc0" }).color).toBe("#ffcc00");
  });

  it("have colours and the sender's name where the brand has none", () => {
    expect(looksOf({}, "Sender")).toMatchObject({ name: "Sender", color: expect.stringMatching(/^#/) });
    expect(looksOf({ name: "Brand" }, "Sender").name).toBe("Brand");
    expect(looksOf({}).name).toBeUndefined();
  });

  it.each([
    ["help@example.com", "mailto:help@example.com"],
    [" help@BÜCHER.example ", "mailto:help@xn--bcher-kva.example"],
    ["a&b?c=d@example.com", "mailto:a%26b%3Fc%3Dd@example.com"],
    ["https://example.com/help", "https://example.com/help"],
    ["http://example.com", "http://example.com/"],
    ["+49 30 1234", undefined],
    ["tel:+49301234", undefined],
    ["javascript:alert(1)", undefined],
    ["Ask in the forum", undefined],
  ])("lead from the support %j to %j", (support, supportUrl) => {
    expect(looksOf({ support })).toMatchObject({ support, supportUrl });
  });

  it("are reckoned for the grounds that the frame of the built-in letters has", () => {
    const frame = readFileSync("templates/partials/frame.hbs", "utf8");
    expect(frame).toContain(`.card{background-color:${DARK_GROUND}!important`);
    expect(frame).toMatch(new RegExp(`class="card ink".*background-color:${LIGHT_GROUND}`));
  });
});

function between(one: string, other: string): number {
  return contrast(rgbOf(one), rgbOf(other));
}

function channel(hex: string, index: number): number {
  return rgbOf(hex)[index] ?? 0;
}
