/** Facts about the pages that the package ships: what they link to is there, and comes along. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "@jest/globals";

const root = join(__dirname, "../../..");

/** What npm would put into the package, as paths from its root. */
function shippedFiles(): string[] {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const said = execFileSync("npm", args, { cwd: root, stdio: "pipe" }).toString();
  const [packed] = JSON.parse(said) as { files: { path: string }[] }[];
  return (packed?.files ?? []).map(({ path }) => path);
}

/** Files that a page links to, as paths from the root; code is none of the page's words. */
function linksOf(page: string): string[] {
  const words = readFileSync(join(root, page), "utf8").replace(/^ *```[^]*?^ *```/gm, "");
  return [...words.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => join(dirname(page), decodeURI(target)));
}

const shipped = shippedFiles();
const pages = shipped.filter((path) => path.endsWith(".md") && !path.startsWith("dist/"));

describe("the pages of the package", () => {
  it("are README, CHANGELOG and those of docs", () => {
    expect(pages).toEqual(
      expect.arrayContaining(["README.md", "CHANGELOG.md", "docs/monitoring.md", "docs/operating.md"]),
    );
  });

  it.each(pages)("%s links to nothing that the package lacks", (page) => {
    expect(linksOf(page).filter((target) => !shipped.includes(target))).toEqual([]);
  });

  it("have links", () => {
    expect(pages.flatMap(linksOf)).toEqual(
      expect.arrayContaining([".env.example", "docs/grafana/meshmail.json", "docs/prometheus/alerts.yml"]),
    );
  });
});
