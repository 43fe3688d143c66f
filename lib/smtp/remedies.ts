/** What to do about each problem, in words for whoever is woken up by it; sharpened by what the server said and who it is. */
import type { TransportConfig } from "../config/config.ts";
import type { Provider } from "../providers/provider.ts";
import { replyLine } from "./classify.ts";
import { printHost } from "../url.ts";
import { portToTry } from "./fix.ts";
import {
  accountHeld,
  dailyQuota,
  greylisted,
  loginLater,
  namesTime,
  someQuota,
  unreachable,
  wantsTls,
} from "./patterns.ts";
import type { Fault, Locale, Localized, SmtpProblemType } from "./problem.ts";

/**
 * The general remedies. Placeholders: `{server}` and `{host}` of the transport, `{tryPort}` another port worth a try;
 * `{HOST}`, `{PORT}`, `{TLS}`, `{LOGIN}` the variables that hold these settings.
 */
export const remedies: Readonly<Record<SmtpProblemType, Localized>> = {
  SMTP_DNS_FAILED: {
    en: "Check the spelling of {HOST}; if it is right, this machine or its container cannot resolve names: try `getent hosts {host}` and look at its DNS servers.",
    "zh-CN":
      "请检查 {HOST} 是否拼写正确；若无误，则是本机或容器的 DNS 解析有问题：请运行 `getent hosts {host}` 并检查 DNS 服务器设置。",
  },
  SMTP_CONNECTION_REFUSED: {
    en: "Nothing listens there, or a firewall turns us away: check {HOST} and {PORT} (465 is usual with TLS, 587 with STARTTLS), and on a server of your own whether its mail service is running.",
    "zh-CN":
      "该端口没有服务在监听，或被防火墙拒绝：请检查 {HOST} 和 {PORT}（TLS 通常为 465，STARTTLS 通常为 587）；若是自建服务器，请确认邮件服务正在运行。",
  },
  SMTP_CONNECTION_TIMEOUT: {
    en: "Look at the outbound firewall and at the cloud's security group: they must let {server} through. Many hosters block port 25 and some 465 or 587 as well, so try port {tryPort}, too.",
    "zh-CN":
      "请检查出站防火墙和云服务器安全组是否放行 {server}。很多机房和云服务商封禁 25 端口，有的也封禁 465 或 587，可改用 {tryPort} 端口再试。",
  },
  SMTP_CONNECTION_LOST: {
    en: "The server, or a firewall or proxy on the way, hung up; it is tried again by itself. If it happens each time, check {PORT} and {TLS}, and whether the server lets this machine's address in.",
    "zh-CN":
      "连接被服务器或途中的防火墙、代理断开；系统会自动重试。若每次都如此，请检查 {PORT} 和 {TLS}，以及服务器是否允许本机 IP 连接。",
  },
  SMTP_GREETING_REJECTED: {
    en: "The server does not want to talk to this machine: ask its operator whether our address is blocked, and check that {HOST} is the server for outgoing mail.",
    "zh-CN":
      "服务器拒绝与本机通信：请向其管理员确认本机 IP 是否被屏蔽，并检查 {HOST} 是否为发信（SMTP）服务器。",
  },
  SMTP_PROTOCOL_ERROR: {
    en: "What answers at {server} does not behave like an SMTP server: check {HOST} and {PORT}, and look for a proxy, a web server or an antivirus program on the way.",
    "zh-CN":
      "{server} 的应答不像 SMTP 服务器：请检查 {HOST} 和 {PORT}，以及途中是否有代理、Web 服务器或杀毒软件。",
  },
  SMTP_TLS_MODE_MISMATCH: {
    en: "Make {PORT} and {TLS} agree: TLS from the first byte belongs to port 465, STARTTLS to 587, 25 and 2525.",
    "zh-CN": "请让 {PORT} 与 {TLS} 相匹配：465 端口连接即加密（TLS），587、25、2525 端口使用 STARTTLS。",
  },
  SMTP_STARTTLS_UNAVAILABLE: {
    en: "Use a port with TLS: 465, or 587 where the server offers STARTTLS. If it did so until now, suspect somebody on the way; only in a network that you trust set SMTP_ALLOW_CLEARTEXT_AUTH=true.",
    "zh-CN":
      "请改用支持 TLS 的端口：465，或服务器提供 STARTTLS 的 587。如果以前一直提供，请警惕途中有人篡改；仅在可信的网络中才可设置 SMTP_ALLOW_CLEARTEXT_AUTH=true。",
  },
  SMTP_STARTTLS_FAILED: {
    en: "The server offers STARTTLS but cannot do it, mostly for a broken certificate or key: tell its operator, and try a port with TLS from the first byte (465) until then.",
    "zh-CN":
      "服务器声明支持 STARTTLS 却无法完成，多半是证书或密钥有问题：请通知其管理员，在此之前可尝试连接即加密的端口（465）。",
  },
  SMTP_TLS_FAILED: {
    en: "Server and client share no TLS version or cipher: remove SMTP_CIPHER_SPEC if it is set; the server must offer TLS 1.2 or newer.",
    "zh-CN":
      "双方没有共同的 TLS 版本或加密套件：若设置了 SMTP_CIPHER_SPEC 请先去掉；服务器须支持 TLS 1.2 或更高版本。",
  },
  SMTP_CERTIFICATE_EXPIRED: {
    en: "The server's operator must renew the certificate; check the clock of this machine as well (`date`).",
    "zh-CN": "需要由服务器管理员更新证书；同时请检查本机时间是否正确（运行 `date`）。",
  },
  SMTP_CERTIFICATE_UNTRUSTED: {
    en: "For a private authority set SMTP_TLS_CA_FILE to its certificate (PEM). At a public provider this should not happen: look for a proxy or antivirus program that opens TLS, or ask the operator for the missing intermediate certificate.",
    "zh-CN":
      "如果使用私有 CA，请将 SMTP_TLS_CA_FILE 设为该 CA 的证书文件（PEM）。公共服务商不应出现此问题：请检查途中是否有拆解 TLS 的代理或杀毒软件，或请管理员补全中间证书。",
  },
  SMTP_CERTIFICATE_HOST_MISMATCH: {
    en: "Set {HOST} to the name that the certificate is for; where that cannot be, as with an IP address, set SMTP_TLS_SERVERNAME to that name.",
    "zh-CN":
      "请将 {HOST} 改为证书上的域名；若无法更改（例如只能使用 IP 地址），请将 SMTP_TLS_SERVERNAME 设为该域名。",
  },
  SMTP_AUTH_REQUIRED: {
    en: "Set {LOGIN}; where they are set, check with the provider that this account may send mail over SMTP.",
    "zh-CN": "请设置 {LOGIN}；若已设置，请向服务商确认该账号是否有权通过 SMTP 发信。",
  },
  SMTP_AUTH_FAILED: {
    en: "Check {LOGIN}; many providers want an app password, an authorization code or an API key in place of the mailbox's password. Messages wait meanwhile, none is lost.",
    "zh-CN":
      "请检查 {LOGIN}；很多服务商要求使用应用专用密码、授权码或 API 密钥，而不是邮箱登录密码。在此期间邮件会保留等待，不会丢失。",
  },
  SMTP_AUTH_UNSUPPORTED: {
    en: "Try port {tryPort}, since many servers offer the login only there or only inside TLS, and check SMTP_AUTH; if the server needs no login, remove {LOGIN}.",
    "zh-CN":
      "请尝试 {tryPort} 端口（很多服务器只在特定端口或 TLS 之内提供登录），并检查 SMTP_AUTH；如果服务器不需要登录，请去掉 {LOGIN}。",
  },
  SMTP_AUTH_TEMPORARY: {
    en: "The server cannot check the login now; it is tried again by itself. If it goes on, lower `maxConnections` and look at the provider's status page.",
    "zh-CN":
      "服务器暂时无法验证登录；系统会自动重试。若持续出现，请调低 `maxConnections` 并查看服务商的状态页面。",
  },
  SMTP_SENDER_REJECTED: {
    en: "Send from an address that this account may use, mostly its own: set SMTP_SENDER (or the message's `from`) to it, or have the address verified at the provider.",
    "zh-CN":
      "请使用该账号有权使用的发件地址（多为账号自身的地址）：修改 SMTP_SENDER（或邮件的 `from`），或在服务商处验证该地址。",
  },
  SMTP_RECIPIENT_REJECTED: {
    en: "Check the recipient's address with the server's answer in hand, and send a new message to the right one: this one is not tried again.",
    "zh-CN": "请对照服务器的答复检查收件人地址，改正后重新发送：此收件人不会再自动重试。",
  },
  SMTP_RECIPIENT_DEFERRED: {
    en: "Nothing to do for now, it is tried again by itself; if it goes on for hours, ask the server's operator about its answer.",
    "zh-CN": "暂时无需处理，系统会自动重试；若持续数小时，请就服务器的答复咨询其管理员。",
  },
  SMTP_MESSAGE_REJECTED: {
    en: "The server did not like the content: look at its answer, at links and attachments, and at SPF, DKIM and DMARC of the sender's domain; then send a new message.",
    "zh-CN":
      "服务器拒绝了邮件内容：请查看其答复，检查链接和附件，以及发件域名的 SPF、DKIM、DMARC 设置，然后重新发送。",
  },
  SMTP_MESSAGE_DEFERRED: {
    en: "Nothing to do for now, it is tried again by itself; if it goes on for hours, ask the server's operator about its answer.",
    "zh-CN": "暂时无需处理，系统会自动重试；若持续数小时，请就服务器的答复咨询其管理员。",
  },
  SMTP_MESSAGE_TOO_LARGE: {
    en: "Make the message smaller, e.g. with links in place of attachments; with MAIL_MAX_SIZE at the server's limit, callers are told at once.",
    "zh-CN":
      "请减小邮件，例如用链接代替附件；将 MAIL_MAX_SIZE 设为服务器的上限，调用方就能立即得知邮件过大。",
  },
  SMTP_RATE_LIMITED: {
    en: "The messages wait and go on by themselves. Lower `rateLimit` and `maxConnections`, have the quota raised at the provider, or add another server to SMTP_FALLBACK_URIS.",
    "zh-CN":
      "邮件会保留并自动继续发送。请调低 `rateLimit` 和 `maxConnections`，向服务商申请提高额度，或在 SMTP_FALLBACK_URIS 中添加其他服务器。",
  },
  SMTP_SERVER_BUSY: {
    en: "It is tried again by itself; if it goes on, look at the provider's status page and add another server to SMTP_FALLBACK_URIS.",
    "zh-CN": "系统会自动重试；若持续出现，请查看服务商的状态页面，并在 SMTP_FALLBACK_URIS 中添加备用服务器。",
  },
  SMTP_TIMEOUT: {
    en: "It is tried again by itself. If it happens each time, check {PORT} and {TLS}, and look for a firewall, proxy or antivirus program that swallows the connection.",
    "zh-CN":
      "系统会自动重试。若每次都如此，请检查 {PORT} 和 {TLS}，以及是否有防火墙、代理或杀毒软件拦截了连接。",
  },
};

