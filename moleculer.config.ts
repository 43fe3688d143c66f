/** The broker of a Meshmail node. Moleculer's own variables (NAMESPACE, NODEID, LOGLEVEL, SERIALIZER, MOL_…) lie over it. */
import type { BrokerOptions } from "moleculer";
import { natsTransporter } from "./lib/config/nats.ts";
import { loadDotenv } from "./lib/config/dotenv.ts";
import { maxPayloadMiddleware } from "./mixins/max-payload.middleware.ts";
import { workAloneMiddleware } from "./mixins/work-alone.middleware.ts";
import { replCommands } from "./repl.ts";

/** The names of Moleculer's own actions: an open gateway of somebody else would tell strangers what there is, and how it is. */
const busOnly = ["list", "services", "actions", "events", "health", "metrics"];

/** What lies over these actions. An object for each: of a shared one, Moleculer gives the first one's handler to all. */
function nodeActions() {
  const visible = busOnly.map((name) => [name, { visibility: "public" }] as const);
  // $node.options would show the transporter's password to every node of the mesh
  return { ...Object.fromEntries(visible), options: false };
}

/** A function, so that nothing is read before the Runner asks. */
export default function brokerOptions(): BrokerOptions {
  loadDotenv();
  return {
    ...natsTransporter(process.env),
    // Tailchat's mesh and most others speak JSON; JSONExt would turn dates and bytes into text for them
    serializer: "JSON",
    // a call into a mesh that is down would otherwise wait for ever
    requestTimeout: 30_000,
    // lets running calls finish at stop; without it their callers never hear. The drain of 20 s comes after, and containers
    // are killed after 30
    tracking: { enabled: true, shutdownTimeout: 8_000 },
    logLevel: "info",
    internalServices: { $node: { actions: nodeActions() } },
    // objects, or the Runner ends at MOL_TRACING__ENABLED=true
    metrics: { enabled: false },
    tracing: { enabled: false },
    middlewares: [maxPayloadMiddleware, workAloneMiddleware],
    replOptions: { customCommands: replCommands },
  } as BrokerOptions;
}
