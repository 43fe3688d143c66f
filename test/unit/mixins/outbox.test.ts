/** Facts about the outbox of a service whose broker stops. */
import { EventEmitter, once } from "node:events";
import { describe, expect, it } from "@jest/globals";
import { ServiceBroker } from "moleculer";
import type { Outbox } from "../../../lib/outbox/outbox.ts";
import { createMailService } from "../../../services/mail.service.ts";
import { configFor } from "../../support/config.ts";

describe("when the broker stops, the outbox", () => {
  it("is told to start nothing new before running calls are waited for, and is closed after them", async () => {
    const happened: string[] = [];
    const outbox = new EventEmitter();
    const options = { logger: false, transporter: "Fake", tracking: { enabled: true } } as const;
    const node = new ServiceBroker({ ...options, nodeID: "mail-1" });
    const mail = node.createService(createMailService({ config: configFor([]) }));
    const other = new ServiceBroker({ ...options, nodeID: "shop-1" });
    other.createService({
      name: "shop",
      actions: {
        async order() {
          other.localBus.emit("asked");
          await once(outbox, "quiesced");
          happened.push("call answered");
        },
      },
    });
    await Promise.all([node.start(), other.start()]);
    await node.waitForServices("shop");
    const opened = mail["outbox"] as Outbox;
    const close = opened.close.bind(opened);
    Object.assign(opened, {
      quiesce() {
        happened.push("outbox quiesced");
        outbox.emit("quiesced");
      },
      async close() {
        happened.push("outbox closed");
        return close();
      },
    });

    const asked = new Promise((resolve) => other.localBus.once("asked", resolve));
    const call = node.call("shop.order");
    await asked;
    await node.stop();
    await call;
    expect(happened).toEqual(["outbox quiesced", "call answered", "outbox closed"]);
    await other.stop();
  });
});
