/** Services that send for applications: an API key or SMTP credentials in place of a mailbox, and verified senders. */
import type { Provider } from "./provider.ts";

const checked = "2026-11-01";

/** SendGrid refuses after DATA (550), so that it may look like a fault of the sender or of the message. */
const sendgridSender = {
  en: "Verify the From address or its domain under Settings > Sender Authentication, and send from it (SMTP_SENDER): SendGrid answers 550 to any other.",
  "zh-CN":
    "请在 Settings > Sender Authentication 中验证发件人地址或域名，并使用它发信（SMTP_SENDER）：未验证的发件人会返回 550。",
};

const sendgrid: Provider = {
  id: "sendgrid",
  name: "Twilio SendGrid",
  aliases: ["twilio"],
  host: "smtp.sendgrid.net",
  ports: [
    { port: 587, security: "starttls" },
    { port: 465, security: "tls" },
    { port: 2525, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The word apikey, the same for everyone; not the name of the account.",
    "zh-CN": "固定填写单词 apikey，所有人相同；不是账号名。",
  },
  password: {
    en: "An API key that may send mail; not the account's password.",
    "zh-CN": "具有发信权限的 API Key；不是账号密码。",
  },
  passwordUrl: "https://app.sendgrid.com/settings/api_keys",
  sender: {
    en: "A verified sender or domain; any other is refused with 550 after the message was sent.",
    "zh-CN": "必须是已验证的发件人或域名，否则在提交邮件内容后返回 550。",
  },
  links: [
    "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/integrating-with-the-smtp-api",
    "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Set the user name to the word apikey and the password to an API key that may send mail (https://app.sendgrid.com/settings/api_keys).",
      "zh-CN":
        "用户名请填写单词 apikey，密码填写具有发信权限的 API Key（https://app.sendgrid.com/settings/api_keys）。",
    },
    SMTP_SENDER_REJECTED: sendgridSender,
    SMTP_MESSAGE_REJECTED: sendgridSender,
  },
};

/** SES refuses after DATA (554), so that it may look like a fault of the sender or of the message. */
const sesSender = {
  en: "Verify the sender's address or domain in this region's SES console; while the account is in the sandbox, recipients must be verified as well, so ask for production access.",
  "zh-CN":
    "请在该区域的 SES 控制台验证发件人地址或域名；账号仍在沙盒中时，收件人也须验证，请申请移出沙盒（production access）。",
};

const sesRegions = [
  "us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 ca-central-1 sa-east-1",
  "eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3",
  "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2",
].flatMap((part) => part.split(" "));

const ses: Provider = {
  id: "ses",
  name: "Amazon SES",
  aliases: ["amazonses", "aws", "awsses"],
  host: "email-smtp.us-east-1.amazonaws.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
    { port: 2465, security: "tls" },
    { port: 2587, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  regions: Object.fromEntries(sesRegions.map((region) => [region, `email-smtp.${region}.amazonaws.com`])),
  hostPattern: /^email-smtp(-fips)?\.[a-z]+(-[a-z]+)+-\d+\.amazonaws\.com$/,
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The SMTP user name made in the SES console of the region; not an AWS access key.",
    "zh-CN": "在该区域 SES 控制台创建的 SMTP 用户名；不是 AWS 访问密钥。",
  },
  password: {
    en: "The SMTP password made with it; credentials belong to one region.",
    "zh-CN": "与之一同生成的 SMTP 密码；凭证仅对所在区域有效。",
  },
  passwordUrl: "https://console.aws.amazon.com/ses/home#/smtp",
  sender: {
    en: "A verified address or domain; any other is refused with 554.",
    "zh-CN": "必须是已验证的地址或域名，否则返回 554。",
  },
  notes: [
    {
      en: "A new account is in the sandbox: it reaches verified recipients only, until production access is granted.",
      "zh-CN": "新账号处于沙盒中：在获批移出沙盒之前，只能发给已验证的收件人。",
    },
    {
      en: "EC2 throttles port 25.",
      "zh-CN": "EC2 会限制 25 端口的流量。",
    },
  ],
  links: [
    "https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html",
    "https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html",
    "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Create SMTP credentials in the SES console of the very region of this host: AWS access keys and another region's credentials do not work.",
      "zh-CN": "请在该主机所在区域的 SES 控制台创建 SMTP 凭证：AWS 访问密钥和其他区域的凭证均无效。",
    },
    SMTP_SENDER_REJECTED: sesSender,
    SMTP_MESSAGE_REJECTED: sesSender,
    SMTP_RATE_LIMITED: {
      en: "Lower `rateLimit` to the account's sending rate, or ask for a higher sending quota in the SES console (454 Throttling failure).",
      "zh-CN":
        "请将 `rateLimit` 调低到账号的发送速率以内，或在 SES 控制台申请提高发送配额（454 Throttling failure）。",
    },
    SMTP_CONNECTION_TIMEOUT: {
      en: "Use port 465, 587, 2465 or 2587, as EC2 throttles port 25; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
      "zh-CN":
        "请使用 465、587、2465 或 2587 端口（EC2 会限制 25 端口）；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
    },
  },
};

