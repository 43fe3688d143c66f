/** `mail.verify`: walks the way that a message would take, one step at a time, and names the first one that breaks. */
import { describeTransport, type Finding, type TransportConfig } from "../config/config.ts";
import type { Mailbox } from "../message/message.ts";
import { providerOfHost } from "../providers/providers.ts";
import { classify } from "./classify.ts";
import { explain } from "./explain.ts";
import type { Locale, Localized, Problem } from "./problem.ts";
import { SmtpFault, SmtpSession, type SessionOptions } from "./session.ts";
import { type StepFacts, type StepName, walk } from "./steps.ts";

export const checkNames = [
  "config",
  "dns",
  "connect",
  "greeting",
  "encryption",
  "authentication",
  "sender",
] as const;
export type CheckName = (typeof checkNames)[number];

export interface Check {
  name: CheckName;
  /** `skipped`: not reached */
  status: "passed" | "warning" | "failed" | "skipped";
  durationMs: number;
  detail: string;
  data?: Record<string, unknown>;
}

export interface VerifyReport {
  /** `unproven`: nothing failed, but AUTH was not exercised or the way is in clear */
  verdict: "ok" | "failed" | "unproven";
  /** True only for `ok` */
  ok: boolean;
  /** `primary`, `fallback1`, … */
  transport: string;
  /** Printable, without secrets */
  server: string;
  /** All seven, in the order of `checkNames` */
  checks: Check[];
  problem?: Problem;
  durationMs: number;
}

export interface VerifyOptions extends SessionOptions {
  sender?: Mailbox;
  /** What the settings contradict or leave open */
  findings?: readonly Finding[];
  locale?: Locale;
}

/** Walks the way to one server. Sends no mail; never rejects because of what it finds. */
export async function verifyTransport(
  transport: TransportConfig,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const now = options.now ?? Date.now;
  const started = now();
  const { locale = "en", sender, findings = [] } = options;
  const checks = new Map<CheckName, Check>([["config", configCheck(findings)]]);
  const session = new SmtpSession(transport, options);
  session.guard(AbortSignal.timeout(transport.timeouts.total));
  let problem: Problem | undefined;

  const check = async <Facts>(
    name: CheckName,
    step: () => Promise<Facts>,
    present: (facts: Facts) => Omit<Check, "name" | "durationMs">,
  ): Promise<void> => {
    const begun = now();
    try {
      const facts = await step();
      checks.set(name, { name, durationMs: now() - begun, ...present(facts) });
    } catch (error) {
      if (!(error instanceof SmtpFault)) throw error;
      const provider = providerOfHost(transport.host);
      const found = explain(error.fault, classify(error.fault), {
        transport,
        ...(provider && { provider }),
        locale,
      });
      checks.set(name, { name, status: "failed", durationMs: now() - begun, detail: found.message });
      problem = found;
      throw error;
    }
  };

  try {
    await walk(session, (name, step) => check(name, step, presenters[name]));
    await check("sender", () => trySender(session, sender), presentSender);
  } catch (error) {
    if (!(error instanceof SmtpFault)) throw error;
  } finally {
    session.close();
  }
  problem ??= unproven(transport, session, locale);
  return {
    ...verdictOf(checks, problem),
    transport: transport.name,
    server: describeTransport(transport),
    checks: allChecks(checks),
    ...(problem && { problem }),
    durationMs: now() - started,
  };
}

/** The report where there is no server to walk to. */
export function notConfigured(locale: Locale = "en"): VerifyReport {
  const problem: Problem = {
    type: "MAIL_NOT_CONFIGURED",
    message: noServer.message[locale],
    remedy: noServer.remedy[locale],
    fix: { variable: "SMTP_URI", value: "smtps://<username>:<password>@<host>/" },
  };
  const config: Check = { name: "config", status: "failed", durationMs: 0, detail: problem.message };
  return {
    verdict: "failed",
    ok: false,
    transport: "primary",
    server: "not configured",
    checks: allChecks(new Map([["config", config]])),
    problem,
    durationMs: 0,
  };
}

function allChecks(done: ReadonlyMap<CheckName, Check>): Check[] {
  return checkNames.map(
    (name) => done.get(name) ?? { name, status: "skipped", durationMs: 0, detail: "not reached" },
  );
}

function verdictOf(
  checks: ReadonlyMap<CheckName, Check>,
  problem: Problem | undefined,
): Pick<VerifyReport, "verdict" | "ok"> {
  if ([...checks.values()].some((check) => check.status === "failed"))
    return { verdict: "failed", ok: false };
  return problem ? { verdict: "unproven", ok: false } : { verdict: "ok", ok: true };
}

