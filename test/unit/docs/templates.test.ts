/** Facts about docs/templates.md: what it shows is a template that works, and says of the built-in ones what is so. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { helpers } from "../../../lib/templates/helpers.ts";
import type { Templates } from "../../../lib/templates/template.ts";
import { openTemplates } from "../../../lib/templates/templates.ts";
import { closeEverything } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";

const page = readFileSync(join(__dirname, "../../../docs/templates.md"), "utf8");

/** The first block of code in this language. */
function shown(language: string): string {
  const [, code = ""] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page) ?? [];
  return code;
}

function writeWelcome(html: string): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, "welcome/en"), { recursive: true });
  writeFileSync(join(folder, "welcome/template.json"), shown("json"));
  writeFileSync(join(folder, "welcome/en/subject.hbs"), "Welcome\n");
  writeFileSync(join(folder, "welcome/en/html.hbs"), html);
  return folder;
}

const options = { brand: { name: "Acme" }, adminWebUrl: "https://app.example.com" };

afterEach(closeEverything);

describe("docs/templates.md", () => {
  let templates: Templates;
  beforeAll(async () => {
    templates = await openTemplates(options);
  });

  it("shows a template that works", async () => {
    const own = await openTemplates({ ...options, folder: writeWelcome(shown("handlebars")) });
    const data = own.list().find(({ name }) => name === "welcome")?.sample ?? {};
    const letter = own.render({ template: "welcome", data });
    expect(letter.text).toContain("Hi Ann, your trial ends on December 24, 2026.");
    expect(letter.html).toContain('href="https://app.example.com/account"');
  });

  it("quotes what is said of a fault", async () => {
    const [quoted] = /^Template (welcome.*)$/m.exec(page)?.slice(1) ?? [];
    const folder = writeWelcome(shown("handlebars").replace("{{name}}", "{{names}}"));
    await expect(openTemplates({ ...options, folder })).rejects.toThrow(quoted);
  });

  it("has every built-in template with its data, and every helper", () => {
    for (const { name, data } of templates.list()) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
      for (const field of Object.keys(data["properties"] as object)) expect(row).toMatch(`\`${field}`);
    }
    for (const name of Object.keys(helpers)) expect(page).toMatch(new RegExp(`\`\\{\\{(#if \\()?${name} `));
  });
});
