/** A sibling service's process: calls the mail services of several meshes, one namespace each, and takes the time. */
import { setTimeout } from "node:timers/promises";
import { ServiceBroker } from "moleculer";
import { answer } from "./channel.ts";
import { letter, sendAll } from "./load.ts";

/** Long enough for the message before to be delivered: what is measured is the answer, not how busy the node is. */
const PAUSE_MS = 5;

const brokers = new Map<string, ServiceBroker>();

function brokerOf(namespace: string): ServiceBroker {
  const broker = brokers.get(namespace);
  if (!broker) throw new Error(`not connected to ${namespace}`);
  return broker;
}

/** Meshmail says it by itself, the others in nodemailer's info; both call it `messageId`. */
async function send(broker: ServiceBroker, params: object): Promise<string> {
  const { messageId } = await broker.call<{ messageId: string }, object>("mail.send", params);
  return messageId;
}

answer({
  async connect({ namespace }: { namespace: string }) {
    const broker = new ServiceBroker({
      namespace,
      nodeID: "caller",
      transporter: process.env["TRANSPORTER"] as never,
      logger: false,
      requestTimeout: 30_000,
      transit: { serviceChangedDebounceTime: 5 } as never,
    });
    brokers.set(namespace, broker);
    await broker.start();
    await broker.waitForServices(["mail", "bench"]);
  },

  /** Whether Meshmail's outbox survives the process, by its own word. */
  async isDurable({ namespace }: { namespace: string }) {
    const broker = brokerOf(namespace);
    const params = { ...letter(0), sendAt: Date.now() + 3_600_000 };
    const { id, durable } = await broker.call<{ id: string; durable?: false }, object>("mail.send", params);
    await broker.call("mail.cancel", { id });
    return durable !== false;
  },

  send({ namespace, count, atATime }: { namespace: string; count: number; atATime: number }) {
    const broker = brokerOf(namespace);
    return sendAll(count, atATime, (params) => send(broker, params));
  },

  /** One call after the other, with a pause between: how long each took, in ms. */
  async timeEmpty({ namespace, count }: { namespace: string; count: number }) {
    const broker = brokerOf(namespace);
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const begin = performance.now();
      await broker.call("bench.empty");
      times.push(performance.now() - begin);
      await setTimeout(PAUSE_MS);
    }
    return times;
  },

  /** The same for `mail.send`, with the Message-IDs. */
  async timeSend({ namespace, count, params }: { namespace: string; count: number; params: object }) {
    const broker = brokerOf(namespace);
    const times: number[] = [];
    const ids: string[] = [];
    for (let n = 0; n < count; n++) {
      const letterAndMore = { ...letter(n), ...params };
      const begin = performance.now();
      ids.push(await send(broker, letterAndMore));
      times.push(performance.now() - begin);
      await setTimeout(PAUSE_MS);
    }
    return { times, ids };
  },

  cpuTime({ namespace }: { namespace: string }) {
    return brokerOf(namespace).call("bench.cpuTime");
  },
});
