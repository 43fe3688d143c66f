/** The frame around free html: what Tailchat's `mail.sendMail` puts its text into. */

/** @param html the caller's own html, trusted as the caller's mail would be; the brand's values are escaped */
export function noticeHtml(html: string, brand: { name?: string; footer?: string }): string {
  const name = brand.name ? `<p style="margin:0 0 16px;font-weight:bold">${escape(brand.name)}</p>` : "";
  const footer = brand.footer
    ? `<p style="margin:24px 0 0;font-size:13px;color:#59636e">${escape(brand.footer)}</p>`
    : "";
  return `<!doctype html>
<html>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>
<body style="margin:0;padding:24px 12px;background:#f6f8fa">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;margin:0 auto;background:#ffffff">
<tr><td style="padding:24px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2328">
${name}${html}${footer}
</td></tr>
</table>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
