/** Facts about what only the SQLite store does: taking a file over from an owner that died, and counting without looking. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { keeper } from "../../../../lib/outbox/sqlite/keeper.ts";
import { statusOf } from "../../../../lib/outbox/record.ts";
import { everything, NOW, rules, sent } from "../../../contract/outbox-store.ts";
import { closeEverything } from "../../../support/open.ts";
import { outboxDatabase, packed } from "../../../support/scratch.ts";

afterEach(async () => {
  await closeEverything();
});

const HOUR = 3_600_000;

function setUp(entries: readonly ReturnType<typeof packed>[] = []) {
  const db = outboxDatabase();
  const verbs = keeper(db);
  for (const entry of entries) verbs.enqueue(entry, { ...rules, now: entry.record.createdAt });
  return { db, verbs };
}

describe("taking a file over", () => {
  it("frees what the earlier owner had on the wire, at once, as interrupted", () => {
    const { verbs } = setUp([packed(), packed()]);
    const [first] = verbs.claim({ ...everything, limit: 1, transport: "first" }).claims;
    verbs.takeOver(NOW + 1);
    expect(verbs.get(first?.record.id ?? "")).toMatchObject({ recipients: [{ status: "queued" }] });
    const { claims } = verbs.claim({ ...everything, now: NOW + 1 });
    const again = claims.find(({ record }) => record.id === first?.record.id);
    expect(claims).toHaveLength(2);
    expect(again?.interrupted).toEqual({ times: 1, at: NOW, transport: "first", exposed: false });
  });

  it("takes from the earlier owner the right to write its outcome", () => {
    const { verbs } = setUp([packed()]);
    const [first] = verbs.claim(everything).claims;
    verbs.takeOver(NOW);
    expect(first && verbs.settle(first.lease, sent(first))).toBeUndefined();
  });

  it("lets the expired among them be found again", () => {
    const { verbs } = setUp([packed({ expiresAt: NOW + 1, expiresStrictly: true })]);
    verbs.claim(everything);
    verbs.takeOver(NOW);
    expect(verbs.claim({ ...everything, now: NOW + 1, expiredOnly: true }).claims).toHaveLength(1);
  });

  it("brings forward what a clock that was ahead has put off, but nothing that was scheduled", () => {
    const ahead = NOW + HOUR;
    const scheduled = packed({
      createdAt: NOW,
      sendAt: ahead - 1,
      recipients: [{ address: "ann@example.com", status: "queued", dueAt: ahead - 1 }],
    });
    const { verbs } = setUp([packed({ createdAt: ahead }), scheduled, packed({ createdAt: ahead })]);
    expect(verbs.claim(everything).claims).toEqual([]);
    verbs.takeOver(NOW);
    const { claims, nextDueAt } = verbs.claim({ ...everything, interrupted: 0 });
    expect(claims).toHaveLength(2);
    expect(nextDueAt).toBe(ahead - 1);
  });
});

describe("counts", () => {
  it("are right after whatever happened", () => {
    const { db, verbs } = setUp(Array.from({ length: 8 }, () => packed()));
    const [a, b, c] = verbs.claim({ ...everything, limit: 5 }).claims;
    for (const claim of [a, b]) if (claim) verbs.settle(claim.lease, sent(claim));
    if (c) verbs.settle(c.lease, { record: c.record, dueAt: NOW, dropContent: false, news: false });
    verbs.takeOver(NOW);
    verbs.prune({ before: NOW + 1, now: NOW, limit: 1 });
    const found = db.prepare("SELECT status, count(*) AS messages FROM messages GROUP BY status").all();
    const counted = Object.fromEntries(found.map(({ status, messages }) => [status, messages]));
    expect(verbs.stats(NOW).counts).toEqual(counted);
  });

  it("hold the state that the record has", () => {
    const { db, verbs } = setUp([packed(), packed()]);
    const [claim] = verbs.claim({ ...everything, limit: 1 }).claims;
    if (claim) verbs.settle(claim.lease, sent(claim));
    for (const { id, status } of db.prepare("SELECT id, status FROM messages").all()) {
      const record = verbs.get(String(id));
      expect(record && statusOf(record, NOW)).toBe(status);
    }
  });
});

describe("forgetting", () => {
  it("leaves no line in any table", () => {
    const { db, verbs } = setUp([packed({ tags: ["a", "b"] })]);
    const [claim] = verbs.claim(everything).claims;
    if (claim) verbs.settle(claim.lease, { ...sent(claim), dropContent: false });
    expect(verbs.prune({ before: NOW + 1, now: NOW, limit: 10 })).toBe(1);
    for (const table of ["messages", "recipients", "tags", "contents"]) {
      expect(db.prepare(`SELECT count(*) AS lines FROM ${table}`).get()).toEqual({ lines: 0 });
    }
  });
});

it("ends a message that has lost its content, and goes on with the others", () => {
  const { db, verbs } = setUp([packed()]);
  db.exec("DELETE FROM contents");
  const sound = packed();
  verbs.enqueue(sound, rules);
  expect(verbs.claim(everything).claims.map(({ record }) => record.id)).toEqual([sound.record.id]);
  expect(verbs.list({ limit: 10, now: NOW, status: "failed" }).records).toMatchObject([
    { problem: { type: "MAIL_CONTENT_LOST", remedy: expect.any(String) } },
  ]);
});
