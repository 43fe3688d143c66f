/** Faults planted in the delivery: what goes out, when, by which way, and what becomes of it. */
import type { Mutation } from "./mutation.ts";

const attempt = "lib/outbox/attempt.ts";
const delivery = "lib/outbox/delivery.ts";
const settlement = "lib/outbox/settlement.ts";
const interruption = "lib/outbox/interruption.ts";
const outbox = "lib/outbox/outbox.ts";
const ofDelivery = "test/unit/outbox/delivery.test.ts";
const ofSettlement = "test/unit/outbox/settlement.test.ts";
const ofInterruption = "test/unit/outbox/interruption.test.ts";
const ofOutbox = "test/unit/outbox/outbox.test.ts";
const killPoints = "test/crash/kill-points.test.ts";

const twice =
  "A second copy comes only where nobody can know of the first, and never against `ambiguous: hold`";
const notFailed = "A fault of the server or of our settings fails no message";
const told = "Every state is told at least once, also after a crash";

export const deliveryMutations: readonly Mutation[] = [
  {
    fault: "what is permanent fails the message, whoever is to blame",
    breaks: notFailed,
    file: settlement,
    changes: [[`if (outcome === "fail")`, "if (verdict.permanent)"]],
    test: ofOutbox,
    named: "trouble with the server",
  },
  {
    fault: "a message in doubt is free to go by another server",
    breaks: twice,
    file: attempt,
    changes: [["if (bound && bound.until > steady())", "if (bound && bound.until < 0)"]],
    test: ofDelivery,
    named: "binds what is due before that time as well",
  },
  {
    fault: "an ambiguous end binds the message to no server",
    breaks: twice,
    file: settlement,
    changes: [["...(isUncertain && { bound:", "...(!isUncertain && { bound:"]],
    test: ofDelivery,
    named: "binds the message to its transport",
  },
  {
    fault: "an ambiguous end is tried again where the caller said hold",
    breaks: twice,
    file: settlement,
    changes: [[`outcome === "uncertain" && record.ambiguous === "hold"`, `outcome !== outcome`]],
    test: ofSettlement,
    named: "is the end where the caller said hold",
  },
  {
    fault: "a message that holds is handed over without asking for clearance",
    breaks: twice,
    file: attempt,
    changes: [["  if (!holds && !isUrgent) return {};\n", "  if (!isUrgent) return {};\n"]],
    test: ofDelivery,
    named: "is told to the store before a message that holds is handed over",
  },
  {
    fault: "what became too late while the server took its time is handed over",
    breaks: "expiresAt is always obeyed",
    file: attempt,
    changes: [["expiryOf(record) > now() && (!holds", "(!holds"]],
    test: ofDelivery,
    named: "what must not come too late is asked about right before it is handed over",
  },
  {
    fault: "after a crash a message that may be delivered goes again, where the caller said hold",
    breaks: twice,
    file: interruption,
    changes: [[`exposed && record.ambiguous === "hold" ? "unknown"`, `exposed !== exposed ? "unknown"`]],
    test: killPoints,
    named: "after the final dot, before its reply",
  },
  {
    fault: "the interrupted attempt is forgotten after a crash",
    breaks: twice,
    file: attempt,
    changes: [["const known = interrupted ?", "const known = interrupted && now() < 0 ?"]],
    test: ofDelivery,
    named: "what was on the wire goes again at once, by the same transport",
  },
  {
    fault: "crashes are counted, and never add up",
    breaks: "A message that kills the process is failed, and the others flow",
    file: interruption,
    changes: [
      ["const crashes = record.crashes + times;", "const crashes = Math.min(record.crashes + times, 2);"],
    ],
    test: ofInterruption,
    named: "fails as MAIL_CRASHED after three crashes in a row",
  },
  {
    fault: "all suspects of a crash go at once",
    breaks: "A message that kills the process is failed, and the others flow",
    file: delivery,
    changes: [["interrupted: isSuspectOut ? 0 : 1", "interrupted: isSuspectOut ? 1000 : 1000"]],
    test: ofDelivery,
    named: "suspects go one by one",
  },
  {
    fault: "a node that dies at each start blames its mail at once",
    breaks: "A message is not blamed for what the node dies of",
    file: delivery,
    changes: [["const PROBATION_MS = 5000;", "const PROBATION_MS = 0;"]],
    test: ofDelivery,
    named: "what two crashes met waits",
  },
  {
    fault: "the lease is not prolonged while the message is on the wire",
    breaks: "No second copy of what is on the wire",
    file: attempt,
    changes: [["    store.renew(job.claim.lease, steady() + LEASE_MS, false).catch(onError);\n", ""]],
    test: ofDelivery,
    named: "keeps its lease: it is prolonged before its end",
  },
  {
    fault: "what is on the wire is begun a second time when the clock jumps",
    breaks: "No second copy of what is on the wire",
    file: delivery,
    changes: [["      holding: held(),\n", "      holding: [],\n"]],
    test: ofDelivery,
    named: "forward starts nothing a second time",
  },
  {
    fault: "an outcome that could not be written down is forgotten",
    breaks: "No second copy of what was delivered",
    file: attempt,
    changes: [["if (job.signal.aborted) return undefined;", "return undefined;"]],
    test: ofDelivery,
    named: "is asked again to write down what was sent",
  },
  {
    fault: "a retry goes to those as well who have the message",
    breaks: "Results are kept for each recipient",
    file: attempt,
    changes: [
      [
        `.filter(({ status }) => status === "sending").map(`,
        `.filter(({ status }) => status !== "failed").map(`,
      ],
    ],
    test: ofOutbox,
    named: "reaches only the recipients that are still open",
  },
  {
    fault: "expiry is ignored",
    breaks: "Nothing is sent that comes too late",
    file: "lib/outbox/record.ts",
    changes: [
      ["record.attempts > 0 ? record.expiresAt : Infinity", "record.attempts > 0 ? Infinity : Infinity"],
    ],
    test: ofOutbox,
    named: "does not send what would come too late",
  },
  {
    fault: "a clock that jumps expires what nobody has tried",
    breaks: "Nothing is given up without an attempt, unless it says so itself",
    file: "lib/outbox/record.ts",
    changes: [["record.expiresStrictly || record.attempts > 0 ?", "record.expiresAt > 0 ?"]],
    test: ofDelivery,
    named: "forward expires only what says itself when it is too late",
  },
  {
    fault: "a replaced message is sent after a crash",
    breaks: "What was replaced is not sent any more",
    file: attempt,
    changes: [["return replaced ? ended(", "return replaced && now() < 0 ? ended("]],
    test: ofDelivery,
    named: "a message that was replaced meanwhile does not go again",
  },
  {
    fault: "the body is dropped with every outcome",
    breaks: "What is put off can still be sent",
    file: attempt,
    changes: [[`!keepBodies && (status === "sent" || status === "canceled")`, "!keepBodies"]],
    test: ofOutbox,
    named: "is over when the server is back",
  },
  {
    fault: "the body stays after delivery",
    breaks: "No subject and no body stays in the file once it is delivered",
    file: attempt,
    changes: [[`!keepBodies && (status === "sent" || status === "canceled")`, "keepBodies"]],
    test: ofOutbox,
    named: "leaves no body behind",
  },
  {
    fault: "each attempt composes with a boundary of its own",
    breaks: "A second copy has the same bytes",
    file: "lib/message/compose.ts",
    changes: [["    baseBoundary: content.boundary,\n", ""]],
    test: ofOutbox,
    named: "has the same Message-ID and the same bytes",
  },
  {
    fault: "an outcome has no news",
    breaks: told,
    file: attempt,
    changes: [
      ["news: record.attempts > job.claim.record.attempts || dueAt === null", "news: record.attempts < 0"],
    ],
    test: ofDelivery,
    named: "an outcome, and nothing else",
  },
  {
    fault: "what was emitted counts as told before it has left the process",
    breaks: told,
    file: "lib/outbox/herald.ts",
    changes: [["      await flushed();\n", "      void flushed().catch(() => {});\n"]],
    test: "test/unit/outbox/herald.test.ts",
    named: "tells again what was told while nobody could hear",
  },
  {
    fault: "a start tells nothing of what an earlier process could not tell",
    breaks: told,
    file: outbox,
    changes: [["  // what an earlier process could not tell any more\n  tellAgain();\n", ""]],
    test: killPoints,
    named: "after-commit settle: one copy, and its news are still to be told",
  },
  {
    fault: "a stop does not wait for what is on the wire",
    breaks: "SIGTERM: what is on the wire is finished",
    file: outbox,
    changes: [["await delivery.stop(DRAIN_MS)", "await delivery.stop(0)"]],
    test: ofOutbox,
    named: "finishes what is on the wire",
  },
  {
    fault: "a node that is about to stop claims on",
    breaks: "SIGTERM: nothing new is begun",
    file: delivery,
    changes: [["    stopping = true;\n    clearTimeout(timer);\n", "    clearTimeout(timer);\n"]],
    test: ofDelivery,
    named: "claims nothing more, lets what is on the wire finish",
  },
  {
    fault: "a call that waits for an attempt is cut off at the stop",
    breaks: "Whoever called gets an answer",
    file: delivery,
    changes: [["    lastWait = setTimeout(releaseAll, LAST_WAIT_MS).unref();\n", ""]],
    test: ofDelivery,
    named: "lets go, after six seconds, who waits for what is on the wire",
  },
  {
    fault: "a node that is about to stop takes messages on",
    breaks: "SIGTERM: nothing new is begun",
    file: outbox,
    changes: [["      if (isQuiet) throw stopping();\n", ""]],
    test: ofOutbox,
    named: "takes nothing more on",
  },
  {
    fault: "what is scheduled goes too early when the clock is set back",
    breaks: "Nothing is sent before its sendAt",
    file: attempt,
    changes: [["return early > 0 ?", "return early === Infinity ?"]],
    test: ofDelivery,
    named: "a clock that is set back behind sendAt",
  },
  {
    fault: "bodies are dropped, whatever MAIL_KEEP_BODIES says",
    breaks: "What the operator wants to keep is kept",
    file: attempt,
    changes: [["dropContent: !keepBodies && (", "dropContent: ("]],
    test: ofOutbox,
    named: "bodies of what was sent or canceled are kept",
  },
  {
    fault: "the body of a canceled message stays",
    breaks: "No subject and no body stays in the file once it is delivered or canceled",
    file: outbox,
    changes: [
      ['await end(record, "canceled", !config.mail.keepBodies)', 'await end(record, "canceled", false)'],
    ],
    test: ofOutbox,
    named: "bodies of what was sent or canceled are kept",
  },
  {
    fault: "a canceled message has no news",
    breaks: told,
    file: outbox,
    changes: [["dueAt: null, dropContent, news: true };", "dueAt: null, dropContent, news: false };"]],
    test: ofOutbox,
    named: "what was canceled has news until somebody was told",
  },
  {
    fault: "what is finished is forgotten at once",
    breaks: "A record is kept as long as MAIL_RETENTION says",
    file: outbox,
    changes: [["before: now - retention", "before: now"]],
    test: ofOutbox,
    named: "is kept as long as MAIL_RETENTION says",
  },
];
