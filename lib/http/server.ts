/** The HTTP server below the gateway: limits in time, and a quiet end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Address, listen } from "../listen.ts";

export interface HttpServer extends Address {
  readonly server: Server;
  /** Takes no more requests, gives the running ones a second, then cuts them. Harmless when repeated */
  close(): Promise<void>;
}

export interface HttpServerOptions extends Address {
  /** Milliseconds until a request must be here, body included; slower ones get 408. @default 25,000 */
  requestTimeout?: number;
}

const CLOSE_GRACE = 1000;

/**
 * What Node's parser refuses never reaches the handler: it answers 400, 408 and 431 itself.
 * @throws Error with one sentence when the port is taken
 */
export async function openHttpServer(
  { host, port, requestTimeout = 25_000 }: HttpServerOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HttpServer> {
  const server = createServer({
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 10_000),
    connectionsCheckingInterval: Math.min(requestTimeout, 2500),
  });
  server.on("request", handle);
  // Node would ask for the body at once; here the key is looked at first
  server.on("checkContinue", (request, response) => {
    response.shouldKeepAlive = false;
    handle(request, response);
  });
  const remedy = "Stop that program, or set GATEWAY_HOST and GATEWAY_PORT";
  const address = await listen(server, { host, port }, "The gateway", remedy);

  let closed: Promise<void> | undefined;
  return {
    ...address,
    server,
    close() {
      closed ??= new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      return closed;
    },
  };
}
