/** The text made of a letter's html. */
import { describe, expect, it } from "@jest/globals";
import { cpuMs } from "../../support/cpu.ts";
import { plainText } from "../../../lib/message/plain-text.ts";

describe("plain text", () => {
  it("keeps paragraphs, headings, lists and the address of links; drops styles, scripts and pictures", () => {
    const html = `<html><head><style>p { color: red }</style><script>alert(1)</script></head><body>
      <h1>Welcome</h1><p>Hello &amp; good <b>day</b>.</p><ul><li>one</li><li>two</li></ul>
      <p><a href="https://x.test/confirm?a=1&amp;b=2">Confirm</a> <a href="https://x.test">https://x.test</a>
      <img src="https://x.test/logo.png" alt="logo"></p></body></html>`;
    expect(plainText(html)).toBe(
      "Welcome\n\nHello & good day.\n\n * one\n * two\n\nConfirm <https://x.test/confirm?a=1&b=2> https://x.test",
    );
  });

  it.each(["display:none", "display: none"])("leaves out what is hidden by %s", (style) => {
    const html = `<div style="color:red;${style};max-height:0">Seen in lists only<b>!</b></div><p style="color:red">Hello</p>`;
    expect(plainText(html)).toBe("Hello");
  });

  it.each(["h1", "h2", "h3", "h4"])("has one empty line above %s, and one below", (heading) => {
    const html = `<table><tr><td>Acme</td></tr><tr><td><${heading}>Welcome</${heading}><p>Hello</p></td></tr></table>`;
    expect(plainText(`${html}<p>Bye</p><${heading}>More</${heading}>`)).toMatch(
      /^Acme\n\nWelcome\n\nHello\n\nBye\n\nMore$/,
    );
  });

  it("does not wrap lines", () => {
    const sentence = "word ".repeat(100).trim();
    expect(plainText(`<p>${sentence}</p>`)).toBe(sentence);
  });

  it.each([
    ["nested elements", "<div>".repeat(200_000)],
    ["nested tables", "<table><tr><td>a".repeat(60_000)],
    ["pictures without spaces", "<img src=x>".repeat(90_000)],
    ["rules", "<hr>".repeat(250_000)],
    ["half a tag", "<".repeat(1_000_000)],
    ["tags never opened", "</div>".repeat(170_000)],
    ["comments never closed", "<!--".repeat(120_000) + "<a>".repeat(150_000)],
    ["styles never closed", "<a>".repeat(1000) + "<style>".repeat(140_000)],
    ["styles and half their end", "<a>".repeat(1000) + "<style></style".repeat(70_000)],
    [
      "a tag that is hidden, never closed",
      "<a>".repeat(1000) + "<a display:none".padEnd(1_000_000, "display:none"),
    ],
  ])("is made of 1 MB of %s without work that grows with its square", (_name, html) => {
    let text = "";
    // a fraction of a second; the converter alone takes 12 to 22 s for some of these
    expect(cpuMs(() => (text = plainText(html)))).toBeLessThan(5000);
    expect(text.length).toBeLessThan(4 * 1024 * 1024);
  });

  it("still has the words of a letter that is nested too deeply for a parser", () => {
    expect(plainText(`${"<div>".repeat(1000)}Your code is <b>123456</b>`)).toBe("Your code is 123456");
  });

  it("has no more than those words of it: nothing hidden, no comment, title, style or script", () => {
    const head = `<head><title>Code</title><style>p{color:red}</style></head><!-- <p>x</p> --><script>if (1 < 2) x()</script>`;
    const hidden = `<div style="color:red;display: none">Seen in lists</div><img style="display:none">`;
    expect(plainText(`${head}${hidden}${"<div>".repeat(1000)}Hello <b>Ann</b><!-- y`)).toBe("Hello Ann");
  });
});
