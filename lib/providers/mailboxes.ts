/** Mailboxes of people and companies: an account that also sends, so the sender is its owner and volumes are small. */
import type { Provider } from "./provider.ts";

const checked = "2026-11-01";

const gmail: Provider = {
  id: "gmail",
  name: "Gmail and Google Workspace",
  aliases: ["google", "googlemail", "workspace"],
  host: "smtp.gmail.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  regions: { relay: "smtp-relay.gmail.com" },
  domains: ["gmail.com", "googlemail.com"],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@gmail.com.",
    "zh-CN": "完整的邮箱地址，例如 me@gmail.com。",
  },
  password: {
    en: "An app password; the account's own password has been refused since 30 May 2022, at Workspace since 1 May 2025.",
    "zh-CN":
      "应用专用密码；账号本身的登录密码自 2022 年 5 月 30 日起（Workspace 自 2025 年 5 月 1 日起）已不能用于 SMTP。",
  },
  passwordUrl: "https://myaccount.google.com/apppasswords",
  sender: {
    en: "From is rewritten to the login unless it is an alias of the account.",
    "zh-CN": "发件人若不是该账号或其别名，会被改写为登录账号。",
  },
  notes: [
    {
      en: "App passwords exist only while 2-Step Verification is on. OAuth2 works as well (scope https://mail.google.com/).",
      "zh-CN": "开启“两步验证”后才能创建应用专用密码。也支持 OAuth2（权限范围 https://mail.google.com/）。",
    },
    {
      en: "About 500 recipients a day for a personal account, 2,000 at Workspace.",
      "zh-CN": "个人账号每天约 500 个收件人，Workspace 每天 2000 个。",
    },
    {
      en: "smtp-relay.gmail.com is the relay that a Workspace administrator sets up.",
      "zh-CN": "smtp-relay.gmail.com 是 Workspace 管理员配置的中继服务器。",
    },
  ],
  links: [
    "https://developers.google.com/workspace/gmail/imap/imap-smtp",
    "https://support.google.com/accounts/answer/185833",
    "https://support.google.com/a/answer/3726730",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Turn on 2-Step Verification, create an app password at https://myaccount.google.com/apppasswords and use it as the password: Gmail refuses the account's own.",
      "zh-CN":
        "请先开启“两步验证”，再到 https://myaccount.google.com/apppasswords 创建应用专用密码作为 SMTP 密码：Gmail 不接受账号的登录密码。",
    },
    SMTP_AUTH_TEMPORARY: {
      en: "Gmail saw too many logins (454 4.7.0): leave `pool` on, lower `maxConnections` and wait a few minutes.",
      "zh-CN":
        "Gmail 认为登录过于频繁（454 4.7.0）：请保持 `pool` 开启、调低 `maxConnections`，并等待几分钟。",
    },
    SMTP_RATE_LIMITED: {
      en: "Send more slowly (`rateLimit`) or wait a day: Gmail takes about 500 recipients a day, Workspace 2,000; for more, use a sending service.",
      "zh-CN":
        "请用 `rateLimit` 降低发送速度，或等待一天：Gmail 每天约 500 个收件人，Workspace 每天 2000 个；发信量更大时请改用专门的邮件发送服务。",
    },
  },
};

