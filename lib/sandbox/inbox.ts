/** The sandbox's inbox: the newest messages, in memory, to be listed, read and waited for. */
import { randomUUID } from "node:crypto";
import { MailError } from "../errors.ts";
import {
  type Envelope,
  type MessageDetail,
  type MessageSummary,
  normal,
  type Part,
  readHeaders,
  readMessage,
  readPart,
  summarize,
  textOf,
} from "./message.ts";
import { type Findable, matcher, wordsOf } from "./search.ts";

export interface InboxOptions {
  /** @default 500; the oldest go first */
  maxMessages?: number;
  /** Bytes of sources and of the texts read out of them, all messages together. @default 128 MiB */
  maxBytes?: number;
  now?: () => Date;
  newId?: () => string;
}

export interface Search {
  /** As in Mailpit: `to:ann subject:"your code" word`. @default all messages */
  query?: string;
  /** Time zone of the dates in the query, e.g. `Asia/Shanghai`. @default the system's */
  tz?: string;
}

interface ListQuery extends Search {
  /** How many to pass over. @default 0 */
  start?: number;
  /** 0 without a query means all, in Mailpit as well. @default 50 */
  limit?: number;
}

/** Some by their ids, or those that a search finds, or all. */
interface Selection extends Search {
  ids?: readonly string[];
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

/** What the inbox has seen since it was opened, and what it holds. */
export interface InboxStats {
  messages: number;
  unread: number;
  /** Of sources and texts that are held */
  bytes: number;
  /** How many messages have which tag */
  tags: Record<string, number>;
  accepted: number;
  acceptedBytes: number;
  /** On demand, or to make room */
  deleted: number;
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
  /** Also marks it as read, as Mailpit does. `latest` is an id, of all or of what a search finds. @throws MailError MAIL_NOT_FOUND */
  open(id: string, search?: Search): MessageDetail;
  /** The source as it came. @throws MailError MAIL_NOT_FOUND */
  source(id: string, search?: Search): Uint8Array;
  /** The headers by their names. @throws MailError MAIL_NOT_FOUND */
  headers(id: string, search?: Search): Promise<Record<string, string[]>>;
  /** An attachment or inline part by its `PartID`. @throws MailError MAIL_NOT_FOUND */
  part(id: string, part: string, search?: Search): Promise<Part>;
  /** Marks as read or unread; returns how many were not so before. */
  mark(read: boolean, selection?: Selection): number;
  stats(): InboxStats;
  /**
   * The first message that matches: the oldest of those that are there, else the next one to come. `clear` before a new round
   * keeps it from being the last round's.
   * @throws MailError SANDBOX_TIMEOUT, which says what did come
   */
  wait(query?: WaitQuery): Promise<MessageDetail>;
  /** Returns how many went. */
  clear(selection?: Selection): number;
  /** Ends every wait. Harmless when repeated */
  close(): void;
}

interface Entry extends Findable {
  recipients: ReadonlySet<string>;
  raw: Uint8Array;
  /** Bytes, about */
  size: number;
}

interface Waiter {
  offer(entry: Entry): void;
  giveUp(reason: MailError): void;
}

/** Milliseconds, where nobody says how long to wait */
export const WAIT_TIMEOUT = 10_000;

export function openInbox(options: InboxOptions = {}): Inbox {
  const { maxMessages = 500, maxBytes = 128 * 1024 * 1024 } = options;
  const { now = () => new Date(), newId = randomUUID } = options;
  /** Oldest first */
  let entries: Entry[] = [];
  const waiters = new Set<Waiter>();
  const seen = { accepted: 0, acceptedBytes: 0, deleted: 0 };

  function find(id: string, { query, tz }: Search = {}): Entry {
    const matches = id === "latest" ? selector({ query, tz }) : selector({ ids: [id] });
    const entry = entries.findLast(matches);
    if (entry) return entry;
    throw notFound("The sandbox's inbox holds no such message.");
  }

  function bytes(): number {
    return entries.reduce((sum, { size }) => sum + size, 0);
  }

  function forgetOldest(): void {
    let held = bytes();
    while (entries.length > maxMessages || (held > maxBytes && entries.length > 1)) {
      held -= entries.shift()?.size ?? 0;
      seen.deleted++;
    }
  }

  return {
    async add(raw, envelope) {
      const at = now();
      const message = await readMessage(raw, envelope, { id: newId(), at });
      const addresses = [...message.To, ...message.Cc, ...message.Bcc].map(({ Address }) => Address);
      const recipients = new Set([...addresses, ...envelope.to].map(normal));
      const words = wordsOf(message, textOf(message.HTML));
      const size = sizeOf(raw, message.Text, message.HTML, words);
      const entry = { message, recipients, raw, at, read: false, words, size };
      entries.push(entry);
      seen.accepted++;
      seen.acceptedBytes += raw.byteLength;
      forgetOldest();
      for (const waiter of waiters) waiter.offer(entry);
      return message;
    },

    list({ start = 0, limit = 50, ...search } = {}) {
      const found = entries.filter(selector(search)).toReversed();
      const isAll = limit === 0 && search.query === undefined;
      const messages = (isAll ? found : found.slice(start, start + limit)).map(({ message, at, read }) =>
        summarize(message, { at, read }),
      );
      return {
        total: entries.length,
        unread: unread(entries),
        messages_count: found.length,
        messages_unread: unread(found),
        count: messages.length,
        start,
        tags: Object.keys(countTags(entries)),
        messages,
      };
    },

    open(id, search) {
      const entry = find(id, search);
      entry.read = true;
      return entry.message;
    },

    source: (id, search) => find(id, search).raw,

    headers: async (id, search) => readHeaders(find(id, search).raw),

    async part(id, part, search) {
      const found = await readPart(find(id, search).raw, part);
      if (found) return found;
      throw notFound("The message has no such part.");
    },

    mark(read, selection) {
      const found = entries.filter(selector(selection)).filter((entry) => entry.read !== read);
      for (const entry of found) entry.read = read;
      return found.length;
    },

    stats: () => ({
      messages: entries.length,
      unread: unread(entries),
      bytes: bytes(),
      tags: countTags(entries),
      ...seen,
    }),

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
        const timer = setTimeout(() => waiter.giveUp(timedOut(query, entries)), timeout);
        function settle(end: () => void): void {
          clearTimeout(timer);
          waiters.delete(waiter);
          end();
        }
        waiters.add(waiter);
      });
    },

    clear(selection) {
      const matches = selector(selection);
      const kept = entries.filter((entry) => !matches(entry));
      const count = entries.length - kept.length;
      entries = kept;
      seen.deleted += count;
      return count;
    },

    close() {
      for (const waiter of waiters) waiter.giveUp(stopped());
    },
  };
}

