/** The HTTP gateway: lets in who may come, hands each route's request to the mesh, and tells problems as RFC 9457 has it. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Context, Service, ServiceSchema } from "moleculer";
import ApiGateway, { type ApiRouteSchema, type GatewayResponse, type IncomingRequest } from "moleculer-web";
import type { Config } from "../lib/config/config.ts";
import { readEnvironment } from "../lib/config/environment.ts";
import { loadConfig } from "../lib/config/load.ts";
import { send, sendProblem } from "../lib/http/answer.ts";
import { bodyLimit, hasBody, readJson } from "../lib/http/body.ts";
import { corsHeaders } from "../lib/http/cors.ts";
import { docsRoutes } from "../lib/http/docs-routes.ts";
import { type Door, openDoor } from "../lib/http/door.ts";
import { isLoopback } from "../lib/http/host.ts";
import { mailRoutes } from "../lib/http/mail-routes.ts";
import { openApiDocument } from "../lib/http/openapi/document.ts";
import { operatingRoutes } from "../lib/http/operating-routes.ts";
import { httpError, notFound, problemOf } from "../lib/http/problem.ts";
import { readinessCheck } from "../lib/http/readiness.ts";
import { requestIdOf } from "../lib/http/request-id.ts";
import type { Route } from "../lib/http/route.ts";
import { sandboxRoutes } from "../lib/http/sandbox-routes.ts";
import { type HttpServer, openHttpServer } from "../lib/http/server.ts";
import type { MailStats } from "../lib/outbox/outbox.ts";
import { urlOf } from "../lib/url.ts";
import { tooLarge } from "../mixins/max-payload.middleware.ts";
import { meshMetrics, metricsOf } from "../mixins/metrics.ts";
import { hushSpan } from "../mixins/traces.ts";

const CALL_TIMEOUT = 30_000;
const probes: ReadonlySet<string> = new Set(operatingRoutes.map(({ path }) => path));
/** Milliseconds for the mail service of the same node to start */
const START_PATIENCE = 30_000;
/** A load balancer wants to know now. */
const READY_TIMEOUT = 2_000;

export interface GatewayOptions {
  /** @default read from the environment when the service is created */
  config?: Pick<Config, "gateway" | "mail">;
  /** Also serves the sandbox's inbox in the way of Mailpit. @default false */
  sandbox?: boolean;
}

interface Settings {
  /** Where it listens, once it does */
  host: string;
  port: number;
}

interface Vars {
  config: Pick<Config, "gateway" | "mail">;
  door: Door;
  ready: () => Promise<void>;
  http: HttpServer;
  /** The same that moleculer-web would make for itself */
  server: Server;
}

interface Methods {
  receive(request: IncomingMessage, response: ServerResponse): void;
  fulfil(route: Route, request: IncomingRequest, response: GatewayResponse): Promise<void>;
  methodsOf(path: string): string[];
  send404(request: IncomingRequest, response: GatewayResponse): void;
  errorHandler(request: IncomingMessage, response: ServerResponse, error: unknown): void;
}

/** What of moleculer-web is used here and missing from `Service`. */
interface Router {
  aliases: { method: string; match(path: string): unknown }[];
  addRoute(route: ApiRouteSchema): void;
  httpHandler(request: IncomingMessage, response: ServerResponse): Promise<void>;
  regenerateAllAutoAliases: () => void;
}

