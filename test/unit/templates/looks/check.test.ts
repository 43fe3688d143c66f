/** The check of a letter's looks: a good letter passes, and each fault planted into it is found, and nothing else. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { checkLooks, type LooksFinding } from "../../../../lib/templates/looks/check.ts";
import type { RenderedTemplate } from "../../../../lib/templates/template.ts";
import { arabic, chinese, english } from "./good-letters.ts";

/** As `error: 12: …` would be read: the line is checked where it is wanted. */
const printed = ({ severity, message }: LooksFinding): string => `${severity}: ${message}`;

/** The English letter with a piece of its html replaced. */
function planted(piece: string, fault: string): RenderedTemplate {
  const html = english.html.replace(piece, () => fault);
  if (html === english.html) throw new Error(`the good letter has no ${piece}`);
  return { ...english, html };
}

const lineOf = (letter: RenderedTemplate, piece: string): number =>
  letter.html.slice(0, letter.html.indexOf(piece)).split("\n").length;

const PARAGRAPH = '<p style="margin:0 0 24px">';
const BUTTON = '<a href="https://mesh.test/invitation?token=abc&amp;lang=1"';
const LOGO = '<img src="https://mesh.test/logo.png" width="120" height="32" alt="Mesh"';
const CARD = '<table role="presentation" width="600" cellpadding="0" cellspacing="0"';

describe("a good letter", () => {
  it.each([
    ["English", english],
    ["Arabic", arabic],
    ["Chinese", chinese],
  ])("has no finding in %s", async (_language, letter) => {
    expect(await checkLooks(letter)).toEqual([]);
  });

  it("may be text alone", async () => {
    expect(await checkLooks({ ...english, html: "" })).toEqual([]);
  });
});

