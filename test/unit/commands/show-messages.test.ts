/** The table of messages: everything lines up, nothing is wider than the terminal, and ids are whole. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { pageFor, widthOf } from "../../../lib/commands/page.ts";
import { showList } from "../../../lib/commands/show-messages.ts";
import type { PublicRecord } from "../../../lib/outbox/receipt.ts";
import { deferredRecord, NOW } from "./fakes.ts";

const { problem: _none, ...rest } = deferredRecord;
const sent: PublicRecord = {
  ...rest,
  id: "99999999-2222-4333-8444-555555555555",
  status: "sent",
  transport: "fallback1",
  createdAt: "2026-11-18T08:00:00.000Z",
  recipients: ["ann", "bob", "cy"].map((name) => ({ address: `${name}@example.com`, status: "sent" })),
};
const list = { items: [deferredRecord, sent] };
const lines = (columns: number | undefined, page = list) =>
  showList(pageFor(columns ? { isTTY: true, columns } : {}), page, NOW).map(stripVTControlCharacters);

describe("a list", () => {
  it.each([120, undefined])("has a line for each message where %s columns are enough", (columns) => {
    expect(lines(columns)).toEqual([
      "ID                                    STATUS    AGE  TRIES  VIA        TO                  PROBLEM",
      "11111111-2222-4333-8444-555555555555  deferred  3m   1      primary    ann@example.com     SMTP_RECIPIENT_DEFERRED",
      "99999999-2222-4333-8444-555555555555  sent      3d   1      fallback1  ann@example.com +2",
    ]);
  });

  it("has two where they are not", () => {
    expect(lines(80)).toEqual([
      "ID                                    STATUS    AGE  TRIES  VIA",
      "11111111-2222-4333-8444-555555555555  deferred  3m   1      primary",
      "    ann@example.com  SMTP_RECIPIENT_DEFERRED",
      "99999999-2222-4333-8444-555555555555  sent      3d   1      fallback1",
      "    ann@example.com, bob@example.com, cy@example.com",
    ]);
  });

  it.each([80, 100, 120])("of many recipients and long words fits %s columns", (columns) => {
    const many = Array.from({ length: 50 }, (_, at) => ({
      address: `recipient${at}@department.example.com`,
      status: "deferred" as const,
    }));
    const problem = { type: "SMTP_CERTIFICATE_HOST_MISMATCH", message: "", remedy: "" };
    const page = { items: [{ ...deferredRecord, status: "scheduled" as const, recipients: many, problem }] };
    const shown = lines(columns, page);
    expect(Math.max(...shown.map(widthOf))).toBeLessThanOrEqual(columns);
    expect(shown.join("\n")).toContain(deferredRecord.id);
    expect(shown.at(-1)).toMatch(/recipient0@department\.example\.com.* \+\d+ {2}SMTP_CERTIFICATE/);
  });

  it("does not show as well sent what somebody was refused", () => {
    const page = pageFor({ isTTY: true, columns: 120 });
    const partly = { ...sent, recipients: [{ address: "a@b.example", status: "failed" as const }] };
    expect(showList(page, { items: [sent] }, NOW).join("\n")).toContain("\u001b[32msent");
    expect(showList(page, { items: [partly] }, NOW).join("\n")).toContain("\u001b[31msent");
  });

  it("says how to go on, or that there is nothing", () => {
    expect(lines(80, { items: [sent], nextCursor: "c2" } as typeof list).at(-1)).toBe(
      "Older ones: --cursor c2",
    );
    expect(lines(80, { items: [] })).toEqual(["No messages."]);
  });
});
