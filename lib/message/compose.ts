/** From content to the bytes that go on the wire: 7-bit, CRLF, the same at every composing. */
import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import DKIM from "nodemailer/lib/dkim";
import MailComposer from "nodemailer/lib/mail-composer";
import { encodeWord } from "nodemailer/lib/mime-funcs";
import { ConfigError } from "../config/faults.ts";
import type { Secret } from "../secret.ts";
import { isAscii } from "./characters.ts";
import { limits } from "./limits.ts";
import { type Attachment, type Content, type Mailbox, recipientsOf } from "./message.ts";
import { plainText } from "./plain-text.ts";

export interface Composed {
  envelope: { from: string; to: string[] };
  /**
   * CRLF throughout, no line over 998 octets, not dot-stuffed. 7-bit, except for the headers of a message whose from, to, cc
   * or replyTo has a local part beyond ASCII: RFC 6532 wants those in UTF-8.
   */
  bytes: Buffer;
  size: number;
}

export interface ComposeOptions {
  /** The sender of the settings, for content without its own */
  from: Mailbox;
  /** An RSA key in PEM: nodemailer signs with rsa-sha256 only */
  dkim?: { domain: string; selector: string; key: Secret };
}

/**
 * Composes a message (RFC 5322, MIME). Message-ID, date and boundary come with the content, and RSA signatures have no
 * randomness in them: the same content and options give the same bytes.
 */
export async function compose(content: Content, options: ComposeOptions): Promise<Composed> {
  const from = content.from ?? options.from;
  const html = content.html && withCrlf(content.html);
  const message = new MailComposer({
    from: { name: "", ...from },
    to: content.to.map(addressee),
    cc: content.cc.map(addressee),
    replyTo: content.replyTo.map(addressee),
    subject: literal(content.subject),
    text: withCrlf(textOf(content)),
    html,
    attachments: content.attachments.map(part),
    headers: Object.fromEntries(
      Object.entries(content.headers).map(([name, value]) => [name, foldable(value)]),
    ),
    messageId: content.messageId,
    date: new Date(content.date),
    baseBoundary: content.boundary,
    // MailComposer honours these in the message only, and reads whatever a `path` or `href` says without them.
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();

  const unsigned: Buffer = await message.build();
  const bytes = options.dkim ? await signed(unsigned, options.dkim) : unsigned;
  return { envelope: { from: from.address, to: recipientsOf(content) }, bytes, size: bytes.length };
}

/** What `mail.send` answers to `dryRun`. */
export interface DryRun {
  dryRun: true;
  size: number;
  /** As on the wire, unfolded */
  headers: Record<string, string>;
  subject: string;
  text: string;
  html?: string;
  envelope: Composed["envelope"];
}

export function dryRun(content: Content, { bytes, envelope, size }: Composed): DryRun {
  return {
    dryRun: true,
    size,
    headers: headersOf(bytes),
    subject: content.subject,
    text: textOf(content),
    ...(content.html !== undefined && { html: content.html }),
    envelope,
  };
}

/**
 * A Message-ID at the sender's domain (RFC 5322 section 3.6.4), `<uuid@example.com>`. Made once per message: every attempt
 * carries the same, so that a recipient's system can tell a second copy.
 */
export function newMessageId(sender?: string, random: () => string = randomUUID): string {
  const domain = sender?.slice(sender.lastIndexOf("@") + 1);
  return `<${random()}@${domain || "meshmail.invalid"}>`;
}

/** The text part: as given, else made from the html. */
export function textOf({ text, html }: Pick<Content, "text" | "html">): string {
  return text ?? (html === undefined ? "" : plainText(html));
}

/** Copies, because MailComposer writes into what it is given. */
function addressee({ name = "", address }: Mailbox): { name: string; address: string } {
  return { name, address };
}

/** MailComposer takes a subject that looks like encoded words for such; it is to arrive as it was written. */
function literal(subject: string): string {
  return subject.includes("=?") ? encodedWords(subject) : foldable(subject);
}

/**
 * What folding could not do right goes as encoded words: a word longer than a line, and so many spaces that a line would hold
 * nothing else (RFC 5322 sections 2.1.1 and 3.2.2).
 */
function foldable(value: string): string {
  const fine = value.split(" ").every((word) => word.length <= limits.headerWord) && !/ {20}/.test(value);
  return fine ? value : encodedWords(value);
}

/** RFC 2047; a word of 52 leaves room on its line for the header's name. */
function encodedWords(value: string): string {
  return encodeWord(value, "Q", 52);
}

/** A lone CR or LF is a line break to some servers and none to others, and that is how a second message is smuggled in. */
function withCrlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\r\n");
}

function part({ filename, content, contentType, cid }: Attachment) {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  // RFC 2046 section 5.2.1: a message/rfc822 part may not be encoded. One that would need it goes as a file.
  const message = /^message\//i.test(contentType ?? "");
  const plain = message ? sevenBit(bytes) : undefined;
  const type = message && !plain ? "application/octet-stream" : contentType;
  return {
    filename,
    content: plain ?? bytes,
    ...(type && { contentType: type }),
    ...(cid && { cid }),
  };
}

/** The bytes with CRLF, where they need no encoding: ASCII without NUL and lone CR, no line over 998 octets. */
function sevenBit(bytes: Buffer): Buffer | undefined {
  const text = bytes.toString("latin1").replace(/\r?\n/g, "\r\n");
  const fits = isAscii(text) && !/\0|\r(?!\n)|[^\r\n]{999}/.test(text);
  return fits ? Buffer.from(text, "latin1") : undefined;
}

/** nodemailer's own list, and List-Unsubscribe-Post: RFC 8058 section 4 wants it signed. */
const SIGNED_HEADERS =
  "From:Sender:Reply-To:Subject:Date:Message-ID:To:Cc:MIME-Version:Content-Type:Content-Transfer-Encoding:" +
  "In-Reply-To:References:List-Unsubscribe:List-Unsubscribe-Post:Auto-Submitted";

async function signed(
  message: Buffer,
  { domain, selector, key }: NonNullable<ComposeOptions["dkim"]>,
): Promise<Buffer> {
  const signer = new DKIM({
    domainName: domain,
    keySelector: selector,
    privateKey: key.reveal(),
    headerFieldNames: SIGNED_HEADERS,
  });
  const bytes = await buffer(signer.sign(message));
  // nodemailer leaves the signature out without a word when the key is of no use.
  if (!bytes.subarray(0, 15).equals(Buffer.from("DKIM-Signature:"))) {
    const expected = "an RSA private key in PEM that can sign";
    throw new ConfigError([{ variable: "MAIL_DKIM_KEY", expected, came: "one that does not" }]);
  }
  return bytes;
}

function headersOf(bytes: Buffer): Record<string, string> {
  const block = bytes.subarray(0, bytes.indexOf("\r\n\r\n")).toString("utf8");
  const lines = block.replace(/\r\n(?=[ \t])/g, "").split("\r\n");
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}
