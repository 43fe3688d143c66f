/** Gives a service the outbox and its delivery loop as `this.outbox`; at stop, what is on the wire is finished first. */
import { memoryStore } from "../lib/outbox/memory.ts";
import { openOutbox, type Outbox } from "../lib/outbox/outbox.ts";
import type { OutboxStore } from "../lib/outbox/store.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";
import type { TransportsVars } from "./transports.mixin.ts";

export interface OutboxVars {
  outbox: Outbox;
}

/** An outbox that can be told to start nothing new, before it is closed. */
interface Quiesceable {
  quiesce?(): void;
}

export interface OutboxMixinOptions {
  /** @default as MAIL_OUTBOX says */
  store?: OutboxStore;
}

/** Stands before the transports mixin in a service's list: it starts after it and stops before it. */
export function outboxMixin(options: OutboxMixinOptions = {}): Mixin {
  return defineMixin<object, OutboxVars & TransportsVars>({
    created() {
      // added last, hence called first: the broker's tracker waits for running calls, and the outbox must not claim meanwhile
      this.broker.middlewares.add({
        stopping: async () => (this.outbox as Quiesceable | undefined)?.quiesce?.(),
      });
    },

    started() {
      const store = options.store ?? memoryStore();
      if (!store.durable) {
        this.logger.warn(
          "The outbox is in memory and not durable, whatever MAIL_OUTBOX says in this version: what waits is lost when this process ends.",
        );
      }
      this.outbox = openOutbox({
        config: this.config,
        store,
        policy: this.transports.policy,
        emit: (event, payload) => {
          this.broker
            .emit(event, payload)
            .catch((error: unknown) => this.logger.error(`${event} was not told`, error));
        },
        onError: (error) =>
          this.logger.error("The outbox could not do its work; messages stay where they are.", error),
      });
    },

    async stopped() {
      const drained: unknown = await this.outbox?.close();
      // the very last word, for Moleculer ends the process with status 0 whatever happened
      if (drained === false) process.once("exit", () => void (process.exitCode = 1));
    },
  });
}
