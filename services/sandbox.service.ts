/** The `sandbox` service, for development only: an SMTP server that keeps what comes, and an inbox to look at it. */
import type { Context, ServiceSchema } from "moleculer";
import { paramsCheck } from "../lib/params.ts";
import { type Inbox, openInbox } from "../lib/sandbox/inbox.ts";
import { openSandboxServer, type SandboxServer } from "../lib/sandbox/server.ts";
import { errorsMixin } from "../mixins/errors.mixin.ts";

const words = { type: "string", min: 1, max: 1000 } as const;
const count = { type: "number", integer: true, min: 0 } as const;

const check = {
  messages: paramsCheck({ query: words, start: count, limit: count }),
  id: paramsCheck({ id: { type: "string", min: 1, max: 64, optional: false } }),
  wait: paramsCheck({ to: words, subject: words, timeout: { ...count, max: 600_000 } }),
  clear: paramsCheck({ ids: { type: "array", items: "string" } }),
};

/** For the bus only, and not in traces: the messages hold one-time passwords like real ones. */
const busOnly = {
  visibility: "public",
  tracing: { tags: { params: false, meta: false, response: false } },
} as const;

export interface SandboxOptions {
  /** @default "127.0.0.1" */
  host?: string;
  /** 0 takes a free one, `smtp.port` of the service says which. @default 1025 */
  port?: number;
  /** How long `slow@` takes, in milliseconds. @default 6,000 */
  slowness?: number;
}

export interface SandboxVars {
  inbox: Inbox;
  smtp: SandboxServer;
}

/** A plain service schema; nothing listens before the service starts. */
export function createSandboxService(options: SandboxOptions = {}): ServiceSchema {
  const schema: ServiceSchema<object, object, SandboxVars> = {
    name: "sandbox",
    mixins: [errorsMixin],

    actions: {
      /** `{ query?, start?, limit? }` → Mailpit's list, newest first */
      messages: {
        ...busOnly,
        handler(ctx: Context) {
          return this.inbox.list(check.messages(ctx.params));
        },
      },

      /** `{ id }`, which may be `latest` → the message with its text, html and attachments' names */
      message: {
        ...busOnly,
        handler(ctx: Context) {
          return this.inbox.open(check.id(ctx.params).id);
        },
      },

      /** `{ id }` → the source as it came, in base64: mail is bytes, and the bus speaks JSON */
      source: {
        ...busOnly,
        handler(ctx: Context) {
          return Buffer.from(this.inbox.source(check.id(ctx.params).id)).toString("base64");
        },
      },

      /** `{ to?, subject?, timeout? }` → the first message that matches, here already or still to come */
      wait: {
        ...busOnly,
        handler(ctx: Context) {
          return this.inbox.wait(check.wait(ctx.params));
        },
      },

      /** `{ ids? }` → `{ deleted }`; without ids everything goes */
      clear: {
        ...busOnly,
        handler(ctx: Context) {
          return { deleted: this.inbox.clear(check.clear(ctx.params).ids) };
        },
      },
    },

    created() {
      this.inbox = openInbox();
    },

    async started() {
      const { host = "127.0.0.1", port = 1025, slowness } = options;
      this.smtp = await openSandboxServer({ host, port, slowness, inbox: this.inbox });
      this.logger.info(
        `The sandbox takes mail on smtp://${this.smtp.host}:${this.smtp.port} and sends none.`,
      );
    },

    async stopped() {
      this.inbox.close();
      await this.smtp?.close();
    },
  };
  return schema as ServiceSchema;
}

export default createSandboxService();
