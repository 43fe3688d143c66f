/** Letters that look right: faults are planted into these. */
import type { RenderedTemplate } from "../../../../lib/templates/template.ts";

interface Words {
  locale: string;
  dir: "ltr" | "rtl";
  subject: string;
  preheader: string;
  heading: string;
  body: string;
  button: string;
  footer: string;
}

const url = "https://mesh.test/invitation?token=abc&amp;lang=1";

function letter({ locale, dir, subject, ...words }: Words): RenderedTemplate {
  const start = dir === "ltr" ? "left" : "right";
  const html = `<!doctype html>
<html lang="${locale}" dir="${dir}" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${subject}</title>
<!--[if mso]>
<xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml>
<style>table { border-collapse: collapse } td { font-family: Arial }</style>
<![endif]-->
<style>
  :root { color-scheme: light dark; supported-color-schemes: light dark }
  a:hover { text-decoration: none }
  u + .body .fill { width: 100% !important }
  @media (max-width: 620px) {
    .pad { padding: 24px 16px !important }
  }
  @media (prefers-color-scheme: dark) {
    .ground { background-color: #0d1117 !important }
    .card { background: #161b22 !important; border-color: #30363d !important }
    .text, .heading { color: #e6edf3 !important }
    .quiet { color: #9198a1 !important }
    .link { color: #79c0ff !important }
  }
</style>
</head>
<body class="body ground" style="margin:0;padding:0;background-color:#f6f8fa">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;color:#f6f8fa">${words.preheader}&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="ground" bgcolor="#f6f8fa">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="600" align="center"><tr><td><![endif]-->
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" class="fill card" dir="${dir}" style="width:100%;max-width:600px;background:#ffffff;border:1px solid #d1d9e0">
<tr><td class="pad" style="padding:32px 32px 0">
<img src="https://mesh.test/logo.png" width="120" height="32" alt="Mesh" style="display:block;border:0;max-width:100%;height:auto">
</td></tr>
<tr><td class="pad text" align="${start}" style="padding:24px 32px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Arial,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2328">
<h1 class="heading" style="margin:0 0 16px;font-size:24px;line-height:1.25;color:#1f2328">${words.heading}</h1>
<p style="margin:0 0 24px">${words.body}<br>&mdash; <b>Ann &amp; Bob</b></p>
<!--[if mso]>
<v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="${url}" style="height:44px;v-text-anchor:middle;width:200px;" arcsize="14%" stroke="f" fillcolor="#0969da"><center style="color:#ffffff">${words.button}</center></v:roundrect>
<![endif]-->
<!--[if !mso]><!-->
<a href="${url}" style="display:inline-block;padding:12px 24px;border-radius:6px;background-color:#0969da;color:#ffffff;font-weight:bold;text-decoration:none;mso-hide:all">${words.button}</a>
<!--<![endif]-->
<p style="margin:24px 0 0"><a class="link" href="${url}" style="color:#0969da">mesh.test/invitation</a></p>
</td></tr>
<tr><td style="font-size:0;line-height:0;padding:0 32px"><img src="https://mesh.test/line.png" width="536" height="1" alt="" style="display:block"></td></tr>
<tr><td class="quiet" align="${start}" style="padding:16px 32px 24px;font-family:Arial,sans-serif;font-size:13px;line-height:1.5;color:#59636e">
${words.footer} <a class="link" href="mailto:help@mesh.test" style="color:#0550ae">help@mesh.test</a>
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
  const text = `${words.heading}\n\n${words.body}\n\n${words.button}: <https://mesh.test/invitation?token=abc>\n\n-- \n${words.footer}`;
  return { subject, html, text, locale };
}

export const english = letter({
  locale: "en",
  dir: "ltr",
  subject: "Ann invites you to Mesh",
  preheader: "The invitation is good for 7 days.",
  heading: "You are invited",
  body: "Ann would like to write to you in Mesh. The invitation is good for 7 days.",
  button: "Join Mesh",
  footer: "You need not answer, if you do not know Ann. Questions?",
});

export const arabic = letter({
  locale: "ar-EG",
  dir: "rtl",
  subject: "آن تدعوك إلى Mesh",
  preheader: "الدعوة صالحة لمدة 7 أيام.",
  heading: "أنت مدعو",
  body: "تود آن أن تكتب إليك في Mesh. الدعوة صالحة لمدة 7 أيام.",
  button: "انضم إلى Mesh",
  footer: "لا داعي للرد إن كنت لا تعرف آن. أسئلة؟",
});

export const chinese = letter({
  locale: "zh-CN",
  dir: "ltr",
  subject: "安邀请你加入 Mesh",
  preheader: "邀请 7 天内有效。",
  heading: "邀请你加入",
  body: "安想在 Mesh 里和你聊天。邀请 7 天内有效。",
  button: "加入 Mesh",
  footer: "如果你不认识安，可以不理会这封邮件。有问题？",
});
