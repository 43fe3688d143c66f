/** Mailpit's search in its simple part: words that all must occur, `"phrases"`, fields as `to:ann`, and `-` or `!` for not. */
import type { Address, MessageDetail } from "./message.ts";

const written = (addresses: readonly Address[]): string =>
  addresses.map(({ Name, Address: address }) => `${Name} <${address}>`).join("\n");

const fields: Readonly<Record<string, (message: MessageDetail) => string>> = {
  from: ({ From }) => written([From]),
  to: ({ To }) => written(To),
  cc: ({ Cc }) => written(Cc),
  bcc: ({ Bcc }) => written(Bcc),
  "reply-to": ({ ReplyTo }) => written(ReplyTo),
  subject: ({ Subject }) => Subject,
  "message-id": ({ MessageID }) => MessageID,
};

const anywhere = (message: MessageDetail): string =>
  [...Object.values(fields).map((read) => read(message)), message.Text].join("\n");

/**
 * Compiles a query; letter case does not count. A prefix that is no field is part of the word, as in Mailpit.
 * @example matcher('to:ann@example.com subject:"your code" -newsletter')
 */
export function matcher(query: string): (message: MessageDetail) => boolean {
  const terms = [...query.toLowerCase().matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([term]) => {
    const [, not = "", field, words = ""] = /^([-!](?=.))?(?:([a-z-]+):)?(.*)$/s.exec(term) ?? [];
    const read = field !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
    const text = (read ? words : term.slice(not.length)).replaceAll('"', "");
    return { not: not !== "", read: read ?? anywhere, text };
  });
  return (message) =>
    terms.every(({ not, read, text }) => read(message).toLowerCase().includes(text) !== not);
}
