import { describe, expect, it } from "@jest/globals";
import { type InboxOptions, openInbox } from "../../../lib/sandbox/inbox.ts";

/** An inbox whose ids count upwards and whose clock goes a second per message. */
function inboxOf(options: InboxOptions = {}) {
  let count = 0;
  const inbox = openInbox({
    newId: () => `m${++count}`,
    now: () => new Date(Date.UTC(2026, 10, 21, 10, 0, count)),
    ...options,
  });
  const add = (subject: string, to = "ann@example.com", body = "x") =>
    inbox.add(Buffer.from(`To: ${to}\r\nSubject: ${subject}\r\n\r\n${body}`), { from: "", to: [to] });
  const ids = () => inbox.list().messages.map(({ ID }) => ID);
  return { inbox, add, ids };
}

describe("the inbox", () => {
  it("lists newest first, by pages", async () => {
    const { inbox, add } = inboxOf();
    for (const subject of ["one", "two", "three"]) await add(subject);
    expect(inbox.list().messages.map(({ Subject }) => Subject)).toEqual(["three", "two", "one"]);
    expect(inbox.list({ start: 1, limit: 1 })).toMatchObject({
      total: 3,
      messages_count: 3,
      count: 1,
      start: 1,
      tags: [],
      messages: [{ ID: "m2", Created: "2026-11-21T10:00:01.000Z" }],
    });
  });

  it("counts what a query found beside what is there", async () => {
    const { inbox, add } = inboxOf();
    await add("Your code");
    await add("News");
    inbox.open("m1");
    expect(inbox.list({ query: "code" })).toMatchObject({
      total: 2,
      unread: 1,
      messages_count: 1,
      messages_unread: 0,
      messages: [{ ID: "m1", Read: true }],
    });
  });

  it("keeps the newest messages only", async () => {
    const { add, ids } = inboxOf({ maxMessages: 2 });
    for (const subject of ["one", "two", "three"]) await add(subject);
    expect(ids()).toEqual(["m3", "m2"]);
  });

  it("keeps no more bytes than it may, texts included, but always the newest", async () => {
    const { inbox, add, ids } = inboxOf({ maxBytes: 5000 });
    await add("one", undefined, "x".repeat(400));
    await add("two", undefined, "x".repeat(400));
    expect(ids()).toEqual(["m2", "m1"]);
    expect(inbox.stats().bytes).toBeGreaterThan(2 * 5 * 400);
    await add("three", undefined, "x".repeat(400));
    expect(ids()).toEqual(["m3", "m2"]);
    await add("huge", undefined, "x".repeat(2000));
    expect(ids()).toEqual(["m4"]);
  });

  it("knows `latest` as an id", async () => {
    const { inbox, add } = inboxOf();
    await add("one");
    await add("two");
    expect(inbox.open("latest").Subject).toBe("two");
    expect(Buffer.from(inbox.source("latest")).toString()).toContain("Subject: two");
  });

  it("takes `latest` for the newest that a search finds", async () => {
    const { inbox, add } = inboxOf();
    for (const subject of ["your code", "your code", "news"]) await add(subject);
    expect(inbox.open("latest", { query: "subject:code" }).ID).toBe("m2");
    expect(() => inbox.open("latest", { query: "subject:bill" })).toThrow(/holds no such message/);
  });

  it.each(["open", "source"] as const)("%s of an unknown id is MAIL_NOT_FOUND", (method) => {
    expect(() => inboxOf().inbox[method]("latest")).toThrow(
      expect.objectContaining({ type: "MAIL_NOT_FOUND", code: 404 }),
    );
  });

  it("knows the headers and the parts of a message, and says which it does not have", async () => {
    const { inbox, add } = inboxOf();
    await add("one");
    expect(await inbox.headers("m1")).toEqual({ To: ["ann@example.com"], Subject: ["one"] });
    await expect(inbox.headers("m2")).rejects.toMatchObject({ type: "MAIL_NOT_FOUND" });
    await expect(inbox.part("m1", "1")).rejects.toMatchObject({
      type: "MAIL_NOT_FOUND",
      message: "The message has no such part.",
    });
  });

  it("lists all for a limit of 0, but not of a search", async () => {
    const { inbox, add } = inboxOf();
    for (let i = 0; i < 60; i++) await add("one");
    expect(inbox.list({ limit: 0 }).count).toBe(60);
    expect(inbox.list({ limit: 0, query: "one" }).count).toBe(0);
    expect(inbox.list().count).toBe(50);
  });

  it.each([
    [{}, 3],
    [{ ids: ["m2", "unknown"] }, 1],
    [{ query: "subject:one" }, 1],
  ])("marks %j as read, and as unread again", async (selection, count) => {
    const { inbox, add } = inboxOf();
    for (const subject of ["one", "two", "three"]) await add(subject);
    expect(inbox.mark(true, selection)).toBe(count);
    expect(inbox.mark(true, selection)).toBe(0);
    expect(inbox.list().unread).toBe(3 - count);
    expect(inbox.mark(false)).toBe(count);
  });

  it("counts what it holds and what it has seen", async () => {
    const { inbox, add } = inboxOf({ maxMessages: 2 });
    await add("one", "ann+shop@example.com");
    await add("two", "ann+shop+vip@example.com");
    await add("three", "ann+shop@example.com");
    inbox.open("m3");
    inbox.clear({ query: "tag:vip" });
    expect(inbox.stats()).toEqual({
      messages: 1,
      unread: 0,
      bytes: expect.any(Number),
      tags: { shop: 1 },
      accepted: 3,
      acceptedBytes: expect.any(Number),
      deleted: 2,
    });
    expect(inbox.list().tags).toEqual(["shop"]);
  });

  it("clears some or all", async () => {
    const { inbox, add, ids } = inboxOf();
    for (const subject of ["one", "two", "three"]) await add(subject);
    expect(inbox.clear({ ids: ["m2", "unknown"] })).toBe(1);
    expect(ids()).toEqual(["m3", "m1"]);
    expect(inbox.clear()).toBe(2);
    expect(ids()).toEqual([]);
  });
});

