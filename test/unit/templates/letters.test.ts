/** The built-in letters: in every language, with every brand, they look right and say what they are for. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Config } from "../../../lib/config/config.ts";
import { looksOf } from "../../../lib/templates/brand.ts";
import type { TemplateFault } from "../../../lib/templates/faults.ts";
import { flatten } from "../../../lib/templates/flatten.ts";
import { checkLooks } from "../../../lib/templates/looks/check.ts";
import { type Layer, partialIn, readLayer } from "../../../lib/templates/sources.ts";
import { parse } from "../../../lib/templates/syntax.ts";
import type { RenderedTemplate, Templates } from "../../../lib/templates/template.ts";
import { openTemplates } from "../../../lib/templates/templates.ts";
import { variablesOf } from "../../../lib/templates/variables.ts";
import { closeEverything } from "../../support/open.ts";
import { letter as filesOf, openFiles } from "./open-templates.ts";

afterEach(closeEverything);

const FOLDER = join(__dirname, "../../../templates");
const BASE = "https://app.example.com/desk";
const languages = ["en", "ja", "zh-CN"];
const names = ["invitation", "notice", "password-reset", "verification"];

const full = {
  name: "Example & Sons",
  logo: "https://example.com/logo.png",
  color: "#0a5cd8",
  footer: "Example Ltd, 1 Main Street",
  support: "help@example.com",
};
const brands: Readonly<Record<string, Config["brand"]>> = {
  "no brand": {},
  "a full brand": full,
  "a logo and no name": { logo: full.logo },
  "a yellow": { ...full, color: "#ffd400" },
  white: { ...full, color: "#ffffff" },
  black: { ...full, color: "#000000" },
  "an Arabic name": { name: "مؤسسة المثال", footer: "شارع الأول", support: "اتصل بنا" },
  "very long names": {
    ...full,
    // as long as the longest names of inviter and team leave room for in a subject
    name: "W".repeat(30),
    footer: "w".repeat(500),
    support: `https://example.com/${"w".repeat(300)}`,
  },
};

let layer: Layer;
const opened = new Map<string, Templates>();
beforeAll(async () => {
  const faults: TemplateFault[] = [];
  layer = readLayer(FOLDER, faults);
  expect(faults).toEqual([]);
  for (const [name, brand] of Object.entries(brands)) {
    opened.set(name, await openTemplates({ brand, adminWebUrl: BASE }));
  }
});

const templatesWith = (brand: string) => opened.get(brand) as Templates;
const sampleOf = (name: string) =>
  templatesWith("no brand")
    .list()
    .find((template) => template.name === name)?.sample ?? {};

const long = "W".repeat(100);
/** What else a letter may be about. */
const otherData: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  invitation: [
    { token: "t" },
    { query: { inviteCode: "a b", from: "mail" } },
    { token: "t", query: { a: "b" }, inviter: long, team: long, name: long, minutes: 1 },
    { token: "t".repeat(2000), inviter: "عمر", team: "فريق", name: "عمر" },
  ],
  notice: [{ subject: "S", html: "<p>One</p>" }],
  "password-reset": [{ token: "t" }, { query: { code: "1" }, path: "/reset#/x", name: long, minutes: 1440 }],
  verification: [
    { code: "1", minutes: 1 },
    { code: "A".repeat(64), minutes: 90, name: "عمر" },
  ],
};

