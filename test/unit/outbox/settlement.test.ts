/** Facts about what an attempt makes of a message. */
import { describe, expect, it } from "@jest/globals";
import { dueAtOf, type MailRecord, statusOf, withAttempt } from "../../../lib/outbox/record.ts";
import { judge, settlement } from "../../../lib/outbox/settlement.ts";
import type { RecipientResult } from "../../../lib/smtp/transaction.ts";
import { entry } from "../../contract/outbox-store.ts";
import { transportTo } from "../../support/transport.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");
const transport = transportTo({ port: 587 });

function after(results: RecipientResult[], change: Partial<MailRecord> = {}): MailRecord {
  const recipients = results.map(({ address }) => ({ address, status: "sending" as const }));
  const { record } = entry({ recipients, ...change });
  return settlement(record, judge(results, transport), {
    transport: "primary",
    startedAt: NOW - 50,
    now: NOW,
    dueFrom: NOW,
    retry: { schedule: [30_000, 120_000], own: false },
    random: () => 0.5,
  });
}

const ok = (address: string): RecipientResult => ({
  address,
  reply: { code: 250, text: "2.0.0 queued as 7" },
});
const refused = (address: string, code: number, text = "words"): RecipientResult => ({
  address,
  fault: { stage: "rcpt", command: "RCPT TO", reply: { code, text } },
});

describe("a mixed answer", () => {
  const record = after([ok("a@x.com"), refused("b@x.com", 550), refused("c@x.com", 450)]);

  it("sends, fails and puts off each recipient on its own", () => {
    expect(record.recipients.map(({ status }) => status)).toEqual(["sent", "failed", "deferred"]);
    expect(statusOf(record, NOW)).toBe("deferred");
    expect(dueAtOf(record)).toBe(NOW + 30_000);
  });

  it("counts one failure, however many recipients had to wait", () => {
    expect(record).toMatchObject({ attempts: 1, failures: 1, transport: "primary" });
  });

  it("is one line in the timeline, with the server's words", () => {
    expect(record.timeline).toMatchObject([
      {
        at: NOW - 50,
        durationMs: 50,
        transport: "primary",
        status: "deferred",
        recipients: [
          { address: "a@x.com", status: "sent", code: 250, response: "250 2.0.0 queued as 7" },
          { address: "b@x.com", status: "failed", code: 550 },
          { address: "c@x.com", status: "deferred", code: 450 },
        ],
      },
    ]);
  });
});

describe("the state of the message", () => {
  it("is sent when one recipient was sent and the others failed", () => {
    expect(statusOf(after([ok("a@x.com"), refused("b@x.com", 550)]), NOW)).toBe("sent");
  });

  it("is failed, with the problem, when all were refused", () => {
    const record = after([refused("a@x.com", 550), refused("b@x.com", 553)]);
    expect(statusOf(record, NOW)).toBe("failed");
    expect(record.problem).toMatchObject({ type: "SMTP_RECIPIENT_REJECTED", smtp: { code: 550 } });
  });

  it("shows no problem any more once all went well", () => {
    const record = after([ok("a@x.com")], { problem: { type: "SMTP_TIMEOUT", message: "", remedy: "" } });
    expect(record.problem).toBeUndefined();
  });
});

describe("a fault of the transport", () => {
  it("keeps the message due, for any transport that has room, and is not counted", () => {
    const fault = { stage: "auth", command: "AUTH", reply: { code: 535, text: "no" } } as const;
    const record = after([{ address: "a@x.com", fault }]);
    expect(record).toMatchObject({ attempts: 1, failures: 0, problem: { type: "SMTP_AUTH_FAILED" } });
    expect(dueAtOf(record)).toBe(NOW);
    expect(statusOf(record, NOW)).toBe("deferred");
  });
});

it("speaks of the recipient that is still open before the one that is lost", () => {
  const record = after([refused("b@x.com", 550), refused("c@x.com", 451)]);
  expect(record.problem).toMatchObject({ smtp: { code: 451 } });
});

describe("the ambiguous moment", () => {
  const lost: RecipientResult = {
    address: "a@x.com",
    fault: { stage: "reply", command: "DATA", cause: "CLOSED" },
  };

  it("is tried again, no sooner than in five minutes", () => {
    const record = after([lost]);
    expect(record).toMatchObject({ recipients: [{ status: "deferred" }], problem: { ambiguous: true } });
    expect(dueAtOf(record)).toBe(NOW + 300_000);
  });

  it("is the end where the caller said hold", () => {
    expect(statusOf(after([lost], { ambiguous: "hold" }), NOW)).toBe("unknown");
  });
});

it("sends the rest at once where a server takes only so many recipients in one transaction", () => {
  const full: RecipientResult = {
    address: "b@x.com",
    fault: {
      stage: "rcpt",
      command: "RCPT TO",
      reply: { code: 452, enhancedCode: "4.5.3", text: "4.5.3 Too many recipients" },
      accepted: true,
    },
  };
  const record = after([ok("a@x.com"), full]);
  expect(dueAtOf(record)).toBe(NOW);
  expect(record.failures).toBe(0);
});

describe("the timeline", () => {
  const attempt = (recipients: number, at: number) => ({
    at,
    transport: "primary",
    status: "deferred" as const,
    recipients: Array.from({ length: recipients }, () => ({
      address: "a@example.com",
      status: "deferred" as const,
    })),
    durationMs: 1,
  });
  const kept = (attempts: number, recipients: number) =>
    Array.from({ length: attempts }, (_, at) => attempt(recipients, at)).reduce(withAttempt, entry().record)
      .timeline;

  it("keeps the last fifty attempts", () => {
    expect(kept(60, 1).map(({ at }) => at)).toEqual(Array.from({ length: 50 }, (_, n) => n + 10));
  });

  it("keeps fewer of a message to many, so that its record fits into a packet, and always the last", () => {
    expect(kept(60, 50)).toHaveLength(10);
    expect(kept(3, 900).map(({ at }) => at)).toEqual([2]);
  });
});
