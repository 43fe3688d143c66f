/** Facts about the text that is made of several nodes' metrics. */
import { describe, expect, it } from "@jest/globals";
import { areMetrics, type NodeMetrics, nodeRegistry, nodesUp, textOf } from "../../lib/metrics.ts";
import { readSamples, sampleOf } from "../support/exposition.ts";

/** As it comes over a mesh that speaks JSON. */
async function carried(node: string): Promise<NodeMetrics> {
  return JSON.parse(JSON.stringify(await nodeRegistry(node).getMetricsAsJSON())) as NodeMetrics;
}

describe("the metrics of several nodes", () => {
  it("are one text in which each metric is described once, with the values of all", async () => {
    const text = await textOf([await carried("mail-1"), await carried("mail-2")]);
    const descriptions = text.match(/^# TYPE \S+/gm) ?? [];
    expect(new Set(descriptions).size).toBe(descriptions.length);
    expect(sampleOf(text, "process_start_time_seconds", { node: "mail-1" })).toBeGreaterThan(0);
    expect(sampleOf(text, "process_start_time_seconds", { node: "mail-2" })).toBeGreaterThan(0);
  });

  it("leave out a value that was no number and so did not come over the mesh", async () => {
    const up = await nodesUp(
      new Map([
        ["mail-1", true],
        ["mail-2", false],
      ]),
    );
    const [first] = up[0]?.values ?? [];
    if (first) first.value = NaN;
    const text = await textOf([JSON.parse(JSON.stringify(up)) as NodeMetrics]);
    expect(readSamples(text)).toEqual([{ name: "meshmail_node_up", labels: { node: "mail-2" }, value: 0 }]);
  });

  it("have no name that Prometheus would take for a counter and is none", async () => {
    const metrics = await carried("mail-1");
    const wrong = metrics.filter(({ name, type }) => name.endsWith("_total") && String(type) !== "counter");
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it("are only what looks like metrics: one odd node must not break the text for all", async () => {
    const [metric] = await carried("mail-1");
    expect(areMetrics([metric])).toBe(true);
    const odd = [
      "garbage",
      {},
      null,
      [null],
      [{ ...metric, name: "two words" }],
      [{ ...metric, help: "a\nb 1" }],
      [{ ...metric, type: "map" }],
      [{ ...metric, values: {} }],
      [{ ...metric, values: [{ value: 1, labels: { 'a="b"}': 1 } }] }],
      [{ ...metric, values: [{ value: 1, labels: {}, metricName: "a b" }] }],
    ];
    expect(odd.filter(areMetrics)).toEqual([]);
  });
});
