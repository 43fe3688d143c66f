/** The settings of the HTTP gateway and of the node: who may reach it, and from where. */
import { isIPv4 } from "node:net";
import type { Config } from "./config.ts";
import type { Report } from "./faults.ts";
import type { Reading } from "./reader.ts";

export function gatewayConfig({ values, given }: Reading, report: Report): Config["gateway"] {
  const gateway = {
    enabled: values.GATEWAY && values.SERVICES.includes("gateway"),
    host: values.GATEWAY_HOST,
    port: values.GATEWAY_PORT,
    apiKeys: values.GATEWAY_API_KEYS ?? [],
    cors: values.GATEWAY_CORS ?? [],
    trustProxy: values.GATEWAY_TRUST_PROXY,
    rateLimit: values.GATEWAY_RATE_LIMIT,
  };
  if (gateway.enabled && !given("GATEWAY_API_KEYS") && !isLoopback(gateway.host)) {
    const expected = `keys, since GATEWAY_HOST=${gateway.host} is reached from other machines (or GATEWAY_HOST=127.0.0.1)`;
    report.faults.push({ variable: "GATEWAY_API_KEYS", expected, came: "none" });
  }
  if (!gateway.enabled && !values.SERVICES.includes("mail")) {
    const expected = "something to run: mail as well, or the gateway switched on";
    report.faults.push({ variable: "SERVICES", expected, came: "the gateway alone beside GATEWAY=off" });
  }
  return gateway;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