const mailgun: Provider = {
  id: "mailgun",
  name: "Mailgun",
  host: "smtp.mailgun.org",
  ports: [
    { port: 587, security: "starttls" },
    { port: 465, security: "tls" },
    { port: 2525, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  regions: { us: "smtp.mailgun.org", eu: "smtp.eu.mailgun.org" },
  credential: "password",
  plainPassword: true,
  username: {
    en: "An SMTP user of the sending domain, e.g. postmaster@mg.example.com.",
    "zh-CN": "发信域名下的 SMTP 用户，例如 postmaster@mg.example.com。",
  },
  password: {
    en: "That SMTP user's password; not an API key.",
    "zh-CN": "该 SMTP 用户的密码；不是 API Key。",
  },
  notes: [
    {
      en: "The regions are separate: a domain of the EU region exists only at smtp.eu.mailgun.org.",
      "zh-CN": "各区域相互独立：欧盟区域的域名只能通过 smtp.eu.mailgun.org 发信。",
    },
  ],
  links: [
    "https://help.mailgun.com/hc/en-us/articles/203380100-Where-can-I-find-my-API-keys-and-SMTP-credentials",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use an SMTP user of the sending domain and its password, not an API key, at the host of the domain's region (EU: smtp.eu.mailgun.org).",
      "zh-CN":
        "请使用发信域名下的 SMTP 用户及其密码（不是 API Key），并连接该域名所在区域的主机（欧盟为 smtp.eu.mailgun.org）。",
    },
  },
};

/** Postmark's port 465 neither answers nor refuses, which shows as one of three problems. */
const postmarkPort = {
  en: "Use port 587 (or 2525) with STARTTLS, as Postmark does not offer 465: connections there hang; if that times out too, the outbound firewall, the cloud's security group or the hoster blocks it.",
  "zh-CN":
    "请使用 587（或 2525）端口和 STARTTLS，Postmark 不提供 465 端口，连接会一直挂起；如仍超时，请检查出站防火墙、云服务器安全组，以及机房或云服务商是否封禁了该端口。",
};

const postmark: Provider = {
  id: "postmark",
  name: "Postmark",
  host: "smtp.postmarkapp.com",
  ports: [
    { port: 587, security: "starttls" },
    { port: 2525, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  regions: { broadcasts: "smtp-broadcasts.postmarkapp.com" },
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The server's API token.",
    "zh-CN": "服务器（Server）的 API Token。",
  },
  password: {
    en: "The same token again.",
    "zh-CN": "与用户名相同的 Token。",
  },
  notes: [
    {
      en: "There is no port 465. smtp-broadcasts.postmarkapp.com is for bulk mail.",
      "zh-CN": "没有 465 端口。smtp-broadcasts.postmarkapp.com 用于群发邮件。",
    },
  ],
  links: ["https://postmarkapp.com/developer/user-guide/send-email-with-smtp"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use the server's API token as user name and as password, and allow SMTP in that server's settings.",
      "zh-CN": "用户名和密码都填写该服务器（Server）的 API Token，并在其设置中启用 SMTP。",
    },
    SMTP_CONNECTION_TIMEOUT: postmarkPort,
    SMTP_TIMEOUT: postmarkPort,
    SMTP_TLS_MODE_MISMATCH: postmarkPort,
  },
};

const brevo: Provider = {
  id: "brevo",
  name: "Brevo (formerly Sendinblue)",
  aliases: ["sendinblue", "smtp-relay.sendinblue.com"],
  host: "smtp-relay.brevo.com",
  ports: [
    { port: 587, security: "starttls" },
    { port: 465, security: "tls" },
    { port: 2525, security: "starttls" },
  ],
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The SMTP login shown under SMTP & API.",
    "zh-CN": "“SMTP & API”页面显示的 SMTP 登录名。",
  },
  password: {
    en: "An SMTP key; not an API key.",
    "zh-CN": "SMTP 密钥（SMTP key）；不是 API Key。",
  },
  passwordUrl: "https://app.brevo.com/settings/keys/smtp",
  links: [
    "https://developers.brevo.com/docs/smtp-integration",
    "https://help.brevo.com/hc/en-us/articles/7959631848850-Create-and-manage-your-SMTP-keys",
  ],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Use the SMTP login and an SMTP key from SMTP & API, not an API key, and authorise this server's IP address if Brevo restricts them.",
      "zh-CN":
        "请使用“SMTP & API”页面的 SMTP 登录名和 SMTP 密钥（不是 API Key）；若 Brevo 启用了 IP 限制，请授权本服务器的 IP。",
    },
  },
};

