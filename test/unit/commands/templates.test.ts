/** `meshmail templates`: the table, one letter with what is wrong with it, and the page in the browser. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "@jest/globals";
import { openLocalDoor } from "../../../lib/commands/door.ts";
import { environmentOf } from "../../../lib/config/environment.ts";
import { MailError } from "../../../lib/errors.ts";
import { TemplateFaults } from "../../../lib/templates/faults.ts";
import { closeEverything } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { fakeDoor, fakeLetters, run, welcome } from "./fakes.ts";

afterEach(closeEverything);

const SCRIPT = "<p>Hello</p>\n<script>1</script>";

/** A door with these letters behind it. */
const doorTo = (letters: ReturnType<typeof fakeLetters>) => fakeDoor({ letters: async () => letters }).door;

const failing = new MailError("MAIL_TEMPLATE_FAILED", "welcome needs data.name", { remedy: "Give it." });
const broken = { ...fakeLetters(), render: () => Promise.reject(failing) };

describe("templates", () => {
  it("lists each with its languages", async () => {
    const { status, stdout } = await run(["templates"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^NAME +LANGUAGES +DESCRIPTION\nwelcome +en, zh-CN +Says hello\.\n/);
  });

  it("lists them as mail.templates does, as one document", async () => {
    const { stdout } = await run(["templates", "--json"]);
    expect(JSON.parse(stdout)).toEqual(fakeLetters().templates);
  });

  it("tells everything about one: its data, its letter, and that all is well", async () => {
    const { status, stdout } = await run(["templates", "welcome"]);
    expect(stdout).toBe(`welcome
Says hello.

  languages  en, zh-CN

Data

  name             string           required  Who is welcome
  plan             "free" or "pro"  optional
  friends          list of object   optional
  friends[].email  string           optional

Letter in en

  subject  Hello Ann

  This is welcome.

    It is all.

✓  nothing to correct
`);
    expect(status).toBe(0);
  });

  it("says which language it chose where the one asked for is not there", async () => {
    expect((await run(["templates", "welcome", "--locale", "fr"])).stdout).toContain(
      "Letter in en: it is not there in fr\n",
    );
    expect((await run(["templates", "welcome", "--locale", "zh-TW"])).stdout).toContain(
      "Letter in zh-CN, the nearest to zh-TW\n",
    );
    expect((await run(["templates", "welcome", "--locale", "ZH-cn"])).stdout).toContain("Letter in zh-CN\n");
  });

  it("shows what is wrong, errors first, and ends with status 1", async () => {
    const { status, stdout } = await run(["templates", "welcome"], { door: doorTo(fakeLetters(SCRIPT)) });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ {2}line 2 of the html: /m);
    const signs = stdout.match(/^[✗!]/gm);
    expect(signs).toEqual(signs?.toSorted((a, b) => "✗!".indexOf(a) - "✗!".indexOf(b)));
    expect(new Set(signs)).toEqual(new Set(["✗", "!"]));
  });

  it("gives all of it as one document", async () => {
    const { stdout } = await run(["templates", "welcome", "--json"], {
      door: doorTo(fakeLetters(SCRIPT)),
    });
    const { name, locales, description, data, sample } = welcome;
    expect(JSON.parse(stdout)).toEqual({
      name,
      locales,
      description,
      data,
      sample,
      letter: { subject: "Hello Ann", html: SCRIPT, text: expect.any(String), locale: "en" },
      findings: expect.arrayContaining([expect.objectContaining({ severity: "error", line: 2 })]),
    });
  });

  it("of which no letter can be made tells why, and ends with status 1", async () => {
    const { status, stdout } = await run(["templates", "welcome"], { door: doorTo(broken) });
    expect(status).toBe(1);
    expect(stdout).toContain("✗  no letter comes of the sample: welcome needs data.name\n");
    const { stdout: document } = await run(["templates", "welcome", "--json"], { door: doorTo(broken) });
    const message = "no letter comes of the sample: welcome needs data.name";
    expect(JSON.parse(document)).toMatchObject({ failed: { severity: "error", message }, findings: [] });
  });

  it.each([
    ["welcom", 'Did you mean "welcome"?'],
    ["order", "Give one of these: welcome, goodbye."],
  ])("of the name %s, which there is not, are named", async (name, remedy) => {
    const { status, stdout, stderr } = await run(["templates", name]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(remedy);
  });

  it("refuses a language for the list, which has all of them", async () => {
    const { status, stderr } = await run(["templates", "--locale", "fr"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--locale: the list has every language");
  });

  it("refuses a language that is none", async () => {
    const { status, stderr } = await run(["templates", "welcome", "--locale", "not a tag"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--locale: expected a BCP 47 tag");
  });

  it("tells each fault of own templates with its place, and ends with status 1", async () => {
    const faults = new TemplateFaults([
      { file: "welcome/en/html.hbs", line: 3, message: "{{log}} is no helper" },
      { file: "welcome/template.json", message: "expected JSON" },
    ]);
    const { door } = fakeDoor({ letters: () => Promise.reject(faults) });
    const { status, stderr } = await run(["templates"], { door });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^✗ {2}welcome\/en\/html\.hbs:3: \{\{log\}\} is no helper\n✗ {2}welcome\/template\.json: expected JSON\n/,
    );
    const { stdout } = await run(["templates", "--json"], { door });
    expect(JSON.parse(stdout)).toMatchObject({ error: { type: "TEMPLATES_INVALID", faults: [{}, {}] } });
  });
});

describe("templates --open", () => {
  /** A browser that keeps what it is shown. */
  function fakeBrowser(opened = true) {
    const pages: string[] = [];
    return {
      pages,
      async browse(html: string) {
        pages.push(html);
        return { path: "/tmp/page.html", opened };
      },
    };
  }

  const proofsOf = (page = "") => {
    const [, data = ""] = /id="proofs">(.*?)<\/script>/s.exec(page) ?? [];
    return JSON.parse(data) as { name: string; locale: string; failed?: { message: string } }[];
  };

  it.each([
    [[], ["welcome/en", "welcome/zh-CN", "goodbye/en"]],
    [["welcome"], ["welcome/en", "welcome/zh-CN"]],
    [
      ["--locale", "zh-CN"],
      ["welcome/zh-CN", "goodbye/zh-CN"],
    ],
  ])("%j puts %j on the page", async (words, letters) => {
    const { pages, browse } = fakeBrowser();
    const { status, stdout } = await run(["templates", ...words, "--open"], { browse });
    expect(proofsOf(pages[0]).map(({ name, locale }) => `${name}/${locale}`)).toEqual(letters);
    expect(stdout).toContain("/tmp/page.html");
    expect(status).toBe(0);
  });

  it("says so where nothing opens pages", async () => {
    const { stdout } = await run(["templates", "--open"], { browse: fakeBrowser(false).browse });
    expect(stdout).toContain("!  /tmp/page.html\n   Open it yourself");
  });

  it("shows the letters that cannot be made beside the others, and ends with status 1", async () => {
    const { pages, browse } = fakeBrowser();
    const { status, stdout } = await run(["templates", "--open"], { browse, door: doorTo(broken) });
    expect(status).toBe(1);
    const message = "no letter comes of the sample: welcome needs data.name";
    expect(proofsOf(pages[0])[1]).toMatchObject({ locale: "zh-CN", failed: { message } });
    expect(stdout).toContain("welcome in zh-CN\n✗  no letter comes of the sample");
  });

  it("breaks off for what is no fault of a letter", async () => {
    const letters = { ...fakeLetters(), render: () => Promise.reject(new Error("unforeseen")) };
    const { status, stderr } = await run(["templates", "--open"], { door: doorTo(letters) });
    expect(status).toBe(1);
    expect(stderr).toContain("unforeseen");
  });

  it("tells what is not as in a letter that is sent, on the page and beside it", async () => {
    const { pages, browse } = fakeBrowser();
    const door = doorTo(fakeLetters("<p>x</p>", ["It is a stand-in."]));
    expect((await run(["templates", "--open"], { browse, door })).stdout).toContain("It is a stand-in.");
    expect(pages[0]).toContain("It is a stand-in.");
  });

  it("gives one document, without the letters themselves", async () => {
    const { browse } = fakeBrowser();
    const { stdout } = await run(["templates", "goodbye", "--open", "--json"], { browse });
    expect(JSON.parse(stdout)).toEqual({
      page: "/tmp/page.html",
      opened: true,
      notes: [],
      letters: [
        { name: "goodbye", description: "Says hello.", locale: "en", subject: "Hello Ann", findings: [] },
      ],
    });
  });
});

describe("the letters of this process", () => {
  const real = (words: readonly string[], settings: Record<string, string>) => {
    const environment = environmentOf(settings);
    return run(words, {
      environment: () => environment,
      door: openLocalDoor(environment),
      browse: async () => ({ path: "/tmp/page.html", opened: true }),
    });
  };

  it("have links to a stand-in while ADMIN_WEB_URL is not set, and say so", async () => {
    const { status, stdout } = await real(["templates", "invitation"], {});
    expect(stdout).toContain("https://app.example.com/");
    expect(stdout).toContain("ADMIN_WEB_URL is not set");
    expect(status).toBe(0);
  });

  it.each([
    [["verification"], false],
    [["verification", "--open"], false],
    [["--open"], true],
  ])("say so for %j only where such a link is: %s", async (words, isSaid) => {
    const { stdout } = await real(["templates", ...words], {});
    expect(stdout.includes("ADMIN_WEB_URL is not set")).toBe(isSaid);
  });

  it("have the links and the brand of the settings", async () => {
    const settings = { ADMIN_WEB_URL: "https://admin.example.org", MAIL_BRAND_NAME: "Acme" };
    const { stdout } = await real(["templates", "invitation"], settings);
    expect(stdout).toContain("https://admin.example.org/");
    expect(stdout).not.toContain("ADMIN_WEB_URL is not set");
    expect(stdout).toContain("Acme");
  });

  it("are checked where they are our own", async () => {
    const folder = scratchFolder();
    mkdirSync(join(folder, "welcome"));
    writeFileSync(join(folder, "welcome/template.json"), "{");
    const { status, stderr } = await real(["templates"], { MAIL_TEMPLATES: folder });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^✗ {2}welcome\/template\.json:/);
    expect(stderr).toContain("MAIL_TEMPLATES");
  });

  describe("without a template.json, whose sample is made up", () => {
    const without = (html: string) => {
      const folder = scratchFolder();
      mkdirSync(join(folder, "bare/en"), { recursive: true });
      writeFileSync(join(folder, "bare/en/subject.hbs"), "Hello");
      writeFileSync(join(folder, "bare/en/html.hbs"), html);
      return { MAIL_TEMPLATES: folder, SMTP_URI: "smtp://127.0.0.1:1", SMTP_SENDER: "me@example.com" };
    };
    const sentence = "there is no template.json: write one with a sample to see the letter";

    it.each(["{{date at}}", "{{number order.total}}"])("say what %s is in want of", async (html) => {
      const { status, stdout } = await real(["templates", "bare"], without(html));
      expect(status).toBe(0);
      expect(stdout).toContain(`\n!  ${sentence}\n`);
      expect((await real(["templates", "--open"], without(html))).status).toBe(0);
    });

    it("have no empty line in the place of a description", async () => {
      const { stdout } = await real(["templates", "bare"], without("<p>Hello</p>"));
      expect(stdout).toMatch(/^bare\n\n {2}languages {2}en\n/);
    });

    it("are not sent as a test where nothing comes of that", async () => {
      const words = ["smtp", "test", "--to", "ann@example.com", "--template", "bare"];
      const { status, stderr } = await real(words, without("{{date at}}"));
      expect(status).toBe(2);
      expect(stderr).toContain(`--template: ${sentence}`);
    });
  });
});
