/** Columns, lines and colours. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { columns, mark, pageFor, paragraph, widthOf } from "../../../lib/commands/page.ts";

const terminal = (width: number) => pageFor({ isTTY: true, columns: width });
const pipe = pageFor({});

describe("a page", () => {
  it.each([
    ["a pipe", {}, {}, false],
    ["a terminal", { isTTY: true }, {}, true],
    ["a terminal with NO_COLOR", { isTTY: true }, { NO_COLOR: "1" }, false],
    ["a dumb terminal", { isTTY: true }, { TERM: "dumb" }, false],
    ["a pipe with FORCE_COLOR", {}, { FORCE_COLOR: "1" }, false],
  ])("for %s has the colours that belong there", (_name, sheet, env, coloured) => {
    const painted = pageFor(sheet, env).paint("good", "text");
    expect(painted === "text").toBe(!coloured);
    expect(painted).toContain("text");
  });

  it.each([
    [{ isTTY: true, columns: 72 }, 72],
    [{ isTTY: true }, 80],
    [{ isTTY: true, columns: 300 }, 100],
    [{}, Infinity],
  ])("for %j is %d wide", (sheet, width) => {
    expect(pageFor(sheet).width).toBe(width);
  });

  it("has plain symbols where the terminal's character set is not UTF-8", () => {
    const latin = { LANG: "de_DE.ISO-8859-1" };
    expect(pageFor({ isTTY: true }, latin).symbols.bad).toBe("x");
    expect(pageFor({ isTTY: true }, { LANG: "de_DE.UTF-8" }).symbols.bad).toBe("✗");
  });
});

describe("columns", () => {
  it("are as wide as their widest cell", () => {
    expect(
      columns(pipe, [
        ["a", "bbb"],
        ["cccc", "d"],
      ]),
    ).toEqual(["  a     bbb", "  cccc  d"]);
  });

  it("break the last text where the page ends, and keep it in its column", () => {
    const lines = columns(terminal(30), [[mark(pipe, "good"), "dns", "one two three four five six"]]);
    expect(lines.map(stripVTControlCharacters)).toEqual([
      "  ✓  dns  one two three four",
      "          five six",
    ]);
  });

  it("give a single one the whole page", () => {
    expect(columns(terminal(30), [["one two three four five six"]], 0)).toEqual([
      "one two three four five six",
    ]);
  });

  it("give the rest of the page to the wider of the last two", () => {
    const lines = columns(terminal(40), [["name", "a value of several words, longer than half", "origin"]]);
    expect(lines).toEqual(["  name  a value of several        origin", "        words, longer than half"]);
  });

  it("never break a word: it would be of no use to whoever copies it", () => {
    const url = `https://example.com/${"x".repeat(60)}`;
    expect(columns(terminal(40), [["link", url]])).toEqual([`  link  ${url}`]);
  });

  it("are not broken in a pipe", () => {
    const text = "word ".repeat(100).trim();
    expect(columns(pipe, [["a", text]])).toEqual([`  a  ${text}`]);
  });

  it("count East Asian characters as two, and break between them", () => {
    expect(
      columns(pipe, [
        ["邮箱", "a"],
        ["mail", "b"],
      ]),
    ).toEqual(["  邮箱  a", "  mail  b"]);
    expect(paragraph(terminal(10), "授权码不是登录密码。")).toEqual(["授权码不是", "登录密码。"]);
  });

  it("count the long sound of Japanese as two as well, halfwidth letters as one and marks on them as none", () => {
    expect(widthOf("サーバー・ヽ")).toBe(12);
    expect(widthOf("ｻｰﾊﾞｰ")).toBe(5);
    expect(widthOf("か\u3099")).toBe(2);
    expect(widthOf("\u001b[31mコード\u001b[39m")).toBe(6);
  });

  it.each([
    ["授权码，密码", ["授权码，", "密码"]],
    ["あのねサーバ", ["あのね", "サーバ"]],
    ["「認証中」です", ["「認証", "中」です"]],
  ])("begin no line of %s with a closing mark, or with a long sound", (text, lines) => {
    expect(paragraph(terminal(8), text)).toEqual(lines);
  });

  it("break Japanese where the page ends", () => {
    const text =
      "このメールにお心当たりがない場合は、そのまま破棄してください。サーバーのエラーではありません。";
    const lines = paragraph(terminal(30), text);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join("")).toBe(text);
  });

  it("show no control sequence that came in a text", () => {
    expect(columns(pipe, [["\u001b[2J\u001b[31m220 hello\r\n\u0007there\u202e"]]).join("")).toBe(
      "  220 hello there",
    );
  });

  it("have headings between their rows", () => {
    expect(columns(pipe, [{ heading: "First" }, ["a", "b"]])).toEqual(["", "First", "  a  b"]);
  });
});