/** A plain service schema. Without a config it reads the environment when it is created. */
export function createGatewayService(options: GatewayOptions = {}): ServiceSchema {
  const schema: ServiceSchema<object, Methods, Vars & Router> = {
    name: "gateway",
    mixins: [ApiGateway],

    settings: {
      // ours, because moleculer-web's begins to read bodies before anybody can look at the key
      server: false,
      // not here but in created(): an empty list would make it serve every action of the mesh
      routes: null,
      ip: null,
      port: null,
      // the request line holds the query, and a query can hold an address: we log on our own, without it
      logRequest: null,
      logRequestParams: null,
      logResponse: null,
      logRouteRegistration: null,
    },

    actions: {
      rest: {
        // the first entry replaces that of moleculer-web, `req.url`
        tracing: { tags: { params: ["req.method"] }, spanName: "HTTP request" },
        // a request cannot be served twice: its body has been read
        retryPolicy: { enabled: false },
      },
      // with these any node of the mesh could list the routes, or add some
      listAliases: false,
      addRoute: false,
      removeRoute: false,
    },

    hooks: {
      error: {
        "*"(ctx, error) {
          hushSpan(ctx, error);
          throw error;
        },
      },
    },

    methods: {
      /** Before the router: what holds for every request. */
      receive(request, response) {
        const started = performance.now();
        const path = pathOf(request);
        const requestId = requestIdOf(request.headers["x-request-id"]);
        // moleculer-web takes either as it is, and hands it on through the mesh
        request.headers["x-request-id"] = requestId;
        delete request.headers["x-correlation-id"];
        response.setHeader("X-Request-ID", requestId);
        response.on("close", () => {
          const time = performance.now() - started;
          const status = response.headersSent ? response.statusCode : "left by the client";
          const words = `${request.method} ${path.slice(0, 200)} ${status} ${Math.round(time)} ms (${requestId})`;
          // probes and scrapes come every few seconds
          if (probes.has(path) && response.statusCode < 400) this.logger.debug(words);
          else this.logger.info(words);
          metricsOf(this.broker).served(request, response, time);
        });
        try {
          // not for the router, which would run the handler of the method that a preflight asks about
          const methods = request.method === "OPTIONS" ? this.methodsOf(path) : undefined;
          const { cors } = this.config.gateway;
          response.setHeaders(new Map(Object.entries(corsHeaders(cors, request, methods))));
          this.door.check(request);
          if (methods) return sendOptions(response, methods);
        } catch (error) {
          return this.errorHandler(request, response, error);
        }
        void this.httpHandler(request, response);
      },

      /** Behind the router: the key and the rate first, then the body, then the mesh. */
      async fulfil(route, request, response) {
        const key = await this.door.admit(route, request);
        const headers = key === undefined ? {} : { "meshmail-scope": key };
        const ctx: Context = request.$ctx;
        const limit = bodyLimit(this.config.mail.maxSize);
        const proceed = (): void => {
          if (request.headers.expect === undefined) return;
          response.writeContinue();
          delete request.headers.expect;
        };
        const answer = await route.answer({
          path: request.$params.params,
          query: new URLSearchParams(request.originalUrl.split("?").slice(1).join("?")),
          headers: request.headers,
          hasBody: hasBody(request),
          body: () => readJson(request, { limit, proceed, anyType: route.anyType }),
          call: <Result>(action: string, params: object = {}, timeout = CALL_TIMEOUT) =>
            ctx
              // a broker's retry policy would send the message again: the client decides on that
              .call<Result, object>(action, params, { timeout, headers, retries: 0 })
              .catch((error: unknown) => {
                throw tooLarge(error);
              }),
          ready: this.ready,
          isAwaited: () => !response.closed,
          metrics: () => meshMetrics(this.broker),
        });
        send(response, answer);
      },

      /** What may be asked of a path; empty: there is nothing. */
      methodsOf(path) {
        return this.aliases.filter((alias) => alias.match(path)).map(({ method }) => method);
      },

      /** Takes the place of moleculer-web's; where only the method is wrong, it says which ones are right. */
      send404(request, response) {
        const methods = this.methodsOf(request.parsedUrl);
        if (methods.length === 0) throw notFound();
        const allowed = methods.join(", ");
        response.setHeader("Allow", allowed);
        const remedy = `Use ${allowed}.`;
        throw httpError("HTTP_METHOD_NOT_ALLOWED", "This path does not take this method.", remedy);
      },

      /** Takes the place of moleculer-web's, which shows and logs everything, the error's data too. */
      errorHandler(_request, response, error) {
        const requestId = String(response.getHeader("X-Request-ID"));
        const problem = problemOf(error, requestId);
        if (problem.type === "HTTP_INTERNAL_ERROR") {
          this.logger.error(
            `Request ${requestId} failed: ${(error as Error | null)?.stack ?? String(error)}`,
          );
        }
        sendProblem(response, problem);
      },
    },

    created() {
      this.config = options.config ?? loadConfig(readEnvironment());
      this.door = openDoor(this.config.gateway);
      this.ready = readinessCheck({
        isMeshJoined: () => this.broker.transit?.tx.connected ?? true,
        stats: () =>
          this.broker.call<MailStats, object>("mail.stats", {}, { timeout: READY_TIMEOUT, retries: 0 }),
      });
      const api = [...mailRoutes, ...operatingRoutes];
      this.addRoute(
        routerOptions([
          ...api,
          ...docsRoutes(() => openApiDocument(api, { keyed: this.door.isKeyed })),
          ...(options.sandbox ? sandboxRoutes : []),
        ]),
      );
      // before the tracker waits for running calls: who does not read his answer would be waited for, too
      this.broker.middlewares.add({ stopping: async () => this.http?.quiesce() });
      // it would tell the whole mesh, at every change in it, that there are no automatic aliases
      this.regenerateAllAutoAliases = () => {};
    },

    async started() {
      const { host, port } = this.config.gateway;
      if (!this.door.isKeyed && !isLoopback(host)) {
        throw new Error(
          `The gateway needs GATEWAY_API_KEYS to listen on ${host}, or GATEWAY_HOST=127.0.0.1.`,
        );
      }
      // who connects as soon as we listen is to find the mail service of this node
      if (this.broker.getLocalService("mail")) await this.waitForServices("mail", START_PATIENCE, 10);
      this.http = await openHttpServer({ host, port }, (request, response) =>
        this.receive(request, response),
      );
      this.server = this.http.server;
      Object.assign(this.settings, { host: this.http.host, port: this.http.port } satisfies Settings);
      this.logger.info(`The gateway listens on ${urlOf(this.http)}.`);
    },

    async stopped() {
      await this.http?.close();
    },
  };
  return schema as ServiceSchema;
}

/** Nothing but the routes of the table: no action by its name, no query mixed into a body, no body read by the router. */
function routerOptions(routes: readonly Route[]): ApiRouteSchema {
  const aliases = routes.flatMap((route) => {
    const methods = route.method === "GET" ? ["GET", "HEAD"] : [route.method];
    return methods.map((method) => [`${method} ${route.path}`, handlerOf(route)] as const);
  });
  const caseCounts = { pathToRegexpOptions: { sensitive: true } }; // missing from the types
  return {
    path: "/",
    mappingPolicy: "restrict",
    mergeParams: false,
    bodyParsers: false,
    aliases: Object.fromEntries(aliases),
    ...caseCounts,
  };
}

/** A rejected promise would get lost in moleculer-web: errors go the way of `next`. */
function handlerOf(route: Route) {
  return function handle(
    this: Service & Methods,
    request: IncomingRequest,
    response: GatewayResponse,
    next: (error: unknown) => void,
  ) {
    this.fulfil(route, request, response).catch(next);
  };
}

function sendOptions(response: ServerResponse, methods: readonly string[]): void {
  if (methods.length === 0) throw notFound();
  response.writeHead(204, { Allow: ["OPTIONS", ...methods].join(", ") }).end();
}

/** Without the query. Fit for a log, for the parser lets only visible ASCII through. */
function pathOf({ url = "" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "";
}

export default createGatewayService();
