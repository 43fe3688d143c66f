/** What load balancers and monitoring ask of the gateway, as a table of routes. */
import { contentType } from "../metrics.ts";
import { getLiveness, getReadiness } from "./openapi/operations/health.ts";
import { getMetrics } from "./openapi/operations/metrics.ts";
import { ok, type Route } from "./route.ts";

export const operatingRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/health/live",
    answer: async () => ok({ status: "ok" }),
    operation: getLiveness,
  },
  {
    method: "GET",
    path: "/health/ready",
    answer: async ({ ready }) => {
      await ready();
      return ok({ status: "ok" });
    },
    operation: getReadiness,
  },
  {
    method: "GET",
    path: "/metrics",
    scope: "read",
    openOnLoopback: true,
    answer: async ({ metrics }) => ({ status: 200, body: await metrics(), type: contentType }),
    operation: getMetrics,
  },
];
