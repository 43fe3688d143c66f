/** What a message is once it has been checked: the normal form that is stored, composed and sent. */

export interface Mailbox {
  name?: string;
  /** Domain in lower case and as A-labels; local part as given */
  address: string;
}

export interface Attachment {
  filename: string;
  content: Uint8Array;
  contentType?: string;
  cid?: string;
}

/** What goes out. Together with the sender of the settings it gives the same bytes at every composing. */
export interface Content {
  /** The caller's own `from`; absent: the configured sender at the time of sending */
  from?: Mailbox;
  to: readonly Mailbox[];
  cc: readonly Mailbox[];
  bcc: readonly Mailbox[];
  replyTo: readonly Mailbox[];
  subject: string;
  text?: string;
  html?: string;
  attachments: readonly Attachment[];
  headers: Readonly<Record<string, string>>;
  /** `<…@domain>`, ours, the same at every attempt */
  messageId: string;
  /** Epoch ms: the Date header */
  date: number;
  /** Seed of the MIME boundaries */
  boundary: string;
}

export type Priority = "high" | "normal" | "low";
export type Ambiguity = "retry" | "hold";

/** A checked `mail.send` call. */
export interface SendRequest {
  from?: Mailbox;
  to: readonly Mailbox[];
  cc: readonly Mailbox[];
  bcc: readonly Mailbox[];
  replyTo: readonly Mailbox[];
  subject?: string;
  text?: string;
  html?: string;
  template?: string;
  data?: Record<string, unknown>;
  locale?: string;
  attachments: readonly Attachment[];
  headers: Readonly<Record<string, string>>;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  idempotencyKey?: string;
  /** Epoch ms */
  sendAt?: number;
  /** Epoch ms */
  expiresAt?: number;
  replaceKey?: string;
  priority: Priority;
  ambiguous: Ambiguity;
  dryRun: boolean;
  /** Milliseconds; `true`: as MAIL_SEND_WAIT says; 0: do not wait */
  wait: number | true;
}

/** The addresses of the envelope: each once, in the order to, cc, bcc. */
export function recipientsOf(message: Pick<Content, "to" | "cc" | "bcc">): string[] {
  return [...new Set([...message.to, ...message.cc, ...message.bcc].map((mailbox) => mailbox.address))];
}
