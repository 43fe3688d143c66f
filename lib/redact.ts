/** Masks secrets in other people's words: a server that echoes an AUTH line must not put the password into a record. */

/**
 * Builds a function that replaces every form in which a credential can come back: as it is, percent-encoded, in base64,
 * and as the AUTH PLAIN and LOGIN lines hold it (RFC 4616).
 */
export function redactor(secrets: readonly string[], username?: string): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      base64(secret),
      ...(username === undefined ? [] : [base64(`\0${username}\0${secret}`)]),
    ])
    .sort((a, b) => b.length - a.length);
  if (forms.length === 0) return (text) => text;
  const pattern = new RegExp(forms.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g");
  return (text) => text.replace(pattern, "***");
}

/** Without its padding: a line that was cut short still matches. */
function base64(text: string): string {
  return Buffer.from(text).toString("base64").replace(/=+$/, "");
}
