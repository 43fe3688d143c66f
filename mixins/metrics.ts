/** One set of metrics for each broker, and those of the whole mesh as one text. */
import type { Registry } from "prom-client";
import type { ServiceBroker } from "moleculer";
import { requestMetrics, type Served } from "../lib/http/metrics.ts";
import { areMetrics, type NodeMetrics, nodeRegistry, nodesUp, textOf } from "../lib/metrics.ts";
import { type OutboxMetrics, outboxMetrics } from "../lib/outbox/metrics.ts";

export interface BrokerMetrics {
  /** With the label `node`; whoever serves metrics of their own may merge it with theirs */
  readonly registry: Registry;
  /** Those of the outbox, there from the first time that they are asked for: a gateway has none */
  outbox(): OutboxMetrics;
  /** Counts a request of the gateway */
  served: Served;
}

/** A silent node must not use up the time that Prometheus has for all of them, 10 s unless set. */
const PATIENCE_MS = 2000;

const known = new WeakMap<ServiceBroker, BrokerMetrics>();

/** The same for all services of a broker. */
export function metricsOf(broker: ServiceBroker): BrokerMetrics {
  const metrics = known.get(broker) ?? brokerMetrics(broker.nodeID);
  known.set(broker, metrics);
  return metrics;
}

function brokerMetrics(node: string): BrokerMetrics {
  const registry = nodeRegistry(node);
  let outbox: OutboxMetrics | undefined;
  let served: Served | undefined;
  return {
    registry,
    outbox: () => (outbox ??= outboxMetrics(registry)),
    served(...request) {
      served ??= requestMetrics(registry);
      served(...request);
    },
  };
}

/** Prometheus' text: this node's metrics, and those of every other one that offers `mail.metrics`, as far as it answers in time. */
export async function meshMetrics(broker: ServiceBroker): Promise<string> {
  const ask = async (nodeID: string): Promise<NodeMetrics | undefined> => {
    const options = { nodeID, timeout: PATIENCE_MS, retries: 0 };
    const answer = await broker.call<unknown, object>("mail.metrics", {}, options).catch(() => undefined);
    return areMetrics(answer) ? answer : undefined;
  };
  const others = broker.registry
    .getNodeList({ withServices: true })
    .filter((node) => !node.local && offersMetrics(node));
  const [own, ...answers] = await Promise.all([
    metricsOf(broker).registry.getMetricsAsJSON(),
    ...others.map(async ({ id, available }) => [id, available ? await ask(id) : undefined] as const),
  ]);
  const up = await nodesUp(
    new Map([[broker.nodeID, true], ...answers.map(([id, metrics]) => [id, metrics !== undefined] as const)]),
  );
  return textOf([own, ...answers.flatMap(([, metrics]) => (metrics ? [metrics] : [])), up]);
}

/** A node that has vanished stays on the list for ten minutes, with what it offered; one that left in order offers nothing. */
function offersMetrics({ services }: { services?: { actions?: object }[] }): boolean {
  return (services ?? []).some(({ actions = {} }) => Object.hasOwn(actions, "mail.metrics"));
}