function configCheck(findings: readonly Finding[]): Check {
  const check = { name: "config", durationMs: 0 } as const;
  if (findings.length === 0)
    return { ...check, status: "passed", detail: "the settings agree with each other" };
  return {
    ...check,
    status: "warning",
    detail: findings.map((finding) => `${finding.variable}: ${finding.message}`).join("; "),
    data: { findings },
  };
}

/** A certificate that is usually renewed by now: somebody's renewal job may have stopped. */
const EXPIRES_SOON_DAYS = 14;

type Presenters = {
  readonly [Name in StepName]: (facts: StepFacts[Name]) => Omit<Check, "name" | "durationMs">;
};

const presenters: Presenters = {
  dns: (addresses) => ({
    status: "passed",
    detail: addresses.map(({ address }) => address).join(", "),
    data: { addresses: addresses.map(({ address }) => address) },
  }),
  connect: ({ address, port }) => ({
    status: "passed",
    detail: `connected to ${address}, port ${port}`,
    data: { address, port },
  }),
  greeting: (reply) => ({ status: "passed", detail: `${reply.code} ${reply.text}` }),
  encryption: (facts) =>
    facts
      ? {
          status: facts.certificate.daysLeft < EXPIRES_SOON_DAYS ? "warning" : "passed",
          detail: `${facts.protocol}, ${facts.cipher}; certificate for ${facts.certificate.subject} by ${facts.certificate.issuer}, ${facts.certificate.daysLeft} days left`,
          data: { ...facts },
        }
      : {
          status: "warning",
          detail: "in clear: whoever is on the way can read and change the mail",
          data: { openssl: process.versions.openssl },
        },
  authentication: (mechanism) =>
    mechanism
      ? { status: "passed", detail: `logged in with ${mechanism}`, data: { mechanism } }
      : { status: "warning", detail: "no user name and password given, so logging in was not tried" },
};

/** MAIL FROM, taken back with RSET: does the server let us send as this address? */
async function trySender(session: SmtpSession, sender: Mailbox | undefined): Promise<string | undefined> {
  if (!sender) return undefined;
  await session.mail(sender.address);
  await session.reset();
  return sender.address;
}

function presentSender(address: string | undefined): Omit<Check, "name" | "durationMs"> {
  return address
    ? { status: "passed", detail: `may send as ${address}`, data: { address } }
    : { status: "warning", detail: "SMTP_SENDER is not set: each message must bring its own `from`" };
}

const noServer: Record<"message" | "remedy", Localized> = {
  message: { en: "no SMTP server is configured", "zh-CN": "尚未配置 SMTP 服务器" },
  remedy: {
    en: "Set SMTP_URI, or SMTP_HOST with SMTP_USERNAME and SMTP_PASSWORD, or SMTP_PROVIDER; then start the node again.",
    "zh-CN":
      "请设置 SMTP_URI，或 SMTP_HOST 加 SMTP_USERNAME 和 SMTP_PASSWORD，或 SMTP_PROVIDER，然后重新启动节点。",
  },
};

const notProven = {
  clear: {
    type: "SMTP_NOT_ENCRYPTED",
    message: {
      en: "nothing failed, but the connection is in clear: it is not proven that this is the server, nor that nobody reads along",
      "zh-CN": "没有步骤失败，但连接未加密：无法证明对方就是该服务器，也无法保证邮件不被窃听",
    },
    remedy: {
      en: "Use a port with TLS (465, or 587 with STARTTLS); in a closed test network this may be as you want it.",
      "zh-CN": "请使用支持 TLS 的端口（465，或 587 加 STARTTLS）；若是封闭的测试网络，可能正是您想要的。",
    },
  },
  login: {
    type: "SMTP_AUTH_NOT_TRIED",
    message: {
      en: "nothing failed, but logging in was not tried, for no user name and password are set",
      "zh-CN": "没有步骤失败，但未设置用户名和密码，因此没有尝试登录",
    },
    remedy: {
      en: "Set SMTP_USERNAME and SMTP_PASSWORD (or put them into SMTP_URI) if the server asks for them; a relay that knows this machine by its address needs none.",
      "zh-CN":
        "如果服务器要求登录，请设置 SMTP_USERNAME 和 SMTP_PASSWORD（或写入 SMTP_URI）；若服务器按 IP 地址放行本机，则无需设置。",
    },
  },
} as const satisfies Record<string, { type: string; message: Localized; remedy: Localized }>;

/** The honest third answer: a way that was walked to its end, but not one that proves anything. */
function unproven(transport: TransportConfig, session: SmtpSession, locale: Locale): Problem | undefined {
  const reason = !session.secure
    ? notProven.clear
    : transport.password === undefined
      ? notProven.login
      : undefined;
  return reason && { type: reason.type, message: reason.message[locale], remedy: reason.remedy[locale] };
}
