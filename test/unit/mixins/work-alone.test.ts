/** Facts about the order in which a broker joins, starts and leaves, inside a process that lives on. */
import { EventEmitter, once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { ServiceBroker, Transporters } from "moleculer";
import { workAloneMiddleware } from "../../../mixins/work-alone.middleware.ts";

/** Its mesh is there as soon as `open` is emitted; `asked` says that somebody stands at the door. */
class Gated extends Transporters.Fake {
  readonly door = new EventEmitter();

  override async connect(): Promise<void> {
    const opened = once(this.door, "open");
    this.door.emit("asked");
    await opened;
    await super.connect();
  }
}

function brokerAt(mesh: Gated, happened: string[]): ServiceBroker {
  const broker = new ServiceBroker({
    logger: false,
    transporter: mesh,
    middlewares: [workAloneMiddleware],
  });
  broker.createService({ name: "mail", started: () => void happened.push("service started") });
  broker.localBus.on("$transporter.connected", () => void happened.push("joined"));
  return broker;
}

describe("a broker that works alone where it must", () => {
  it("joins first and starts its services then, where the mesh is there", async () => {
    const mesh = new Gated();
    const happened: string[] = [];
    const broker = brokerAt(mesh, happened);
    mesh.door.once("asked", () => mesh.door.emit("open"));
    await broker.start();
    expect(happened).toEqual(["joined", "service started"]);
    await broker.stop();
  });

  it("leaves at once when the mesh comes only after its stop", async () => {
    const mesh = new Gated();
    const happened: string[] = [];
    const broker = brokerAt(mesh, happened);
    mesh.door.once("asked", () =>
      broker.broadcastLocal("$transporter.error", { error: new Error("refused") }),
    );
    await broker.start();
    await broker.stop();
    mesh.door.emit("open");
    await new Promise((resolve) => broker.localBus.once("$transporter.disconnected", resolve));
    await setImmediate();
    expect(happened).toEqual(["service started", "joined"]);
    expect(mesh.connected).toBe(false);
  });
});