/** For a message whose fate is unknown, whatever broke the connection. */
export const uncertainRemedy: Localized = {
  en: 'It may have been delivered. It is sent again with the same Message-ID, by which mailboxes can tell the copy; a message with `ambiguous: "hold"` waits in state `unknown` for mail.retry instead.',
  "zh-CN":
    '邮件可能已经送达。系统会以相同的 Message-ID 重新发送，邮箱可据此识别副本；设置了 `ambiguous: "hold"` 的邮件则停在 `unknown` 状态，等待 mail.retry。',
};

interface Sharper {
  /** Read in the reply's line, else in the cause */
  seen: RegExp;
  /** Only for these types, where the words alone could mean something else */
  type?: RegExp;
  remedy: Localized;
  /** The provider's own remedy, where there is one, says more */
  yields?: true;
}

/** Where server or cause say more than the type; the first one counts. */
export const sharper: readonly Sharper[] = [
  {
    seen: /SmtpClientAuthentication is disabled/i,
    remedy: {
      en: "The password is not the point: an administrator of the Microsoft 365 tenant must allow authenticated SMTP, for the mailbox or for all (https://aka.ms/smtp_auth_disabled).",
      "zh-CN":
        "问题不在密码：需要 Microsoft 365 租户管理员为该邮箱或整个组织启用经过身份验证的 SMTP（https://aka.ms/smtp_auth_disabled）。",
    },
  },
  {
    seen: /security defaults|conditional access|did not meet the criteria/i,
    remedy: {
      en: "A policy of the Microsoft 365 tenant stops this login: have its administrator look at security defaults, conditional access and the mailbox's authenticated SMTP, or use OAuth2.",
      "zh-CN":
        "登录被 Microsoft 365 租户的策略阻止：请管理员检查安全默认值、条件访问以及该邮箱经过身份验证的 SMTP 设置，或改用 OAuth2。",
    },
  },
  {
    seen: /basic authentication is (disabled|not supported)|^5\d\d 5\.7\.30\b/i,
    yields: true,
    remedy: {
      en: "The server takes no passwords any more, app passwords included: use OAuth2 (SMTP_AUTH=oauth2) or another provider.",
      "zh-CN":
        "服务器已不再接受密码登录（应用密码也不行）：请改用 OAuth2（SMTP_AUTH=oauth2）或换用其他服务商。",
    },
  },
  {
    seen: accountHeld,
    type: /SENDER/,
    remedy: {
      en: "The provider has stopped this account from sending, often for spam or an open bill: sign in there, find out why and have it released. Messages wait meanwhile.",
      "zh-CN":
        "服务商已禁止该账号发信，常见原因是被判定发送垃圾邮件或欠费：请登录服务商后台查明原因并解除限制。在此期间邮件会保留等待。",
    },
  },
  {
    seen: wantsTls,
    type: /TLS_MODE/,
    remedy: {
      en: "The server takes mail only inside TLS, and our settings keep us from it: SMTP_OPPORTUNISTIC_TLS=false, or `ignoreTLS` in the URI.",
      "zh-CN":
        "服务器要求先用 STARTTLS 加密，而当前设置禁止了它：SMTP_OPPORTUNISTIC_TLS=false，或 URI 中的 `ignoreTLS`。",
    },
  },
  {
    seen: /^538|encryption required/i,
    remedy: {
      en: "The server takes a password only inside TLS: use {TLS} and {PORT} for an encrypted connection, and remove SMTP_ALLOW_CLEARTEXT_AUTH.",
      "zh-CN":
        "服务器只接受加密连接中的密码：请通过 {TLS} 和 {PORT} 启用加密，并去掉 SMTP_ALLOW_CLEARTEXT_AUTH。",
    },
  },
  {
    seen: loginLater,
    type: /AUTH/,
    yields: true,
    remedy: {
      en: "The server saw too many logins or is busy: keep `pool` on, lower `maxConnections` and wait; it is tried again by itself.",
      "zh-CN": "登录过于频繁或服务器繁忙：请保持 `pool` 开启、调低 `maxConnections` 并稍候；系统会自动重试。",
    },
  },
  {
    seen: /authorization code/i,
    type: /AUTH/,
    yields: true,
    remedy: {
      en: "Use an authorization code (授权码), made in the mailbox's settings once its SMTP service is on, in place of the login password.",
      "zh-CN": "请使用授权码（在邮箱设置中开启 SMTP 服务后生成），而不是登录密码。",
    },
  },
  {
    seen: /application-specific password|^534 5\.7\.9\b/i,
    yields: true,
    remedy: {
      en: "Turn on two-step verification, create an app password and use it in place of the account's own.",
      "zh-CN": "请开启两步验证，创建应用专用密码，并用它代替账号的登录密码。",
    },
  },
  {
    seen: /address is not verified/i,
    yields: true,
    remedy: {
      en: "Verify the sender's address or domain at the provider, in the region of {HOST}; while the account is in the sandbox, recipients must be verified as well.",
      "zh-CN":
        "请在服务商处（{HOST} 所在区域）验证发件地址或域名；账号仍处于沙盒环境时，收件人也必须经过验证。",
    },
  },
  {
    seen: /relay(ing)? (access )?(denied|not permitted)|unable to relay/i,
    remedy: {
      en: "The server does not send for us to other domains: check {LOGIN}, or have its operator allow this machine's address.",
      "zh-CN": "服务器不允许我们转发到其他域名：请检查 {LOGIN}，或请其管理员允许本机 IP。",
    },
  },
  {
    seen: /helo command rejected|fully-qualified hostname|invalid (helo|ehlo)/i,
    remedy: {
      en: "The server does not like the name with which this machine introduces itself: give it a full domain name, or set one with the option `name` in SMTP_URI.",
      "zh-CN": "服务器不接受本机自报的名称：请为本机设置完整域名，或在 SMTP_URI 中用 `name` 选项指定。",
    },
  },
  {
    seen: /client host .*(rejected|blocked)|(blocked|listed) (by|using|at|in)\b|black ?list|block ?list|unauthorized ip/i,
    remedy: {
      en: "The server does not let this machine's address in: set {LOGIN} if they are missing, allow the address at the provider, or have it taken off the blocklist that the answer names.",
      "zh-CN":
        "服务器不允许本机 IP 发信：若未设置 {LOGIN} 请先设置，并在服务商处允许该 IP，或申请从答复中提到的黑名单移除。",
    },
  },
  {
    seen: /\b(SPF|DKIM|DMARC)\b|^550 5\.7\.26\b/i,
    remedy: {
      en: "The sender's domain does not prove that this server may send for it: publish SPF, DKIM and DMARC records as the provider tells, or use a sender of a domain that has them.",
      "zh-CN":
        "发件域名未能证明该服务器有权代其发信：请按服务商说明配置 SPF、DKIM、DMARC 记录，或改用已配置好的域名发信。",
    },
  },
  {
    seen: dailyQuota,
    type: /RATE_LIMITED/,
    remedy: {
      en: "The day's quota is used up. The messages wait, and about every hour one of them asks whether there is a new one. Have it raised at the provider, or add another server to SMTP_FALLBACK_URIS.",
      "zh-CN":
        "当日的发信额度已用完。邮件会保留等待，系统大约每小时用一封邮件试探额度是否恢复。请向服务商申请提高额度，或在 SMTP_FALLBACK_URIS 中添加其他服务器。",
    },
  },
  {
    seen: someQuota,
    type: /RATE_LIMITED/,
    remedy: {
      en: "The quota is used up. The messages wait, and about every quarter of an hour one of them asks whether there is a new one. Lower `rateLimit`, have the quota raised at the provider, or add another server to SMTP_FALLBACK_URIS.",
      "zh-CN":
        "发信额度已用完。邮件会保留等待，系统大约每 15 分钟用一封邮件试探额度是否恢复。请调低 `rateLimit`，向服务商申请提高额度，或在 SMTP_FALLBACK_URIS 中添加其他服务器。",
    },
  },
  {
    seen: namesTime,
    type: /RATE_LIMITED/,
    remedy: {
      en: "The messages wait as long as the server asks, and go on by themselves. Lower `rateLimit` and `maxConnections`, or add another server to SMTP_FALLBACK_URIS.",
      "zh-CN":
        "邮件会按服务器要求的时间等待，然后自动继续发送。请调低 `rateLimit` 和 `maxConnections`，或在 SMTP_FALLBACK_URIS 中添加其他服务器。",
    },
  },
  {
    seen: greylisted,
    type: /DEFERRED/,
    remedy: {
      en: "Nothing to do: the server greets strangers with a delay (greylisting), and a later try gets through.",
      "zh-CN": "无需处理：这是服务器的灰名单机制，稍后自动重试即可通过。",
    },
  },
  {
    seen: /(mailbox|inbox|account).{0,30}(full|over ?quota)|over ?quota|^[45]\d\d [45]\.2\.2\b/i,
    type: /RECIPIENT|MESSAGE/,
    remedy: {
      en: "The recipient's mailbox is full: reach them another way, so that they make room.",
      "zh-CN": "收件人邮箱已满：请通过其他方式联系对方清理空间。",
    },
  },
  {
    seen: unreachable,
    remedy: {
      en: "This machine has no way to {server}: look at its network, routes and firewall, and if only an IPv6 address was tried, at its IPv6.",
      "zh-CN":
        "本机没有到 {server} 的网络路径：请检查网络、路由和防火墙；若只尝试了 IPv6 地址，请检查 IPv6 连通性。",
    },
  },
  {
    seen: /^CERT_REVOKED$/,
    remedy: {
      en: "The certificate was revoked by its authority: the server's operator must replace it; do not work around it.",
      "zh-CN": "证书已被颁发机构吊销：须由服务器管理员更换，请不要绕过检查。",
    },
  },
];

