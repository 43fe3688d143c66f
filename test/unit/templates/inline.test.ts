/** CSS moved into the elements: what mail clients need, with the template around it as it was. */
import { describe, expect, it } from "@jest/globals";
import { inlineStyles } from "../../../lib/templates/inline.ts";
import { closeEverything } from "../../support/open.ts";
import { letter, openFiles } from "./open-templates.ts";

const RULE = "<style>p{color:red}</style>";

describe("inlining", () => {
  it("moves rules to where they hold, and takes the empty style away", async () => {
    expect(
      await inlineStyles(
        '<style>.card p { color: #111; margin: 0 }</style><div class="card"><p>x</p></div><p>y</p>',
      ),
    ).toBe('<div class="card"><p style="color: #111; margin: 0;">x</p></div><p>y</p>');
  });

  it("lets an element's own style win, and keeps it", async () => {
    expect(await inlineStyles(`${RULE}<p style="color:blue">x</p>`)).toBe('<p style="color: blue;">x</p>');
  });

  it("leaves a letter without rules as it is, to the byte", async () => {
    for (const html of [
      "<p>x</p>",
      "<style></style><p  CLASS=a>x",
      "<style>@media screen{p{color:red}}</style><p>x &amp; &nbsp;</p>",
      "<style>/* p{color:red} */ @import url(x.css); @font-face{font-family:x}</style><p>",
      "<style data-embed>p{color:red}</style><p>x</p>",
    ]) {
      expect(await inlineStyles(html)).toBe(html);
    }
  });

  it("keeps @media, and what stands beside it goes into the elements", async () => {
    const inlined = await inlineStyles(
      "<style>p{color:red} @media (prefers-color-scheme:dark){p{color:{{@brand.linkDark}}!important}}</style><p>x</p>",
    );
    expect(inlined).toMatch(
      /@media \(prefers-color-scheme:dark\) \{\s*p \{\s*color: \{\{@brand\.linkDark\}\} ?!important;/,
    );
    expect(inlined).toContain('<p style="color: red;">x</p>');
  });

  it("keeps a style that says data-embed, and the rules of the others", async () => {
    expect(await inlineStyles(`<style data-embed>a{color:blue}</style>${RULE}<p><a>x</a></p>`)).toBe(
      '<style>a{color:blue}</style><p style="color: red;"><a>x</a></p>',
    );
  });

  it("keeps a style with a block in it, for its rules hold now and then", async () => {
    const style = "<style>.a{color:red}{{#if x}}.b{color:blue}{{/if}}</style>";
    expect(await inlineStyles(`${style}<p class="a">x</p>`)).toBe(`${style}<p class="a">x</p>`);
    expect(await inlineStyles(`${RULE}${style}<p class="a">x</p>`)).toBe(
      `${style}<p class="a" style="color: red;">x</p>`,
    );
  });

  it("keeps a style within a block, and what a partial was given is none", async () => {
    const style = `{{#if x}}${RULE}{{/if}}`;
    expect(await inlineStyles(`${style}<style>p{margin:0}</style><p>x</p>`)).toBe(
      `${style}<p style="margin: 0;">x</p>`,
    );
    expect(await inlineStyles(`{{#scope a=b}}${RULE}<p>x</p>{{/scope}}`)).toBe(
      '{{#scope a=b}}<p style="color: red;">x</p>{{/scope}}',
    );
  });

  it.each([
    `<p{{#if a}} class="x"{{/if}}>x</p>`,
    `<p {{#if a}}class="x"{{else}}class="y"{{/if}}>x</p>`,
    `<p class="row {{#if odd}}odd{{/if}}">x</p>`,
    `<p id='{{a}}'>x</p>`,
    `\\{{ <p id="{{a}}">x</p>`,
    `<p {{#if a}}style="color:blue"{{/if}} class="x">x</p>`,
    `<p style="margin:0;{{#if a}}color:blue{{/if}}">x</p>`,
    `<style>[dir=rtl] p{margin:0}</style><p dir="{{@dir}}">x</p>`,
  ])("leaves all rules to the reader where data decides which hold: %s", async (html) => {
    expect(await inlineStyles(RULE + html)).toBe(RULE + html);
  });

  it.each([
    `<p title="{{name}}" style="color: red;">{{{html}}}</p>`,
    `<p style="color: {{@brand.color}};">{{name}}</p>`,
    `<a href="{{url address key="a" other='b'}}">{{#if (eq a "b")}}x{{/if}}</a>`,
    `<a href="{{#if x}}{{url a}}{{else}}{{url b}}{{/if}}">x</a>`,
    "<table><tr><td>a</td></tr>{{#if x}}<tr><td>b</td></tr>{{/if}}{{#each xs}}<tr><td>{{this}}</td></tr>{{/each}}</table>",
    "<!--[if mso]><table><tr><td><![endif]-->x<!--[if mso]></td></tr></table><![endif]-->",
    'a &lt; b &amp;&nbsp;&#847; 中文 é <br><img src="x">',
  ])("keeps %s", async (html) => {
    expect(await inlineStyles(`<style>i{color:red}</style>${html}`)).toBe(html);
  });

  it("keeps a whole document with its doctype", async () => {
    const html = `<!doctype html>\n<html lang="{{@locale}}" dir="{{@dir}}"><head><meta charset="utf-8">${RULE}</head><body><p>x</p></body></html>`;
    expect(await inlineStyles(html)).toBe(
      '<!doctype html>\n<html lang="{{@locale}}" dir="{{@dir}}"><head><meta charset="utf-8"></head><body><p style="color: red;">x</p></body></html>',
    );
  });
});

describe("a layout's style", () => {
  it("reaches what the letter puts into it, and its partials", async () => {
    const templates = await openFiles({
      ...letter(
        "{{#> page}}<p>Hi {{name}}</p>{{> sign}}{{/page}}",
        { name: { type: "string" } },
        { sample: { name: "Ann" } },
      ),
      "partials/page.hbs":
        '<style>.card p{color:#111}.card b{color:#222}</style><div class="card">{{> @partial-block}}</div>',
      "partials/sign.hbs": "<b>Us</b>",
    });
    const { html } = templates.render({ template: "a", data: { name: "</style><b>" } });
    expect(html).toBe(
      '<div class="card"><p style="color: #111;">Hi &lt;/style&gt;&lt;b&gt;</p><b style="color: #222;">Us</b></div>',
    );
    await closeEverything();
  });
});
