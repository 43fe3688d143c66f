/** The gateway's requests in figures, by the pattern of their route, never by their path. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Histogram, type Registry } from "prom-client";

/** @param durationMs from the request's head to the end of its answer */
export type Served = (
  request: Pick<IncomingMessage, "method"> & { $alias?: { fullPath: string } },
  response: Pick<ServerResponse, "headersSent" | "statusCode">,
  durationMs: number,
) => void;

/** Others that Node's parser lets through are counted as one. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);

/** As nginx says of a client that has gone before there was an answer. */
const LEFT = 499;

export function requestMetrics(registry: Registry): Served {
  const duration = new Histogram({
    name: "meshmail_http_request_duration_seconds",
    help: "From a request's head to the end of its answer; route is its pattern, or none; status 499: the client left before",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90],
    registers: [registry],
  });
  return ({ method = "", $alias }, { headersSent, statusCode }, durationMs) => {
    const labels = {
      method: methods.has(method) ? method : "other",
      route: $alias?.fullPath ?? "none",
      status: headersSent ? statusCode : LEFT,
    };
    duration.observe(labels, durationMs / 1000);
  };
}
