/** A peer: moleculer-mail, as its own page says to use it. */
import { createRequire } from "node:module";
import type { ServiceSchema } from "moleculer";

// by `require`, whose types nobody asks for: the package is there only once the benchmark has installed it
const MailService = createRequire(import.meta.url)("moleculer-mail") as ServiceSchema;

const schema: ServiceSchema<{ from: unknown; transport: unknown }> = {
  name: "mail",
  mixins: [MailService],
  settings: { from: process.env["SMTP_SENDER"], transport: process.env["SMTP_URI"] },
};

export default schema;
