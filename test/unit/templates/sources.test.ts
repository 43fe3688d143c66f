/** Folders of templates: what is read, what is refused, and which file is taken where there are several. */
import { once } from "node:events";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { describeFault, type TemplateFault } from "../../../lib/templates/faults.ts";
import { lay, partialIn, readLayer } from "../../../lib/templates/sources.ts";
import { closeEverything } from "../../support/open.ts";
import { type Files, folderWith } from "./open-templates.ts";

afterEach(closeEverything);

function readFolder(folder: string) {
  const faults: TemplateFault[] = [];
  const layer = readLayer(folder, faults);
  return { layer, faults: faults.map(describeFault) };
}
const read = (files: Files) => readFolder(folderWith(files));

const NAME = "expected a name of a-z, 0-9, . _ - with at most 64 characters";
const LANGUAGE = "expected a language (BCP 47) such as en or zh-CN";
const LINK = "is a symbolic link that leads out of the folder, or nowhere";

describe("a folder", () => {
  it("is read as letters by name and language, with notes and hidden files left alone", () => {
    const { layer, faults } = read({
      "a/template.json": "{}",
      "a/en/subject.hbs": "S",
      "a/en/html.hbs": "H",
      "a/zh_cn/text.hbs": "T",
      "a/README.md": "notes",
      ".git/config": "hidden",
    });
    expect(faults).toEqual([]);
    expect([...layer.templates.keys()]).toEqual(["a"]);
    const a = layer.templates.get("a");
    expect(a?.manifest).toEqual({ file: "a/template.json", text: "{}" });
    expect(Object.fromEntries(a?.letters ?? [])).toEqual({
      en: { subject: { file: "a/en/subject.hbs", text: "S" }, html: { file: "a/en/html.hbs", text: "H" } },
      "zh-CN": { text: { file: "a/zh_cn/text.hbs", text: "T" } },
    });
  });

  it("in moleculer-mail's order is read as well, and beside ours", () => {
    const { layer, faults } = read({
      "en/welcome/subject.hbs": "S",
      "en/welcome/html.hbs": "H",
      "hu/welcome/text.hbs": "T",
      "welcome/template.json": "{}",
      "welcome/ja/text.hbs": "J",
    });
    expect(faults).toEqual([]);
    expect([...layer.templates.keys()]).toEqual(["welcome"]);
    expect([...(layer.templates.get("welcome")?.letters.keys() ?? [])].toSorted()).toEqual([
      "en",
      "hu",
      "ja",
    ]);
    expect(layer.templates.get("welcome")?.manifest?.file).toBe("welcome/template.json");
  });

  it.each<[string, Files, string]>([
    ["Big/en/text.hbs", {}, `Big: ${NAME}`],
    [`${"a".repeat(65)}/en/text.hbs`, {}, `${"a".repeat(65)}: ${NAME}`],
    ["CON/en/text.hbs", {}, `CON: ${NAME}`],
    ["__proto__/en/text.hbs", {}, `__proto__: ${NAME}`],
    ["a/constructor/text.hbs", {}, `a/constructor: ${LANGUAGE}`],
    ["a/__proto__/text.hbs", {}, `a/__proto__: ${LANGUAGE}`],
    ["a/en/html.pug", {}, "a/en/html.pug: expected subject.hbs, html.hbs or text.hbs"],
    ["a/en/more/x.hbs", { "a/en/text.hbs": "" }, "a/en/more: expected files only"],
    [
      "a/index.hbs",
      { "a/en/text.hbs": "" },
      "a/index.hbs: expected template.json, or a folder for each language",
    ],
    ["a.hbs", {}, "a.hbs: expected a folder for each template"],
    ["en/a.hbs", { "en/a/text.hbs": "" }, "en/a.hbs: expected a folder for each template"],
    ["partials/x.html", {}, "partials/x.html: expected NAME.hbs, a name of a-z, 0-9, . _ -"],
    ["partials/X.hbs", {}, "partials/X.hbs: expected NAME.hbs, a name of a-z, 0-9, . _ -"],
    ["partials/more/x.hbs", {}, `partials/more: ${LANGUAGE}`],
    ["en/a/text.hbs", { "a/en/text.hbs": "" }, "en/a/text.hbs: is there twice: a/en/text.hbs is the same"],
  ])("with %s is refused by name", (path, more, fault) => {
    expect(read({ ...more, [path]: "x" }).faults).toEqual([fault]);
  });

  it("without a file is refused: a template, and a language of one", () => {
    const folder = folderWith({});
    mkdirSync(join(folder, "a"));
    mkdirSync(join(folder, "b/en"), { recursive: true });
    expect(readFolder(folder).faults).toEqual([
      "a: expected a folder for each language, such as en",
      "b/en: expected subject.hbs, html.hbs or text.hbs in it",
    ]);
    expect(readFolder(folderWith({})).faults).toEqual([]);
  });

  it("that is not there, or is a file, is told", () => {
    const folder = folderWith({ file: "x" });
    for (const path of [join(folder, "gone"), join(folder, "file")]) {
      expect(readFolder(path).faults).toEqual([
        `${path}: expected a folder of templates, as MAIL_TEMPLATES says`,
      ]);
    }
  });
});

