/** From a checked call to what the outbox keeps: who it is from, what goes out, and the record as it begins. */
import { randomUUID } from "node:crypto";
import { MailError } from "../errors.ts";
import { newMessageId, textOf } from "../message/compose.ts";
import { type Content, type Mailbox, recipientsOf, type SendRequest } from "../message/message.ts";
import { newId } from "./new-id.ts";
import type { MailRecord, Trace } from "./record.ts";

/**
 * Who the message is from: the caller's word, else the settings'.
 * @throws MailError MAIL_INVALID_MESSAGE naming `from` where neither says anything
 */
export function senderOf(request: SendRequest, configured: Mailbox | undefined): Mailbox {
  const from = request.from ?? configured;
  if (from) return from;
  throw new MailError("MAIL_INVALID_MESSAGE", "`from` is missing, and SMTP_SENDER is not set", {
    fields: [
      { field: "from", message: "expected an address, because no SMTP_SENDER is configured; got nothing" },
    ],
    remedy: 'Set SMTP_SENDER, e.g. "My Name" <me@example.com>, or give each message a `from`.',
  });
}

/** What goes out. Message-ID, date and boundary are made here, once: every attempt has the same bytes. */
export function contentOf(request: SendRequest, from: Mailbox, now: number): Content {
  return {
    ...(request.from && { from: request.from }),
    to: request.to,
    cc: request.cc,
    bcc: request.bcc,
    replyTo: request.replyTo,
    subject: request.subject ?? "",
    // made now: a later version of the converter must not change the bytes of what waits
    text: textOf(request),
    ...(request.html !== undefined && { html: request.html }),
    attachments: request.attachments,
    headers: request.headers,
    messageId: newMessageId(from.address),
    date: now,
    boundary: randomUUID(),
  };
}

/** @param facts `retryFor`: how long it is tried where the request sets no `expiresAt`, in ms */
export function recordOf(
  request: SendRequest,
  content: Content,
  from: Mailbox,
  { now, retryFor, trace }: { now: number; retryFor: number; trace?: Trace | undefined },
): MailRecord {
  const sendAt = request.sendAt !== undefined && request.sendAt > now ? request.sendAt : undefined;
  return {
    id: newId(now),
    revision: 1,
    messageId: content.messageId,
    from: from.address,
    recipients: recipientsOf(request).map((address) => ({
      address,
      status: "queued",
      ...(sendAt && { dueAt: sendAt }),
    })),
    attempts: 0,
    failures: 0,
    crashes: 0,
    createdAt: now,
    updatedAt: now,
    ...(sendAt && { sendAt }),
    expiresAt: request.expiresAt ?? (sendAt ?? now) + retryFor,
    expiresStrictly: request.expiresAt !== undefined,
    priority: request.priority,
    ambiguous: request.ambiguous,
    tags: request.tags,
    metadata: request.metadata,
    ...(request.template && { template: request.template }),
    ...(trace && { trace }),
    timeline: [],
  };
}
