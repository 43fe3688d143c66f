/** A node with mail service, gateway and sandbox in this process, for tests that ask over HTTP. */
import { type Service, ServiceBroker } from "moleculer";
import type { TransportConfig } from "../../lib/config/config.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createMailService } from "../../services/mail.service.ts";
import { createSandboxService, type SandboxVars } from "../../services/sandbox.service.ts";
import { configFor } from "./config.ts";
import { opened } from "./open.ts";
import { plainTransportTo } from "./transport.ts";

export interface GatewayNode {
  readonly url: string;
  readonly sandbox: Service & SandboxVars;
}

/** @param others  servers beside the sandbox, which is the first one */
export async function startGatewayNode(
  others: readonly TransportConfig[] = [],
  env: Record<string, string> = {},
): Promise<GatewayNode> {
  const broker = new ServiceBroker({ logger: false });
  const closed = opened("gateway node", async () => {
    await broker.stop();
    closed();
  });
  const sandbox = broker.createService(createSandboxService({ port: 0 })) as Service & SandboxVars;
  await broker.start();
  const transports = [plainTransportTo(sandbox.smtp), ...others];
  // by the schedule nothing is tried again while a test looks at it
  const config = configFor(transports, { GATEWAY_PORT: "0", MAIL_RETRY_SCHEDULE: "1h", ...env });
  const mail = broker.createService(createMailService({ config }));
  const gateway = broker.createService(createGatewayService({ config, sandbox: true }));
  await broker.waitForServices([mail.name, gateway.name]);
  const { host, port } = gateway.settings as { host: string; port: number };
  return { url: `http://${host}:${port}`, sandbox };
}
