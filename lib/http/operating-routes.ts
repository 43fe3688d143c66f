/** What load balancers and monitoring ask of the gateway, as a table of routes. */
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
];