/** Outlook.com and Hotmail are one service under two names. */
const outlook: Provider = {
  id: "outlook",
  name: "Outlook.com",
  aliases: ["outlook.com"],
  host: "smtp-mail.outlook.com",
  ports: [{ port: 587, security: "starttls" }],
  domains: ["outlook.com"],
  credential: "oauth2",
  plainPassword: false,
  username: {
    en: "The whole address, e.g. me@outlook.com.",
    "zh-CN": "完整的邮箱地址，例如 me@outlook.com。",
  },
  password: {
    en: "None: an OAuth2 token takes its place (permission SMTP.Send). Basic authentication ended on 16 September 2024, for app passwords as well.",
    "zh-CN":
      "不使用密码，而是 OAuth2 令牌（权限 SMTP.Send）。基本身份验证已于 2024 年 9 月 16 日停用，应用密码同样无效。",
  },
  sender: {
    en: "The account's own address or one of its aliases; any other is refused with 550 5.7.60.",
    "zh-CN": "只能是账号自己的地址或其别名，否则返回 550 5.7.60。",
  },
  links: [
    "https://support.microsoft.com/en-us/office/pop-imap-and-smtp-settings-for-outlook-com-d088b986-291d-42b8-9564-9c414e2aa040",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use OAuth2 (SMTP_AUTH=oauth2) or another provider: Outlook.com and Hotmail take no password any more, app passwords included.",
      "zh-CN":
        "请改用 OAuth2（SMTP_AUTH=oauth2）或换用其他服务商：Outlook.com 和 Hotmail 已不接受任何密码，应用密码也不行。",
    },
    SMTP_AUTH_UNSUPPORTED: {
      en: "Use OAuth2 (SMTP_AUTH=oauth2) or another provider: Outlook.com and Hotmail no longer offer a login with a password.",
      "zh-CN":
        "请改用 OAuth2（SMTP_AUTH=oauth2）或换用其他服务商：Outlook.com 和 Hotmail 已不再提供密码登录。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the account's own address or one of its aliases (SMTP_SENDER): Microsoft refuses any other (550 5.7.60).",
      "zh-CN": "请使用账号自己的地址或其别名发信（SMTP_SENDER）：微软会拒绝其他发件人（550 5.7.60）。",
    },
    SMTP_TLS_MODE_MISMATCH: {
      en: "Use port 587 with STARTTLS (SMTP_TLS=false, or smtp:// in a URI): Outlook.com and Hotmail offer no other.",
      "zh-CN":
        "请使用 587 端口和 STARTTLS（SMTP_TLS=false，或 URI 以 smtp:// 开头）：Outlook.com 和 Hotmail 只提供这一种方式。",
    },
  },
};

const hotmail: Provider = {
  ...outlook,
  id: "hotmail",
  name: "Hotmail, Live and MSN",
  aliases: ["hotmail.com", "live", "live.com", "msn", "smtp.live.com"],
  domains: ["hotmail.com", "live.com", "msn.com"],
  username: {
    en: "The whole address, e.g. me@hotmail.com.",
    "zh-CN": "完整的邮箱地址，例如 me@hotmail.com。",
  },
  notes: [
    {
      en: "smtp.live.com, which older manuals name, is an old name that Microsoft no longer documents (whether it still answers: unverified); use smtp-mail.outlook.com.",
      "zh-CN":
        "旧教程中的 smtp.live.com 是历史域名，微软文档已不再列出（是否仍可连接未经验证）：请改用 smtp-mail.outlook.com。",
    },
  ],
  remedies: {
    ...outlook.remedies,
    SMTP_DNS_FAILED: {
      en: "If the host is smtp.live.com, an old name, use smtp-mail.outlook.com instead.",
      "zh-CN": "如果主机填的是历史域名 smtp.live.com，请改用 smtp-mail.outlook.com。",
    },
  },
};