describe("one fault is one finding", () => {
  it.each<[string, string, string, string]>([
    // what is dropped
    ["a script", PARAGRAPH, `<script>alert(1)</script>${PARAGRAPH}`, "error: <script> is dropped"],
    ["an input", PARAGRAPH, `<input name="a">${PARAGRAPH}`, "error: <input> is dropped"],
    ["a drawing", PARAGRAPH, `<svg><path d="M0 0"/></svg>${PARAGRAPH}`, "error: <svg> is dropped"],
    [
      "a linked style sheet",
      "<title>",
      '<link rel="stylesheet" href="https://x.test/a.css"><title>',
      "error: <link> is dropped",
    ],
    ["a base address", "<title>", '<base href="https://x.test/"><title>', "error: <base> is dropped"],
    ["a refresh", "<title>", '<meta http-equiv="refresh" content="1"><title>', "error: <meta> is dropped"],
    [
      "a position",
      "margin:0 0 24px",
      "position:relative",
      'warning: <p> "Ann would like to write to you…": Gmail and Outlook drop position',
    ],
    ["a flex box", "margin:0 0 24px", "display:flex", ": Outlook knows neither flex nor grid"],
    ["a float", "margin:0 0 24px", "float:left", ": Outlook drops float"],
    [
      "a negative margin",
      "margin:0 0 24px",
      "margin:0 -4px 24px",
      ": Gmail and Outlook drop negative margins",
    ],
    ["a variable", "margin:0 0 24px", "margin:var(--gap)", ": Gmail and Outlook drop CSS variables"],
    ["a definition of a variable", "margin:0 0 24px", "--gap:4px", ": Gmail and Outlook drop CSS variables"],
    ["a calculation", "margin:0 0 24px", "width:calc(100% - 2px)", ": Outlook drops what is calculated"],
    [
      "a picture alone as background",
      "margin:0 0 24px",
      "background:url(https://x.test/a;b.png) no-repeat",
      ": a background picture is not shown everywhere",
    ],
    // pictures
    [
      "a picture without alt",
      ' alt="Mesh"',
      "",
      'warning: <img src="https://mesh.test/logo.png"> has no alt',
    ],
    [
      "a picture with an empty alt",
      ' alt="Mesh"',
      ' alt=""',
      'warning: <img src="https://mesh.test/logo.png"> has no alt',
    ],
    [
      "a picture without width and height",
      LOGO,
      LOGO.replace(/ (?:width|height)="\d+"/g, ""),
      'warning: <img src="https://mesh.test/logo.png"> has no width or height',
    ],
    ["a picture in clear", "https://mesh.test/logo", "http://mesh.test/logo", "is fetched in clear"],
    ["a relative picture", "https://mesh.test/logo", "/logo", 'error: <img src="/logo.png"> is never shown'],
    ["a picture without scheme", "https://mesh.test/logo", "//mesh.test/logo", "is never shown"],
    ["an embedded picture", "https://mesh.test/logo.png", "data:image/png;base64,AAAA", "is never shown"],
    // tables and nesting
    [
      "a layout table read as data",
      CARD,
      CARD.replace(' role="presentation"', ""),
      'warning: <table> "You are invited Ann would like…" is read out as a table of data',
    ],
    [
      "an element left open",
      PARAGRAPH,
      `<div>${PARAGRAPH}`,
      'error: <div> "Ann would like to write to you…" is left open: </td> comes before </div>',
    ],
    [
      "a table left open",
      "</table>\n<!--[if mso]></td>",
      "<!--[if mso]></td>",
      "is left open: </td> comes before </table>",
    ],
    ["html left open", "</html>", "", "is left open: the letter ends before </html>"],
    [
      "elements that overlap",
      "<b>Ann &amp; Bob</b>",
      "<b>Ann <i>&amp; Bob</b></i>",
      'error: <i> "& Bob" is left open: </b> comes before </i>',
    ],
    [
      "a block in a paragraph",
      "<b>Ann &amp; Bob</b>",
      "<div>Ann</div>",
      "is left open: <div> comes before </p>",
    ],
    ["an end tag too many", "</h1>", "</h1></div>", "error: </div> ends what is not open"],
    ["an end of a paragraph too many", "</h1>", "</h1></p>", "error: </p> ends what is not open"],
    [
      "an unfinished tag",
      "</body>\n</html>\n",
      "</body>\n</html>\n<div clas",
      "error: a tag is not finished",
    ],
    [
      "text directly in a table",
      '<tr><td class="pad text"',
      'Hello<tr><td class="pad text"',
      'error: the text "Hello" is directly in <table>',
    ],
    [
      "an element directly in a row",
      '<tr><td class="pad text"',
      '<tr><div>Hello</div><td class="pad text"',
      "error: <div> is directly in <tr>: only <td>, <th> may be there",
    ],
    [
      "a cell without a row",
      PARAGRAPH,
      `<div><td>Hello</td></div>${PARAGRAPH}`,
      "error: <td> is directly in <div>: it belongs into <tr>",
    ],
    // the head
    ["no language", ' lang="en"', "", 'error: <html> has no lang in a letter in en: write lang="en"'],
    ["another language", ' lang="en"', ' lang="de"', 'error: <html> has lang="de" in a letter in en'],
    ["another direction", ' dir="ltr"', ' dir="rtl"', 'error: <html> must have dir="ltr"'],
    ["no charset", '<meta charset="utf-8">', "", "error: there is no charset"],
    ["no title", "<title>Ann invites you to Mesh</title>", "", "warning: there is no <title>"],
    ["an empty title", "<title>Ann invites you to Mesh", "<title> ", "warning: there is no <title>"],
    [
      "no viewport",
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      "",
      "warning: there is no viewport",
    ],
    [
      "no color-scheme",
      '<meta name="color-scheme" content="light dark">',
      "",
      "warning: there are dark rules, but no color-scheme",
    ],
    // <style>
    [
      "an import",
      "  :root",
      "@import url(https://x.test/a.css);\n:root",
      "warning: @import in <style> is not loaded",
    ],
    [
      "a rule that was not inlined",
      "  :root",
      ".quiet { margin: 0 }\n:root",
      "warning: the rule .quiet is in <style> alone",
    ],
    [
      "too much CSS",
      "  :root",
      `${"p:hover { margin: 0 }\n".repeat(400)}:root`,
      "warning: <style> goes beyond 8192 characters",
    ],
    // colours
    [
      "pale text",
      "color:#59636e",
      "color:#8c959f",
      'error: <td> "You need not answer, if you do…" is #8c959f on #ffffff, a contrast of 3.03 where WCAG 1.4.3 asks for 4.5',
    ],
    [
      "a pale button",
      "background-color:#0969da",
      "background:#54aeff",
      'error: <a> "Join Mesh" is #ffffff on #54aeff',
    ],
    [
      "text of a font element",
      "<b>Ann &amp; Bob</b>",
      "<font color=silver>Ann</font>",
      "is #c0c0c0 on #ffffff",
    ],
    ["text that shines through", "color:#59636e", "color:rgba(0, 0, 0, 0.4)", "is #999999 on #ffffff"],
    [
      "a dark rule for the background alone",
      "    .quiet { color: #9198a1 !important }\n",
      "",
      'error: <td> "You need not answer, if you do…" is #59636e on #161b22 in dark mode, a contrast of 2.82 where WCAG 1.4.3 asks for 4.5: give the text a colour in the dark rules too',
    ],
    [
      "a link that is dark in dark mode",
      'class="link" href="mailto',
      'href="mailto',
      'error: <a> "help@mesh.test" is #0550ae on #161b22 in dark mode',
    ],
    [
      "a dark rule that a style attribute beats",
      ".quiet { color: #9198a1 !important }",
      ".quiet { color: #9198a1 }",
      "is #59636e on #161b22 in dark mode",
    ],
    // sizes
    [
      "small text",
      "font-size:13px",
      "font-size:9pt",
      'warning: <td> "You need not answer, if you do…" is 12px small',
    ],
    [
      "a wide table",
      'width="600" cellpadding="0" cellspacing="0" border="0" class="fill card" dir="ltr" style="width:100%;max-width:600px;',
      'width="700" cellpadding="0" cellspacing="0" border="0" class="fill card" dir="ltr" style="',
      "is 700px wide, so that phones scroll sideways",
    ],
    ["a wide picture", 'width="536"', 'width="1072"', "warning: <img> is 1072px wide"],
    // links
    [
      "a link to nowhere",
      `${BUTTON} style="display`,
      `<a href="#" style="display`,
      'error: <a> "Join Mesh" leads nowhere',
    ],
    [
      "a link without address",
      `${BUTTON} style="display`,
      `<a style="display`,
      'error: <a> "Join Mesh" leads nowhere',
    ],
    [
      "a link in clear",
      `${BUTTON} style="display`,
      `<a href="http://x.test/" style="display`,
      'warning: <a> "Join Mesh" leads to http://x.test/, in clear',
    ],
    [
      "a relative link",
      `${BUTTON} style="display`,
      `<a href="/x" style="display`,
      'error: <a> "Join Mesh" leads to /x',
    ],
    [
      "a link that runs",
      `${BUTTON} style="display`,
      `<a href="javascript:alert(1)" style="display`,
      'error: <a> "Join Mesh" leads to javascript:alert(1), which mail clients take away',
    ],
  ])("%s", async (_fault, piece, fault, finding) => {
    const letter = planted(piece, fault);
    expect((await checkLooks(letter)).map(printed)).toEqual([expect.stringContaining(finding)]);
  });
});

