/** Messages as people read them: many in a table, or one with its recipients, its attempts, and what to do. */
import { isOpen, type MessageStatus } from "../outbox/record.ts";
import type { MailReceipt, PublicRecord } from "../outbox/receipt.ts";
import type { MessageList } from "./door.ts";
import { inSeconds, lasting, tellMoment } from "./moments.ts";
import { type Cell, columns, type Page, paragraph, type Tone, widthOf } from "./page.ts";
import { showProblem, showRecipients } from "./show-report.ts";

interface Look {
  tone: Tone;
  /** Behind the word, where that does not say it all */
  meaning?: string;
}

const looks: Readonly<Record<MessageStatus, Look>> = {
  sent: { tone: "good" },
  scheduled: { tone: "odd", meaning: "it waits for its time" },
  queued: { tone: "odd", meaning: "it waits for its turn" },
  sending: { tone: "odd", meaning: "it is on its way, without an answer yet" },
  deferred: { tone: "odd", meaning: "put off; the service tries again by itself" },
  failed: { tone: "bad", meaning: "refused for good" },
  expired: { tone: "bad", meaning: "its time ran out" },
  canceled: { tone: "quiet", meaning: "it will not be sent" },
  unknown: { tone: "bad", meaning: "the server may have taken it or not" },
};

/** `sent`, and yet not to everybody, is nothing good. */
function lookOf(record: MailReceipt): Look {
  const { status } = record;
  return status === "sent" && isLost(record) ? { tone: "bad", meaning: "but not to all" } : looks[status];
}

/** True when for some recipient it came to another end than `sent`. */
export function isLost({ recipients }: MailReceipt): boolean {
  return recipients.some((recipient) => recipient.status !== "sent" && !isOpen(recipient));
}

const strong = (text: string): Cell => ({ text, tone: "strong" });
const quiet = (text: string): Cell => ({ text, tone: "quiet" });

/**
 * A line for each message, or two where the page is too narrow for everything. Ids are always whole: they are there to be
 * copied.
 */
export function showList(page: Page, { items, nextCursor }: MessageList, now = Date.now()): string[] {
  if (items.length === 0) return ["No messages."];
  const more = nextCursor === undefined ? [] : ["", ...paragraph(page, `Older ones: --cursor ${nextCursor}`)];
  const head = ["ID", "STATUS", "AGE", "TRIES", "VIA"].map(strong);
  const rows = items.map((item) => [...factsOf(item, now), recipientsOf(item, 1), problemOf(item)]);
  const table = columns(unbroken(page), [[...head, strong("TO"), strong("PROBLEM")], ...rows], 0);
  if (table.every((line) => widthOf(line) <= page.room)) return [...table, ...more];

  const [first = "", ...lines] = columns(
    unbroken(page),
    [head, ...items.map((item) => factsOf(item, now))],
    0,
  );
  return [first, ...items.flatMap((item, at) => [lines[at] ?? "", ...secondLine(page, item)]), ...more];
}

const unbroken = (page: Page): Page => ({ ...page, width: Infinity });

function factsOf(record: PublicRecord, now: number): Cell[] {
  const { id, status, createdAt, attempts, transport } = record;
  return [
    id,
    { text: status, tone: lookOf(record).tone },
    lasting(now - Date.parse(createdAt)),
    String(attempts),
    transport ?? "",
  ];
}

function recipientsOf({ recipients }: PublicRecord, most: number): string {
  const others = recipients.length - most;
  const first = recipients.slice(0, most).map(({ address }) => address);
  return [first.join(", "), ...(others > 0 ? [`+${others}`] : [])].join(" ");
}

function problemOf({ problem }: PublicRecord): string {
  return problem?.type ?? "";
}

/** As many recipients as there is room for, and the problem. */
function secondLine(page: Page, item: PublicRecord): string[] {
  const problem = problemOf(item);
  const room = page.room - INDENT - (problem ? GAP + problem.length : 0);
  const counts = Array.from(item.recipients, (_, at) => item.recipients.length - at);
  const most = counts.find((count) => widthOf(recipientsOf(item, count)) <= room) ?? 1;
  return columns(unbroken(page), [[recipientsOf(item, most), quiet(problem)]], INDENT);
}

const INDENT = 4;
const GAP = 2;

/** All that is known of one message: a receipt, or the whole record. */
export function showRecord(page: Page, record: MailReceipt | PublicRecord, now = Date.now()): string[] {
  const { status, recipients, problem } = record;
  const { tone, meaning } = lookOf(record);
  const duplicate = record.duplicate ? " (taken before, under the same key)" : "";
  const head = `${page.symbols[tone]} ${status}`;
  return [
    `${page.paint(tone, head)}${meaning ? `: ${meaning}` : ""}${duplicate}`,
    "",
    ...showRecipients(page, recipients),
    "",
    ...columns(
      page,
      recordFacts(record, now).flatMap(([label, value]) => (value ? [[quiet(label), value]] : [])),
    ),
    ...("timeline" in record ? showTimeline(page, record) : []),
    ...(problem ? ["", ...showProblem(page, problem)] : []),
  ];
}

function recordFacts(
  record: MailReceipt | PublicRecord,
  now: number,
): [label: string, value: string | undefined][] {
  const { id, messageId, envelope, attempts, transport, nextAttemptAt, durable } = record;
  const { createdAt, tags = [], metadata = {}, template } = record as Partial<PublicRecord>;
  return [
    ["id", id],
    ["Message-ID", messageId],
    ["from", envelope.from],
    ["created", createdAt && tellMoment(createdAt, now)],
    ["template", template],
    ["tags", tags.join(", ")],
    [
      "metadata",
      Object.entries(metadata)
        .map(([name, value]) => `${name}=${value}`)
        .join(", "),
    ],
    ["attempts", `${attempts}${transport ? `, the last by ${transport}` : ""}`],
    [
      "next attempt",
      nextAttemptAt && (Date.parse(nextAttemptAt) > now ? tellMoment(nextAttemptAt, now) : "now"),
    ],
    ["kept", durable === false ? "in memory only: lost when its node ends" : undefined],
  ];
}

/** One line for each attempt: when, by which server, what came of it. */
function showTimeline(page: Page, { timeline }: PublicRecord): string[] {
  if (timeline.length === 0) return [];
  const rows = timeline.map(({ at, transport, status, durationMs, problem, recipients }): Cell[] => [
    inSeconds(at),
    transport,
    { text: status, tone: looks[status].tone },
    `${durationMs} ms`,
    problem
      ? [problem.type, ...(problem.smtp ? [`(${problem.smtp.code})`] : [])].join(" ")
      : (recipients.findLast(({ response }) => response)?.response ?? ""),
  ]);
  return columns(page, [{ heading: "Attempts" }, ...rows]);
}
