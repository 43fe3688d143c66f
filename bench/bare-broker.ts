/** What every Moleculer node pays at start: a broker and nothing else. */
import { ServiceBroker } from "moleculer";

await new ServiceBroker({ transporter: process.env["TRANSPORTER"] as never }).start();
