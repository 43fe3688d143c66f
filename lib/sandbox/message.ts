/** A message as the inbox shows it, in the shapes of Mailpit's API v1, read from the bytes and the envelope that came. */
import { createHash } from "node:crypto";
import { domainToASCII } from "node:url";
import { convert } from "html-to-text";
import PostalMime, { type Address as ParsedAddress, type Attachment as ParsedAttachment } from "postal-mime";
import { type ListUnsubscribe, readListUnsubscribe } from "./list-unsubscribe.ts";
import { tagsOf } from "./tags.ts";

export interface Envelope {
  /** Empty for the null sender */
  from: string;
  to: readonly string[];
}

export interface Address {
  Name: string;
  Address: string;
}

interface Attachment {
  PartID: string;
  /** Of a part without one, its content id */
  FileName: string;
  ContentType: string;
  ContentID: string;
  Size: number;
  /** Of the content, in hexadecimal */
  Checksums: { MD5: string; SHA1: string; SHA256: string };
}

/** What a list of messages and a single message have in common. */
interface Head {
  ID: string;
  /** Without its angle brackets */
  MessageID: string;
  From: Address;
  To: Address[];
  Cc: Address[];
  /** With the recipients of the envelope that no header names */
  Bcc: Address[];
  ReplyTo: Address[];
  Subject: string;
  /** Bytes as received */
  Size: number;
  /** Out of X-Tags and the plus signs of addresses */
  Tags: string[];
  Username: string;
}

export interface MessageSummary extends Head {
  Read: boolean;
  /** When it came, ISO 8601 */
  Created: string;
  /** How many, inline ones aside */
  Attachments: number;
  /** The first 250 characters of the text */
  Snippet: string;
}

export interface MessageDetail extends Head {
  /** Of the envelope */
  ReturnPath: string;
  ListUnsubscribe: ListUnsubscribe;
  /** The Date header, else when it came; ISO 8601 */
  Date: string;
  /** Made from the html where the message has no text */
  Text: string;
  HTML: string;
  Inline: Attachment[];
  Attachments: Attachment[];
}

/** A part of a message as it was before MIME wrapped it. */
export interface Part {
  FileName: string;
  ContentType: string;
  content: Uint8Array;
}

const SNIPPET_LENGTH = 250;
const HTML_LIMIT = 1024 * 1024;

/**
 * @param arrival under which id and when the message came
 * @throws Error for MIME that no reader would follow, e.g. 256 levels deep
 */
export async function readMessage(
  raw: Uint8Array,
  envelope: Envelope,
  arrival: { id: string; at: Date },
): Promise<MessageDetail> {
  const mail = await PostalMime.parse(raw);
  const To = addresses(mail.to);
  const Cc = addresses(mail.cc);
  const Bcc = addresses(mail.bcc);
  const named = new Set([...To, ...Cc, ...Bcc].map(({ Address: address }) => normal(address)));
  const hidden = envelope.to.filter((address) => !named.has(normal(address)));
  const From = addresses(mail.from && [mail.from])[0] ?? { Name: "", Address: "" };
  const spelled = [From, ...To, ...Cc, ...Bcc].map(({ Address: address }) => address);
  const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value;
  const HTML = mail.html ?? "";
  const parts = mail.attachments.map((part, index) => ({ part, shown: attachment(part, index) }));
  return {
    ID: arrival.id,
    MessageID: bare(mail.messageId),
    From,
    To,
    Cc,
    Bcc: [...Bcc, ...hidden.map((address) => ({ Name: "", Address: address }))],
    ReplyTo: addresses(mail.replyTo),
    ReturnPath: envelope.from,
    ListUnsubscribe: readListUnsubscribe(header("list-unsubscribe"), header("list-unsubscribe-post")),
    Subject: mail.subject ?? "",
    Date: dateOf(mail.date, arrival.at).toISOString(),
    Text: mail.text ?? textOf(HTML),
    HTML,
    Size: raw.byteLength,
    Tags: tagsOf(header("x-tags") ?? "", [...spelled, ...hidden]),
    Username: "",
    Inline: parts.filter(({ part }) => isInline(part)).map(({ shown }) => shown),
    Attachments: parts.filter(({ part }) => !isInline(part)).map(({ shown }) => shown),
  };
}

