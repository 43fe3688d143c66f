/** Providers in mainland China: mailboxes that want an authorization code, and Alibaba Cloud's sending service. */
import type { Provider } from "./provider.ts";

const checked = "2026-11-01";

const qq: Provider = {
  id: "qq",
  name: "QQ Mail (QQ 邮箱)",
  aliases: ["qqmail", "foxmail"],
  host: "smtp.qq.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
  ],
  domains: ["qq.com", "vip.qq.com", "foxmail.com"],
  credential: "authorization-code",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. 12345@qq.com; the QQ number alone works as well.",
    "zh-CN": "完整的邮箱地址，例如 12345@qq.com；只填 QQ 号也可以。",
  },
  password: {
    en: "An authorization code (授权码), not the QQ password; made in the mailbox's settings once its SMTP service is on.",
    "zh-CN": "授权码，不是 QQ 密码；在邮箱设置中开启 SMTP 服务后生成。",
  },
  passwordUrl: "https://service.mail.qq.com/detail/0/75",
  sender: {
    en: "The mailbox of the user name; any other is refused with 501.",
    "zh-CN": "必须与登录邮箱一致，否则返回 501。",
  },
  notes: [
    {
      en: "465 and 587 are not the same setting: 465 is TLS from the first byte, 587 is STARTTLS.",
      "zh-CN": "465 与 587 不是同一种设置：465 是连接即加密的 SSL/TLS，587 是 STARTTLS。",
    },
  ],
  links: [
    "https://service.mail.qq.com/detail/0/75",
    "https://wx.mail.qq.com/list/readtemplate?name=app_intro.html#/agreement/authorizationCode",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Switch the SMTP service on in QQ Mail's settings and use the authorization code (授权码) made there, not the QQ password; if the code worked before, wait a while: QQ answers 535 to too many logins as well.",
      "zh-CN":
        "请在 QQ 邮箱设置中开启 SMTP 服务，并使用生成的授权码（不是 QQ 密码）；如果授权码之前可用，请稍后再试：登录过于频繁时 QQ 也会返回 535。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the very mailbox of the user name (SMTP_SENDER): QQ answers 501 to any other.",
      "zh-CN": "发件人（SMTP_SENDER）必须与登录邮箱一致：否则 QQ 会返回 501。",
    },
  },
};