describe("what is found", () => {
  const found = async (letter: RenderedTemplate) => (await checkLooks(letter)).map(printed);

  it("comes in the order of the lines, what has none first", async () => {
    const letter = planted("</h1>", '</h1><img src="a.png"></div>');
    const html = letter.html.replace('<meta charset="utf-8">', "").replace(' lang="en"', "");
    const findings = await checkLooks({ ...letter, html });
    expect(findings.map(({ line }) => line)).toEqual([
      undefined,
      2,
      ...Array.from({ length: 4 }, () => lineOf({ ...letter, html }, "<h1")),
    ]);
  });

  it("tells a missing ground in dark mode of every text that lies on it", async () => {
    const findings = await found(planted(".card { background: #161b22 !important; ", ".card { "));
    expect(findings).toHaveLength(5);
    for (const finding of findings) {
      expect(finding).toMatch(/on #ffffff in dark mode.*give its background a colour in the dark rules too/);
    }
  });

  it.each([
    ["#767676", "16px", []],
    ["#777777", "16px", [expect.stringContaining("a contrast of 4.47 where WCAG 1.4.3 asks for 4.5")]],
    ["#949494", "24px", []],
    ["#949494", "bold 14pt", []],
    ["#949494", "14pt", [expect.stringContaining("asks for 4.5")]],
    ["#959595", "24px", [expect.stringContaining("a contrast of 2.99 where WCAG 1.4.3 asks for 3")]],
  ])("holds %s on white in %s against WCAG 1.4.3", async (colour, font, findings) => {
    const style = `font:${font}/1.5 Arial;background:#fff;color:${colour}`;
    expect(await found(planted(PARAGRAPH, `<p style="${style}">Some words</p>${PARAGRAPH}`))).toEqual(
      findings,
    );
  });

  it.each([
    "display:none",
    "visibility:hidden",
    "opacity:0",
    "font-size:0",
    "font-size:1px",
    "max-height:0;overflow:hidden",
  ])("is nothing for text that is not seen: %s", async (style) => {
    const hidden = `<div style="${style};color:#ffffff;background:#ffffff">Some words</div>`;
    expect(await found(planted(PARAGRAPH, hidden + PARAGRAPH))).toEqual([]);
  });

  it("is nothing for colours that are not known here, and for separators", async () => {
    const odd =
      '<div style="background:hsl(0 0% 0%);color:#ffffff">Some words</div><p style="color:#eeeeee">&middot; | &nbsp;</p>';
    expect(await found(planted(PARAGRAPH, odd + PARAGRAPH))).toEqual([]);
  });

  it("is a dark canvas under a letter that declares dark colours and paints no ground", async () => {
    const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>A</title></head><body><p>Words</p><p style="color:#333333">More</p></body></html>`;
    expect(await found({ ...english, html })).toEqual([
      'error: <p> "More" is #333333 on #121212 in dark mode, a contrast of 1.48 where WCAG 1.4.3 asks for 4.5: give the text a colour in the dark rules too',
    ]);
  });

  it.each([
    [
      "text in what is not seen",
      '<div style="display:none"><p style="color:#eeeeee">Some words</p></div>',
      [],
    ],
    [
      "a link without a colour",
      '<p style="background:#1f2328">&nbsp;<a href="https://x.test">Go</a></p>',
      ["is #0000ee on #1f2328"],
    ],
    [
      "a paragraph, once for all its lines",
      '<p style="color:#eeeeee">One<br>two<b>three</b></p>',
      ["is #eeeeee on #ffffff"],
    ],
    [
      "the later of two backgrounds",
      '<p style="background-color:#fff;background:#ddd;background-color:#000;color:#000">Words</p>',
      ["is #000000 on #000000"],
    ],
    ["what is important", '<p style="color:#eee!important;color:#000">Words</p>', ["is #eeeeee on #ffffff"]],
  ])("is told of %s", async (_what, html, parts) => {
    const ofLight = (await found(planted(PARAGRAPH, html + PARAGRAPH))).filter(
      (one) => !one.includes("in dark mode"),
    );
    expect(ofLight).toEqual(parts.map((part) => expect.stringContaining(part)));
  });

  it("follows the rules that stay in <style>, in light and in dark", async () => {
    const rule = ".heading { color: #aaaaaa !important }";
    expect(await found(planted("  :root", `${rule}\n:root`))).toEqual([
      expect.stringContaining("is #aaaaaa on #ffffff"),
    ]);
  });

  it("applies the rules that stay in <style> in dark mode as well", async () => {
    const letter = planted("  :root", "b { color: #595959 !important }\n:root");
    expect(await found(letter)).toEqual([expect.stringContaining("is #595959 on #161b22 in dark mode")]);
  });

  it("is nothing for a wide picture that may shrink", async () => {
    expect(
      await found(planted('width="120" height="32" alt="Mesh" style="', 'width="700" alt="Mesh" style="')),
    ).toEqual([]);
  });

  it("does not hand juice a selector that it would take minutes for", async () => {
    const rule = `+p:not(${"<a".repeat(20)} { color: red !important }`;
    expect(await found(planted("  :root", `${rule}\n:root`))).toEqual([
      expect.stringContaining("cannot be read for certain"),
    ]);
  });

  it("is a missing dark mode", async () => {
    const html = english.html
      .replace(/@media \(prefers-color-scheme[\s\S]*?\}\s*\}/, "")
      .replace(/<meta name="color-scheme".*>/, "")
      .replace("color-scheme: light dark;", "");
    expect(await found({ ...english, html })).toEqual([
      expect.stringContaining("warning: there is no dark mode"),
    ]);
  });

  it("is nothing for a table of data with headings", async () => {
    const table = "<table><caption>Prices</caption><tr><th>Plan</th></tr><tr><td>Pro</td></tr></table>";
    expect(await found(planted(PARAGRAPH, table + PARAGRAPH))).toEqual([]);
  });

  it.each(["ar-EG", "ur-Aran-PK", "rhg"])(
    "is a letter written from left to right in %s, which is not",
    async (locale) => {
      const html = arabic.html.replace('lang="ar-EG" dir="rtl"', `lang="${locale}"`);
      expect(await found({ ...arabic, html, locale })).toEqual([
        `error: <html> must have dir="rtl" in a letter in ${locale}`,
      ]);
    },
  );

  it.each<[string, Partial<RenderedTemplate>, string]>([
    ["an empty subject", { subject: " " }, "error: the subject is empty"],
    ["a long subject", { subject: "x".repeat(79) }, "warning: the subject has 79 characters"],
    ["an empty text", { text: "\n" }, "error: the text part is empty"],
    [
      "a tag in the text",
      { text: "Hello\n<b>you</b>" },
      "warning: the text part has the tag <b> in its line 2",
    ],
    [
      "more than Gmail shows",
      { html: english.html.replace("<body", `<!--${" ".repeat(102 * 1024)}--><body`) },
      "error: the html has 106 KB and Gmail shows the first 102 only",
    ],
  ])("is %s", async (_fault, change, finding) => {
    expect(await found({ ...english, ...change })).toEqual([expect.stringContaining(finding)]);
  });

  it("is nothing for addresses and placeholders in angle brackets", async () => {
    expect(await found({ ...english, text: "<https://x.test> <ann@x.test> <name> a < b > c" })).toEqual([]);
  });
});

describe("html that is broken", () => {
  const pieces = [
    ..."table tr td div p a b font style title html head body svg script"
      .split(" ")
      .flatMap((name) => [`<${name}>`, `</${name}>`, `<${name}/>`]),
    '<td style="',
    '"',
    "'",
    ">",
    "<",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "<!",
    "&",
    "&#",
    "&nbsp;",
    "{",
    "}",
    ";",
    ":",
    "/*",
    "\n",
    " ",
    "@media (prefers-color-scheme: dark) {",
    "a { color: #fff !important }",
    "b:hover{",
    "[x",
    ":not(",
    "background:url(",
    "color:#12",
    "font:0/0",
    "{{",
    "}}",
    '<p style="}">',
    '<td style="color:red;;:">',
    '<p __proto__=1 constructor=2 style="constructor:1">',
    "words",
  ];

  it("never makes the check fail", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }))),
        async (soup) => {
          for (const html of [
            soup.join(""),
            planted(PARAGRAPH, soup.join("")).html,
            planted("  :root", soup.join("")).html,
          ]) {
            for (const { message } of await checkLooks({ ...english, html })) expect(message).not.toBe("");
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each([
    ["elements", "<div>".repeat(10_000)],
    ["tables", "<table><tr><td>a".repeat(10_000)],
    ["elements that are closed", `${"<div>".repeat(10_000)}${"</div>".repeat(10_000)}`],
  ])("may nest %s ten thousand deep", async (_what, html) => {
    expect(await found(planted(PARAGRAPH, html))).toContainEqual(
      expect.stringContaining("lie more than 500 deep"),
    );
  });

  const found = async (letter: RenderedTemplate) => (await checkLooks(letter)).map(printed);
});

it("reads a letter of 100 KB in a fraction of a second", async () => {
  const paragraph =
    '<p class="text" style="margin:0 0 24px">Some <b>words</b>, <a class="link" href="https://x.test/" style="color:#0969da">a link</a></p>\n';
  const letter = planted(PARAGRAPH, paragraph.repeat(700) + PARAGRAPH);
  await checkLooks(english);
  const before = process.cpuUsage();
  expect(await checkLooks(letter)).toEqual([]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(2000);
});
