/** `mail.verify`: walks the way that a message would take, one step at a time, and names the first one that breaks. */
import { isIP } from "node:net";
import { describeTransport, type Finding, type TransportConfig } from "../config/config.ts";
import type { Mailbox } from "../message/message.ts";
import { providerOfHost } from "../providers/providers.ts";
import { startDeadline } from "./deadline.ts";
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

/** What a step found out, in words. */
type Seen = Omit<Check, "name" | "durationMs">;

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
  /** Ends the walk early: the service stops */
  signal?: AbortSignal;
  /** The walk ends, with what it has found, after so many ms: whoever asked will not wait longer */
  within?: number;
}

/** Walks the way to one server. Sends no mail; never rejects because of what it finds. */
export async function verifyTransport(
  transport: TransportConfig,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const now = options.now ?? Date.now;
  const started = now();
  const { locale = "en", sender, findings = [], signal } = options;
  const checks = new Map<CheckName, Check>([["config", configCheck(findings)]]);
  const session = new SmtpSession(transport, options);
  const deadline = startDeadline(Math.min(transport.timeouts.total, options.within ?? Infinity), signal);
  session.guard(deadline.signal);
  let problem: Problem | undefined;

  const check = async <Facts>(
    name: CheckName,
    step: () => Promise<Facts>,
    present: (facts: Facts, session: SmtpSession) => Seen,
  ): Promise<void> => {
    const begun = now();
    try {
      const facts = await step();
      checks.set(name, { name, durationMs: now() - begun, ...present(facts, session) });
    } catch (error) {
      if (!(error instanceof SmtpFault)) throw error;
      const provider = providerOfHost(transport.host);
      const found = explain(error.fault, classify(error.fault), {
        transport,
        ...(provider && { provider }),
        locale,
      });
      checks.set(name, {
        name,
        status: "failed",
        durationMs: now() - begun,
        detail: found.message,
        ...(name === "encryption" && { data: { openssl: process.versions.openssl } }),
      });
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
    deadline.clear();
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

/** The report where there is no server to walk to; a misspelt variable among the findings is often why. */
export function notConfigured(locale: Locale = "en", findings: readonly Finding[] = []): VerifyReport {
  const problem: Problem = {
    type: "MAIL_NOT_CONFIGURED",
    message: noServer.message[locale],
    remedy: noServer.remedy[locale],
    fix: { variable: "SMTP_URI", value: "smtps://<username>:<password>@<host>/" },
  };
  const config: Check = {
    ...configCheck(findings),
    status: "failed",
    detail: [problem.message, ...findings.map(tell)].join("; "),
  };
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
  const stop = checkNames.find((name) => done.get(name)?.status === "failed");
  const detail = `not reached, since ${stop} failed`;
  return checkNames.map((name) => done.get(name) ?? { name, status: "skipped", durationMs: 0, detail });
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
    detail: findings.map(tell).join("; "),
    data: { findings },
  };
}

const tell = ({ variable, message }: Finding): string => `${variable}: ${message}`;

/** A certificate that is usually renewed by now: somebody's renewal job may have stopped. */
const EXPIRES_SOON_DAYS = 14;

type Presenters = {
  readonly [Name in StepName]: (facts: StepFacts[Name], session: SmtpSession) => Seen;
};

const presenters: Presenters = {
  dns(found, { transport: { host } }) {
    const addresses = found.map(({ address }) => address);
    const detail =
      isIP(host) === 0
        ? `${host} is at ${addresses.join(", ")}`
        : `${host} is an address: nothing to look up`;
    return { status: "passed", detail, data: { addresses } };
  },
  connect: ({ address, port }) => ({
    status: "passed",
    detail: `connected to ${address}, port ${port}`,
    data: { address, port },
  }),
  greeting: (reply) => ({ status: "passed", detail: `${reply.code} ${reply.text}` }),
  encryption(facts, { transport }) {
    if (!facts) {
      const why = transport.security === "none" ? "the settings forbid STARTTLS" : "STARTTLS is not offered";
      const detail = `in clear, since ${why}: whoever is on the way can read and change the mail`;
      return { status: "warning", detail, data: { openssl: process.versions.openssl } };
    }
    const { subject, issuer, daysLeft } = facts.certificate;
    const soon = daysLeft < EXPIRES_SOON_DAYS;
    return {
      status: soon ? "warning" : "passed",
      detail: `${facts.protocol}, ${facts.cipher}; certificate for ${subject} by ${issuer}, ${daysLeft} days left${soon ? ": has its renewal stopped?" : ""}`,
      data: { ...facts },
    };
  },
  authentication(mechanism, { secure }) {
    if (!mechanism) {
      return { status: "warning", detail: "no user name and password are set, so logging in was not tried" };
    }
    const data = { mechanism };
    return secure
      ? { status: "passed", detail: `logged in with ${mechanism}`, data }
      : { status: "warning", detail: `logged in with ${mechanism} over a connection in clear`, data };
  },
};

/** MAIL FROM, taken back with RSET: does the server let us send as this address? */
async function trySender(session: SmtpSession, sender: Mailbox | undefined): Promise<string | undefined> {
  if (!sender) return undefined;
  await session.mail(sender.address);
  await session.reset();
  return sender.address;
}

function presentSender(address: string | undefined): Seen {
  return address
    ? {
        status: "passed",
        detail: `MAIL FROM:<${address}> was accepted, and taken back with RSET`,
        data: { address },
      }
    : {
        status: "warning",
        detail: "SMTP_SENDER is not set, so no sender was tried: each message must bring its own `from`",
      };
}

/** Said by verify and by `mail.send` alike. */
export const noServer: Record<"message" | "remedy", Localized> = {
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
      en: "Use a port with TLS (465, or 587 with STARTTLS), and leave SMTP_OPPORTUNISTIC_TLS on; in a closed test network this may be as you want it.",
      "zh-CN":
        "请使用支持 TLS 的端口（465，或 587 加 STARTTLS），并保持 SMTP_OPPORTUNISTIC_TLS 开启；若是封闭的测试网络，可能正是您想要的。",
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