const outlook365: Provider = {
  id: "outlook365",
  name: "Microsoft 365 (Exchange Online)",
  aliases: ["office365", "microsoft365", "m365", "exchange"],
  host: "smtp.office365.com",
  ports: [{ port: 587, security: "starttls" }],
  credential: "password",
  plainPassword: true,
  username: {
    en: "The whole address of a licensed mailbox, e.g. me@example.com.",
    "zh-CN": "已分配许可证的邮箱的完整地址，例如 me@example.com。",
  },
  password: {
    en: "The mailbox's password while the tenant still allows SMTP AUTH with passwords; better an OAuth2 token (SMTP.Send or SMTP.SendAsApp).",
    "zh-CN":
      "租户仍允许密码方式的 SMTP AUTH 时可用邮箱密码；更推荐 OAuth2 令牌（SMTP.Send 或 SMTP.SendAsApp）。",
  },
  sender: {
    en: "The mailbox itself, or an address for which it has the Send As right; any other is refused with 550 5.7.60.",
    "zh-CN": "只能是邮箱自身的地址，或该邮箱拥有“代理发送”（Send As）权限的地址，否则返回 550 5.7.60。",
  },
  notes: [
    {
      en: "Passwords work unchanged until the end of December 2026; then they are off by default (an administrator may turn them on) and not available by default to new tenants. The final date is to be announced in the second half of 2027.",
      "zh-CN":
        "密码方式在 2026 年 12 月底之前保持不变；之后默认关闭（管理员可重新开启），新租户默认不可用；最终停用日期将于 2027 年下半年公布。",
    },
  ],
  links: [
    "https://learn.microsoft.com/en-us/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission",
    "https://techcommunity.microsoft.com/blog/exchange/updated-exchange-online-smtp-auth-basic-authentication-deprecation-timeline/4489835",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "At 535 5.7.139 have the administrator allow authenticated SMTP for the tenant and this mailbox, or use OAuth2; at 535 5.7.3 correct user name and password.",
      "zh-CN":
        "若返回 535 5.7.139，请管理员为租户和该邮箱启用经过身份验证的 SMTP，或改用 OAuth2；若返回 535 5.7.3，请检查用户名和密码。",
    },
    SMTP_AUTH_REQUIRED: {
      en: "Set user name and password (or OAuth2): Microsoft 365 takes no mail without a login here (530 5.7.57).",
      "zh-CN": "请设置用户名和密码（或 OAuth2）：Microsoft 365 在此不接受未登录的发信（530 5.7.57）。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the mailbox's own address, or have the administrator give it the Send As right for this sender (550 5.7.60).",
      "zh-CN":
        "请使用邮箱自身的地址发信，或请管理员为其授予该发件地址的“代理发送”（Send As）权限（550 5.7.60）。",
    },
  },
};

const yahoo: Provider = {
  id: "yahoo",
  name: "Yahoo Mail",
  aliases: ["yahoomail", "ymail"],
  host: "smtp.mail.yahoo.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  domains: ["yahoo.com", "ymail.com", "rocketmail.com"],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@yahoo.com.",
    "zh-CN": "完整的邮箱地址，例如 me@yahoo.com。",
  },
  password: {
    en: "An app password; the account's own password is refused. OAuth2 works as well.",
    "zh-CN": "应用密码；不接受账号的登录密码。也支持 OAuth2。",
  },
  passwordUrl: "https://login.yahoo.com/account/security",
  sender: {
    en: "The account's own address.",
    "zh-CN": "只能是账号自己的地址。",
  },
  links: ["https://help.yahoo.com/kb/SLN4075.html", "https://help.yahoo.com/kb/SLN15241.html"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Create an app password under Account security (https://login.yahoo.com/account/security) and use it as the password: Yahoo refuses the account's own.",
      "zh-CN":
        "请在“账号安全”（https://login.yahoo.com/account/security）中生成应用密码作为 SMTP 密码：Yahoo 不接受账号的登录密码。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the Yahoo address of the user name (SMTP_SENDER): Yahoo takes no other.",
      "zh-CN": "请使用登录所用的 Yahoo 地址发信（SMTP_SENDER）：Yahoo 不接受其他发件人。",
    },
  },
};

