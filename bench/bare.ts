/** The yardstick: nodemailer with its own pool, called directly in the process that has the letters. No mesh in between. */
import { createTransport } from "nodemailer";
import { answer } from "./channel.ts";
import { cpuTime, sendAll } from "./load.ts";

const transport = createTransport(process.env["SMTP_URI"]);
const from = process.env["SMTP_SENDER"];

answer({
  send({ count, atATime }: { count: number; atATime: number }) {
    return sendAll(count, atATime, async (letter) => {
      const { messageId } = await transport.sendMail({ from, ...letter });
      return messageId;
    });
  },

  cpuTime,
});
