/** For other people's services: `this.mail({ to, subject, text })` instead of a broker call with its pitfalls. */
import type { Context } from "moleculer";
import type { MailReceipt } from "../lib/outbox/receipt.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";
import { tooLarge } from "./max-payload.middleware.ts";

export interface MailerMethods {
  /**
   * `mail.send`, as part of the request `ctx` where one is given (its time-out and request id go along).
   * @throws as `mail.send`; a message over the broker's max payload is MAIL_TOO_LARGE here already
   */
  mail(message: object, ctx?: Context): Promise<MailReceipt>;
}

export const mailerMixin: Mixin = defineMixin<MailerMethods, object>({
  methods: {
    async mail(message, ctx) {
      const caller = ctx ?? this.broker;
      try {
        // a retry policy of the caller's would send again what only the answer was lost of
        return await caller.call<MailReceipt, object>("mail.send", message, { retries: 0 });
      } catch (error) {
        throw tooLarge(error);
      }
    },
  },
});
