/** The preview page: what may run in it, what cannot break out of it, and what a frame shows. */
import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { type Proof, previewPage } from "../../../../lib/templates/preview/preview.ts";
import { frameDocument } from "../../../../lib/templates/preview/frame.ts";

const proof: Proof = {
  name: "welcome",
  description: "Says hello & <more>",
  locale: "en",
  subject: "Hello",
  html: "<!doctype html><html><head><title>x</title></head><body>Hello</body></html>",
  text: "Hello",
  findings: [],
};

/** What stands between the tags of each script. */
function scriptsOf(page: string): string[] {
  return [...page.matchAll(/<script[^>]*>([^]*?)<\/script>/g)].map(([, script = ""]) => script);
}

describe("the page", () => {
  it("runs the one script that its policy names by hash, and fetches nothing but pictures", () => {
    const page = previewPage([proof]);
    const [, program = ""] = scriptsOf(page);
    const hash = createHash("sha256").update(program).digest("base64");
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash}'`,
      "style-src 'unsafe-inline'",
      "img-src https: http: data:",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)="(?!data:,")/);
    // it must stand before whatever it is to forbid
    expect(page.indexOf("Content-Security-Policy")).toBeLessThan(page.search(/<(?:style|script|link)/));
  });

  it("is a script that can be read", () => {
    expect(() => new Script(scriptsOf(previewPage([proof]))[1] ?? "")).not.toThrow();
  });

  it("keeps a letter that ends the script within its data", () => {
    const letter = { ...proof, html: "</script><script>alert(1)</script><!--<script>", text: "</SCRIPT >" };
    const page = previewPage([letter]);
    const scripts = scriptsOf(page);
    expect(scripts).toHaveLength(2);
    expect(scripts[0]).not.toContain("<");
    expect(JSON.parse(scripts[0] ?? "")).toEqual([letter]);
    expect(page).not.toContain("alert(1)</script>");
  });

  it("lists each letter once, with its languages as links and what is wrong as a sign with a name", () => {
    const page = previewPage([
      proof,
      { ...proof, locale: "zh-CN", findings: [{ severity: "warning", message: "odd" }] },
      { ...proof, locale: "ja", findings: [{ severity: "error", message: "bad" }] },
      { ...proof, name: "goodbye", failed: { severity: "error", message: "data.name is missing" } },
      { ...proof, name: "bare", failed: { severity: "warning", message: "there is no sample" } },
    ]);
    expect(page.match(/<strong>welcome<\/strong>/g)).toHaveLength(1);
    expect(page).toContain('<a href="#welcome/en" aria-label="welcome, en">en</a>');
    expect(page).toContain('aria-label="welcome, zh-CN, has warnings"');
    expect(page).toContain('aria-label="welcome, ja, has errors"');
    expect(page).toContain('aria-label="goodbye, en, has errors"');
    expect(page).toContain('aria-label="bare, en, has warnings"');
  });

  it("writes descriptions and notes as text", () => {
    const page = previewPage([proof], ["<i>note</i>"]);
    expect(page).toContain("Says hello &#38; &#60;more&#62;");
    expect(page).toContain("&#60;i&#62;note&#60;/i&#62;");
  });
});

describe("a frame", () => {
  const shown = (html: string, look: Partial<Parameters<typeof frameDocument>[1]> = {}) =>
    frameDocument(html, { scheme: "light", pictures: true, ...look });

  it.each([
    ["@media (prefers-color-scheme: dark) {", "@media (max-width:0) {", "@media (min-width:0) {"],
    ["@media (prefers-color-scheme:light){", "@media (min-width:0){", "@media (max-width:0){"],
    [
      "@media screen and ( PREFERS-color-scheme : Dark ) and (max-width: 600px)",
      "@media screen and (max-width:0) and (max-width: 600px)",
      "@media screen and (min-width:0) and (max-width: 600px)",
    ],
    [
      '<source media="(prefers-color-scheme: dark)">',
      '<source media="(max-width:0)">',
      '<source media="(min-width:0)">',
    ],
  ])("answers %s itself, light and dark", (query, light, dark) => {
    expect(shown(query).endsWith(light)).toBe(true);
    expect(shown(query, { scheme: "dark" }).endsWith(dark)).toBe(true);
  });

  it.each([
    ['<meta name="color-scheme" content="light dark">', true],
    ['<meta name="supported-color-schemes" content="light dark">', true],
    ["<style>:root { color-scheme: light dark }</style>", true],
    ["<style>:root{color-scheme:light dark}</style>", true],
    ["<style>@media (prefers-color-scheme: dark) { p { color: red } }</style>", false],
    ["<p>Hello</p>", false],
  ])("of %s takes the scheme's own colours: %s", (html, adapts) => {
    expect(shown(html, { scheme: "dark" }).includes(":root{color-scheme:dark!important}")).toBe(adapts);
  });

  it("without pictures loads none", () => {
    const policy = `<meta http-equiv="Content-Security-Policy" content="img-src 'none'">`;
    expect(shown(proof.html)).not.toContain(policy);
    expect(shown(proof.html, { pictures: false })).toContain(policy);
  });

  it.each([
    "<!doctype html>|<html lang=en><head dir=ltr><title>x</title></head><body><header></header>",
    "\n<!DOCTYPE html>|<p>$&</p>",
    "|<!-- <head> --><html><head></head><body>",
    "|<title><head></title><p>x</p>",
    "|<!--><p><!-- --><!doctype html>",
  ])("stays the document that it was, with ours before anything that may load: %s", (marked) => {
    const [before = "", after = ""] = marked.split("|");
    expect(shown(before + after)).toBe(`${before}<base target="_blank">${after}`);
  });

  it.each([
    "<link rel=preconnect href=//x.test>",
    '<LINK\nrel="prefetch">',
    "<link/rel=icon>",
    "<li<link>nk rel=icon>",
  ])("asks no server for %s", (link) => {
    expect(shown(link)).not.toMatch(/<link[\s/>]/i);
  });
});
