/** Gives a service the outbox and its delivery loop as `this.outbox`; at stop, what is on the wire is finished first. */
import type { ServiceBroker } from "moleculer";
import type { Config } from "../lib/config/config.ts";
import { MailError } from "../lib/errors.ts";
import { memoryStore } from "../lib/outbox/memory.ts";
import { together } from "../lib/outbox/observer.ts";
import { openOutbox, type Outbox } from "../lib/outbox/outbox.ts";
import { openStatuses } from "../lib/outbox/record.ts";
import { openSqliteStore, type SqliteStoreOptions } from "../lib/outbox/sqlite/store.ts";
import type { OutboxStore } from "../lib/outbox/store.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";
import { metricsOf } from "./metrics.ts";
import { attemptSpans } from "./traces.ts";
import type { TemplatesVars } from "./templates.mixin.ts";
import type { TransportsVars } from "./transports.mixin.ts";

export interface OutboxVars {
  outbox: Outbox;
}

export interface OutboxMixinOptions {
  /** @default as MAIL_OUTBOX says */
  store?: OutboxStore;
}

/** Stands before the mixins of templates and transports in a service's list: it starts after them and stops before them. */
export function outboxMixin(options: OutboxMixinOptions = {}): Mixin {
  return defineMixin<object, OutboxVars & TemplatesVars & TransportsVars>({
    created() {
      // added last, hence called first: the broker's tracker waits for running calls, and the outbox must not claim meanwhile
      this.broker.middlewares.add({ stopping: async () => this.outbox?.quiesce() });
    },

    async started() {
      const { broker, logger } = this;
      const end = (error: unknown): never => {
        logger.fatal(sentencesOf(error));
        process.exit(1);
      };
      const store =
        options.store ??
        (await openStore(this.config, {
          onWarning: (message) => logger.warn(message),
          onTrouble(trouble) {
            if (trouble) logger.error(`${trouble.message}. ${trouble.remedy}`);
            else logger.info("The outbox does its work again.");
          },
          // nothing that this process still says of its messages could be believed
          onLost: end,
        }).catch((error: unknown) => {
          // the Runner ends the process as well, but says it twice, each time with a stack
          if (error instanceof MailError && "runner" in broker) end(error);
          throw error;
        }));
      if (!store.durable) {
        logger.warn("The outbox is in memory and not durable: what waits is lost when this process ends.");
      } else if (this.config.outbox.kind === "sqlite" && !options.store) {
        const { counts } = await store.stats(Date.now());
        const open = openStatuses.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
        logger.info(`Outbox: ${this.config.outbox.path}; open messages: ${open}.`);
      }
      const onError = (error: unknown): void => logger.error(sentencesOf(error));
      const metrics = metricsOf(broker).outbox();
      this.outbox = openOutbox({
        config: this.config,
        store,
        policy: this.transports.policy,
        templates: () => this.templates(),
        emit(event, payload) {
          const told = payload as Told;
          // the ups and downs of servers are told by the transports mixin, with the remedy
          if (told.id !== undefined) logger.info(lineOf(event, told));
          return broker.emit(event, payload);
        },
        flushed: () => flushMesh(broker),
        onError,
        observe: together([metrics.observer, attemptSpans(this)], onError),
      });
      metrics.watch({ stats: () => this.outbox.stats(), limit: this.config.mail.outboxLimit });
      broker.localBus.on("$transporter.connected", this.outbox.tellAgain);
    },

    async stopped() {
      if (!this.outbox) return;
      this.broker.localBus.off("$transporter.connected", this.outbox.tellAgain);
      const brokenOff = await this.outbox.close();
      metricsOf(this.broker).outbox().watch();
      if (brokenOff === 0) return;
      this.logger.error(
        `${brokenOff} messages were still on the wire at the end; they go out after the next start.`,
      );
      // Moleculer ends the process with 0, whatever happened
      process.once("exit", () => {
        process.exitCode = 1;
      });
    },
  });
}

async function openStore({ outbox, mail }: Config, options: SqliteStoreOptions): Promise<OutboxStore> {
  if (outbox.kind === "memory") return memoryStore();
  if (outbox.kind === "sqlite") {
    const { path, network } = outbox;
    return openSqliteStore(path, { ...options, allowNetwork: network, maxMessage: mail.maxSize });
  }
  throw new MailError("MAIL_OUTBOX_UNAVAILABLE", "MAIL_OUTBOX: jetstream is not in this version yet", {
    remedy: "Use MAIL_OUTBOX=sqlite:PATH, with one mail node.",
  });
}

/** Resolves once the NATS server has all that was emitted; rejects while it is away. */
async function flushMesh({ transit }: ServiceBroker): Promise<void> {
  if (!transit) return;
  const { connected, tx } = transit as unknown as {
    connected: boolean;
    tx: { client?: { flush?: () => Promise<void> } };
  };
  if (!connected) throw new Error("the mesh is not joined");
  await tx.client?.flush?.();
}

interface Told {
  id?: string;
  recipients?: readonly { address: string; status: string; response?: string }[];
  transport?: string;
  tags?: readonly string[];
  metadata?: Readonly<Record<string, string>>;
  problem?: { type: string; message: string };
}

/** One line of the log for each event: what became of whom, by which server, and why not. */
function lineOf(
  event: string,
  { id, recipients = [], transport, tags = [], metadata = {}, problem }: Told,
): string {
  const outcomes = recipients.map(({ address, status, response }) =>
    [address, status, response].filter(Boolean).join(" "),
  );
  const notes = [
    transport && `by ${transport}`,
    problem && `${problem.type}: ${problem.message}`,
    tags.length > 0 && `tags ${tags.join(", ")}`,
    Object.keys(metadata).length > 0 && `metadata ${JSON.stringify(metadata)}`,
  ].filter(Boolean);
  return [
    `${event} ${id ?? ""}`.trim(),
    ...(outcomes.length > 0 ? [outcomes.join(", ")] : []),
    ...notes,
  ].join("; ");
}

/** For a log: what it is and what to do; a stack only where the fault is ours. */
function sentencesOf(error: unknown): string {
  if (error instanceof MailError) return `${error.message}. ${error.data.remedy}`;
  return `The outbox could not do its work; messages stay where they are. ${(error as Error).stack ?? String(error)}`;
}