describe.each(names)("the letter %s", (name) => {
  describe.each(languages)("in %s", (locale) => {
    it.each(Object.keys(brands))("looks right everywhere with %s", async (brand) => {
      const isPlain = brand === "no brand" || brand === "very long names";
      for (const data of [sampleOf(name), ...(isPlain ? (otherData[name] ?? []) : [])]) {
        const letter = templatesWith(brand).render({ template: name, locale, data });
        expect(letter.locale).toBe(locale);
        const findings = await checkLooks(letter);
        // who gives long names gets long subjects
        const told = findings.filter(({ message }) => !message.startsWith("the subject has"));
        expect(told).toEqual([]);
        if (!JSON.stringify([data, brands[brand]]).includes(long)) expect(findings).toEqual([]);
        expect(tidiness(letter)).toEqual([]);
      }
    });

    it("is under 10 KB", () => {
      const { html } = templatesWith("a full brand").render({ template: name, locale, data: sampleOf(name) });
      expect(Buffer.byteLength(html)).toBeLessThan(10 * 1024);
    });
  });

  it("asks for the same data in every language, and for all that its schema has", () => {
    const used = languages.map((locale) => variablesUsed(name, locale));
    expect(used[1]).toEqual(used[0]);
    expect(used[2]).toEqual(used[0]);
    const { data } =
      templatesWith("no brand")
        .list()
        .find((one) => one.name === name) ?? {};
    expect(Object.keys(data?.["properties"] ?? {}).toSorted()).toEqual(used[0]);
  });

  it("comes with the brand's name, footer and support where there are any", () => {
    for (const locale of languages) {
      const { html, text } = templatesWith("a full brand").render({
        template: name,
        locale,
        data: sampleOf(name),
      });
      for (const words of ["Example &amp; Sons", full.footer, full.support]) expect(html).toContain(words);
      for (const words of [full.name, full.footer, full.support])
        if (name !== "notice") expect(text).toContain(words);
    }
  });
});

describe("the code", () => {
  it.each(languages)("stands in html and text in %s, and never in the subject", (locale) => {
    const data = { code: "XY-7194", minutes: 10 };
    const { subject, html, text } = templatesWith("a full brand").render({
      template: "verification",
      locale,
      data,
    });
    expect(html).toContain(">XY-7194<");
    expect(text.split("\n")).toContain("XY-7194");
    expect(subject).not.toContain("7194");
    // what lists of mail show after it is no place for a code either
    expect(html.slice(0, html.indexOf("<h1"))).not.toContain("7194");
  });
});

