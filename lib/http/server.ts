/** The HTTP server below the gateway: limits in time, and a quiet end. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Duplex } from "node:stream";
import type { MailError } from "../errors.ts";
import { type Address, listen } from "../listen.ts";
import { headersTooLarge, httpError, problemOf } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

export interface HttpServer extends Address {
  readonly server: Server;
  /**
   * Takes no more connections, and cuts who has not read his answer after a second. Running requests go on. Harmless when
   * repeated
   */
  quiesce(): void;
  /** Takes no more requests, gives the running ones a second, then cuts them. Harmless when repeated */
  close(): Promise<void>;
}

export interface HttpServerOptions extends Address {
  /** Milliseconds until a request must be here, body included; slower ones get 408. @default 25,000 */
  requestTimeout?: number;
}

const CLOSE_GRACE = 1000;
/** Silence on a connection, in ms: who does not read his answer holds it in our memory. Longer than the longest call. */
const SILENCE = 120_000;
/** Requests on one connection whose answers have not left yet: far more than any client sends ahead. */
const PIPELINED = 32;

/**
 * What Node's parser refuses never reaches the handler: the answer is 400, 408 or 431, as a problem like all others.
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
    // the handler says it in more words
    requireHostHeader: false,
  });
  server.setTimeout(SILENCE);
  /** Of each connection, in the order of the requests */
  const answers = new Map<Duplex, Set<ServerResponse>>();
  function receive(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const pending = answers.get(socket) ?? new Set();
    answers.set(socket, pending.add(response));
    response.on("close", () => {
      pending.delete(response);
      if (pending.size === 0) answers.delete(socket);
    });
    if (pending.size > PIPELINED) socket.destroy();
    else handle(request, response);
  }
  server.on("request", receive);
  // of other expectations a server need know nothing (RFC 9110 section 10.1.1)
  server.on("checkExpectation", (request, response) => {
    delete request.headers.expect;
    receive(request, response);
  });
  // Node would ask for the body at once; here the key is looked at first
  server.on("checkContinue", (request, response) => {
    response.shouldKeepAlive = false;
    receive(request, response);
  });
  // Node would hang up without a word
  server.on("connect", (_request, socket) => {
    const remedy = "Use GET, POST or DELETE; this is no proxy.";
    refuse(socket, httpError("HTTP_METHOD_NOT_ALLOWED", "There are no tunnels here.", remedy), undefined);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    refuse(socket, refusalOf(error.code), [...(answers.get(socket) ?? [])].at(-1));
  });
  const remedy = "Stop that program, or set GATEWAY_HOST and GATEWAY_PORT";
  const address = await listen(server, { host, port }, "The gateway", remedy);

  let quiet: Promise<void> | undefined;
  function quiesce(): Promise<void> {
    quiet ??= new Promise((resolve) => {
      for (const response of [...answers.values()].flatMap((pending) => [...pending])) {
        response.shouldKeepAlive = false;
      }
      const timer = setTimeout(cutUnread, CLOSE_GRACE);
      server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return quiet;
  }

  function cutUnread(): void {
    for (const [socket, [first]] of answers) if (first?.headersSent) socket.destroy();
  }

  return {
    ...address,
    server,
    quiesce: () => void quiesce(),
    async close() {
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE);
      await quiesce();
      clearTimeout(timer);
    },
  };
}

/** What Node's parser found, in our words; its own may quote the request. */
function refusalOf(code = ""): MailError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return httpError(
        "HTTP_REQUEST_TIMEOUT",
        "The request did not come in time.",
        "Send it again; if that is too slow a line, with less in it.",
      );
    case "HPE_HEADER_OVERFLOW":
      return headersTooLarge("The headers are larger than 16 KB.");
    default:
      return httpError(
        "HTTP_BAD_REQUEST",
        "This is not a valid HTTP request.",
        "Use an HTTP client; to this port it speaks plain HTTP/1.1, not HTTPS.",
      );
  }
}

/** By hand: there may be no request, and so no response. Whoever is in the midst of an answer just sees the end of it. */
function refuse(socket: Duplex, error: MailError, answer: ServerResponse | undefined): void {
  const isAnswering = answer?.headersSent === true && !answer.writableFinished;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  if (isAnswering) {
    // what is written already may not have left yet
    socket.end(() => socket.destroy());
    return;
  }
  const problem = problemOf(error, requestIdOf(undefined));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-ID: ${problem.requestId}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
  ];
  socket.end([...head, "", body].join("\r\n"), () => socket.destroy());
}