const exmail: Provider = {
  id: "exmail",
  name: "Tencent Exmail (腾讯企业邮箱)",
  aliases: ["tencent", "wecom"],
  host: "smtp.exmail.qq.com",
  ports: [{ port: 465, security: "tls" }],
  regions: { abroad: "hwsmtp.exmail.qq.com" },
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@example.com.",
    "zh-CN": "完整的邮箱地址，例如 me@example.com。",
  },
  password: {
    en: "A client password (客户端专用密码) made in the mailbox's settings; the administrator must allow clients.",
    "zh-CN": "客户端专用密码，在邮箱设置中生成；须由管理员允许使用客户端。",
  },
  passwordUrl: "https://exmail.qq.com/login",
  sender: {
    en: "The mailbox of the user name.",
    "zh-CN": "必须与登录邮箱一致。",
  },
  notes: [
    {
      en: "From outside mainland China use hwsmtp.exmail.qq.com.",
      "zh-CN": "从中国大陆以外连接时，请使用 hwsmtp.exmail.qq.com。",
    },
  ],
  links: ["https://service.exmail.qq.com/cgi-bin/help?subtype=1&id=28&no=1000585"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Have the administrator allow SMTP clients, then use a client password (客户端专用密码) made in the mailbox's settings, not the login password.",
      "zh-CN": "请管理员允许使用 SMTP 客户端，再使用邮箱设置中生成的客户端专用密码（不是登录密码）。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the very mailbox of the user name (SMTP_SENDER): Exmail takes no other.",
      "zh-CN": "发件人（SMTP_SENDER）必须与登录邮箱一致：腾讯企业邮箱不接受其他发件人。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 465, from outside mainland China at the host hwsmtp.exmail.qq.com; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用 465 端口，服务器在中国大陆以外时请连接 hwsmtp.exmail.qq.com；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

const netease163: Provider = {
  id: "163",
  name: "NetEase 163 Mail (网易 163 邮箱)",
  aliases: ["netease"],
  host: "smtp.163.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 25, security: "none" },
  ],
  domains: ["163.com"],
  credential: "authorization-code",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@163.com.",
    "zh-CN": "完整的邮箱地址，例如 me@163.com。",
  },
  password: {
    en: "An authorization code (授权码), not the login password; made in the mailbox's settings under POP3/SMTP/IMAP once the service is on.",
    "zh-CN": "授权码，不是登录密码；在邮箱设置的“POP3/SMTP/IMAP”中开启服务后生成。",
  },
  passwordUrl:
    "https://help.mail.163.com/faqDetail.do?code=d7a5dc8471cd0c0e8b4b8f4f8e49998b374173cfe9171305fa1ce630d7f67ac2cda80145a1742516",
  sender: {
    en: "The mailbox of the user name.",
    "zh-CN": "必须与登录邮箱一致。",
  },
  notes: [
    {
      en: "A free account has at most two authorization codes.",
      "zh-CN": "免费账号最多可有两个授权码。",
    },
    {
      en: "Some manuals name port 994 as well (unverified): use 465. Port 25 is clear text, and many clouds block it.",
      "zh-CN": "有的教程还提到 994 端口（未经验证），请使用 465。25 端口为明文，且常被云服务商封禁。",
    },
  ],
  links: [
    "https://help.mail.163.com/faqDetail.do?code=d7a5dc8471cd0c0e8b4b8f4f8e49998b374173cfe9171305fa1ce630d7f67ac2a5feb28b66796d3b",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Switch the SMTP service on in the mailbox's settings (POP3/SMTP/IMAP) and use the authorization code (授权码) made there, not the login password.",
      "zh-CN": "请在邮箱设置的“POP3/SMTP/IMAP”中开启 SMTP 服务，并使用生成的授权码（不是登录密码）。",
    },
    SMTP_AUTH_TEMPORARY: {
      en: "NetEase locks the login after too many failures: put the authorization code (授权码) right, then wait before the next attempt.",
      "zh-CN": "登录失败次数过多时网易会暂时锁定：请先改正授权码，过一段时间再试。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the very mailbox of the user name (SMTP_SENDER): NetEase takes no other.",
      "zh-CN": "发件人（SMTP_SENDER）必须与登录邮箱一致：网易邮箱不接受其他发件人。",
    },
    SMTP_MESSAGE_REJECTED: {
      en: "At 554 DT:SPM NetEase took the message for spam: reword subject and body, drop suspicious links, and send fewer messages alike.",
      "zh-CN":
        "返回 554 DT:SPM 说明网易判定为垃圾邮件：请调整主题和正文、去掉可疑链接，并减少内容雷同的邮件。",
    },
    SMTP_MESSAGE_DEFERRED: {
      en: "At 451 DT:SPM NetEase suspects spam for the moment: send more slowly and vary what is alike; the message is tried again by itself.",
      "zh-CN": "返回 451 DT:SPM 说明网易暂时怀疑是垃圾邮件：请降低发送速度、减少雷同内容；邮件会自动重试。",
    },
    SMTP_RATE_LIMITED: {
      en: "At 421 HL:… NetEase limits this IP address: lower `rateLimit` and `maxConnections`; the message is tried again by itself.",
      "zh-CN":
        "返回 421 HL:… 说明网易限制了本机 IP 的发送频率：请调低 `rateLimit` 和 `maxConnections`；邮件会自动重试。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 465, as many clouds block port 25; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用 465 端口（25 端口常被云服务商封禁）；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

/** NetEase's other mailboxes: the same rules at another host. */
function netease(id: string, domain: string, name: string): Provider {
  return {
    ...netease163,
    id,
    name,
    aliases: [],
    host: `smtp.${domain}`,
    domains: [domain],
    username: {
      en: `The whole address, e.g. me@${domain}.`,
      "zh-CN": `完整的邮箱地址，例如 me@${domain}。`,
    },
  };
}

const aliyun: Provider = {
  id: "aliyun",
  name: "Alibaba Mail (阿里邮箱)",
  aliases: ["alimail", "smtp.mxhichina.com"],
  host: "smtp.qiye.aliyun.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 25, security: "none" },
    { port: 80, security: "none" },
  ],
  regions: { personal: "smtp.aliyun.com" },
  credential: "password",
  plainPassword: true,
  username: {
    en: "The whole address, e.g. me@example.com.",
    "zh-CN": "完整的邮箱地址，例如 me@example.com。",
  },
  password: {
    en: "The mailbox's password; where the security password for third-party clients (三方客户端安全密码) is on, that one.",
    "zh-CN": "邮箱密码；若已启用“三方客户端安全密码”，则须使用该安全密码。",
  },
  passwordUrl: "https://qiye.aliyun.com/",
  sender: {
    en: "The mailbox of the user name; any other is refused with 440, and for good although it begins with 4.",
    "zh-CN": "必须与登录邮箱一致，否则返回 440；虽以 4 开头，却是永久性错误。",
  },
  notes: [
    {
      en: "smtp.mxhichina.com is the old name. Personal mailboxes (@aliyun.com) use smtp.aliyun.com; smtp.<your domain> works where its CNAME is set.",
      "zh-CN":
        "smtp.mxhichina.com 是旧域名。个人邮箱（@aliyun.com）使用 smtp.aliyun.com；配置了 CNAME 解析的域名也可使用 smtp.<您的域名>。",
    },
    {
      en: "New organisations have third-party clients switched off until the administrator allows them.",
      "zh-CN": "新开通的企业默认禁止使用三方客户端，须由管理员开启。",
    },
    {
      en: "Alibaba Cloud's servers (ECS) cannot reach port 25 outside: use 465.",
      "zh-CN": "阿里云 ECS 默认封禁 25 出站端口，请使用 465。",
    },
  ],
  links: ["https://help.aliyun.com/document_detail/36687.html"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Have the administrator allow third-party clients (off for new organisations) and, where it is on, use the security password for them (三方客户端安全密码) in place of the mailbox's.",
      "zh-CN":
        "请管理员允许使用三方客户端（新企业默认禁止）；若已启用“三方客户端安全密码”，请用它代替邮箱密码。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the very mailbox of the user name (SMTP_SENDER): Alibaba Mail answers 440 to any other, and trying again does not help.",
      "zh-CN": "发件人（SMTP_SENDER）必须与登录邮箱一致：否则阿里邮箱会返回 440，重试无效。",
    },
    SMTP_DNS_FAILED: {
      en: "Use smtp.qiye.aliyun.com (personal mailboxes: smtp.aliyun.com); smtp.mxhichina.com is the old name.",
      "zh-CN": "请使用 smtp.qiye.aliyun.com（个人邮箱为 smtp.aliyun.com）；smtp.mxhichina.com 是旧域名。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 465, as Alibaba Cloud's servers (ECS) cannot reach port 25; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用 465 端口（阿里云 ECS 默认封禁 25 端口）；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

const directmail: Provider = {
  id: "directmail",
  name: "Alibaba Cloud DirectMail (阿里云邮件推送)",
  aliases: [
    "aliyundirectmail",
    "alidm",
    "smtpdm-ap-southeast-1.aliyun.com",
    "smtpdm-ap-southeast-2.aliyun.com",
  ],
  host: "smtpdm.aliyun.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 80, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  regions: {
    "cn-hangzhou": "smtpdm.aliyun.com",
    "ap-southeast-1": "smtpdm-ap-southeast-1.aliyuncs.com",
    "us-east-1": "smtpdm-us-east-1.aliyuncs.com",
    "eu-central-1": "smtpdm-eu-central-1.aliyuncs.com",
  },
  credential: "password",
  plainPassword: true,
  username: {
    en: "The sender address made in the DirectMail console, e.g. noreply@mail.example.com.",
    "zh-CN": "在邮件推送控制台创建的发信地址，例如 noreply@mail.example.com。",
  },
  password: {
    en: "The SMTP password set for that sender address; every address has its own.",
    "zh-CN": "为该发信地址设置的 SMTP 密码；每个发信地址各有一个。",
  },
  passwordUrl: "https://dm.console.aliyun.com/",
  sender: {
    en: "The sender address of the user name; any other is refused with 436, and for good although it begins with 4.",
    "zh-CN": "必须与登录所用的发信地址一致，否则返回 436；虽以 4 开头，却是永久性错误。",
  },
  notes: [
    {
      en: "Every region has its own host, domains and sender addresses: Hangzhou smtpdm.aliyun.com, Singapore ap-southeast-1, Virginia us-east-1, Frankfurt eu-central-1. The wrong region answers 535.",
      "zh-CN":
        "各地域的主机、发信域名和发信地址互不相通：杭州 smtpdm.aliyun.com、新加坡 ap-southeast-1、弗吉尼亚 us-east-1、法兰克福 eu-central-1。地域不符时返回 535。",
    },
    {
      en: "552 is the quota here, not the size of a message (that is 556 or 557).",
      "zh-CN": "这里的 552 表示额度用尽，而不是邮件过大（过大为 556 或 557）。",
    },
    {
      en: "Alibaba Cloud's servers (ECS) cannot reach port 25 outside: use 465, or 80 with STARTTLS.",
      "zh-CN": "阿里云 ECS 默认封禁 25 出站端口：请使用 465，或 80 端口加 STARTTLS。",
    },
  ],
  links: [
    "https://www.alibabacloud.com/help/en/direct-mail/smtp-endpoints",
    "https://www.alibabacloud.com/help/en/direct-mail/user-guide/send-emails-using-smtp",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use the host of the region in which the sender address was made (the wrong region answers 535, too), that address as the user name and its own SMTP password.",
      "zh-CN":
        "请使用发信地址所在地域的主机（地域不符也会返回 535），用户名填该发信地址，密码填为它设置的 SMTP 密码。",
    },
    SMTP_SENDER_REJECTED: {
      en: "Send from the very sender address of the user name (SMTP_SENDER): DirectMail answers 436 to any other, and trying again does not help.",
      "zh-CN": "发件人（SMTP_SENDER）必须与登录所用的发信地址一致：否则邮件推送会返回 436，重试无效。",
    },
    SMTP_RATE_LIMITED: {
      en: "The account's quota is used up (552): wait until tomorrow or raise the quota in the DirectMail console.",
      "zh-CN": "账号额度已用尽（552）：请等到次日，或在邮件推送控制台提升额度。",
    },
    SMTP_MESSAGE_TOO_LARGE: {
      en: "At 556 or 557 make the message smaller; at 552 the account's quota is used up: look at it in the DirectMail console.",
      "zh-CN": "若返回 556 或 557，请减小邮件；若返回 552，则是账号额度已用尽，请在邮件推送控制台查看。",
    },
    SMTP_MESSAGE_REJECTED: {
      en: "At 554 DirectMail took the message for spam: reword it and send fewer alike.",
      "zh-CN": "若返回 554，说明被判定为垃圾邮件：请调整内容并减少雷同邮件。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 465, or 80 with STARTTLS, as Alibaba Cloud's servers (ECS) cannot reach port 25; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用 465 端口，或 80 端口加 STARTTLS（阿里云 ECS 默认封禁 25 端口）；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

const feishu: Provider = {
  id: "feishu",
  name: "Feishu Mail (飞书邮箱)",
  host: "smtp.feishu.cn",
  ports: [{ port: 465, security: "tls" }],
  credential: "app-password",
  plainPassword: true,
  username: {
    en: "The whole address, often of a public mailbox, e.g. noreply@example.com.",
    "zh-CN": "完整的邮箱地址，通常是公共邮箱，例如 noreply@example.com。",
  },
  password: {
    en: "The dedicated password for third-party clients; the service is switched on for each public mailbox.",
    "zh-CN": "第三方客户端专用密码；须为每个公共邮箱分别开启该服务。",
  },
  notes: [
    {
      en: "Lark, the service abroad, shows its host in the admin console.",
      "zh-CN": "海外版 Lark 的主机地址请在管理后台查看。",
    },
  ],
  links: ["https://www.larksuite.com/hc/zh-CN/articles/484507441712"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Have the administrator switch third-party clients on for this mailbox, then use the dedicated password it shows, not the login password.",
      "zh-CN": "请管理员为该邮箱开启第三方客户端登录，并使用生成的专用密码（不是登录密码）。",
    },
  },
};

export const china: readonly Provider[] = [
  qq,
  exmail,
  netease163,
  netease("126", "126.com", "NetEase 126 Mail (网易 126 邮箱)"),
  netease("yeah", "yeah.net", "NetEase yeah.net Mail (网易 yeah.net 邮箱)"),
  aliyun,
  directmail,
  feishu,
];
