/** The `mail` service: what the mesh may ask of Meshmail. Each action checks its parameters and hands on. */
import type { Context, ServiceSchema } from "moleculer";
import { MailError } from "../lib/errors.ts";
import { localeOf } from "../lib/locale.ts";
import { isFaultless, noFaults, refusal, refuse } from "../lib/message/faults.ts";
import type { SendRequest } from "../lib/message/message.ts";
import { checkSend } from "../lib/message/schema.ts";
import { presentProvider, providers } from "../lib/providers/providers.ts";
import { check } from "../lib/requests/checks.ts";
import { withIdempotencyKey } from "../lib/requests/idempotency-key.ts";
import { probe } from "../lib/smtp/probe.ts";
import { isBlank } from "../lib/templates/letter.ts";
import type { RenderedTemplate, Template } from "../lib/templates/template.ts";
import { errorsMixin } from "../mixins/errors.mixin.ts";
import { metricsOf } from "../mixins/metrics.ts";
import { outboxMixin, type OutboxMixinOptions, type OutboxVars } from "../mixins/outbox.mixin.ts";
import { templatesMixin, type TemplatesMixinOptions, type TemplatesVars } from "../mixins/templates.mixin.ts";
import { traceOf } from "../mixins/traces.ts";
import { transportsMixin, type TransportsOptions, type TransportsVars } from "../mixins/transports.mixin.ts";

/** Parameters hold one-time passwords: no span and no log may show them. */
const tracing = { tags: { params: false, meta: false, response: false } } as const;
/** For the bus only: no gateway of the mesh can expose it by accident. */
const busOnly = { visibility: "public", tracing } as const;
const forEveryone = { visibility: "published", tracing } as const;

/** A silent server takes its time, and the report is to say so: longer than the mesh's usual time-out, in ms. */
const patient = { timeout: 120_000 } as const;

/** What the caller's time-out leaves us for the answer, less the way back, in ms; undefined: it waits for ever. */
function answerTime(ctx: Context): number | undefined {
  const { timeout } = ctx.options;
  return timeout ? Math.max(0, timeout - Math.max(100, timeout / 10)) : undefined;
}

type Vars = TransportsVars & TemplatesVars & OutboxVars;
interface Methods {
  /** @param adapt changes the request once it has been checked */
  send(ctx: Context, params: unknown, adapt?: (request: SendRequest) => SendRequest): Promise<unknown>;
}

export type MailServiceOptions = TransportsOptions & TemplatesMixinOptions & OutboxMixinOptions;

/** A plain service schema. Without options it reads the environment when it is created. */
export function createMailService(options: MailServiceOptions = {}): ServiceSchema {
  const schema: ServiceSchema<object, Methods, Vars> = {
    name: "mail",
    mixins: [outboxMixin(options), templatesMixin(options), transportsMixin(options), errorsMixin],

    actions: {
      send: {
        ...forEveryone,
        handler(ctx) {
          return this.send(ctx, ctx.params);
        },
      },

      /** Tailchat's services call this name. */
      sendMail: {
        ...forEveryone,
        handler(ctx) {
          return this.send(ctx, ctx.params, asNotice);
        },
      },

      verify: {
        ...forEveryone,
        ...patient,
        async handler(ctx) {
          const params = check.verify(ctx.params);
          const within = answerTime(ctx);
          const report = await this.transports.verify(params.transport, {
            locale: localeOf(params.locale),
            ...(within && { within }),
          });
          if (report.ok) this.outbox.wake();
          return report;
        },
      },

      providers: {
        ...forEveryone,
        handler(ctx) {
          const language = localeOf(check.providers(ctx.params).locale);
          return providers.map((provider) => presentProvider(provider, language));
        },
      },

      templates: {
        ...forEveryone,
        async handler(ctx): Promise<Template[]> {
          check.templates(ctx.params);
          return (await this.templates()).list();
        },
      },

      render: {
        ...forEveryone,
        async handler(ctx): Promise<RenderedTemplate> {
          const request = check.render(ctx.params);
          return (await this.templates()).render(request);
        },
      },

      probe: {
        ...busOnly,
        ...patient,
        handler(ctx) {
          const params = check.probe(ctx.params);
          if (!this.config.mail.probe) throw probeIsOff();
          return probe({ ...params, locale: localeOf(params.locale) }, options.session, answerTime(ctx));
        },
      },

      get: {
        ...busOnly,
        handler(ctx) {
          return this.outbox.get(check.get(ctx.params).id);
        },
      },

      list: {
        ...busOnly,
        handler(ctx) {
          return this.outbox.list(check.list(ctx.params));
        },
      },

      cancel: {
        ...busOnly,
        handler(ctx) {
          return this.outbox.cancel(check.cancel(ctx.params).id);
        },
      },

      retry: {
        ...busOnly,
        handler(ctx) {
          return this.outbox.retry(check.retry(ctx.params).id);
        },
      },

      stats: {
        ...busOnly,
        handler(ctx) {
          check.stats(ctx.params);
          return this.outbox.stats();
        },
      },

      /** For the gateway: this node's metrics, as prom-client has them. */
      metrics: {
        ...busOnly,
        // somebody asks every few seconds, and learns nothing from a trace of it
        tracing: false,
        handler(ctx) {
          check.metrics(ctx.params);
          return metricsOf(this.broker).registry.getMetricsAsJSON();
        },
      },
    },

    methods: {
      send(ctx, params, adapt = (request: SendRequest) => request) {
        const { maxRecipients, maxSize } = this.config.mail;
        const limits = { maxRecipients, maxSize, now: Date.now() };
        const context = {
          senderConfigured: this.config.sender !== undefined || this.config.transports.length === 0,
        };
        const request = adapt(checkSend(withHeaderKey(params, ctx.headers), limits, context));
        const patience = answerTime(ctx);
        const scope: unknown = ctx.headers?.["meshmail-scope"];
        const trace = traceOf(ctx);
        return this.outbox.send(request, {
          ...(typeof scope === "string" && { scope }),
          ...(patience !== undefined && { patience }),
          ...(trace && { trace }),
        });
      },
    },
  };
  return schema as ServiceSchema;
}

/**
 * Puts the request's html into the frame of the letter `notice`; there is none where the caller names a template.
 * @throws MailError MAIL_INVALID_MESSAGE where there is no subject or nothing to read: the fault is told in the caller's words, not the letter's
 */
function asNotice(request: SendRequest): SendRequest {
  const { html, subject = "", ...rest } = request;
  if (html === undefined || request.template !== undefined) return request;
  const faults = noFaults();
  if (subject.trim() === "") {
    refuse(faults, "subject", "expected a subject for the letter around the html, got none");
  }
  if (isBlank(html)) refuse(faults, "html", "expected html with something to read or to see, got none");
  if (!isFaultless(faults)) throw refusal(faults);
  return { ...rest, subject, template: "notice", data: { subject, html } };
}

/** The key may come with the call's headers; never from `ctx.meta`, which every call below it inherits. */
function withHeaderKey(params: unknown, headers: Record<string, unknown> | undefined): unknown {
  if (typeof params !== "object" || params === null || Array.isArray(params)) return params;
  const key = headers?.["idempotencyKey"] ?? headers?.["idempotency-key"];
  return withIdempotencyKey(params, key, "the one in the call's headers");
}

function probeIsOff(): MailError {
  return new MailError("MAIL_PROBE_OFF", "trying unsaved settings is switched off on this node", {
    remedy: "Set MAIL_PROBE=on where operators should be able to try settings from here.",
  });
}

export default createMailService();
