/** A transport to explain faults with: a host of ours, user name and password set. */
import type { TransportConfig } from "../../../lib/config/config.ts";
import { Secret } from "../../../lib/secret.ts";

export function transport(change: Partial<TransportConfig> = {}): TransportConfig {
  return {
    name: "primary",
    host: "mail.example.com",
    port: 587,
    security: "starttls",
    allowCleartextAuth: false,
    username: "me@example.com",
    password: new Secret("hunter2"),
    auth: "password",
    dialect: "host",
    tls: {},
    timeouts: { dns: 1, connect: 1, greeting: 1, command: 1, afterDot: 1, total: 1 },
    pool: true,
    maxConnections: 1,
    maxMessages: 1,
    ...change,
  };
}