const resend: Provider = {
  id: "resend",
  name: "Resend",
  host: "smtp.resend.com",
  ports: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
    { port: 2465, security: "tls" },
    { port: 2587, security: "starttls" },
    { port: 25, security: "starttls" },
  ],
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The word resend, the same for everyone.",
    "zh-CN": "固定填写单词 resend，所有人相同。",
  },
  password: {
    en: "An API key.",
    "zh-CN": "API 密钥（API Key）。",
  },
  passwordUrl: "https://resend.com/api-keys",
  links: ["https://resend.com/docs/send-with-smtp"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Set the user name to the word resend and the password to an API key (https://resend.com/api-keys).",
      "zh-CN": "用户名请填写单词 resend，密码填写 API Key（https://resend.com/api-keys）。",
    },
  },
};

const mailtrap: Provider = {
  id: "mailtrap",
  name: "Mailtrap",
  host: "live.smtp.mailtrap.io",
  ports: [{ port: 587, security: "starttls" }],
  regions: { sandbox: "sandbox.smtp.mailtrap.io" },
  credential: "api-key",
  plainPassword: true,
  username: {
    en: "The word api; at the sandbox the user name of the inbox.",
    "zh-CN": "固定填写单词 api；沙盒则填写该收件箱的用户名。",
  },
  password: {
    en: "An API token; at the sandbox the password of the inbox.",
    "zh-CN": "API Token；沙盒则填写该收件箱的密码。",
  },
  passwordUrl: "https://mailtrap.io/api-tokens",
  notes: [
    {
      en: "sandbox.smtp.mailtrap.io accepts everything and delivers nothing.",
      "zh-CN": "sandbox.smtp.mailtrap.io 会接收所有邮件，但不会真正投递。",
    },
  ],
  links: ["https://docs.mailtrap.io/"],
  checked,
  remedies: {
    SMTP_AUTH_FAILED: {
      en: "Set the user name to the word api and the password to an API token; the sandbox's credentials work only at sandbox.smtp.mailtrap.io.",
      "zh-CN": "用户名请填写单词 api，密码填写 API Token；沙盒凭证只能用于 sandbox.smtp.mailtrap.io。",
    },
  },
};

export const senders: readonly Provider[] = [sendgrid, ses, mailgun, postmark, brevo, resend, mailtrap];
