/** A fault in words for people: what happened where, what to do about it, and what to set. */
import { replyLine } from "./classify.ts";
import { findFix } from "./fix.ts";
import type { Fault, Locale, Localized, Problem, SmtpProblemType, Stage, Verdict } from "./problem.ts";
import { fill, type RemedyContext, remedyFor, uncertainRemedy } from "./remedies.ts";

/** `{when}` is the moment below; `{server}` and `{host}` as in remedies. */
const sentences: Readonly<Record<SmtpProblemType, Localized>> = {
  SMTP_DNS_FAILED: { en: "the host name {host} could not be resolved", "zh-CN": "无法解析主机名 {host}" },
  SMTP_CONNECTION_REFUSED: { en: "{server} refused the connection", "zh-CN": "{server} 拒绝了连接" },
  SMTP_CONNECTION_TIMEOUT: {
    en: "{server} could not be reached in time",
    "zh-CN": "未能及时连接到 {server}",
  },
  SMTP_CONNECTION_LOST: {
    en: "the connection to {server} was lost {when}",
    "zh-CN": "与 {server} 的连接在{when}中断",
  },
  SMTP_GREETING_REJECTED: { en: "{server} turned us away", "zh-CN": "{server} 一开始就拒绝服务" },
  SMTP_PROTOCOL_ERROR: {
    en: "{server} did not keep to SMTP {when}",
    "zh-CN": "{server} 在{when}的应答不符合 SMTP 协议",
  },
  SMTP_TLS_MODE_MISMATCH: {
    en: "{server} and we do not agree on when TLS begins",
    "zh-CN": "与 {server} 开始 TLS 加密的方式不一致",
  },
  SMTP_STARTTLS_UNAVAILABLE: {
    en: "{server} does not offer STARTTLS, without which nothing is sent",
    "zh-CN": "{server} 不提供 STARTTLS，未加密则不会发送",
  },
  SMTP_STARTTLS_FAILED: { en: "STARTTLS failed at {server}", "zh-CN": "{server} 的 STARTTLS 失败" },
  SMTP_TLS_FAILED: {
    en: "no TLS connection with {server} came about",
    "zh-CN": "无法与 {server} 建立 TLS 连接",
  },
  SMTP_CERTIFICATE_EXPIRED: {
    en: "the certificate of {server} is not valid at this time",
    "zh-CN": "{server} 的证书不在有效期内",
  },
  SMTP_CERTIFICATE_UNTRUSTED: {
    en: "the certificate of {server} is not trusted",
    "zh-CN": "{server} 的证书不受信任",
  },
  SMTP_CERTIFICATE_HOST_MISMATCH: {
    en: "the certificate of {server} is for another name",
    "zh-CN": "{server} 的证书与主机名不符",
  },
  SMTP_AUTH_REQUIRED: { en: "{server} wants a login first", "zh-CN": "{server} 要求先登录" },
  SMTP_AUTH_FAILED: { en: "{server} refused user name and password", "zh-CN": "{server} 拒绝了用户名和密码" },
  SMTP_AUTH_UNSUPPORTED: {
    en: "{server} offers no login that we can use",
    "zh-CN": "{server} 没有提供可用的登录方式",
  },
  SMTP_AUTH_TEMPORARY: {
    en: "{server} cannot check user name and password at the moment",
    "zh-CN": "{server} 暂时无法验证用户名和密码",
  },
  SMTP_SENDER_REJECTED: { en: "{server} refused the sender", "zh-CN": "{server} 拒绝了发件人" },
  SMTP_RECIPIENT_REJECTED: { en: "{server} refused the recipient", "zh-CN": "{server} 拒绝了收件人" },
  SMTP_RECIPIENT_DEFERRED: { en: "{server} put the recipient off", "zh-CN": "{server} 暂时不接受该收件人" },
  SMTP_MESSAGE_REJECTED: { en: "{server} refused the message", "zh-CN": "{server} 拒绝了邮件" },
  SMTP_MESSAGE_DEFERRED: { en: "{server} put the message off", "zh-CN": "{server} 暂时不接受该邮件" },
  SMTP_MESSAGE_TOO_LARGE: {
    en: "the message is too large for {server}",
    "zh-CN": "邮件超过了 {server} 的大小限制",
  },
  SMTP_RATE_LIMITED: { en: "{server} limits how much we may send", "zh-CN": "{server} 限制了发信量" },
  SMTP_SERVER_BUSY: { en: "{server} is busy or going down", "zh-CN": "{server} 繁忙或正在停止服务" },
  SMTP_TIMEOUT: { en: "{server} was silent {when}", "zh-CN": "{server} 在{when}没有应答" },
};

