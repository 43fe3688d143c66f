/** A node for tests whose outbox, asked to end, cannot finish in time what is on the wire. */
import { ServiceBroker } from "moleculer";
import { createMailService } from "../../services/mail.service.ts";
import { configFor } from "./config.ts";

const broker = new ServiceBroker({ logger: false });
const service = broker.createService(createMailService({ config: configFor([]) }));
await broker.start();
Object.assign(service["outbox"] as object, { close: async () => 1 });
process.kill(process.pid, "SIGTERM");