const icloud: Provider = {
  id: "icloud",
  name: "iCloud Mail",
  aliases: ["apple", "me", "mac"],
  host: "smtp.mail.me.com",
  ports: [{ port: 587, security: "starttls" }],
  domains: ["icloud.com", "me.com", "mac.com"],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole iCloud address, e.g. me@icloud.com.",
    "zh-CN": "完整的 iCloud 邮箱地址，例如 me@icloud.com。",
  },
  password: {
    en: "An app-specific password; the Apple Account's own password is refused.",
    "zh-CN": "App 专用密码；不接受 Apple 账户的登录密码。",
  },
  passwordUrl: "https://account.apple.com/account/manage",
  sender: {
    en: "The account's own address or one of its aliases.",
    "zh-CN": "只能是账户自己的地址或其别名。",
  },
  notes: [
    {
      en: "“SSL required: yes” in older manuals means STARTTLS on port 587. Some name port 465 as well (unverified); Apple does not.",
      "zh-CN":
        "旧教程中的“需要 SSL：是”指 587 端口上的 STARTTLS。也有资料提到 465 端口（未经验证），苹果官方文档并未列出。",
    },
  ],
  links: ["https://support.apple.com/en-us/102525", "https://support.apple.com/en-us/102654"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Create an app-specific password at https://account.apple.com/account/manage and use it as the password: Apple refuses the account's own.",
      "zh-CN":
        "请到 https://account.apple.com/account/manage 生成 App 专用密码作为 SMTP 密码：不接受 Apple 账户的登录密码。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the iCloud address of the user name or one of its aliases (SMTP_SENDER): Apple takes no other.",
      "zh-CN": "请使用登录所用的 iCloud 地址或其别名发信（SMTP_SENDER）：iCloud 不接受其他发件人。",
    },
    SMTP_TLS_MODE_MISMATCH: {
      en: "Use port 587 with STARTTLS (SMTP_TLS=false, or smtp:// in a URI): Apple documents no other.",
      "zh-CN":
        "请使用 587 端口和 STARTTLS（SMTP_TLS=false，或 URI 以 smtp:// 开头）：苹果官方只提供这一种方式。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 587, the only one that Apple documents; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用苹果官方唯一列出的 587 端口；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

/** Zoho refuses after DATA (553), so that it may look like a fault of the sender or of the message. */
const zohoSender = {
  en: "Send from the address of the user name or one of its aliases (SMTP_SENDER): Zoho answers 553 Relaying disallowed to any other.",
  "zh-CN":
    "请使用登录所用的地址或其别名发信（SMTP_SENDER）：使用其他发件人时 Zoho 会返回 553 Relaying disallowed。",
};

const zoho: Provider = {
  id: "zoho",
  name: "Zoho Mail",
  aliases: ["zohomail"],
  host: "smtp.zoho.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  regions: {
    us: "smtp.zoho.com",
    eu: "smtp.zoho.eu",
    in: "smtp.zoho.in",
    au: "smtp.zoho.com.au",
    jp: "smtp.zoho.jp",
    cn: "smtp.zoho.com.cn",
    sa: "smtp.zoho.sa",
    ca: "smtp.zohocloud.ca",
    pro: "smtppro.zoho.com",
  },
  hostPattern: /^smtp(pro)?\.(zoho\.(com|eu|in|com\.au|jp|com\.cn|sa)|zohocloud\.ca)$/,
  domains: ["zoho.com", "zohomail.com"],
  credential: "password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@zohomail.com or me@example.com.",
    "zh-CN": "完整的邮箱地址，例如 me@zohomail.com 或 me@example.com。",
  },
  password: {
    en: "The account's password; with two-factor authentication on, an app password.",
    "zh-CN": "账号密码；若已开启双重验证，则须使用应用专用密码。",
  },
  passwordUrl: "https://accounts.zoho.com/home#security/app_password",
  sender: {
    en: "The account's own address or one of its aliases; any other is refused with 553 after the message was sent.",
    "zh-CN": "只能是账号自己的地址或其别名，否则在提交邮件内容后返回 553。",
  },
  notes: [
    {
      en: "The host depends on the data centre (smtp.zoho.com, .eu, .in, .com.au, .jp, .com.cn, .sa; smtp.zohocloud.ca) and on the plan: organisations use smtppro in place of smtp.",
      "zh-CN":
        "主机取决于账号所在的数据中心（smtp.zoho.com、.eu、.in、.com.au、.jp、.com.cn、.sa，以及 smtp.zohocloud.ca）和套餐：企业用户请将 smtp 换成 smtppro。",
    },
    {
      en: "Whether free plans may use SMTP: sources conflict (unverified).",
      "zh-CN": "免费套餐能否使用 SMTP，各方说法不一（未经验证）。",
    },
  ],
  links: ["https://www.zoho.com/mail/help/zoho-smtp.html"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use the host of the account's data centre (smtp.zoho.eu, .in, …; smtppro.zoho.… for organisations) and, with two-factor authentication on, an app password.",
      "zh-CN":
        "请使用账号所在数据中心的主机（smtp.zoho.eu、.in 等，企业用户为 smtppro.zoho.…）；若已开启双重验证，请使用应用专用密码。",
    },
    SMTP_SENDER_REJECTED: zohoSender,
    SMTP_MESSAGE_REJECTED: zohoSender,
  },
};