describe("waiting", () => {
  it("finds the oldest match that is there already", async () => {
    const { inbox, add } = inboxOf();
    await add("Welcome", "bob@example.com");
    await add("Your code", "ann@example.com");
    await add("Your code", "ann@example.com");
    expect(await inbox.wait({ to: "ANN@example.com", subject: "code" })).toMatchObject({ ID: "m2" });
  });

  it("goes on until the match comes", async () => {
    const { inbox, add } = inboxOf();
    const waiting = [inbox.wait({ to: "ann@example.com" }), inbox.wait({ subject: "second" }), inbox.wait()];
    await add("first", "bob@example.com");
    await add("the second", "ann@example.com");
    const found = await Promise.all(waiting);
    expect(found.map(({ ID }) => ID)).toEqual(["m2", "m2", "m1"]);
  });

  it("finds blind copies by the envelope", async () => {
    const { inbox } = inboxOf();
    await inbox.add(Buffer.from("To: ann@example.com\r\n\r\nx"), { from: "", to: ["hidden@example.com"] });
    expect(await inbox.wait({ to: "hidden@example.com", timeout: 0 })).toMatchObject({ ID: "m1" });
  });

  it("does not take a part of an address for the address", async () => {
    const { inbox, add } = inboxOf();
    await add("x", "joann@example.com");
    await expect(inbox.wait({ to: "ann@example.com", timeout: 1 })).rejects.toMatchObject({
      type: "SANDBOX_TIMEOUT",
    });
  });

  it("times out with what was wanted and what came instead", async () => {
    const { inbox, add } = inboxOf();
    await add("Your cod", "ann@example.com");
    await expect(inbox.wait({ to: "ann@example.com", subject: "code", timeout: 1 })).rejects.toMatchObject({
      type: "SANDBOX_TIMEOUT",
      code: 408,
      retryable: false,
      message:
        'No message to ann@example.com with "code" in its subject came in time; the newest are "Your cod" to ann@example.com.',
    });
    inbox.clear();
    await expect(inbox.wait({ timeout: 1 })).rejects.toThrow("No message came in time; the inbox is empty.");
  });

  it("ends when the inbox is closed", async () => {
    const { inbox } = inboxOf();
    const waiting = expect(inbox.wait()).rejects.toMatchObject({ type: "SANDBOX_STOPPED" });
    inbox.close();
    inbox.close();
    await waiting;
  });
});
