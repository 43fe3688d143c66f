/** A message as the inbox shows it, in the shapes of Mailpit's API v1, read from the bytes and the envelope that came. */
import { domainToASCII } from "node:url";
import { convert } from "html-to-text";
import PostalMime, { type Address as ParsedAddress, type Attachment as ParsedAttachment } from "postal-mime";

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
  FileName: string;
  ContentType: string;
  ContentID: string;
  Size: number;
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
  /** The Date header, else when it came; ISO 8601 */
  Date: string;
  /** Made from the html where the message has no text */
  Text: string;
  HTML: string;
  Inline: Attachment[];
  Attachments: Attachment[];
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
  const HTML = mail.html ?? "";
  const parts = mail.attachments.map((part, index) => ({ part, shown: attachment(part, index) }));
  return {
    ID: arrival.id,
    MessageID: bare(mail.messageId),
    From: addresses(mail.from && [mail.from])[0] ?? { Name: "", Address: "" },
    To,
    Cc,
    Bcc: [...Bcc, ...hidden.map((address) => ({ Name: "", Address: address }))],
    ReplyTo: addresses(mail.replyTo),
    ReturnPath: envelope.from,
    Subject: mail.subject ?? "",
    Date: dateOf(mail.date, arrival.at).toISOString(),
    Text: mail.text ?? textOf(HTML),
    HTML,
    Size: raw.byteLength,
    Tags: [],
    Username: "",
    Inline: parts.filter(({ part }) => isInline(part)).map(({ shown }) => shown),
    Attachments: parts.filter(({ part }) => !isInline(part)).map(({ shown }) => shown),
  };
}

/** The line that stands for a message in a list. */
export function summarize(message: MessageDetail, arrival: { at: Date; read: boolean }): MessageSummary {
  const {
    ReturnPath: _path,
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
    Snippet: Text.replace(/\s+/g, " ").trim().slice(0, SNIPPET_LENGTH),
  };
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
  return {
    PartID: String(index + 1),
    FileName: part.filename ?? "",
    ContentType: part.mimeType,
    ContentID: bare(part.contentId),
    Size: typeof part.content === "string" ? Buffer.byteLength(part.content) : part.content.byteLength,
  };
}

function isInline(part: ParsedAttachment): boolean {
  return part.related === true || part.disposition === "inline";
}

function bare(id = ""): string {
  return id.trim().replace(/^<(.*)>$/, "$1");
}

/** The parser hands on what it cannot read as a date. */
function dateOf(header: string | undefined, otherwise: Date): Date {
  const date = new Date(header ?? NaN);
  return Number.isNaN(date.getTime()) ? otherwise : date;
}

function textOf(html: string): string {
  return html === "" ? "" : convert(html, { wordwrap: false, limits: { maxInputLength: HTML_LIMIT } });
}
