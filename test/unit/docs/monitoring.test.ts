/** Facts about docs/monitoring.md, the dashboard and the alert rules: they speak of the metrics that there are, and promtool takes them. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import { nodesUp } from "../../../lib/metrics.ts";
import { metricsOf } from "../../../mixins/metrics.ts";
import { fetchProgram, findProgram, promtool } from "../../support/debian-program.ts";
import { closeEverything, expectNothingOpen } from "../../support/open.ts";
import { scratchFolder } from "../../support/scratch.ts";

afterEach(closeEverything);
afterAll(expectNothingOpen);

const docs = join(__dirname, "../../../docs");
const page = readFileSync(join(docs, "monitoring.md"), "utf8");
const rules = join(docs, "prometheus/alerts.yml");
const ruleText = readFileSync(rules, "utf8");

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}
const dashboard = JSON.parse(readFileSync(join(docs, "grafana/meshmail.json"), "utf8")) as {
  uid: string;
  panels: Panel[];
  templating: { list: { name: string; type: string }[] };
};
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

interface Described {
  name: string;
  type: string;
  help: string;
  labelNames?: string[];
}

/** All that a node and a gateway can tell. */
async function allMetrics(): Promise<Described[]> {
  const metrics = metricsOf(new ServiceBroker({ logger: false }));
  metrics.outbox();
  metrics.served({ method: "GET" }, { headersSent: true, statusCode: 200 }, 1);
  const [up] = await nodesUp(new Map());
  const registered = metrics.registry.getMetricsAsArray() as unknown as Described[];
  return [...registered, ...(up ? [{ ...up, labelNames: ["node"] } as unknown as Described] : [])];
}

/** The rows of the table below this heading, cell by cell. */
function tableBelow(heading: string): string[][] {
  const [, below = ""] = page.split(`\n## ${heading}\n`);
  const [section = ""] = below.split("\n## ");
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Names of series without what a histogram appends. */
function namesIn(text: string): string[] {
  const names = text.match(/\b(?:meshmail|process|nodejs)_[a-z0-9_]+\b/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, "")))];
}

const alerts = [...ruleText.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);

/** What the rules say under this key, in their order. */
function annotations(key: string): string[] {
  const lines = ruleText.matchAll(new RegExp(`\\b${key}: "?(.+?)"?(?: [}])?$`, "gm"));
  return [...lines].map(([, said = ""]) => said);
}

let program: string;
beforeAll(async () => {
  program = findProgram(promtool) ?? (await fetchProgram(promtool));
}, 120_000);
const check = (...args: string[]): string =>
  execFileSync(program, args, { cwd: join(docs, "prometheus"), stdio: "pipe" }).toString();

describe("docs/monitoring.md", () => {
  it("has every metric, as the node describes it, and no other one", async () => {
    const ours = (await allMetrics()).filter(({ name }) => name.startsWith("meshmail_"));
    const rows = ours.map(({ name, type, help, labelNames = [] }) => [
      `\`${name}\``,
      type,
      labelNames
        .filter((label) => label !== "node")
        .map((label) => `\`${label}\``)
        .join(", "),
      help,
    ]);
    expect(tableBelow("Metrics")).toEqual(rows);
  });

  it("says of every alert what to do, as the alert itself does", () => {
    const rows = alerts.map((name, at) => [
      `\`${name}\``,
      annotations("severity")[at],
      annotations("runbook")[at],
    ]);
    expect(tableBelow("At two in the morning")).toEqual(rows);
  });
});

describe("the alert rules", () => {
  it("are sound for promtool", () => {
    expect(check("check", "rules", rules)).toContain(`SUCCESS: ${alerts.length} rules found`);
  });

  it("go off when they should, and not before", () => {
    expect(check("test", "rules", "alerts.test.yml")).toContain("SUCCESS");
  });

  it("are each tried by a test", () => {
    const tests = readFileSync(join(docs, "prometheus/alerts.test.yml"), "utf8");
    for (const name of alerts) expect(tests).toContain(name);
  });

  it("have a summary and a word on what to do", () => {
    for (const field of ["summary", "runbook", "severity"])
      expect(annotations(field)).toHaveLength(alerts.length);
  });

  it("ask for metrics that there are", async () => {
    const known = (await allMetrics()).map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(namesIn(ruleText)));
  });
});

describe("the dashboard", () => {
  it("asks for metrics that there are", async () => {
    const known = (await allMetrics()).map(({ name }) => name);
    const asked = namesIn(queries.join("\n"));
    expect(known).toEqual(expect.arrayContaining(asked));
    expect(known.filter((name) => name.startsWith("meshmail_") && !asked.includes(name))).toEqual([]);
  });

  it("shows the nodes that were chosen, in every panel", () => {
    for (const query of queries) {
      const selectors = query.match(/\b(?:meshmail|process|nodejs)_[a-z0-9_]+(?:\{[^}]*\})?/g) ?? [];
      for (const selector of selectors) expect(selector).toContain('node=~"$node"');
    }
  });

  it("has queries that Prometheus understands", () => {
    const plain = queries.map((query) =>
      query.replaceAll("$__rate_interval", "5m").replaceAll("$node", ".*"),
    );
    const recording = plain.map((expr, at) => ({ record: `panel:${at}`, expr }));
    const file = join(scratchFolder(), "queries.yml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: recording }] }));
    expect(check("check", "rules", file)).toContain(`SUCCESS: ${queries.length} rules found`);
  });

  it("lets whoever imports it choose the data source, and has panels that are one each and do not overlap", () => {
    const { panels, templating, uid } = dashboard;
    expect(uid).toBe("meshmail");
    expect(templating.list).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: "datasource", type: "datasource" })]),
    );
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});
