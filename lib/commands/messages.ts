/** The verbs of messages, asked of a mail service that runs: send, list, show, retry, cancel, stats. */
import { messageStatuses } from "../outbox/record.ts";
import type { MailReceipt, PublicRecord } from "../outbox/receipt.ts";
import type { Answer, Command, Input, Option, Room } from "./command.ts";
import { letterOf, letterOptions, mailboxFault } from "./letter.ts";
import { readMoment } from "./moments.ts";
import { serviceOptions } from "./service-options.ts";
import { isLost, showList, showRecord } from "./show-messages.ts";
import { showStats } from "./show-stats.ts";

const filters: readonly Option[] = [
  { name: "status", value: "STATUS", choices: messageStatuses, summary: "in this state" },
  { name: "recipient", value: "ADDRESS", summary: "to this address", check: mailboxFault },
  { name: "tag", value: "TAG", summary: "with this tag" },
  { name: "template", value: "NAME", summary: "made from this template" },
  past("since", "not older: ISO 8601, or 2h for two hours ago"),
  past("until", "older than this"),
  {
    name: "limit",
    value: "NUMBER",
    summary: "how many, at most 200; default: 50",
    check: (value) =>
      /^\d{1,3}$/.test(value) && Number(value) >= 1 && Number(value) <= 200
        ? undefined
        : "expected a whole number from 1 to 200",
  },
  { name: "cursor", value: "CURSOR", summary: "go on where the page before ended" },
];

export const messageCommands: readonly Command[] = [
  {
    cli: "send",
    repl: "send",
    summary: "Send a message; done when the service has taken responsibility for it",
    options: [...letterOptions, ...serviceOptions],
    examples: [
      'send --to ann@example.com --subject Hello --text "It works."',
      "send --to ann@example.com --subject Report --text - --attach report.pdf < report.txt",
    ],
    run: send,
  },
  {
    cli: "list",
    repl: "list",
    summary: "Messages and what became of them, newest first",
    options: [...filters, ...serviceOptions],
    examples: ["list --status deferred", "list --recipient ann@example.com --since 2d"],
    run: list,
  },
  {
    cli: "show <id>",
    repl: "show <id>",
    summary: "One message: each recipient, each attempt, the problem and what to do",
    options: serviceOptions,
    run: ({ id = "" }, room) => ofOne(room, (service) => service.get(id)),
  },
  {
    cli: "retry <id>",
    repl: "retry <id>",
    summary: "Try a failed, expired, unknown or deferred message again, now",
    options: serviceOptions,
    run: ({ id = "" }, room) => ofOne(room, (service) => service.retry(id)),
  },
  {
    cli: "cancel <id>",
    repl: "cancel <id>",
    summary: "Take a message back that is not on its way yet",
    options: serviceOptions,
    run: ({ id = "" }, room) => ofOne(room, (service) => service.cancel(id)),
  },
  {
    cli: "stats",
    repl: "stats",
    summary: "How many messages are in which state, and how the SMTP servers are",
    options: serviceOptions,
    run: stats,
  },
];

async function send(input: Input, room: Room): Promise<Answer> {
  const letter = await letterOf(input, room.stdin);
  const service = await reached(room);
  const receipt = await room.progress("sending", service.send(letter));
  // what is put off is the service's business, and no failure of this command
  return { status: isLost(receipt) ? 1 : 0, ...shown(receipt) };
}

async function list(input: Input, room: Room): Promise<Answer> {
  const { status, recipient, tag, template, cursor } = input;
  const query = {
    status,
    recipient,
    tag,
    template,
    since: instantOf(input["since"]),
    until: instantOf(input["until"]),
    limit: input["limit"] === undefined ? undefined : Number(input["limit"]),
    cursor,
  };
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const service = await reached(room);
  const page = await room.progress("asking", service.list(Object.fromEntries(given)));
  return { status: 0, document: page, show: (sheet) => showList(sheet, page) };
}

async function ofOne(
  room: Room,
  ask: (service: Awaited<ReturnType<Room["service"]>>) => Promise<PublicRecord>,
): Promise<Answer> {
  const service = await reached(room);
  return { status: 0, ...shown(await room.progress("asking", ask(service))) };
}

async function stats(_input: Input, room: Room): Promise<Answer> {
  const service = await reached(room);
  const numbers = await room.progress("asking", service.stats());
  return { status: 0, document: numbers, show: (page) => showStats(page, numbers) };
}

/** A mesh is joined in about a second, and a missing service noticed after some more. */
function reached({ progress, service }: Room): ReturnType<Room["service"]> {
  return progress("looking for the mail service", service());
}

function shown(record: MailReceipt | PublicRecord): Pick<Answer, "document" | "show"> {
  return { document: record, show: (page) => showRecord(page, record) };
}

function past(name: string, summary: string): Option {
  return {
    name,
    value: "TIME",
    summary,
    check(value) {
      const read = readMoment(value, -1);
      return "fault" in read ? read.fault : undefined;
    },
  };
}

function instantOf(written: string | undefined): number | undefined {
  const read = written === undefined ? undefined : readMoment(written, -1);
  return read && "value" in read ? read.value : undefined;
}
