/** Faults planted where letters are made: what templates may say, what data may do to them, and what becomes of them. */
import type { Mutation } from "./mutation.ts";

const ofCompile = "test/unit/templates/compile.test.ts";
const ofFlatten = "test/unit/templates/flatten.test.ts";
const ofLint = "test/unit/templates/lint.test.ts";
const ofLetters = "test/unit/templates/letters.test.ts";
const ofSources = "test/unit/templates/sources.test.ts";
const ofTemplates = "test/unit/templates/templates.test.ts";

const blank = "No letter goes out with a hole in it";
const harmless = "Data is text, whatever it looks like";
const bounded = "Data cannot hold the process up";
const caller = "What the request says itself wins";

export const templateMutations: readonly Mutation[] = [
  {
    fault: "a variable without a value is printed as nothing",
    breaks: blank,
    file: "lib/templates/compile.ts",
    changes: [[`  return { ...mustache, ...call(SHOW, mustache.path, names) };`, "  return mustache;"]],
    test: ofCompile,
    named: "{{name}} with {}: name",
  },
  {
    fault: "a subject may be blank",
    breaks: blank,
    file: "lib/templates/letter.ts",
    changes: [[`if (subject === "") throw`, `if (subject === "?") throw`]],
    test: ofTemplates,
    named: "it would be blank (data)",
  },
  {
    fault: "a line break in data becomes one in the subject",
    breaks: "Data adds no header",
    file: "lib/templates/letter.ts",
    changes: [["if (hasUnprintable(subject))", "if (hasUnprintable(subject) && subject.length > 200)"]],
    test: ofTemplates,
    named: "without line breaks and control characters for the subject (data)",
  },
  {
    fault: "an address out of the data may stand in href as it is",
    breaks: harmless,
    file: "lib/templates/html-context.ts",
    changes: [["if (!ADDRESSES.has(name)) return undefined;", "return undefined;"]],
    test: "test/unit/templates/html-context.test.ts",
    named: "is refused in",
  },
  {
    fault: "a template's braces are written as they are, and so html that is not escaped",
    breaks: harmless,
    file: "lib/templates/syntax.ts",
    changes: [
      ["    .replace(/[{\\\\]$/, `$&${APART_BEFORE}`);", "    .replace(/[?]$/, `$&${APART_BEFORE}`);"],
    ],
    test: ofTemplates,
    named: "with braces that white space was taken away between stay escaped",
  },
  {
    fault: "a partial prints as html what its call hands over under a trusted name",
    breaks: harmless,
    file: "lib/templates/uses.ts",
    changes: [
      [
        "    if (field !== undefined && raw.includes(field)) continue;\n    const { original } = node.path as hbs.AST.PathExpression;\n",
        "    const { original } = node.path as hbs.AST.PathExpression;\n    if (raw.includes(field ?? original) || raw.includes(original)) continue;\n",
      ],
    ],
    test: ofTemplates,
    named: "may not print as html, under whatever name",
  },
  {
    fault: "what a letter does is not counted",
    breaks: bounded,
    file: "lib/templates/compile.ts",
    changes: [["  run.steps += count;\n", "  run.steps += count > MOST_STEPS ? count : 0;\n"]],
    test: ofCompile,
    named: "of a loop full of helpers",
  },
  {
    fault: "partials may call others without end",
    breaks: bounded,
    file: "lib/templates/flatten.ts",
    changes: [["    if (partials > MOST_PARTIALS) {", "    if (partials > 40 * MOST_PARTIALS) {"]],
    test: ofFlatten,
    named: "in too great a number",
  },
  {
    fault: "a symbolic link leads out of the folder of templates",
    breaks: "Nothing outside of the folder is read",
    file: "lib/templates/sources.ts",
    changes: [["if (!stat || !attempt(() => realpathSync(entry))?.startsWith(home)) {", "if (!stat) {"]],
    test: ofSources,
    named: "out of the folder is refused",
  },
  {
    fault: "a built-in partial is taken before one's own",
    breaks: "Templates of one's own lie over the built-in ones",
    file: "lib/templates/sources.ts",
    changes: [
      ["  for (const { partials } of layers) {", "  for (const { partials } of layers.toReversed()) {"],
    ],
    test: ofSources,
    named: "the nearest partial is taken",
  },
  {
    fault: "the schema's defaults are put into the caller's data",
    breaks: "A repeated call is compared with what was given",
    file: "lib/templates/templates.ts",
    changes: [["const data = structuredClone(given);", "const data = given;"]],
    test: ofTemplates,
    named: "has the defaults of the schema, and the caller's data stay as they were",
  },
  {
    fault: "a language that there is not is answered in the first that there is",
    breaks: "A reader gets the nearest language, else MAIL_LOCALE's",
    file: "lib/templates/locale.ts",
    changes: [['of [asked, otherwise, "en"]) {', "of [asked]) {"]],
    test: ofTemplates,
    named: "is in the language asked for, else the nearest",
  },
  {
    fault: "a letter to be sent later is out of date before it may go out",
    breaks: "A code is not sent when it is of no use any more, and is sent while it is",
    file: "lib/templates/templates.ts",
    changes: [["Math.max(now, request.sendAt ?? 0) + lifetime", "now + lifetime"]],
    test: ofTemplates,
    named: "is not worth sending after its lifetime",
  },
  {
    fault: "the template's headers take the place of the caller's",
    breaks: caller,
    file: "lib/templates/templates.ts",
    changes: [["filter(([name]) => !given.has(owner(name)))", "filter(([name]) => !given.has(name))"]],
    test: ofTemplates,
    named: "keeps the caller's headers, in whatever case",
  },
  {
    fault: "the link of an invitation leaves out what the page wants to know",
    breaks: "A link carries exactly what went in",
    file: "lib/templates/links.ts",
    changes: [["${encode(name)}=${encode(scalarOf(value, name))}", "${name}=${scalarOf(value, name)}"]],
    test: ofLetters,
    named: "of invitation carries exactly the query that went in",
  },
  {
    fault: "a block's own value may have the name of a helper",
    breaks: harmless,
    file: "lib/templates/lint.ts",
    changes: [[" || RESERVED.has(local)", ""]],
    test: ofLint,
    named: "{{#each a as |url|}}",
  },
  {
    fault: "html may be blank beside a text",
    breaks: blank,
    file: "lib/templates/letter.ts",
    changes: [["if (fills.html && isBlank(html))", 'if (fills.html && html === "")']],
    test: ofTemplates,
    named: "is no way around a blank letter: <html>",
  },
];
