/** The door to the mail service of a mesh: through the broker of the REPL, or through one that joins as a guest. */
import { type BrokerOptions, ServiceBroker } from "moleculer";
import type { Door, MessageList, ServiceDoor } from "./lib/commands/door.ts";
import type { Environment } from "./lib/config/environment.ts";
import { ConfigError } from "./lib/config/faults.ts";
import { natsTransporter } from "./lib/config/nats.ts";
import { MailError } from "./lib/errors.ts";
import type { MailStats } from "./lib/outbox/outbox.ts";
import type { MailReceipt, PublicRecord } from "./lib/outbox/receipt.ts";
import type { VerifyReport } from "./lib/smtp/verify.ts";
import type { RenderedTemplate, Template } from "./lib/templates/template.ts";
import { maxPayloadMiddleware } from "./mixins/max-payload.middleware.ts";

/** A walk or an attempt takes its time, longer than calls usually may. */
const PATIENCE_MS = 150_000;
const CALL_MS = 30_000;
/** How long a mesh may take to be joined, and the service to be seen in it. */
const CONNECT_MS = 5_000;
const JOIN_MS = 10_000;
const SERVICE_MS = 5_000;

/** Through a broker that somebody else starts and stops. */
export function openBrokerDoor(broker: ServiceBroker): Door & ServiceDoor {
  const call = <Result>(action: string, params: object = {}, timeout = CALL_MS): Promise<Result> =>
    // a retry would send a second message, or ask a service that is not there again and again
    broker.call<Result, object>(action, params, { timeout, retries: 0 }).catch((error: unknown) => {
      throw inOurWords(error);
    });
  return {
    async whereabouts() {
      const { transports } = await call<MailStats>("mail.stats");
      return { node: broker.nodeID, transports };
    },
    verify: (params) => call<VerifyReport>("mail.verify", params, PATIENCE_MS),
    send: (message) => call<MailReceipt>("mail.send", message, PATIENCE_MS),
    letters: async () => ({
      templates: await call<Template[]>("mail.templates"),
      render: (request) => call<RenderedTemplate>("mail.render", request),
      notes: () => [],
    }),
    list: (query) => call<MessageList>("mail.list", query),
    get: (id) => call<PublicRecord>("mail.get", { id }),
    retry: (id) => call<PublicRecord>("mail.retry", { id }),
    cancel: (id) => call<PublicRecord>("mail.cancel", { id }),
    stats: () => call<MailStats>("mail.stats"),
    async close() {},
  };
}

/**
 * Joins the mesh of TRANSPORTER as a node without services, which leaves when the door closes.
 * @param shown the transporter for people, without user and password
 * @throws MailError CLI_MESH_UNREACHABLE, CLI_NO_MAIL_SERVICE; ConfigError for a transporter that is none
 */
export async function openMeshDoor(environment: Environment, shown: string): Promise<ServiceDoor> {
  const broker = guestOf(environment);
  try {
    await joined(broker, shown);
    await broker.waitForServices("mail", SERVICE_MS, 20).catch(() => {
      throw noMailService(shown);
    });
  } catch (error) {
    await broker.stop().catch(() => {});
    throw error;
  }
  return { ...openBrokerDoor(broker), close: () => broker.stop() };
}

/** Where Moleculer would end the process without a word of ours, it throws. */
class Guest extends ServiceBroker {
  override fatal(message: string, error?: Error): never {
    throw error ?? new Error(message);
  }
}

/** NAMESPACE and SERIALIZER must be those of the mesh. NODEID must not: the node that it names may be running. */
function guestOf(environment: Environment): ServiceBroker {
  const valueOf = (name: string) => environment.get(name)?.value.trim() || undefined;
  const written = valueOf("TRANSPORTER");
  const { transporter = written } = natsTransporter({ TRANSPORTER: written });
  const options = {
    nodeID: `meshmail-cli-${crypto.randomUUID()}`,
    namespace: valueOf("NAMESPACE"),
    transporter: withLimit(transporter),
    serializer: valueOf("SERIALIZER") ?? "JSON",
    logger: false,
    internalServices: false,
    // a mesh that cannot be reached is told at once
    transit: { disableReconnect: true },
    // Ctrl-C ends the command, with the status of one that was broken off
    skipProcessEventRegistration: true,
    middlewares: [maxPayloadMiddleware],
  };
  try {
    return new Guest(options as unknown as BrokerOptions);
  } catch {
    // Moleculer's error repeats what was written, and that may hold a password
    const expected = "the URL of a mesh, nats://user:password@host:4222";
    throw new ConfigError([{ variable: "TRANSPORTER", expected, came: "something else" }]);
  }
}

function withLimit(transporter: object | string | undefined): object | string | undefined {
  if (typeof transporter !== "object") return transporter;
  const { options } = transporter as { options?: object };
  return { ...transporter, options: { ...options, timeout: CONNECT_MS } };
}

/** Moleculer tells of a failed connection by an event only, and its `start` goes on waiting. */
async function joined(broker: ServiceBroker, shown: string): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(reject, JOIN_MS);
    broker.localBus.once("$transporter.error", ({ error }: { error: Error }) => reject(error));
  });
  try {
    await Promise.race([broker.start(), failed]);
  } catch (error) {
    throw meshUnreachable(shown, error);
  } finally {
    clearTimeout(limit);
  }
}

const REFUSED = "it refuses the user or the password";

/** What the client of NATS says, by its codes; its own sentences can hold the address with user and password. */
const causes: Readonly<Record<string, string>> = {
  CONNECTION_REFUSED: "nobody listens there",
  ECONNREFUSED: "nobody listens there",
  AUTHORIZATION_VIOLATION: REFUSED,
  BAD_AUTHENTICATION: REFUSED,
  ENOTFOUND: "there is no host of this name",
  EAI_AGAIN: "its name cannot be looked up",
  TIMEOUT: "it does not answer",
  CONNECTION_TIMEOUT: "it does not answer",
};

function meshUnreachable(shown: string, error: unknown): MailError {
  const { code = "TIMEOUT", chainedError } = Object(error) as {
    code?: string;
    chainedError?: { code?: string };
  };
  const why = causes[chainedError?.code ?? ""] ?? causes[code] ?? code;
  const remedy =
    why === REFUSED
      ? "Correct user and password in TRANSPORTER, percent-encoded (# is %23, / is %2F)."
      : "Start NATS there, correct --transporter (TRANSPORTER), or ask a gateway with --url.";
  return new MailError(
    "CLI_MESH_UNREACHABLE",
    `the mesh at ${shown} cannot be reached: ${why}`,
    { remedy },
    { code: 503, retryable: true },
  );
}

function noMailService(shown?: string): MailError {
  return new MailError(
    "CLI_NO_MAIL_SERVICE",
    shown === undefined ? "no node of this mesh offers mail" : `no node of the mesh at ${shown} offers mail`,
    { remedy: "Start a mail node (`npm start`) with the same TRANSPORTER and NAMESPACE, then try again." },
    { code: 503, retryable: true },
  );
}

/** What Moleculer says itself, in words that name what to do; what the service says stays as it is. */
function inOurWords(error: unknown): unknown {
  const { type = "" } = Object(error) as { type?: string };
  if (/^SERVICE_NOT_(FOUND|AVAILABLE)$/.test(type)) return noMailService();
  if (type !== "REQUEST_TIMEOUT") return error;
  return new MailError(
    "CLI_NO_ANSWER",
    "the mail service did not answer in time",
    { remedy: "Look with `mail list` or `meshmail list` whether it was done before you try again." },
    { code: 504, retryable: false },
  );
}