const fastmail: Provider = {
  id: "fastmail",
  name: "Fastmail",
  host: "smtp.fastmail.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  domains: ["fastmail.com", "fastmail.fm"],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@fastmail.com.",
    "zh-CN": "完整的邮箱地址，例如 me@fastmail.com。",
  },
  password: {
    en: "An app password (Settings > Privacy & Security); the account's own password is refused.",
    "zh-CN": "应用专用密码（在 Settings > Privacy & Security 中创建）；不接受账号的登录密码。",
  },
  links: ["https://www.fastmail.help/hc/en-us/articles/1500000278342"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Create an app password under Settings > Privacy & Security and use it as the password: Fastmail refuses the account's own.",
      "zh-CN":
        "请在 Settings > Privacy & Security 中创建应用专用密码作为 SMTP 密码：Fastmail 不接受账号的登录密码。",
    },
  },
};

const yandex: Provider = {
  id: "yandex",
  name: "Yandex Mail",
  host: "smtp.yandex.ru",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  regions: { ru: "smtp.yandex.ru", com: "smtp.yandex.com" },
  domains: ["yandex.ru", "yandex.com", "ya.ru"],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@yandex.ru.",
    "zh-CN": "完整的邮箱地址，例如 me@yandex.ru。",
  },
  password: {
    en: "An app password of the kind “Mail”; access over IMAP must be on in the mailbox's settings.",
    "zh-CN": "类型为“邮件”的应用密码；还须在邮箱设置中开启 IMAP 访问。",
  },
  passwordUrl: "https://id.yandex.com/security/app-passwords",
  sender: {
    en: "An address of the account itself; any other is refused with 553 5.7.1.",
    "zh-CN": "只能是账号自己的地址，否则返回 553 5.7.1。",
  },
  links: [
    "https://yandex.com/support/yandex-360/customers/mail/en/mail-clients/others",
    "https://yandex.com/support/id/en/authorization/app-passwords",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Allow IMAP access in the mailbox's settings, create an app password at https://id.yandex.com/security/app-passwords and use it as the password.",
      "zh-CN":
        "请在邮箱设置中开启 IMAP 访问，再到 https://id.yandex.com/security/app-passwords 创建应用密码作为 SMTP 密码。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from an address of the account itself (SMTP_SENDER): Yandex answers 553 5.7.1 to any other.",
      "zh-CN": "请使用账号自己的地址发信（SMTP_SENDER）：使用其他发件人时 Yandex 会返回 553 5.7.1。",
    },
  },
};

export const mailboxes: readonly Provider[] = [
  gmail,
  outlook,
  hotmail,
  outlook365,
  yahoo,
  icloud,
  zoho,
  fastmail,
  yandex,
];
