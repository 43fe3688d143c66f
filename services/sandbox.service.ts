/** The `sandbox` service, for development only: an SMTP server that keeps what comes, and an inbox to look at it. */
import type { Context, ServiceSchema } from "moleculer";
import { type Faults, refuse } from "../lib/message/faults.ts";
import { paramsCheck } from "../lib/params.ts";
import { type Inbox, openInbox } from "../lib/sandbox/inbox.ts";
import { describe } from "../lib/sandbox/info.ts";
import { openSandboxServer, type SandboxServer } from "../lib/sandbox/server.ts";
import { urlOf } from "../lib/url.ts";
import { errorsMixin } from "../mixins/errors.mixin.ts";

const words = { type: "string", min: 1, max: 1000 } as const;
const count = { type: "number", integer: true, min: 0 } as const;
const name = { type: "string", min: 1, max: 64, optional: false } as const;
const wanted = { query: words, tz: words } as const;
const ids = { type: "array", items: "string" } as const;
const yesOrNo = { type: "boolean", optional: false } as const;

const check = {
  messages: paramsCheck({ ...wanted, start: count, limit: count }),
  message: paramsCheck({ id: name, ...wanted }),
  part: paramsCheck({ id: name, part: name, ...wanted }),
  wait: paramsCheck({ to: words, subject: words, timeout: { ...count, max: 600_000 } }),
  mark: paramsCheck({ ids, ...wanted, read: yesOrNo }, oneSelection),
  clear: paramsCheck({ ids, ...wanted }, oneSelection),
  nothing: paramsCheck({}),
};

/** Ids and a query at once could mean either or both: with `clear` that is no place to guess. */
function oneSelection<Given extends { ids?: string[]; query?: string }>(given: Given, faults: Faults): Given {
  if (given.ids && given.query !== undefined)
    refuse(faults, "ids", "expected either ids or a query, got both");
  return given;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

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
      /** `{ query?, tz?, start?, limit? }` → Mailpit's list, newest first */
      messages: {
        ...busOnly,
        handler(ctx: Context) {
          return this.inbox.list(check.messages(ctx.params));
        },
      },

      /**
       * `{ id, query?, tz? }`, where the id may be `latest`, of all or of what the query finds → the message with its text,
       * html and attachments' names
       */
      message: {
        ...busOnly,
        handler(ctx: Context) {
          const { id, ...search } = check.message(ctx.params);
          return this.inbox.open(id, search);
        },
      },

      /** `{ id, query?, tz? }` → the source as it came, in base64: mail is bytes, and the bus speaks JSON */
      source: {
        ...busOnly,
        handler(ctx: Context) {
          const { id, ...search } = check.message(ctx.params);
          return base64(this.inbox.source(id, search));
        },
      },

      /** `{ id, query?, tz? }` → `{ "Message-Id": ["<…>"], … }` */
      headers: {
        ...busOnly,
        handler(ctx: Context) {
          const { id, ...search } = check.message(ctx.params);
          return this.inbox.headers(id, search);
        },
      },

      /** `{ id, part, query?, tz? }` → `{ FileName, ContentType, content }` of an attachment, in base64 */
      part: {
        ...busOnly,
        async handler(ctx: Context) {
          const { id, part, ...search } = check.part(ctx.params);
          const entry = await this.inbox.part(id, part, search);
          return { ...entry, content: base64(entry.content) };
        },
      },

      /** `{ to?, subject?, timeout? }` → the first message that matches, here already or still to come */
      wait: {
        ...busOnly,
        handler(ctx: Context) {
          return this.inbox.wait(check.wait(ctx.params));
        },
      },

      /** `{ read, ids?, query?, tz? }` → `{ marked }`; without ids and query everything is marked */
      mark: {
        ...busOnly,
        handler(ctx: Context) {
          const { read, ...selection } = check.mark(ctx.params);
          return { marked: this.inbox.mark(read, selection) };
        },
      },

      /** `{ ids?, query?, tz? }` → `{ deleted }`; without ids and query everything goes */
      clear: {
        ...busOnly,
        handler(ctx: Context) {
          return { deleted: this.inbox.clear(check.clear(ctx.params)) };
        },
      },

      /** `{}` → what Mailpit tells about itself, as far as there is an answer here */
      info: {
        ...busOnly,
        handler(ctx: Context) {
          check.nothing(ctx.params);
          return describe(this.inbox.stats(), this.smtp.refusals);
        },
      },
    },

    created() {
      this.inbox = openInbox();
      // before the broker's tracker waits for running calls
      this.broker.middlewares.add({ stopping: async () => this.inbox.close() });
    },

    async started() {
      const { host = "127.0.0.1", port = 1025, slowness } = options;
      this.smtp = await openSandboxServer({ host, port, slowness, inbox: this.inbox });
      this.logger.info(`The sandbox takes mail on ${urlOf(this.smtp, "smtp")} and sends none.`);
    },

    async stopped() {
      await this.smtp?.close();
    },
  };
  return schema as ServiceSchema;
}

export default createSandboxService();