export interface RemedyContext {
  transport?: TransportConfig;
  provider?: Provider;
  /** @default "en" */
  locale?: Locale;
}

/** What to do: from the server's own words where they tell, else the provider's remedy, else the general one. */
export function remedyFor(type: SmtpProblemType, fault: Fault, context: RemedyContext = {}): string {
  const seen = fault.reply ? replyLine(fault.reply) : (fault.cause ?? "");
  const fitting = sharper.filter(
    (candidate) => candidate.seen.test(seen) && (candidate.type?.test(type) ?? true),
  );
  const remedy =
    fitting.find(({ yields }) => !yields)?.remedy ??
    context.provider?.remedies?.[type] ??
    fitting[0]?.remedy ??
    remedies[type];
  return fill(remedy[context.locale ?? "en"], context);
}

/** Replaces `{host}` and the like by what they are for this transport. */
export function fill(text: string, context: RemedyContext): string {
  const values = valuesOf(context);
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function valuesOf({ transport, provider, locale = "en" }: RemedyContext): Readonly<Record<string, string>> {
  const facts = transport
    ? { server: `${printHost(transport.host)}:${transport.port}`, host: transport.host }
    : nameless[locale];
  return {
    ...facts,
    tryPort: String(portToTry(transport, provider)),
    ...Object.fromEntries(
      Object.entries(variables[transport?.dialect ?? "host"]).map(([name, words]) => [name, words[locale]]),
    ),
  };
}

const nameless = {
  en: { server: "the SMTP server", host: "HOST" },
  "zh-CN": { server: "SMTP 服务器", host: "HOST" },
} as const satisfies Record<Locale, Record<string, string>>;

type Variables = Readonly<Record<"HOST" | "PORT" | "TLS" | "LOGIN", Localized>>;

const same = (text: string): Localized => ({ en: text, "zh-CN": text });

const separate: Variables = {
  HOST: same("SMTP_HOST"),
  PORT: same("SMTP_PORT"),
  TLS: same("SMTP_TLS"),
  LOGIN: { en: "SMTP_USERNAME and SMTP_PASSWORD", "zh-CN": "SMTP_USERNAME 和 SMTP_PASSWORD" },
};

const within = (variable: string): Variables => ({
  HOST: { en: `the host in ${variable}`, "zh-CN": `${variable} 中的主机名` },
  PORT: { en: `the port in ${variable}`, "zh-CN": `${variable} 中的端口` },
  TLS: {
    en: `the protocol in ${variable} (smtp or smtps)`,
    "zh-CN": `${variable} 中的协议（smtp 或 smtps）`,
  },
  LOGIN: { en: `user name and password in ${variable}`, "zh-CN": `${variable} 中的用户名和密码` },
});

const variables: Readonly<Record<TransportConfig["dialect"], Variables>> = {
  host: separate,
  provider: { ...separate, HOST: same("SMTP_PROVIDER") },
  uri: within("SMTP_URI"),
  fallback: within("SMTP_FALLBACK_URIS"),
};