describe("a file", () => {
  it("may have 64 KB and no more", () => {
    expect(read({ "a/en/text.hbs": "x".repeat(65_536) }).faults).toEqual([]);
    const { layer, faults } = read({ "a/en/text.hbs": "x".repeat(65_537) });
    expect(faults[0]).toBe("a/en/text.hbs: expected at most 65536 bytes, got 65537");
    expect(layer.templates.get("a")?.letters.get("en")).toEqual({});
  });

  it("is read without its byte order mark", () => {
    const { layer } = read({ "a/en/text.hbs": "\ufeffHello", "a/template.json": "\ufeff{}" });
    expect(layer.templates.get("a")?.letters.get("en")?.text?.text).toBe("Hello");
    expect(layer.templates.get("a")?.manifest?.text).toBe("{}");
  });

  it("in another encoding than UTF-8 is refused", () => {
    const gbk = Buffer.from([0xc4, 0xe3, 0xba, 0xc3]);
    expect(read({ "a/en/text.hbs": gbk }).faults[0]).toBe("a/en/text.hbs: expected text in UTF-8");
  });

  it("that is none, but a socket, is refused", async () => {
    const folder = folderWith({ "a/en/text.hbs": "x" });
    const server = createServer().listen(join(folder, "a/en/html.hbs"));
    await once(server, "listening");
    expect(readFolder(folder).faults).toEqual(["a/en/html.hbs: expected a file or a folder"]);
    server.close();
  });
});

describe("a symbolic link", () => {
  it("out of the folder is refused, be it to a file or a folder, and nothing of it is read", () => {
    const outside = folderWith({ "secret.hbs": "secret", "b/en/text.hbs": "secret" });
    const folder = folderWith({ "a/en/text.hbs": "x" });
    symlinkSync(join(outside, "secret.hbs"), join(folder, "a/en/html.hbs"));
    symlinkSync(join(outside, "b"), join(folder, "b"));
    const { layer, faults } = readFolder(folder);
    expect(faults).toEqual([`b: ${LINK}`, `a/en/html.hbs: ${LINK}`]);
    expect(JSON.stringify([...layer.templates].map(([, { letters }]) => [...letters]))).not.toContain(
      "secret",
    );
  });

  it("to a neighbour whose name begins like the folder's is one that leads out", () => {
    const folder = folderWith({ "a/en/text.hbs": "x" });
    const neighbour = `${folder}-more`;
    mkdirSync(neighbour);
    try {
      writeFileSync(join(neighbour, "html.hbs"), "secret");
      symlinkSync(join(neighbour, "html.hbs"), join(folder, "a/en/html.hbs"));
      expect(readFolder(folder).faults).toEqual([`a/en/html.hbs: ${LINK}`]);
    } finally {
      rmSync(neighbour, { recursive: true });
    }
  });

  it("to nothing, or to itself, is refused", () => {
    const folder = folderWith({ "a/en/text.hbs": "x" });
    symlinkSync("gone.hbs", join(folder, "a/en/html.hbs"));
    symlinkSync("subject.hbs", join(folder, "a/en/subject.hbs"));
    expect(readFolder(folder).faults).toEqual([`a/en/html.hbs: ${LINK}`, `a/en/subject.hbs: ${LINK}`]);
  });

  it("within the folder is followed, as Kubernetes mounts its files", () => {
    const folder = folderWith({ "..2026_11_21/a/en/text.hbs": "mounted" });
    symlinkSync("..2026_11_21", join(folder, "..data"));
    symlinkSync("..data/a", join(folder, "a"));
    const { layer, faults } = readFolder(folder);
    expect(faults).toEqual([]);
    expect(layer.templates.get("a")?.letters.get("en")?.text?.text).toBe("mounted");
  });

  it("as the folder itself is followed", () => {
    const folder = folderWith({ "real/a/en/text.hbs": "x" });
    symlinkSync("real", join(folder, "link"));
    expect(readFolder(join(folder, "link")).faults).toEqual([]);
  });
});

describe("of two folders", () => {
  it("the upper one's letters, and its manifest where it has one, take the place of the lower one's", () => {
    const under = read({
      "a/template.json": "under",
      "a/en/text.hbs": "under",
      "a/ja/html.hbs": "under",
      "b/template.json": "under",
    }).layer;
    const over = read({ "a/ja/text.hbs": "over", "b/template.json": "over", "c/en/text.hbs": "over" }).layer;
    const laid = lay(over, under);
    expect([...laid.keys()]).toEqual(["a", "b", "c"]);
    expect(laid.get("a")?.manifest?.text).toBe("under");
    expect(laid.get("a")?.letters.get("en")).toMatchObject({ text: { text: "under" } });
    // a letter is one piece: html of ours beside text of theirs would say two things
    expect(laid.get("a")?.letters.get("ja")).toEqual({ text: { file: "a/ja/text.hbs", text: "over" } });
    expect(laid.get("b")?.manifest?.text).toBe("over");
  });

  it("and of the languages, the nearest partial is taken", () => {
    const under = read({
      "partials/x.hbs": "under all",
      "partials/zh-CN/x.hbs": "under zh-CN",
      "partials/y.hbs": "under all",
      "partials/en/z.hbs": "under en",
    }).layer;
    const over = read({ "partials/y.hbs": "over all", "partials/ja/y.hbs": "over ja" }).layer;
    const find = (name: string, locale: string) => partialIn([over, under], name, locale, "en")?.text;
    expect(find("x", "zh-CN")).toBe("under zh-CN");
    expect(find("x", "zh-Hans-SG")).toBe("under zh-CN");
    expect(find("x", "de")).toBe("under all");
    expect(find("y", "ja")).toBe("over ja");
    expect(find("y", "zh-CN")).toBe("over all");
    expect(find("z", "fr")).toBe("under en");
    expect(find("gone", "en")).toBeUndefined();
    for (const name of ["__proto__", "constructor"]) expect(find(name, "en")).toBeUndefined();
  });
});
