/** What load balancers and monitoring ask of the gateway, as a table of routes. */
import { contentType } from "../metrics.ts";
import { ok, type Route } from "./route.ts";

export const operatingRoutes: readonly Route[] = [
  { method: "GET", path: "/health/live", answer: async () => ok({ status: "ok" }) },
  {
    method: "GET",
    path: "/health/ready",
    answer: async ({ ready }) => {
      await ready();
      return ok({ status: "ok" });
    },
  },
  {
    method: "GET",
    path: "/metrics",
    scope: "read",
    openOnLoopback: true,
    answer: async ({ metrics }) => ({ status: 200, body: await metrics(), type: contentType }),
  },
];
