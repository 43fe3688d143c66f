/** A node works alone while the mesh is not there, at start or later, and joins by itself when it comes. */
import type { Middleware, ServiceBroker, Transit } from "moleculer";

/** How long the start waits for a message broker that neither takes nor refuses us, in ms. */
const SILENCE_MS = 2_000;

/** What of Moleculer's transporters is used here and missing from its types; only the one for NATS has such a client. */
interface Wire {
  opts?: { servers?: string | string[] };
  client?: { status?(): AsyncIterable<{ type: string }>; close(): Promise<void> } | null;
}

/**
 * Moleculer starts no service before its transporter has connected, and waits for that for ever. With this the start goes on
 * as soon as the first attempt fails; Moleculer's further attempts go on behind it, and the first that succeeds joins the node
 * to the mesh. A mesh that is there at start is joined first, as ever. For the `middlewares` of any broker.
 */
export const workAloneMiddleware: Middleware = {
  name: "WorkAlone",

  created(broker) {
    const { transit } = broker;
    // where NATS does the balancing, even a call to a service of the same node goes through it
    if (!transit || broker.options.disableBalancer) return;
    const wire = transit.tx as Wire;
    const connect = transit.connect.bind(transit);
    const disconnect = transit.disconnect.bind(transit);
    let left = false;

    transit.connect = () => {
      left = false;
      let alone = false;
      return new Promise((resolve, reject) => {
        const callOff = onceUnreachable(broker, (reason) => {
          if (left) return;
          alone = true;
          const mesh = meshOf(wire);
          broker.logger.warn(
            `${mesh} is not there (${reason}); the node works alone and joins when it comes.`,
          );
          resolve();
        });
        const joined = async (): Promise<void> => {
          callOff();
          // stopped meanwhile: Moleculer's attempts do not end with the broker
          if (left) return disconnect();
          followWire(broker, transit).catch((error: unknown) => broker.logger.error(error));
          if (alone) await announce(broker, transit);
          resolve();
        };
        connect().then(joined).catch(reject);
      });
    };

    transit.disconnect = async () => {
      left = true;
      // the transporter would first wait for an answer of the server that is gone
      if (!transit.tx.connected && wire.client) {
        await wire.client.close();
        wire.client = null;
      }
      return disconnect();
    };
  },
};

/** Tells once why the first attempt failed, or that nobody answers it. Returns how to call that off. */
function onceUnreachable(broker: ServiceBroker, tell: (reason: string) => void): () => void {
  const failed = ({ error }: { error: Error }): void => end(error.message);
  const silence = setTimeout(() => end("no answer"), SILENCE_MS);
  broker.localBus.once("$transporter.error", failed);

  function callOff(): void {
    clearTimeout(silence);
    broker.localBus.off("$transporter.error", failed as never);
  }

  function end(reason: string): void {
    callOff();
    tell(reason);
  }

  return callOff;
}

/** Tells the mesh what the start could not: who we are, with all services. The others would ask at our next heartbeat only. */
async function announce(broker: ServiceBroker, transit: Transit): Promise<void> {
  transit.ready();
  await transit.discoverer.sendLocalNodeInfo();
  broker.logger.info(`${meshOf(transit.tx)} has come; the node has joined it.`);
}

/**
 * The NATS client reconnects by itself, but Moleculer does not hear of it, as it does with its other transporters: calls would
 * wait for their time-out while NATS is away, and after half a minute of that the nodes would have forgotten each other.
 */
async function followWire(broker: ServiceBroker, transit: Transit): Promise<void> {
  const wire = transit.tx as Wire;
  for await (const { type } of wire.client?.status?.() ?? []) {
    if (type === "disconnect") {
      transit.tx.connected = false;
      void broker.broadcastLocal("$transporter.disconnected", { graceFul: false });
      broker.logger.warn(`${meshOf(wire)} is gone; the node works alone and joins again when it is back.`);
    }
    if (type === "reconnect") {
      await transit.tx.onConnected(true);
      broker.logger.info(`${meshOf(wire)} is back; the node has joined it again.`);
    }
  }
}

/** For people, without user and password. */
function meshOf({ opts }: Wire): string {
  const hosts = [opts?.servers ?? []].flat().map((server) => server.replace(/^(.*@|\w+:\/\/)/, ""));
  return hosts.length > 0 ? `The mesh at nats://${hosts.join(",")}` : "The mesh";
}
