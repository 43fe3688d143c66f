/** Doors without mail behind them, and a command line that touches nothing. */
import { runCli, type World } from "../../../lib/commands/cli.ts";
import type { Door, Letters, ServiceDoor } from "../../../lib/commands/door.ts";
import { type Environment, environmentOf } from "../../../lib/config/environment.ts";
import type { MailStats } from "../../../lib/outbox/outbox.ts";
import type { MailReceipt, PublicRecord } from "../../../lib/outbox/receipt.ts";
import type { Template } from "../../../lib/templates/template.ts";
import { checkNames, type VerifyReport } from "../../../lib/smtp/verify.ts";

export const okReport: VerifyReport = {
  verdict: "ok",
  ok: true,
  transport: "primary",
  server: "smtps://smtp.qq.com:465 (qq, user m***@qq.com)",
  checks: checkNames.map((name) => ({ name, status: "passed", durationMs: 1, detail: `${name} is fine` })),
  durationMs: 7,
};

export const failedReport: VerifyReport = {
  ...okReport,
  verdict: "failed",
  ok: false,
  checks: okReport.checks.map((check, at) => {
    if (at < 3) return check;
    return {
      ...check,
      status: at === 3 ? "failed" : "skipped",
      detail: at === 3 ? "silence" : "not reached",
    };
  }),
  problem: {
    type: "SMTP_TLS_MODE_MISMATCH",
    message: "the server speaks TLS from the first byte",
    remedy: "Use the other port.",
    fix: { variable: "SMTP_PORT", value: "587" },
  },
};

export const sentReceipt: MailReceipt = {
  id: "1",
  status: "sent",
  messageId: "<1@example.com>",
  transport: "primary",
  attempts: 1,
  recipients: [{ address: "ann@example.com", status: "sent", code: 250, response: "250 2.0.0 Ok: queued" }],
  accepted: ["ann@example.com"],
  rejected: [],
  envelope: { from: "me@example.com", to: ["ann@example.com"] },
};

export const deferredReceipt: MailReceipt = {
  ...sentReceipt,
  status: "deferred",
  recipients: [
    { address: "ann@example.com", status: "deferred", code: 451, response: "451 4.7.1 Greylisted" },
  ],
  problem: {
    type: "SMTP_RECIPIENT_DEFERRED",
    message: "put off: 451 4.7.1 Greylisted",
    remedy: "Nothing to do.",
  },
};

export const welcome: Template = {
  name: "welcome",
  locales: ["en", "zh-CN"],
  description: "Says hello.",
  data: {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", description: "Who is welcome" },
      plan: { enum: ["free", "pro"] },
      friends: { type: "array", items: { type: "object", properties: { email: { type: "string" } } } },
    },
  },
  sample: { name: "Ann" },
};

/** One letter in English and Chinese, and one in English. @param html of them; without, they are text alone, and look well */
export function fakeLetters(html = "", notes: string[] = []): Letters {
  return {
    templates: [welcome, { ...welcome, name: "goodbye", locales: ["en"], data: {} }],
    async render({ template, data, locale = "en" }) {
      return {
        subject: `Hello ${String(data?.["name"])}`,
        html,
        text: `This is ${template}.\n\n  It is all.\n`,
        locale: locale.toLowerCase().startsWith("zh") ? "zh-CN" : "en",
      };
    },
    notes: () => notes,
  };
}

/** Remembers what it was asked for. */
export function fakeDoor(answers: Partial<Door> = {}) {
  const calls: { action: string; params?: unknown }[] = [];
  const door: Door = {
    async whereabouts() {
      return { node: "node-1", transports: [{ name: "primary", server: "smtp://mail.example.com:587" }] };
    },
    async verify(params) {
      calls.push({ action: "verify", params });
      return okReport;
    },
    async send(params) {
      calls.push({ action: "send", params });
      return sentReceipt;
    },
    async letters() {
      return fakeLetters();
    },
    async close() {
      calls.push({ action: "close" });
    },
    ...answers,
  };
  return { door, calls };
}

export const NOW = Date.parse("2026-11-21T08:00:00Z");

export const deferredRecord: PublicRecord = {
  ...deferredReceipt,
  id: "11111111-2222-4333-8444-555555555555",
  attempts: 1,
  nextAttemptAt: "2026-11-21T08:02:00.000Z",
  createdAt: "2026-11-21T07:57:00.500Z",
  updatedAt: "2026-11-21T07:57:01.000Z",
  tags: ["order", "late"],
  metadata: { order: "17" },
  timeline: [
    {
      at: "2026-11-21T07:57:00.900Z",
      transport: "primary",
      status: "deferred",
      recipients: deferredReceipt.recipients,
      problem: {
        type: "SMTP_RECIPIENT_DEFERRED",
        message: "put off",
        remedy: "Nothing to do.",
        smtp: { code: 451, response: "4.7.1 Greylisted" },
      },
      durationMs: 120,
    },
  ],
};

export const stats: MailStats = {
  counts: { sent: 12, deferred: 3 },
  oldestQueuedAt: "2026-11-21T07:57:00.000Z",
  outbox: { durable: true },
  transports: [
    { name: "primary", server: "smtp://mail.example.com:587", state: "up", ratePerMinute: 4 },
    {
      name: "fallback1",
      server: "smtps://b.example.com:465",
      state: "held",
      until: "2026-11-21T08:15:00.000Z",
      ratePerMinute: 0,
      problem: {
        type: "SMTP_AUTH_FAILED",
        message: "the password is refused",
        remedy: "Set another.",
        fix: { variable: "SMTP_PASSWORD", value: "…" },
      },
    },
  ],
};

/** Remembers what it was asked for. */
export function fakeService(answers: Partial<ServiceDoor> = {}) {
  const calls: { action: string; params?: unknown }[] = [];
  const noted =
    <P, R>(action: string, answer: R) =>
    async (params?: P) => {
      calls.push(params === undefined ? { action } : { action, params });
      return answer;
    };
  const service: ServiceDoor = {
    send: noted("send", sentReceipt),
    list: noted("list", { items: [deferredRecord] }),
    get: noted("get", deferredRecord),
    retry: noted("retry", deferredRecord),
    cancel: noted("cancel", deferredRecord),
    stats: noted("stats", stats),
    async close() {
      calls.push({ action: "close" });
    },
    ...answers,
  };
  return { service, calls };
}

export interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

const configured = { SMTP_URI: "smtps://me%40example.com:secret@smtp.example.com" };

/** Runs one command line in a world of its own. */
export async function run(
  words: readonly string[],
  world: Partial<World> & { door?: Door; service?: ServiceDoor } = {},
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const { door = fakeDoor().door, service = fakeService().service, ...others } = world;
  const status = await runCli(words, {
    env: {},
    stdout: {
      write(text) {
        written.stdout += text;
      },
    },
    stderr: {
      write(text) {
        written.stderr += text;
      },
    },
    environment: (): Environment => environmentOf(configured),
    openDoor: () => door,
    openService: async () => service,
    stdin: () => Promise.reject(new Error("standard input was not expected to be read")),
    browse: () => Promise.reject(new Error("nothing was expected to be shown")),
    async start() {},
    ...others,
  });
  return { status, ...written };
}
