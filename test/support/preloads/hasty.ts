/** Preload for a node under test: its HTTP server has fifty times less patience, and the log says how much it would have had. */
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";

const HASTE = 50;
const original = http.createServer;

http.createServer = ((options: http.ServerOptions, ...rest: []) => {
  const { requestTimeout = 0, headersTimeout = 0, connectionsCheckingInterval = 0 } = options;
  console.log(`patience: ${requestTimeout + connectionsCheckingInterval} ms`);
  return original(
    {
      ...options,
      requestTimeout: requestTimeout / HASTE,
      headersTimeout: headersTimeout / HASTE,
      connectionsCheckingInterval: connectionsCheckingInterval / HASTE,
    },
    ...rest,
  );
}) as typeof http.createServer;
syncBuiltinESMExports();
