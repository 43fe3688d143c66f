/** A door without mail behind it, and a command line that touches nothing. */
import { runCli, type World } from "../../../lib/commands/cli.ts";
import type { Door } from "../../../lib/commands/door.ts";
import { type Environment, environmentOf } from "../../../lib/config/environment.ts";
import type { MailReceipt } from "../../../lib/outbox/receipt.ts";
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
    async close() {
      calls.push({ action: "close" });
    },
    ...answers,
  };
  return { door, calls };
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
  world: Partial<World> & { door?: Door } = {},
): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const { door = fakeDoor().door, ...others } = world;
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
    async start() {},
    ...others,
  });
  return { status, ...written };
}
