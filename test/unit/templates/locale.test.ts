/** The language of a letter. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { chooseLocale, directionOf, languageTag } from "../../../lib/templates/locale.ts";

const chinese = ["en", "ja", "zh-CN", "zh-TW"];

describe("the language of a letter", () => {
  it.each<[asked: string, available: string[], chosen: string]>([
    ["zh-CN", chinese, "zh-CN"],
    ["ZH-cn", chinese, "zh-CN"],
    ["zh", chinese, "zh-CN"],
    ["zh-Hans", chinese, "zh-CN"],
    ["zh-Hans-CN", chinese, "zh-CN"],
    ["zh-SG", chinese, "zh-CN"],
    ["cmn-Hans", chinese, "zh-CN"],
    ["zh-TW", chinese, "zh-TW"],
    ["zh-Hant", chinese, "zh-TW"],
    ["zh-HK", chinese, "zh-TW"],
    ["zh-TW", ["en", "zh-CN", "zh-HK"], "zh-HK"],
    ["zh-TW", ["en", "zh-CN", "zh-Hant"], "zh-Hant"],
    ["zh-HK", ["zh-Hant", "zh-Hant-HK"], "zh-Hant-HK"],
    ["zh-TW", ["en", "zh-CN"], "zh-CN"],
    ["en-AU", ["en-GB", "en-001", "en"], "en"],
    ["en-AU", ["en-US", "en-001"], "en-001"],
    ["es-MX", ["es-ES", "es-419"], "es-419"],
    ["pt-PT", ["en", "pt-BR"], "pt-BR"],
    ["sr-Latn", ["sr", "sr-Latn-ME"], "sr-Latn-ME"],
    ["nb-NO", ["en", "no"], "no"],
    ["no", ["en", "nb"], "nb"],
    ["iw-IL", ["en", "he"], "he"],
    ["in", ["en", "id"], "id"],
    ["zh-CN-u-nu-hanidec", chinese, "zh-CN"],
    ["ja-x-private", chinese, "ja"],
  ])("of one who asks for %s among %j is %s", (asked, available, chosen) => {
    expect(chooseLocale(asked, available, "en")).toBe(chosen);
    expect(chooseLocale(asked, available.toReversed(), "en")).toBe(chosen);
  });

  it("is that of the installation where the reader's is missing or nobody asked", () => {
    expect(chooseLocale("fr", chinese, "zh-HK")).toBe("zh-TW");
    expect(chooseLocale(undefined, chinese, "ja-JP")).toBe("ja");
    expect(chooseLocale("x-private", chinese, "ja")).toBe("ja");
    expect(chooseLocale("und", chinese, "ja")).toBe("ja");
  });

  it("is English, or the first, where that of the installation is missing too", () => {
    expect(chooseLocale("fr", ["de", "en-GB"], "ko")).toBe("en-GB");
    expect(chooseLocale("fr", ["ja", "de"], "ko")).toBe("ja");
    expect(chooseLocale("fr", [], "ko")).toBeUndefined();
  });

  it("is one of those that there are, whatever is asked for", () => {
    const part = fc.stringMatching(/^[A-Za-z0-9]{1,9}$/);
    const tag = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("-"));
    fc.assert(
      fc.property(fc.oneof(tag, fc.constant("und"), fc.string()), (asked) => {
        expect(chinese).toContain(chooseLocale(asked, chinese, "en"));
      }),
    );
  });
});

describe("the direction", () => {
  it.each([
    "ar",
    "he",
    "iw",
    "fa-IR",
    "ur-Aran-PK",
    "yi",
    "dv",
    "ckb",
    "pa-PK",
    "uz-AF",
    "ff-Adlm",
    "az-Arab",
  ])("of %s is right to left", (locale) => {
    expect(directionOf(locale)).toBe("rtl");
  });

  it.each(["en", "zh-CN", "ja", "pa", "ar-Latn", "sd-Deva", "az", "und", "x-private"])(
    "of %s is left to right",
    (locale) => {
      expect(directionOf(locale)).toBe("ltr");
    },
  );
});

describe("a folder's name", () => {
  it.each([
    ["en", "en"],
    ["zh_cn", "zh-CN"],
    ["ZH-HANS", "zh-Hans"],
    ["iw", "he"],
    ["es_419", "es-419"],
    ["sr_latn_rs", "sr-Latn-RS"],
  ])("%s is the language %s", (name, tag) => {
    expect(languageTag(name)).toBe(tag);
  });

  it.each([
    "notice",
    "otp",
    "invite",
    "verification",
    "password-reset",
    "partials",
    "html",
    "und",
    "x-a",
    "",
    ".git",
  ])("%s is no language", (name) => {
    expect(languageTag(name)).toBeUndefined();
  });
});