/** A string takes two bytes for each character, unless all of them are Latin. */
function sizeOf(raw: Uint8Array, ...texts: readonly string[]): number {
  return raw.byteLength + texts.reduce((sum, text) => sum + 2 * text.length, 0);
}

function selector({ ids, query, tz }: Selection = {}): (entry: Entry) => boolean {
  if (ids) return ({ message }) => ids.includes(message.ID);
  return query === undefined ? () => true : matcher(query, tz);
}

function unread(entries: readonly Entry[]): number {
  return entries.filter(({ read }) => !read).length;
}

function countTags(entries: readonly Entry[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const tag of entries.flatMap(({ message }) => message.Tags))
    counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function waitMatcher({ to, subject }: WaitQuery): (entry: Entry) => boolean {
  const recipient = to === undefined ? undefined : normal(to);
  const words = subject?.toLowerCase() ?? "";
  return ({ message, recipients }) =>
    (recipient === undefined || recipients.has(recipient)) && message.Subject.toLowerCase().includes(words);
}

/** Most waits in vain are for a slightly different address or subject: what did come shows it. */
function timedOut({ to, subject }: WaitQuery, entries: readonly Entry[]): MailError {
  const wanted = [to && ` to ${to}`, subject && ` with "${subject}" in its subject`].filter(Boolean).join("");
  const newest = entries
    .slice(-3)
    .map(({ message, recipients }) => `"${message.Subject}" to ${[...recipients].join(", ")}`);
  const there = newest.length > 0 ? `the newest are ${newest.join("; ")}` : "the inbox is empty";
  return new MailError(
    "SANDBOX_TIMEOUT",
    `No message${wanted} came in time; ${there}.`,
    { remedy: "Compare with what was sent, or give a longer `timeout` if it is still on its way." },
    { code: 408, retryable: false },
  );
}

function notFound(sentence: string): MailError {
  const remedy = "List the messages for their ids; only the newest are kept, and none over a restart.";
  return new MailError("MAIL_NOT_FOUND", sentence, { remedy });
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
