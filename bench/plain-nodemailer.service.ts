/** A peer: what people write today, an action around a pooled nodemailer transport. */
import type { Context, ServiceSchema } from "moleculer";
import { createTransport } from "nodemailer";
import type { Letter } from "./load.ts";

const transport = createTransport(process.env["SMTP_URI"]);

const schema: ServiceSchema = {
  name: "mail",
  actions: {
    send: (ctx: Context<Letter>) => transport.sendMail({ from: process.env["SMTP_SENDER"], ...ctx.params }),
  },
  stopped: () => transport.close(),
};

export default schema;
