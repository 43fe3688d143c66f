/** The route for Prometheus in words. */
import type { Operation } from "../operation.ts";

export const getMetrics: Operation = {
  id: "getMetrics",
  tag: "Operating",
  summary: "Metrics for Prometheus",
  description:
    "Of this gateway and of every mail node of the mesh, in Prometheus' text format. On the gateway's own machine no key is needed.",
  answers: {
    200: {
      description: "One text, with the label `node` in every line.",
      schema: { type: "string" },
      type: "text/plain",
    },
  },
  examples: {},
};
