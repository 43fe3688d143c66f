/** Mailpit's search language over the messages of the inbox: https://mailpit.axllent.org/docs/usage/search-filters/ */
import type { Address, MessageDetail } from "./message.ts";
import { isTimeZone, readMoment } from "./moment.ts";

export interface Findable {
  message: MessageDetail;
  at: Date;
  read: boolean;
  /** What `wordsOf` made of the message */
  words: string;
}

type Test = (entry: Findable) => boolean;

/** Letter case does not count, nor do line breaks and the punctuation of address lists. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s\uFEFF<>",;()]+/g, " ")
    .trim();
}

const written = (addresses: readonly Address[]): string =>
  plain(addresses.map(({ Name, Address: address }) => `${Name} <${address}>`).join("\n"));

const addressed = ({ From, To, Cc, Bcc, ReplyTo }: MessageDetail): string =>
  written([From, ...To, ...Cc, ...Bcc, ...ReplyTo]);

const fields: Readonly<Record<string, (message: MessageDetail) => string>> = {
  from: ({ From }) => written([From]),
  to: ({ To }) => written(To),
  cc: ({ Cc }) => written(Cc),
  bcc: ({ Bcc }) => written(Bcc),
  "reply-to": ({ ReplyTo }) => written(ReplyTo),
  addressed,
  subject: ({ Subject }) => plain(Subject),
  "message-id": ({ MessageID }) => plain(MessageID),
};

const states: Readonly<Record<string, Test>> = {
  "is:read": ({ read }) => read,
  "is:unread": ({ read }) => !read,
  "is:tagged": ({ message }) => message.Tags.length > 0,
  "has:attachment": ({ message }) => message.Attachments.length > 0,
  "has:attachments": ({ message }) => message.Attachments.length > 0,
  "has:inline": ({ message }) => message.Inline.length > 0,
  "has:inlines": ({ message }) => message.Inline.length > 0,
};

/** Of a longer text the rest is not searched: the words are kept beside the message. */
const TEXT_LIMIT = 1024 * 1024;

/**
 * What a search for mere words looks through, made once per message.
 * @param htmlText the html as text, with its links
 */
export function wordsOf(message: MessageDetail, htmlText: string): string {
  const { ReturnPath, Subject, Text, Attachments } = message;
  const names = Attachments.map(({ FileName }) => FileName);
  const body = Text.slice(0, TEXT_LIMIT);
  return plain([addressed(message), ReturnPath, Subject, body, htmlText, ...names].join("\n"));
}

/**
 * Compiles a query: all its terms must hold; `-` or `!` before a term means that it must not. As in Mailpit, a prefix that is
 * no filter is part of the word, and a filter that says nothing (`to:`, `after:soon`) is passed over.
 * @param timeZone of the dates in the query; an unknown one counts for nothing. @default the system's
 * @example matcher('to:ann@example.com subject:"your code" -is:read')
 */
export function matcher(query: string, timeZone?: string): Test {
  const zone = timeZone !== undefined && isTimeZone(timeZone) ? timeZone : undefined;
  const terms = [...query.matchAll(/(?:"[^"]*"?|[^ "])+/g)].map(([term]) => term.replaceAll('"', "").trim());
  const tests = terms.flatMap((term) => {
    const [, not, rest = ""] = /^([-!](?=.))?(.*)$/s.exec(term.toLowerCase()) ?? [];
    const test = testOf(rest, zone);
    if (!test) return [];
    return not === undefined ? [test] : [(entry: Findable) => !test(entry)];
  });
  return (entry) => tests.every((test) => test(entry));
}

function testOf(term: string, zone: string | undefined): Test | undefined {
  if (Object.hasOwn(states, term)) return states[term];
  const [, name = "", value = ""] = /^([a-z-]+):(.*)$/s.exec(term) ?? [];
  const words = plain(value);
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field) return words === "" ? undefined : ({ message }) => field(message).includes(words);
  switch (name) {
    case "tag":
      return words === "" ? undefined : ({ message }) => message.Tags.some((tag) => plain(tag) === words);
    case "after":
    case "before":
      return dated(name, readMoment(words, zone));
    case "larger":
    case "smaller": {
      const size = readSize(words);
      if (size > 0)
        return name === "larger"
          ? ({ message }) => message.Size > size
          : ({ message }) => message.Size < size;
    }
  }
  const text = plain(term);
  return text === "" ? undefined : (entry) => entry.words.includes(text);
}

function dated(side: "after" | "before", moment: number | undefined): Test | undefined {
  if (moment === undefined) return undefined;
  return ({ at }) => (side === "after" ? at.getTime() >= moment : at.getTime() <= moment);
}

/** Bytes of `500`, `2k`, `1.5 MB`; 0 for what is no size. */
function readSize(text: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)\s?([km]?)b?$/.exec(text) ?? [];
  const scale = { k: 1024, m: 1024 * 1024 }[unit] ?? 1;
  return Math.floor(Number(count ?? 0) * scale);
}
