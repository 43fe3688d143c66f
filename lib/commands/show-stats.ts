/** The numbers of the outbox and the state of each SMTP server, as people read them. */
import type { MailStats } from "../outbox/outbox.ts";
import { messageStatuses } from "../outbox/record.ts";
import type { TransportCondition } from "../smtp/policy.ts";
import { tellMoment } from "./moments.ts";
import { type Cell, columns, mark, type Page, type Tone } from "./page.ts";
import { showProblem } from "./show-report.ts";

const conditions: Readonly<Record<TransportCondition, { tone: Tone; meaning: string }>> = {
  up: { tone: "good", meaning: "up" },
  resting: { tone: "odd", meaning: "rests" },
  held: { tone: "bad", meaning: "held: it refuses our settings" },
};

export function showStats(page: Page, stats: MailStats, now = Date.now()): string[] {
  const { counts, oldestQueuedAt, outbox, transports } = stats;
  const rows = messageStatuses
    .filter((status) => counts[status])
    .map((status): Cell[] => [status, String(counts[status])]);
  return [
    ...columns(page, [{ heading: "Messages" }, ...(rows.length > 0 ? rows : [["none"]])]).slice(1),
    ...(oldestQueuedAt === null
      ? []
      : columns(page, [["the oldest that waits", tellMoment(oldestQueuedAt, now)]])),
    ...(outbox.durable
      ? []
      : columns(page, [["the outbox", "in memory: what waits is lost when the node ends"]])),
    ...(outbox.problem
      ? [...columns(page, [{ heading: "Outbox" }]), ...showProblem(page, outbox.problem)]
      : []),
    ...columns(page, [{ heading: "SMTP servers" }]),
    ...(transports.length === 0 ? ["  none is configured"] : []),
    ...transports.flatMap((transport) => showTransport(page, transport, now)),
  ];
}

function showTransport(page: Page, transport: MailStats["transports"][number], now: number): string[] {
  const { name, server, state, until, ratePerMinute, problem } = transport;
  const { tone, meaning } = conditions[state];
  const probe = until === undefined ? "" : `, next try ${tellMoment(until, now)}`;
  const pace = `${ratePerMinute} sent in the last minute`;
  return [
    ...columns(page, [
      [mark(page, tone), name, server],
      ["", "", `${meaning}${probe}; ${pace}`],
    ]),
    ...(problem ? showProblem(page, problem).map((line) => `   ${line}`) : []),
  ];
}
