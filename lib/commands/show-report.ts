/** A verify report, a receipt and a problem as people read them: what happened, what it means, what to do. */
import { isOpen } from "../outbox/record.ts";
import type { MailReceipt } from "../outbox/receipt.ts";
import type { Problem } from "../smtp/problem.ts";
import type { Check, VerifyReport } from "../smtp/verify.ts";
import { type Cell, columns, mark, type Page, type Tone } from "./page.ts";

const strong = (text: string): Cell => ({ text, tone: "strong" });

const tones = {
  passed: "good",
  warning: "odd",
  failed: "bad",
  skipped: "quiet",
} as const satisfies Record<Check["status"], Tone>;

const verdicts = {
  ok: { tone: "good", meaning: "this server takes our mail" },
  unproven: { tone: "odd", meaning: "nothing failed, but that proves little" },
  failed: { tone: "bad", meaning: "no mail can be sent this way" },
} as const satisfies Record<VerifyReport["verdict"], { tone: Tone; meaning: string }>;

/** Seven lines, one for each check; then the verdict and, unless all is well, the problem. */
export function showReport(page: Page, report: VerifyReport): string[] {
  const { checks, verdict, problem, durationMs } = report;
  const { tone, meaning } = verdicts[verdict];
  const rows = checks.map(({ name, status, detail }): Cell[] => {
    const quiet = status === "skipped";
    return [mark(page, tones[status]), name, quiet ? { text: detail, tone: "quiet" } : detail];
  });
  return [
    ...columns(page, [[strong(`${report.transport}: ${report.server}`)]], 0),
    "",
    ...columns(page, rows),
    "",
    `${page.paint(tone, `${page.symbols[tone]} ${verdict}`)}: ${meaning} ${page.paint("quiet", `(${durationMs} ms)`)}`,
    ...(problem ? ["", ...showProblem(page, problem)] : []),
  ];
}

const again = "Run the test again later; a message of a service would wait and be tried again by itself.";

/** What is wrong and what to do, with the setting to change ready to be copied. `id`: of the message that was refused. */
export function showProblem(
  page: Page,
  problem: Pick<Problem, "type" | "message" | "remedy" | "fix"> & { id?: string },
): string[] {
  const { type, message, remedy, fix, id } = problem;
  return columns(page, [
    [strong("problem"), message],
    ...(remedy ? [[strong("remedy"), remedy]] : []),
    ...(fix ? [[strong("fix"), `${fix.variable}=${fix.value}`]] : []),
    [strong("type"), type],
    ...(id ? [[strong("id"), id]] : []),
  ]);
}

const headlines: Readonly<Record<MailReceipt["status"], string>> = {
  sent: "sent",
  scheduled: "not sent: it waits for its time",
  queued: "not sent: it waits for its turn",
  sending: "not sent: no answer yet",
  deferred: "not sent: put off",
  failed: "not sent: refused for good",
  expired: "not sent: its time ran out",
  canceled: "not sent: canceled",
  unknown: "not known whether it was sent",
};

/** True when the server took the message for every recipient. */
export function isSent({ status, recipients }: MailReceipt): boolean {
  return status === "sent" && recipients.every((recipient) => recipient.status === "sent");
}

/** What became of a test message, and which letter it was. Only what a server took is called sent. */
export function showReceipt(
  page: Page,
  receipt: MailReceipt,
  { server = "", letter = "" }: { server?: string | undefined; letter?: string | undefined } = {},
): string[] {
  const { status, recipients, messageId, nextAttemptAt, problem } = receipt;
  const sent = isSent(receipt);
  const headline = status === "sent" && !sent ? "not sent to all" : headlines[status];
  const kept = status !== "deferred" || nextAttemptAt !== undefined;
  const later = status === "deferred" ? (nextAttemptAt ?? "never: the test is not kept") : undefined;
  const facts: Cell[][] = [
    ["letter", letter],
    ["server", server],
    ["Message-ID", messageId],
    ...(later ? [["next attempt", later]] : []),
  ];
  return [
    page.paint(sent ? "good" : "bad", `${page.symbols[sent ? "good" : "bad"]} ${headline}`),
    "",
    ...showRecipients(page, recipients),
    "",
    ...columns(
      page,
      facts.filter(([, value]) => value !== ""),
    ),
    ...(problem ? ["", ...showProblem(page, kept ? problem : { ...problem, remedy: again })] : []),
  ];
}

/** One line for each: its state and the server's words. */
export function showRecipients(page: Page, recipients: MailReceipt["recipients"]): string[] {
  return columns(
    page,
    recipients.map((recipient): Cell[] => [
      mark(page, recipient.status === "sent" ? "good" : isOpen(recipient) ? "odd" : "bad"),
      recipient.address,
      recipient.status,
      recipient.response ?? "",
    ]),
  );
}