describe("the link", () => {
  const queries = fc.dictionary(
    fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 10 })
      .filter((key) => !["token", "__proto__", "constructor", "prototype"].includes(key)),
    fc.string({ unit: "grapheme" }),
    { minKeys: 1, maxKeys: 4, noNullPrototype: true },
  );
  const token = fc.oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.constantFrom('"><script>', "a&b=c#d?e", "%00%zz", "{{code}}", "../..", " ", "+", "\r\nBcc: x", "令牌"),
  );

  it.each(["invitation", "password-reset"])("of %s carries exactly the query that went in", (template) => {
    fc.assert(
      fc.property(
        fc.option(token, { nil: undefined }),
        queries,
        fc.constantFrom(...languages),
        (given, query, locale) => {
          const data = { query, ...(given !== undefined && { token: given }) };
          const { html, text } = templatesWith("no brand").render({ template, locale, data });
          const written = [...html.matchAll(/href="(https:[^"]*)"/g)].map(([, href = ""]) =>
            href.replaceAll("&amp;", "&").replaceAll("&#x3D;", "="),
          );
          const lines = text.split("\n").filter((line) => line.startsWith("https:"));
          expect(written).toHaveLength(2);
          expect(lines).toHaveLength(1);
          for (const link of [...written, ...lines]) {
            const url = new URL(link);
            expect(`${url.origin}${url.pathname}`).toBe(
              `${BASE}/${template === "invitation" ? "invitation" : "reset-password"}`,
            );
            expect(url.hash).toBe("");
            expect(Object.fromEntries(url.searchParams)).toEqual({
              ...query,
              ...(given !== undefined && { token: given }),
            });
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each(["/..", "/../x", "/\\evil.test", "https://evil.test/", "javascript:alert(1)", "/a?b", "/a b"])(
    "leads to no path such as %s",
    (path) => {
      expect(() =>
        templatesWith("no brand").render({ template: "invitation", data: { token: "t", path } }),
      ).toThrow();
    },
  );

  it("needs a token or a query", () => {
    for (const template of ["invitation", "password-reset"]) {
      expect(() => templatesWith("no brand").render({ template, data: {} })).toThrow(
        "data: expected token or query, got neither",
      );
    }
  });
});

describe("the notice", () => {
  it.each(languages)("has the caller's html as it is, in %s", (locale) => {
    const html = '<p class="x">A &amp; B <a href="https://example.com">link</a></p>';
    const letter = templatesWith("a full brand").render({
      template: "notice",
      locale,
      data: { subject: "<S> & co", html },
    });
    expect(letter.html).toContain(`\n${html}\n`);
    expect(letter.subject).toBe("<S> & co");
    expect(letter.html).toContain("<title>&lt;S&gt; &amp; co</title>");
    expect(letter.text).toContain("A & B link <https://example.com>");
  });
});

describe("a letter of one's own", () => {
  it("in the built-in frame has a text part that is as tidy as theirs, with its address once", async () => {
    const html = '{{#> frame preheader="x"}}{{#> heading}}Hello{{/heading}}{{> button label="Go"}}{{/frame}}';
    const data = { address: "https://example.com" };
    const files = filesOf(html, { address: { type: "string" } }, { sample: data });
    const own = await openFiles(files, { brand: { name: "Acme" } });
    const made = own.render({ template: "a", data });
    expect(tidiness(made)).toEqual([]);
    expect(made.text).toContain("Acme\n\nHello\n");
    // the button's own, and the one in clear
    expect(made.text.match(/https:/g)).toHaveLength(2);
    expect(made.text).toMatch(/browser:\nhttps:\/\/example\.com\/$/m);
  });
});

describe("the folder", () => {
  it("has nothing besides letters, their manifests and partials", () => {
    const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { name } of files) expect(name).toMatch(/^(?:template\.json|[a-z.-]+\.hbs)$/);
    expect([...layer.templates.keys()].toSorted()).toEqual(names);
    for (const [, { manifest, letters }] of layer.templates) {
      expect(manifest).toBeDefined();
      expect([...letters.keys()].toSorted()).toEqual(languages);
    }
  });

  it("has words of its own for each language, and none that only some have", () => {
    const own = (locale: string) =>
      [...(layer.partials.get(locale)?.keys() ?? [])].filter((name) => name !== "font").toSorted();
    for (const locale of languages) expect(own(locale)).toEqual(own("en"));
    expect([...layer.partials.keys()].filter((locale) => locale !== "").toSorted()).toEqual(languages);
  });

  it("has samples that fit, and opens as a folder of one's own would", async () => {
    const strict = await openTemplates({ brand: full, adminWebUrl: BASE, folder: FOLDER });
    expect(strict.list().map(({ name }) => name)).toEqual(names);
    for (const { description } of strict.list()) expect(description).not.toBe("");
  });
});

/** What an eye would stumble over in the text part, and in the html's head. */
function tidiness({ subject, html, text }: RenderedTemplate): string[] {
  const { name } = looksOf({});
  return [
    ...(text.startsWith("\n") ? ["the text begins with an empty line"] : []),
    ...(/\n\n\n/.test(text) ? ["two empty lines in a row"] : []),
    ...(/[ \t]\n/.test(text) ? ["white space at the end of a line"] : []),
    ...(/undefined|null|\[object|\{\{|\}\}/.test(subject + text + html) ? ["a value that is none"] : []),
    ...(name === undefined && / {2}/.test(subject) ? ["two spaces in the subject"] : []),
  ];
}

/** The fields of the data that a letter uses in a language, in all its parts. */
function variablesUsed(name: string, locale: string): string[] {
  const faults: TemplateFault[] = [];
  const letter = layer.templates.get(name)?.letters.get(locale) ?? {};
  const used = Object.values(letter).flatMap((source) => {
    const program = parse(source, faults) as hbs.AST.Program;
    const partialOf = (partial: string) => {
      const found = partialIn([layer], partial, locale, "en");
      return found && parse(found, faults);
    };
    return variablesOf(flatten(program, partialOf, faults)).uses.flatMap(({ path }) => path.slice(0, 1));
  });
  expect(faults).toEqual([]);
  return [...new Set(used)].filter((field) => field !== "preheader").toSorted();
}
