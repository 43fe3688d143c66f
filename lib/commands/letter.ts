/** From the options of `send` to the parameters of `mail.send`: files and standard input are read here, and nowhere else. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { duration } from "../config/units.ts";
import { readMailboxes } from "../message/address.ts";
import { noFaults } from "../message/faults.ts";
import { type Input, type Option, type Room, UsageError } from "./command.ts";
import { readMoment } from "./moments.ts";

/** Stands for standard input. */
const STDIN = "-";

/** A call waits a little longer than this. */
const patience = duration("0", "2m");

/** What is asked for stands first, in the order of a letter. */
export const letterOptions: readonly Option[] = [
  {
    ...mailboxes("to", "who gets it"),
    ask: {
      text: "Who gets the message?",
      missing: (_environment, given) => !given.has("cc") && !given.has("bcc"),
      refusal: "--to",
    },
  },
  mailboxes("cc", "who gets a copy"),
  mailboxes("bcc", "who gets a copy that the others do not see"),
  { name: "from", value: "ADDRESS", summary: "default: SMTP_SENDER of the service", check: mailboxFault },
  mailboxes("reply-to", "where answers go"),
  {
    name: "subject",
    value: "TEXT",
    summary: "the subject",
    ask: { text: "Subject", missing: () => true },
  },
  {
    name: "text",
    value: "TEXT",
    summary: "the text; - reads standard input",
    ask: {
      text: "Text (one line; --text - takes more)",
      missing: (_environment, given) => !given.has("html"),
      refusal: "--text (or --html)",
    },
  },
  { name: "html", value: "HTML", summary: "the html; - reads standard input" },
  // no path has this character in it
  { name: "attach", value: "FILE", summary: "files to go with it", joinedBy: "\0" },
  { name: "tag", value: "TAG", summary: "labels for log, list and events", joinedBy: "," },
  moment("send-at", "not before: ISO 8601, or 2h for in two hours"),
  moment("expires-at", "not after"),
  { name: "idempotency-key", value: "TEXT", summary: "sent again with the same key, it stays one message" },
  { name: "replace-key", value: "TEXT", summary: "cancels an older one with this key that still waits" },
  {
    name: "priority",
    value: "PRIORITY",
    choices: ["high", "normal", "low"],
    summary: "high overtakes",
  },
  {
    name: "wait",
    value: "TIME",
    summary: "how long to wait for the first attempt, such as 30s; 0: not at all",
    check: (value) => ("value" in patience.parse(value) ? undefined : `expected ${patience.expected}`),
  },
];

/** @throws UsageError for a file that cannot be read, or standard input where there is none */
export async function letterOf(input: Input, stdin: Room["stdin"]): Promise<Record<string, unknown>> {
  const { to, cc, bcc, from, subject, priority } = input;
  const wait = input["wait"] === undefined ? undefined : patience.parse(input["wait"]);
  const fields = {
    to,
    cc,
    bcc,
    from,
    replyTo: input["reply-to"],
    subject,
    ...(await readBodies(input, stdin)),
    attachments: await readFiles(input["attach"]),
    tags: input["tag"]
      ?.split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
    sendAt: instantOf(input["send-at"]),
    expiresAt: instantOf(input["expires-at"]),
    idempotencyKey: input["idempotency-key"],
    replaceKey: input["replace-key"],
    priority,
    wait: wait && "value" in wait ? wait.value || false : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

async function readBodies({ text, html }: Input, stdin: Room["stdin"]) {
  if (text !== STDIN && html !== STDIN) return { text, html };
  if (text === html)
    throw new UsageError("--text and --html cannot both read standard input", "Give one as -.");
  if (!stdin) {
    const option = text === STDIN ? "--text" : "--html";
    throw new UsageError(`${option} cannot read standard input here`, `Write it behind ${option}.`);
  }
  const read = await stdin();
  return text === STDIN ? { text: read, html } : { text, html: read };
}

function readFiles(paths: string | undefined): Promise<object[]> | undefined {
  const read = paths?.split("\0").map(async (path) => {
    try {
      const content = (await readFile(path)).toString("base64");
      return { filename: basename(path), content, encoding: "base64" };
    } catch (error) {
      const { code = "it is too large" } = error as NodeJS.ErrnoException;
      const why = code === "ENOENT" ? "there is no such file" : code;
      throw new UsageError(`--attach: ${path} cannot be read: ${why}`, "Nothing was sent.");
    }
  });
  return read && Promise.all(read);
}

function mailboxes(name: string, summary: string): Option {
  return { name, value: "ADDRESS", summary, joinedBy: ", ", check: mailboxFault };
}

/** What is wrong with one or several addresses, as `mail.send` would say it. */
export function mailboxFault(written: string): string | undefined {
  const faults = noFaults();
  readMailboxes(written, "", Infinity, faults);
  return faults.invalid[0]?.message;
}

function moment(name: string, summary: string): Option {
  return {
    name,
    value: "TIME",
    summary,
    check(value) {
      const read = readMoment(value, 1);
      return "fault" in read ? read.fault : undefined;
    },
  };
}

function instantOf(written: string | undefined): number | undefined {
  const read = written === undefined ? undefined : readMoment(written, 1);
  return read && "value" in read ? read.value : undefined;
}
