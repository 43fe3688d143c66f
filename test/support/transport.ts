/** Transport settings for tests: the scripted server's address, its account, short times. */
import type { TransportConfig } from "../../lib/config/config.ts";
import { Secret } from "../../lib/secret.ts";
import { testCa } from "./certificates.ts";

export const quick: TransportConfig["timeouts"] = {
  dns: 1000,
  connect: 500,
  greeting: 500,
  command: 500,
  afterDot: 500,
  total: 5000,
};

/** For whoever does not wait for a time to run out: a busy machine must not run into one either. */
export const patient: TransportConfig["timeouts"] = {
  dns: 5000,
  connect: 5000,
  greeting: 5000,
  command: 5000,
  afterDot: 5000,
  total: 10_000,
};

/** One for all, for the certificates of the authorities are read once for each. */
const trusting: TransportConfig["tls"] = { ca: testCa };

/** STARTTLS with the test account, unless the test says otherwise. */
export function transportTo(
  server: { port: number },
  change: Partial<TransportConfig> = {},
): TransportConfig {
  return {
    name: "primary",
    host: "127.0.0.1",
    port: server.port,
    security: "starttls",
    allowCleartextAuth: false,
    username: "user@example.com",
    password: new Secret("secret"),
    auth: "password",
    dialect: "host",
    tls: trusting,
    timeouts: quick,
    pool: true,
    maxConnections: 5,
    maxMessages: 100,
    ...change,
  };
}

/** In clear, without an account. */
export function plainTransportTo(
  server: { port: number },
  change: Partial<TransportConfig> = {},
): TransportConfig {
  const transport = transportTo(server, { security: "opportunistic", tls: {}, ...change });
  delete transport.username;
  delete transport.password;
  return transport;
}
