/** Where in html a template may print something. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import Handlebars from "handlebars";
import { Parser } from "htmlparser2";
import { helpers } from "../../../lib/templates/helpers.ts";
import { checkHtmlContexts } from "../../../lib/templates/html-context.ts";

const check = (template: string) =>
  checkHtmlContexts(Handlebars.parse(template, { srcName: "a/en/html.hbs" }));
const messages = (template: string) => check(template).map(({ message }) => message);

const ADDRESS =
  "must begin with {{url …}} or {{link …}}; behind that, https://, http:// or mailto: write {{encode …}}";
const STYLE = "nothing but {{@brand.…}} and {{@dir}} may be printed into CSS: put {{#if}} around literal CSS";
const COMMENT = "nothing may be printed into a comment of html: {{! … }} is one of the template";
const AMONG =
  'nothing may be printed among attributes: write name="{{…}}", or {{#if}} around a literal attribute';

describe("an expression in html", () => {
  it.each([
    `<p>{{x}} {{{x}}} 1 < 2 &amp; a<3 </p>`,
    `<!doctype html><html lang="{{@locale}}" dir='{{@dir}}'><title>{{@subject}}</title>`,
    `<img alt="{{x}}" src="{{@brand.logo}}"><br/><img alt='{{x}}' src='{{url x size=2}}' />`,
    `<a href="{{url x}}">a</a><a href=" {{link "/x" code=x}}&amp;a={{encode x}} ">a</a>`,
    `<a href="https://a.test/{{encode x}}?b={{encode x}}">a</a><a HREF='mailto:{{encode x}}'>a</a>`,
    `<a href="{{#if x}}{{url x}}{{else if y}}{{link "/"}}{{else}}https://b.test{{/if}}/{{encode x}}">a</a>`,
    `<a href="https://a.test{{#each l}}/{{encode this}}{{/each}}">a</a>`,
    `<td bgcolor="{{@brand.color}}" style="color:{{@brand.onColor}};direction:{{@dir}}">`,
    `<style>a { color: {{@brand.link}} } {{#if x}}b > c { d: "</p>" }{{/if}}</style>`,
    `<td{{#if x}} class="a"{{/if}}{{#if x}} nowrap{{else}} width=10{{/if}}><td {{#if x}}a="b" {{/if}}c="d">`,
    `{{#if x}}<p class="{{x}}">{{else}}<p>{{/if}}{{#unless x}}<b>{{/unless}}`,
    `{{#each x}}<li title="{{this}}">{{this}}</li>{{else}}<li>{{/each}}{{#with x}}<p>{{a}}</p>{{/with}}`,
    `<!--[if mso]><table width="{{x}}"><tr><td>{{x}}<![endif]--><!--[if !mso]><!-->{{{x}}}<!--<![endif]-->`,
    `<!--[if gte mso 9]><v:rect href="{{url x}}"></v:rect><![endif]--><!-- a > b -->{{x}}<!---->{{x}}<!-->{{x}}<!--->{{x}}`,
    `<!-- {{! of the template }} --><textarea>{{x}}</textarea >{{{x}}}`,
    `</ {{! }}>{{{x}}}<a b="{{! }}c">`,
    ``,
  ])("may stand as in %s", (template) => {
    expect(check(template)).toEqual([]);
  });

  it.each<[string, string]>([
    ["<p class={{x}}>", 'the value needs quotes: class="{{…}}"'],
    ["<p class= {{x}}>", 'the value needs quotes: class="{{…}}"'],
    ["<p class=a{{x}}>", 'the value needs quotes: class="{{…}}"'],
    ["<p class={{#if x}}a{{else}}b{{/if}}>", 'the value needs quotes: class="{{…}}"'],
    ["<{{x}}>", "a tag's name must be literal; the character < is written &lt;"],
    ["</{{x}}>", "a tag's name must be literal; the character < is written &lt;"],
    ["<h{{x}}>", AMONG],
    ["<p {{x}}>", AMONG],
    ["<p {{{x}}}>", AMONG],
    ["<p a{{x}}>", AMONG],
    ['<p a="b"{{x}}>', AMONG],
    ["</p {{x}}>", AMONG],
    ["<!-- {{x}} -->", COMMENT],
    ["<!-- {{#if x}}a{{/if}} -->", COMMENT],
    ["<!--> a --> <!-- {{{x}}} --!>", COMMENT],
    ["<!doctype {{x}}>", "nothing may be printed into <!…>: make it literal"],
    ["<?a {{x}}>", "nothing may be printed into <!…>: make it literal"],
    ["</3 {{x}}>", "nothing may be printed into <!…>: make it literal"],
    ["<script>a = '{{x}}' < '<p>'</script>", "mail clients drop <script>: leave it out"],
    ["<SCRIPT src='x'></SCRIPT>", "mail clients drop <script>: leave it out"],
    ["<svg><animate attributeName=href to='{{x}}'></svg>", "mail clients drop <svg>: leave it out"],
    ["<xmp><p title='</xmp><b>{{x}}</b>'>", "mail clients drop <xmp>: leave it out"],
    ['<a href="https://a.test{{encode x}}">a</a>', `href ${ADDRESS}`],
    ['<a href="{{#if x}}{{url x}}{{else}}https://b.test{{/if}}{{encode y}}">a</a>', `href ${ADDRESS}`],
    ['<p title=\u00a0"{{x}}">', 'the value needs quotes: title="{{…}}"'],
    [`<p onclick="a('{{x}}')">`, "scripts do not run in letters: leave onclick out"],
    ["<p OnMouseOver=a>", "scripts do not run in letters: leave onmouseover out"],
    ['<a href="{{x}}">', `href ${ADDRESS}`],
    ['<a href="{{this.url}}">', `href ${ADDRESS}`],
    ['<a href="{{./link}}">', `href ${ADDRESS}`],
    ['<a href="{{encode x}}">', `href ${ADDRESS}`],
    ['<a href="/{{encode x}}">', `href ${ADDRESS}`],
    ['<a href="?u={{url x}}">', `href ${ADDRESS}`],
    ['<a href="javascript:{{encode x}}">', `href ${ADDRESS}`],
    ['<a href="javascript:https://{{encode x}}">', `href ${ADDRESS}`],
    ['<a href="https:{{encode x}}">', `href ${ADDRESS}`],
    ['<a href="https://a.test/{{x}}">', `href ${ADDRESS}`],
    ['<a href="{{url x}}{{url x}}">', `href ${ADDRESS}`],
    ['<a href="{{@brand.name}}">', `href ${ADDRESS}`],
    ['<a href="{{#if x}}javascript:{{/if}}{{url x}}">', `href ${ADDRESS}`],
    ['<a href="{{#if x}}{{url x}}{{/if}}{{encode x}}">', `href ${ADDRESS}`],
    ['<p><a xlink:href="{{x}}"/></p>', `xlink:href ${ADDRESS}`],
    ["<form action='{{x}}'>", `action ${ADDRESS}`],
    ['<td BACKGROUND="{{x}}">', `background ${ADDRESS}`],
    ['<img srcset="{{url x}} 2x">', "nothing may be printed into srcset: make it literal"],
    [
      '<meta http-equiv="refresh" content="0;{{url x}}">',
      "nothing may be printed into content: make it literal",
    ],
    ['<p style="color:{{x}}">', STYLE],
    ["<style>a{color:{{x}};}</style>", STYLE],
    ["<style>a{} </p> {{brand.color}}</style>", STYLE],
    [
      '<p title="{{{x}}}">',
      "{{{…}}} is html and stands in text alone: write {{…}} in the attribute title of <p>",
    ],
    ["<title>{{{x}}}</title>", "{{{…}}} is html and stands in text alone: write {{…}} in <title>"],
    [
      "<!--[if mso]>{{{x}}}<![endif]-->",
      "{{{…}}} is html and stands in text alone: write {{…}} in a conditional comment",
    ],
  ])("is refused in %s", (template, message) => {
    expect(messages(template)[0]).toBe(message);
  });

  it("is told with its line and file, each one", () => {
    expect(check("<p>\n{{#if x}}\n\n  <a href='{{x}}'>\n{{/if}}\r\n<b {{x}}>")).toEqual([
      { line: 4, file: "a/en/html.hbs", message: `href ${ADDRESS}` },
      { line: 6, file: "a/en/html.hbs", message: AMONG },
    ]);
    expect(check("{{#if x}}\n\n  <p\n  onload='a'>\n{{/if}}\n{{~x}}\n <script>")).toMatchObject([
      { line: 4 },
      { line: 7 },
      { line: 7 },
    ]);
    expect(check("{{x~}}\n\n\n\n<p onload>")).toMatchObject([{ line: 5 }]);
  });
});

describe("a block in html", () => {
  it.each<[string, string]>([
    [
      "{{#if x}}<p title='{{else}}<p>{{/if}}",
      "expected {{#if}} to end in one place, with and without {{else}}, not in the attribute title of <p> and text",
    ],
    [
      "{{#unless x}}<!-- {{/unless}}",
      "expected {{#unless}} to end in one place, with and without {{else}}, not in a comment and text",
    ],
    ["{{#each x}}<p {{/each}}", "expected {{#each}} to end where it begins, not in <p> and text"],
    ["<p {{#each x}}>{{else}}>{{/each}}", "expected {{#each}} to end where it begins, not in text and <p>"],
    [
      "{{#with x}}<!--[if mso]>{{/with}}",
      "expected {{#with}} to end where it begins, not in a conditional comment and text",
    ],
    [
      "{{#scope x=1}}<style>{{/scope}}",
      "expected {{#scope}} to end where it begins, not in <style> and text",
    ],
    ["<t{{#if x}}d{{/if}}>", "expected a space before an attribute, and its = right behind it"],
    ["<p a {{#if x}}b{{/if}}='c'>", "expected a space before an attribute, and its = right behind it"],
    ["<p title='a'{{#if x}}b{{/if}}>", "expected a space before an attribute, and its = right behind it"],
    ["<{{! x }}p>", "expected the tag's name right behind its <"],
  ])("is refused as in %s", (template, message) => {
    expect(messages(template)[0]).toBe(message);
  });

  it.each<[string, string]>([
    ["<p\n title='", "the attribute title of <p>"],
    ["\n<!-- ", "a comment"],
    ["\n<style>", "<style>"],
    ["\n<!--[if mso]> -->", "a conditional comment"],
  ])("does not leave %j open at the end", (template, place) => {
    expect(check(template)).toEqual([
      { line: 2, file: "a/en/html.hbs", message: `expected the html to end in text, not in ${place}` },
    ]);
  });
});

describe("a template that passes", () => {
  const engine = Handlebars.create();
  for (const [name, helper] of Object.entries(helpers)) {
    engine.registerHelper(name, (...given: unknown[]) => {
      const { hash } = given.pop() as Handlebars.HelperOptions;
      return helper.run(given, hash as Record<string, unknown>, {
        locale: "en",
        adminWebUrl: "https://a.test",
      });
    });
  }

  /** What a program makes of it: tags, names of attributes, schemes of addresses; the words and values left out. */
  function structure(html: string): string[] {
    const seen: string[] = [];
    const parser = new Parser({
      onopentag: (name, attributes) => {
        const [scheme] = /^\w+:/.exec(attributes.href ?? "") ?? [""];
        seen.push([name, ...Object.keys(attributes), scheme].join(" "));
      },
      onclosetag: (name) => seen.push(`/${name}`),
      oncomment: () => seen.push("comment"),
      onprocessinginstruction: () => seen.push("declaration"),
    });
    parser.end(html);
    return seen;
  }

  /** As browsers read it, and as Outlook does. */
  const structures = (html: string) => [
    structure(html),
    structure(html.replaceAll(/<!--\[if mso\]>|<!\[endif\]-->/g, "")),
  ];

  const hostile = [
    `"><script>alert(1)</script>`,
    `javascript:alert(1)`,
    `' onmouseover='alert(1)' a="`,
    ` onmouseover=alert(1) `,
    `--><img src=x onerror=alert(1)><!--`,
    `</title></style></textarea><script>`,
    "`;}</style>",
    `x`,
    ``,
  ];

  const value = fc.constantFrom(
    "{{x}}",
    "a {{x}} b",
    "{{#if y}}{{x}}{{/if}}",
    "{{#each list}}{{this}}{{/each}}",
    "{{encode x}}",
    "{{url u q=x}}",
    "https://c.test/{{encode x}}",
    "{{@brand.color}}",
    "literal",
  );
  const attribute = fc
    .tuple(
      fc.constantFrom("title", "href", "style", "src", "width", "onclick"),
      fc.constantFrom('"', "'", ""),
      value,
    )
    .map(([name, quote, written]) => ` ${name}=${quote}${written}${quote}`);
  const attributes = fc
    .array(
      fc.oneof(
        attribute,
        attribute.map((one) => `{{#if y}}${one}{{/if}}`),
      ),
      { maxLength: 2 },
    )
    .map((all) => all.join(""));
  const noise = fc.constantFrom(
    "<",
    ">",
    '"',
    "'",
    "=",
    "/",
    " ",
    "<!--",
    "-->",
    "<!",
    "a",
    "</p>",
    "<style>",
    "</style>",
    "<textarea>",
    "</textarea>",
    "{{#if y}}<b>{{/if}}",
    "{{x}}",
  );
  const element = fc
    .tuple(fc.constantFrom("p", "a", "title", "style", "textarea"), attributes, value)
    .map(([name, written, inside]) => `<${name}${written}>${inside}</${name}>`);
  const comment = value.map((inside) => `<!--${inside}-->`);
  const conditional = element.map((inside) => `<!--[if mso]>${inside}<![endif]-->`);
  const templates = fc
    .array(
      fc.oneof({ weight: 3, arbitrary: element }, { weight: 2, arbitrary: noise }, comment, conditional),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((pieces) => pieces.join(""));

  it("has the same tags and attributes whatever is printed", () => {
    let passed = 0;
    fc.assert(
      fc.property(templates, fc.boolean(), (template, y) => {
        if (check(template).length > 0) return;
        passed++;
        const compiled = engine.compile(template);
        const print = (x: string) =>
          compiled(
            { x, y, u: `https://b.test/?${encodeURIComponent(x)}`, list: [x, x] },
            { data: { brand: { color: "#123456" } } },
          );
        const harmless = structures(print("harmless"));
        for (const x of hostile) expect(structures(print(x))).toEqual(harmless);
      }),
      { numRuns: 1000 },
    );
    expect(passed).toBeGreaterThan(100);
  });
});
