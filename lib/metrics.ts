/** The metrics of a node, in the way of Prometheus: what every Node process has to tell, and the text made of several nodes' answers. */
import { collectDefaultMetrics, Gauge, type Metric, Registry } from "prom-client";
import { version } from "./version.ts";

/** As the mesh carries it: a value that is no number is null there. */
export type NodeMetrics = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** A node's own, where the label `node` tells it from the others. */
export function nodeRegistry(node: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ node });
  collectDefaultMetrics({ register: registry });
  // by their names these would be counters, which they are not
  for (const kind of ["handles", "requests", "resources"]) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }
  new Gauge({
    name: "meshmail_build_info",
    help: "Which version of Meshmail runs here, on which version of Node; always 1",
    labelNames: ["version", "node_version"],
    registers: [registry],
  }).set({ version: version(), node_version: process.version }, 1);
  return registry;
}

/** Which nodes answered. */
export function nodesUp(nodes: ReadonlyMap<string, boolean>): Promise<NodeMetrics> {
  const registry = new Registry();
  const up = new Gauge({
    name: "meshmail_node_up",
    help: "1 where the node has answered for its metrics, 0 where it is silent or has vanished; one that left in order is not named",
    labelNames: ["node"],
    registers: [registry],
  });
  for (const [node, isUp] of nodes) up.set({ node }, isUp ? 1 : 0);
  return registry.getMetricsAsJSON();
}

/** Whether this is what a node tells of itself: who else answers must not break the text for all. */
export function areMetrics(answer: unknown): answer is NodeMetrics {
  return Array.isArray(answer) && answer.every(isMetric);
}

function isMetric(metric: unknown): boolean {
  const { name, help, type, values } = Object(metric) as Partial<Record<string, unknown>>;
  const isNamed = typeof name === "string" && /^[a-zA-Z_:][\w:]*$/.test(name);
  const isTyped = typeof type === "string" && ["counter", "gauge", "histogram", "summary"].includes(type);
  const hasHelp = typeof help === "string" && !help.includes("\n");
  return isNamed && isTyped && hasHelp && Array.isArray(values) && values.every(isValue);
}

function isValue(value: unknown): boolean {
  const { labels, metricName = "" } = Object(value) as { labels?: unknown; metricName?: unknown };
  const names = Object.keys(Object(labels) as object);
  return (
    typeof metricName === "string" && [...names, metricName || "_"].every((name) => /^[\w:]+$/.test(name))
  );
}

/** One text of what several nodes told; each metric comes once, with the values of all. */
export function textOf(parts: readonly NodeMetrics[]): Promise<string> {
  const together = new Registry();
  const all = parts.flat();
  for (const name of new Set(all.map((metric) => metric.name))) {
    const same = all.filter((metric) => metric.name === name);
    const values = same.flatMap((metric) => metric.values).filter(({ value }) => typeof value === "number");
    together.registerMetric({ name, get: async () => ({ ...same[0], values }) } as unknown as Metric);
  }
  return together.metrics();
}