const moments: Readonly<Record<Stage, Localized>> = {
  dns: { en: "while its name was looked up", "zh-CN": "解析主机名时" },
  connect: { en: "while connecting", "zh-CN": "建立连接时" },
  greeting: { en: "before its greeting", "zh-CN": "发出欢迎信息之前" },
  ehlo: { en: "after EHLO", "zh-CN": " EHLO 之后" },
  tls: { en: "during the TLS handshake", "zh-CN": " TLS 握手期间" },
  auth: { en: "during the login", "zh-CN": "登录期间" },
  mail: { en: "after MAIL FROM", "zh-CN": " MAIL FROM 之后" },
  rcpt: { en: "after RCPT TO", "zh-CN": " RCPT TO 之后" },
  data: { en: "after DATA", "zh-CN": " DATA 之后" },
  body: { en: "in the middle of the message", "zh-CN": "传输邮件内容途中" },
  reply: { en: "after the whole message, before its answer", "zh-CN": "邮件发送完毕、等待确认时" },
};

/** Causes of our own, in words; empty where the sentence says it all. Those of Node and OpenSSL stand for themselves. */
const causes: Readonly<Record<string, Localized | undefined>> = {
  TIMEOUT: { en: "", "zh-CN": "" },
  CLOSED: { en: "", "zh-CN": "" },
  TLS_MODE: { en: "", "zh-CN": "" },
  STARTTLS_NOT_OFFERED: { en: "", "zh-CN": "" },
  SIZE_EXCEEDED: { en: "", "zh-CN": "" },
  GARBAGE: { en: "what came is no SMTP reply", "zh-CN": "收到的内容不是 SMTP 应答" },
  REPLY_TOO_LARGE: { en: "its reply did not end", "zh-CN": "应答没有结束" },
  REPLY_INCONSISTENT: {
    en: "its replies contradict each other or came unasked",
    "zh-CN": "应答前后矛盾或不请自来",
  },
  AUTH_NOT_OFFERED: { en: "it does not offer AUTH", "zh-CN": "未提供 AUTH" },
  AUTH_MECHANISM_NOT_OFFERED: { en: "it offers none of our mechanisms", "zh-CN": "没有双方都支持的登录机制" },
  SMTPUTF8_NOT_OFFERED: {
    en: "it does not offer SMTPUTF8, which this address needs",
    "zh-CN": "该地址需要 SMTPUTF8，而服务器不支持",
  },
  ABORTED: { en: "this service is stopping", "zh-CN": "本服务正在停止" },
};

/**
 * What people read about a fault. The message is one sentence with the server's own words; the remedy ends with what to set
 * where that is known.
 */
export function explain(fault: Fault, verdict: Verdict, context: RemedyContext = {}): Problem {
  const { type, outcome } = verdict;
  const { reply, command } = fault;
  const locale = context.locale ?? "en";
  const uncertain = outcome === "uncertain";
  const found = findFix(type, fault, context.transport, context.provider);
  const remedy = uncertain ? uncertainRemedy[locale] : remedyFor(type, fault, context);
  return {
    type,
    message: messageOf(type, fault, context, locale),
    remedy: found ? `${remedy}${locale === "en" ? " " : ""}${found.sentence[locale]}` : remedy,
    ...(found && { fix: found.fix }),
    ...(reply && {
      smtp: {
        code: reply.code,
        ...(reply.enhancedCode && { enhancedCode: reply.enhancedCode }),
        response: replyLine(reply),
        ...(command && { command }),
      },
    }),
    ...(uncertain && { ambiguous: true as const }),
  };
}

function messageOf(type: SmtpProblemType, fault: Fault, context: RemedyContext, locale: Locale): string {
  const sentence = (modeMismatch(type, fault, context) ?? sentences[type])[locale];
  const what = fill(sentence.replace("{when}", moments[fault.stage][locale]), context);
  const why = fault.reply ? replyLine(fault.reply) : causeOf(fault, locale);
  return why === "" ? what : `${what}${locale === "en" ? ": " : "："}${why}`;
}

/** With the transport at hand we can say which of the two began wrongly. */
function modeMismatch(
  type: SmtpProblemType,
  { reply }: Fault,
  { transport }: RemedyContext,
): Localized | undefined {
  if (type !== "SMTP_TLS_MODE_MISMATCH" || !transport) return undefined;
  if (reply) {
    return { en: "{server} takes mail only after STARTTLS", "zh-CN": "{server} 要求先执行 STARTTLS" };
  }
  return transport.security === "tls"
    ? { en: "{server} does not speak TLS from the first byte", "zh-CN": "{server} 并非连接即加密（TLS）" }
    : {
        en: "{server} speaks TLS from the first byte, and we began in clear",
        "zh-CN": "{server} 要求连接即加密（TLS），而我们以明文开始",
      };
}

function causeOf({ cause = "", detail = "" }: Fault, locale: Locale): string {
  const known = causes[cause];
  if (known) return [known[locale], detail].filter(Boolean).join(locale === "en" ? "; " : "；");
  const words = /SSL routines:[^:]*:([^:\n]+)/.exec(detail)?.[1] ?? detail;
  if (words === "") return cause;
  return words.includes(cause) ? words : `${words} (${cause})`;
}
