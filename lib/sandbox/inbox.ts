/** The sandbox's inbox: the newest messages, in memory, to be listed, read and waited for. */
import { randomUUID } from "node:crypto";
import { MailError } from "../errors.ts";
import {
  type Envelope,
  type MessageDetail,
  type MessageSummary,
  normal,
  readMessage,
  summarize,
} from "./message.ts";
import { matcher } from "./search.ts";

export interface InboxOptions {
  /** @default 500; the oldest go first */
  maxMessages?: number;
  /** Bytes of source, all messages together. @default 64 MiB */
  maxBytes?: number;
  now?: () => Date;
  newId?: () => string;
}

interface ListQuery {
  /** As in Mailpit: `to:ann subject:"your code" word`. @default all messages */
  query?: string;
  /** How many to pass over. @default 0 */
  start?: number;
  /** @default 50 */
  limit?: number;
}

/** Mailpit's list, with its names. The first two count the whole inbox, the next two what the query found. */
interface MessageList {
  total: number;
  unread: number;
  messages_count: number;
  messages_unread: number;
  /** How many are in `messages` */
  count: number;
  start: number;
  tags: string[];
  /** Newest first */
  messages: MessageSummary[];
}

interface WaitQuery {
  /** An address of a header or of the envelope, in whole */
  to?: string;
  /** Part of the subject; letter case does not count */
  subject?: string;
  /** Milliseconds. @default 10,000 */
  timeout?: number;
}

export interface Inbox {
  /** Rejects when the message cannot be read as MIME. */
  add(raw: Uint8Array, envelope: Envelope): Promise<MessageDetail>;
  list(query?: ListQuery): MessageList;
  /** Also marks it as read, as Mailpit does. `latest` is an id. @throws MailError MAIL_NOT_FOUND */
  open(id: string): MessageDetail;
  /** The source as it came. @throws MailError MAIL_NOT_FOUND */
  source(id: string): Uint8Array;
  /**
   * The first message that matches: the oldest of those that are there, else the next one to come. `clear` before a new round
   * keeps it from being the last round's.
   * @throws MailError SANDBOX_TIMEOUT, which says what did come
   */
  wait(query?: WaitQuery): Promise<MessageDetail>;
  /** These, or all. Returns how many went. */
  clear(ids?: readonly string[]): number;
  /** Ends every wait. Harmless when repeated */
  close(): void;
}

interface Entry {
  message: MessageDetail;
  recipients: ReadonlySet<string>;
  raw: Uint8Array;
  at: Date;
  read: boolean;
}

interface Waiter {
  offer(entry: Entry): void;
  giveUp(reason: MailError): void;
}

const WAIT_TIMEOUT = 10_000;

export function openInbox(options: InboxOptions = {}): Inbox {
  const { maxMessages = 500, maxBytes = 64 * 1024 * 1024 } = options;
  const { now = () => new Date(), newId = randomUUID } = options;
  /** Oldest first */
  let entries: Entry[] = [];
  const waiters = new Set<Waiter>();

  function find(id: string): Entry {
    const entry = id === "latest" ? entries.at(-1) : entries.find(({ message }) => message.ID === id);
    if (entry) return entry;
    throw new MailError("MAIL_NOT_FOUND", "The sandbox's inbox holds no such message.", {
      remedy: "List the messages for their ids; only the newest are kept, and none over a restart.",
    });
  }

  function forgetOldest(): void {
    let bytes = entries.reduce((sum, { raw }) => sum + raw.byteLength, 0);
    while (entries.length > maxMessages || (bytes > maxBytes && entries.length > 1)) {
      bytes -= entries.shift()?.raw.byteLength ?? 0;
    }
  }

  return {
    async add(raw, envelope) {
      const at = now();
      const message = await readMessage(raw, envelope, { id: newId(), at });
      const addresses = [...message.To, ...message.Cc, ...message.Bcc].map(({ Address }) => Address);
      const recipients = new Set([...addresses, ...envelope.to].map(normal));
      const entry = { message, recipients, raw, at, read: false };
      entries.push(entry);
      forgetOldest();
      for (const waiter of waiters) waiter.offer(entry);
      return message;
    },

    list({ query, start = 0, limit = 50 } = {}) {
      const matches = query === undefined ? () => true : matcher(query);
      const found = entries.filter(({ message }) => matches(message)).toReversed();
      const messages = found
        .slice(start, start + limit)
        .map(({ message, at, read }) => summarize(message, { at, read }));
      return {
        total: entries.length,
        unread: entries.filter(({ read }) => !read).length,
        messages_count: found.length,
        messages_unread: found.filter(({ read }) => !read).length,
        count: messages.length,
        start,
        tags: [],
        messages,
      };
    },

    open(id) {
      const entry = find(id);
      entry.read = true;
      return entry.message;
    },

    source: (id) => find(id).raw,

    wait(query = {}) {
      const matches = waitMatcher(query);
      const present = entries.find(matches);
      if (present) return Promise.resolve(present.message);
      const { timeout = WAIT_TIMEOUT } = query;
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          offer(entry) {
            if (matches(entry)) settle(() => resolve(entry.message));
          },
          giveUp(reason) {
            settle(() => reject(reason));
          },
        };
        const timer = setTimeout(() => waiter.giveUp(timedOut(query, timeout, entries)), timeout);
        function settle(end: () => void): void {
          clearTimeout(timer);
          waiters.delete(waiter);
          end();
        }
        waiters.add(waiter);
      });
    },

    clear(ids) {
      const before = entries.length;
      entries = ids ? entries.filter(({ message }) => !ids.includes(message.ID)) : [];
      return before - entries.length;
    },

    close() {
      for (const waiter of waiters) waiter.giveUp(stopped());
    },
  };
}

function waitMatcher({ to, subject }: WaitQuery): (entry: Entry) => boolean {
  const recipient = to === undefined ? undefined : normal(to);
  const words = subject?.toLowerCase() ?? "";
  return ({ message, recipients }) =>
    (recipient === undefined || recipients.has(recipient)) && message.Subject.toLowerCase().includes(words);
}

/** Most waits in vain are for a slightly different address or subject: what did come shows it. */
function timedOut({ to, subject }: WaitQuery, timeout: number, entries: readonly Entry[]): MailError {
  const wanted = [to && ` to ${to}`, subject && ` with "${subject}" in its subject`].filter(Boolean).join("");
  const newest = entries
    .slice(-3)
    .map(({ message, recipients }) => `"${message.Subject}" to ${[...recipients].join(", ")}`);
  const there = newest.length > 0 ? `the newest are ${newest.join("; ")}` : "the inbox is empty";
  return new MailError(
    "SANDBOX_TIMEOUT",
    `No message${wanted} came within ${timeout} ms; ${there}.`,
    { remedy: "Compare with what was sent, or give a longer `timeout` if it is still on its way." },
    { code: 408, retryable: false },
  );
}

function stopped(): MailError {
  const remedy = "Start it again and send the message anew: the inbox lives in memory.";
  return new MailError(
    "SANDBOX_STOPPED",
    "The sandbox was stopped.",
    { remedy },
    { code: 503, retryable: false },
  );
}