/**
 * The headers with their values as they came, unfolded but not decoded. Names are written as Go does it, `Message-Id`, for so
 * Mailpit's clients look them up.
 */
export async function readHeaders(raw: Uint8Array): Promise<Record<string, string[]>> {
  const headers = new Map<string, string[]>();
  for (const { originalKey, value } of (await PostalMime.parse(raw)).headers) {
    const name = canonical(originalKey);
    headers.set(name, [...(headers.get(name) ?? []), value]);
  }
  return Object.fromEntries([...headers].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** @param id the `PartID` that `readMessage` gave it. Undefined where there is no such part. */
export async function readPart(raw: Uint8Array, id: string): Promise<Part | undefined> {
  const { attachments } = await PostalMime.parse(raw);
  const part = attachments.find((_part, index) => partId(index) === id);
  return part && { FileName: fileName(part), ContentType: part.mimeType, content: bytesOf(part) };
}

/** The line that stands for a message in a list. */
export function summarize(message: MessageDetail, arrival: { at: Date; read: boolean }): MessageSummary {
  const {
    ReturnPath: _path,
    ListUnsubscribe: _list,
    Date: _date,
    Text,
    HTML: _html,
    Inline: _inline,
    Attachments,
    ...head
  } = message;
  return {
    ...head,
    Read: arrival.read,
    Created: arrival.at.toISOString(),
    Attachments: Attachments.length,
    Snippet: snippet(Text),
  };
}

/** Half a character at the cut is left out: not every reader of JSON forgives it. */
function snippet(text: string): string {
  const line = text.replace(/\s+/g, " ").trim().slice(0, SNIPPET_LENGTH);
  return line.replace(/[\uD800-\uDBFF]$/, "");
}

/** For comparing: letter case does not count in a sandbox, and a domain may come in either of its spellings. */
export function normal(address: string): string {
  const at = address.lastIndexOf("@");
  const domain = address.slice(at + 1).toLowerCase();
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(domain) || domain}`;
}

function addresses(parsed: readonly ParsedAddress[] = []): Address[] {
  return parsed
    .flatMap((entry) => entry.group ?? [entry])
    .map(({ name, address }) => ({ Name: name, Address: address ?? "" }));
}

function attachment(part: ParsedAttachment, index: number): Attachment {
  const content = bytesOf(part);
  const digest = (algorithm: string) => createHash(algorithm).update(content).digest("hex");
  return {
    PartID: partId(index),
    FileName: fileName(part),
    ContentType: part.mimeType,
    ContentID: bare(part.contentId),
    Size: content.byteLength,
    Checksums: { MD5: digest("md5"), SHA1: digest("sha1"), SHA256: digest("sha256") },
  };
}

function fileName({ filename, contentId }: ParsedAttachment): string {
  return filename || bare(contentId);
}

function partId(index: number): string {
  return String(index + 1);
}

function bytesOf({ content }: ParsedAttachment): Uint8Array {
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}

function isInline(part: ParsedAttachment): boolean {
  return part.related === true || part.disposition === "inline";
}

/** `MIME-VERSION` → `Mime-Version`; what is no proper name stays as it is. */
function canonical(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name;
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function bare(id = ""): string {
  return id.trim().replace(/^<(.*)>$/, "$1");
}

/** The parser hands on what it cannot read as a date. */
function dateOf(header: string | undefined, otherwise: Date): Date {
  const date = new Date(header ?? NaN);
  return Number.isNaN(date.getTime()) ? otherwise : date;
}

/** Links are written out behind their words. */
export function textOf(html: string): string {
  return html === "" ? "" : convert(html, { wordwrap: false, limits: { maxInputLength: HTML_LIMIT } });
}
