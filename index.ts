/** What the package exports: the services and mixins as plain schemas, and the types of what they answer. */
export { createGatewayService, default as GatewayService } from "./services/gateway.service.ts";
export { createMailService, default as MailService } from "./services/mail.service.ts";
export { createSandboxService, default as SandboxService } from "./services/sandbox.service.ts";
export { mailerMixin } from "./mixins/mailer.mixin.ts";
export { maxPayloadMiddleware } from "./mixins/max-payload.middleware.ts";
export { meshMetrics, metricsOf } from "./mixins/metrics.ts";
export { outboxMixin } from "./mixins/outbox.mixin.ts";
export { transportsMixin } from "./mixins/transports.mixin.ts";
export { workAloneMiddleware } from "./mixins/work-alone.middleware.ts";
export type { MailReceipt, PublicRecord as MailRecord } from "./lib/outbox/receipt.ts";
export type { Problem, SmtpProblemType } from "./lib/smtp/problem.ts";
export type { VerifyReport } from "./lib/smtp/verify.ts";
