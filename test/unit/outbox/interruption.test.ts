/** Facts about messages whose process died while they were on the wire. */
import { describe, expect, it } from "@jest/globals";
import { interruptedRecord } from "../../../lib/outbox/interruption.ts";
import type { MailRecord } from "../../../lib/outbox/record.ts";
import type { Interruption } from "../../../lib/outbox/store.ts";
import { entry } from "../../contract/outbox-store.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");
const retry = { schedule: [30_000], own: false };
const interruption: Interruption = { times: 1, at: NOW - 1000, transport: "primary", exposed: false };
const onWire: Partial<MailRecord> = { recipients: [{ address: "ann@example.com", status: "sending" }] };

function interrupted(change: Partial<MailRecord>, also: Partial<Interruption> = {}): MailRecord {
  const { record } = entry({ ...onWire, ...change });
  return interruptedRecord(record, { ...interruption, ...also }, { now: NOW, retry });
}

describe("an interrupted message", () => {
  it("goes on, and its timeline tells of the attempt that nobody knows the end of", () => {
    expect(interrupted({})).toMatchObject({
      attempts: 1,
      failures: 0,
      crashes: 1,
      recipients: [{ status: "sending" }],
      problem: { type: "SMTP_CONNECTION_LOST", ambiguous: true },
      timeline: [
        {
          at: NOW - 1000,
          transport: "primary",
          status: "deferred",
          recipients: [{ address: "ann@example.com", status: "deferred" }],
          problem: { ambiguous: true },
        },
      ],
    });
  });

  it("is bound to its transport for five minutes, or for the operator's own delay", () => {
    expect(interrupted({}).bound).toEqual({ transport: "primary", until: NOW - 1000 + 300_000 });
    const own = { schedule: [50], own: true };
    const { record } = entry(onWire);
    expect(interruptedRecord(record, interruption, { now: NOW, retry: own }).bound).toEqual({
      transport: "primary",
      until: NOW - 950,
    });
  });

  it("that holds in doubt stops as unknown, but only if it was about to be handed over", () => {
    expect(interrupted({ ambiguous: "hold" }, { exposed: true })).toMatchObject({
      recipients: [{ status: "unknown" }],
      timeline: [{ status: "unknown", problem: { ambiguous: true } }],
    });
    const certain = interrupted({ ambiguous: "hold" });
    expect(certain.recipients).toMatchObject([{ status: "sending" }]);
    expect(certain.problem).not.toHaveProperty("ambiguous");
    expect(certain.bound).toBeUndefined();
  });

  it("fails as MAIL_CRASHED after three crashes in a row, whichever claims saw them", () => {
    expect(interrupted({}, { times: 2 }).recipients).toMatchObject([{ status: "sending" }]);
    for (const record of [interrupted({}, { times: 3 }), interrupted({ crashes: 2 })]) {
      expect(record).toMatchObject({
        crashes: 3,
        recipients: [{ status: "failed" }],
        problem: { type: "MAIL_CRASHED", remedy: expect.any(String) },
        timeline: [{ status: "failed" }],
      });
    }
  });

  it("leaves the recipients alone that took no part", () => {
    const recipients: MailRecord["recipients"] = [
      { address: "ann@example.com", status: "sent", code: 250 },
      { address: "bob@example.com", status: "deferred", dueAt: NOW + 1000 },
      { address: "cy@example.com", status: "sending" },
    ];
    const { timeline, recipients: after } = interrupted({ recipients });
    expect(after).toEqual(recipients);
    expect(timeline[0]?.recipients.map(({ address }) => address)).toEqual(["cy@example.com"]);
  });
});
