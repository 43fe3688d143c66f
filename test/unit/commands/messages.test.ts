/** The verbs of messages on the command line: what the service is asked, what people see, and the exit status. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { MailError } from "../../../lib/errors.ts";
import { deferredReceipt, deferredRecord, fakeService, NOW, run, sentReceipt, stats } from "./fakes.ts";

const letter = ["send", "--to", "ann@example.com", "--subject", "Hello", "--text", "It works."];
const { id } = deferredRecord;

beforeAll(() => {
  jest.spyOn(Date, "now").mockReturnValue(NOW);
});
afterAll(() => {
  jest.restoreAllMocks();
});

describe("send", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "meshmail-send-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("hands on what was written, and nothing else", async () => {
    const { service, calls } = fakeService();
    expect(await run(letter, { service })).toMatchObject({ status: 0, stderr: "" });
    expect(calls).toEqual([
      { action: "send", params: { to: "ann@example.com", subject: "Hello", text: "It works." } },
      { action: "close" },
    ]);
  });

  it("has an option for every parameter that makes sense in a terminal", async () => {
    const { service, calls } = fakeService();
    const file = join(folder, "Smith, Ann.bin");
    writeFileSync(file, Buffer.from([0, 255, 10]));
    const words = [
      ["--to", "ann@example.com", "--to", "Bob <bob@example.com>", "--cc", "c@example.com", "d@example.com"],
      ["--bcc", "e@example.com", "--from", "me@example.com", "--reply-to", "f@example.com"],
      ["--subject", "Hello", "--text", "Text", "--html", "<b>Text</b>", "--attach", file, "--tag", "a,b"],
      ["--tag", "c", "--send-at", "2h", "--expires-at", "2026-11-22T08:00:00Z", "--idempotency-key", "k"],
      ["--replace-key", "r", "--priority", "high", "--wait", "30s"],
    ];
    await run(["send", ...words.flat()], { service });
    expect(calls[0]?.params).toEqual({
      to: "ann@example.com, Bob <bob@example.com>",
      cc: "c@example.com, d@example.com",
      bcc: "e@example.com",
      from: "me@example.com",
      replyTo: "f@example.com",
      subject: "Hello",
      text: "Text",
      html: "<b>Text</b>",
      attachments: [{ filename: "Smith, Ann.bin", content: "AP8K", encoding: "base64" }],
      tags: ["a", "b", "c"],
      sendAt: NOW + 7_200_000,
      expiresAt: Date.parse("2026-11-22T08:00:00Z"),
      idempotencyKey: "k",
      replaceKey: "r",
      priority: "high",
      wait: 30_000,
    });
  });

  it("--wait 0 does not wait", async () => {
    const { service, calls } = fakeService();
    await run([...letter, "--wait", "0"], { service });
    expect(calls[0]?.params).toMatchObject({ wait: false });
  });

  it.each(["text", "html"])("--%s - reads standard input", async (body) => {
    const { service, calls } = fakeService();
    const words = ["send", "--to", "ann@example.com", `--${body}`, "-"];
    expect((await run(words, { service, stdin: async () => "two\nlines\n" })).status).toBe(0);
    expect(calls[0]?.params).toEqual({ to: "ann@example.com", [body]: "two\nlines\n" });
  });

  const partly = [...sentReceipt.recipients, { address: "bob@example.com", status: "failed" as const }];
  const queued = [{ address: "ann@example.com", status: "queued" as const }];

  it.each([
    ["sent", sentReceipt, 0, "✓ sent"],
    [
      "deferred",
      { ...deferredReceipt, durable: false as const },
      0,
      "! deferred: put off; the service tries again by itself",
    ],
    [
      "scheduled",
      { ...sentReceipt, status: "scheduled" as const, recipients: queued },
      0,
      "! scheduled: it waits for its time",
    ],
    ["sent to one of two", { ...sentReceipt, recipients: partly }, 1, "✗ sent: but not to all"],
    [
      "unknown",
      {
        ...sentReceipt,
        status: "unknown" as const,
        recipients: [{ address: "a@b.example", status: "unknown" as const }],
      },
      1,
      "✗ unknown: the server may have taken it or not",
    ],
    [
      "a duplicate",
      { ...sentReceipt, duplicate: true as const },
      0,
      "✓ sent (taken before, under the same key)",
    ],
  ])("%s: the status tells whether the message is lost to somebody", async (_name, receipt, status, head) => {
    const { service } = fakeService({ send: async () => receipt });
    const ran = await run(letter, { service });
    expect([ran.status, ran.stdout.split("\n")[0]]).toEqual([status, head]);
    expect(ran.stdout).toContain("id ");
    expect(ran.stdout.includes("in memory only")).toBe("durable" in receipt);
  });

  it("tells why all were refused, and under which id that is kept", async () => {
    const data = { remedy: "Check the address.", id, recipients: partly.slice(1) };
    const refused = new MailError("SMTP_RECIPIENT_REJECTED", "refused the recipient", data, {
      code: 422,
      retryable: false,
    });
    const { service } = fakeService({ send: () => Promise.reject(refused) });
    const { status, stdout, stderr } = await run(letter, { service });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/✗ {2}bob@example.com {2}failed\n[^]*remedy {3}Check the address.\n/);
    expect(stderr).toContain(id);
  });

  it("names every field that the service refuses", async () => {
    const fields = [
      { field: "subject", message: "expected one line" },
      { field: "tags[0]", message: "expected a string of 1 to 64 characters, got 65" },
    ];
    const data = { fields, remedy: "Correct them." };
    const refused = new MailError("MAIL_INVALID_MESSAGE", "subject: … (and 1 more, see fields)", data);
    const { service } = fakeService({ send: () => Promise.reject(refused) });
    expect(await run(letter, { service })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/✗ {2}subject: expected one line\n✗ {2}tags\[0\]: expected a string/),
    });
    const { stdout } = await run([...letter, "--json"], { service });
    expect(JSON.parse(stdout)).toMatchObject({ error: { type: "MAIL_INVALID_MESSAGE", fields } });
  });

  it.each<[string[], string]>([
    [[], "--to and --text (or --html) are missing"],
    [["--to", "ann@example.com"], "--text (or --html) is missing"],
    [["--to", "ann@", "--text", "x"], "--to: expected"],
    [["--to", "a@b.example", "--cc", "b c@d.example", "--text", "x"], "--cc: expected an address"],
    [["--to", "a@b.example", "--text", "x", "--send-at", "soon"], "--send-at: expected a time"],
    [["--to", "a@b.example", "--text", "x", "--wait", "3m"], "--wait: expected a duration from 0 to 2m"],
    [["--to", "a@b.example", "--text", "-", "--html", "-"], "cannot both read standard input"],
    [["--to", "a@b.example", "--text", "x", "--attach", "no-such-file"], "no-such-file cannot be read"],
    [["--to", "a@b.example", "--text", "x", "--attach", "."], ". cannot be read: EISDIR"],
  ])("of %j says what is wrong, with status 2, and asks no service", async (words, message) => {
    const { service, calls } = fakeService();
    const { status, stdout, stderr } = await run(["send", ...words], { service });
    expect({ status, stdout, calls }).toEqual({ status: 2, stdout: "", calls: [] });
    expect(stderr).toContain(message);
  });

  it("asks for recipient, subject and text on a terminal", async () => {
    const { service, calls } = fakeService();
    const answers = ["ann@example.com", "Hello", "It works."];
    await run(["send"], { service, ask: async () => answers.shift() ?? "" });
    expect(calls[0]?.params).toEqual({ to: "ann@example.com", subject: "Hello", text: "It works." });
  });
});

describe("list", () => {
  it("asks with the filters that were given, times as moments", async () => {
    const { service, calls } = fakeService();
    const words = [
      ["--status", "deferred", "--recipient", "ann@example.com", "--tag", "order", "--template", "welcome"],
      ["--since", "2d", "--until", "1795248000000", "--limit", "20", "--cursor", "c1"],
    ];
    await run(["list", ...words.flat()], { service });
    expect(calls[0]).toEqual({
      action: "list",
      params: {
        status: "deferred",
        recipient: "ann@example.com",
        tag: "order",
        template: "welcome",
        since: NOW - 2 * 86_400_000,
        until: 1_795_248_000_000,
        limit: 20,
        cursor: "c1",
      },
    });
  });

  it("gives the page as one document", async () => {
    const page = { items: [deferredRecord], nextCursor: "c2" };
    const { service } = fakeService({ list: async () => page });
    const { status, stdout, stderr } = await run(["list", "--json"], { service });
    expect({ status, stderr, document: JSON.parse(stdout) }).toEqual({
      status: 0,
      stderr: "",
      document: page,
    });
  });

  it.each([
    ["--status", "lost"],
    ["--limit", "201"],
    ["--since", "2026-11-21"],
    ["--recipient", "ann@"],
  ])("refuses %s %s with status 2", async (...words) => {
    const { service, calls } = fakeService();
    expect(await run(["list", ...words], { service })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(words[0]),
    });
    expect(calls).toEqual([]);
  });
});

describe("show, retry, cancel", () => {
  it.each([
    ["show", "get"],
    ["retry", "retry"],
    ["cancel", "cancel"],
  ])("%s is %s of the id, and shows the message", async (verb, action) => {
    const { service, calls } = fakeService();
    const { status, stdout } = await run([verb, id], { service });
    expect(status).toBe(0);
    expect(stdout).toContain(`  id            ${id}\n`);
    expect(calls).toEqual([{ action, params: id }, { action: "close" }]);
    expect(JSON.parse((await run([verb, id, "--json"], { service })).stdout)).toEqual(deferredRecord);
  });

  it("show recipients, times, attempts, the problem and the remedy", async () => {
    const { stdout } = await run(["show", id]);
    expect(stdout).toBe(`! deferred: put off; the service tries again by itself

  !  ann@example.com  deferred  451 4.7.1 Greylisted

  id            11111111-2222-4333-8444-555555555555
  Message-ID    <1@example.com>
  from          me@example.com
  created       2026-11-21T07:57:00Z (3m ago)
  tags          order, late
  metadata      order=17
  attempts      1, the last by primary
  next attempt  2026-11-21T08:02:00Z (in 2m)

Attempts
  2026-11-21T07:57:00Z  primary  deferred  120 ms  SMTP_RECIPIENT_DEFERRED (451)

  problem  put off: 451 4.7.1 Greylisted
  remedy   Nothing to do.
  type     SMTP_RECIPIENT_DEFERRED
`);
  });

  it("end with 1 where there is no such message", async () => {
    const unknown = new MailError("MAIL_NOT_FOUND", "no message has this id", { remedy: "Check the id." });
    const { service, calls } = fakeService({ get: () => Promise.reject(unknown) });
    const { status, stderr } = await run(["show", id], { service });
    expect(status).toBe(1);
    expect(stderr).toContain("no message has this id");
    expect(calls).toEqual([{ action: "close" }]);
  });

  it.each(["show", "retry", "cancel"])(
    "%s without an id ends with 2, and names what is missing",
    async (verb) => {
      expect(await run([verb])).toMatchObject({ status: 2, stderr: expect.stringContaining("'id'") });
    },
  );
});

describe("stats", () => {
  it("tells the counts, the oldest, and how each server is", async () => {
    const { status, stdout } = await run(["stats"]);
    expect(status).toBe(0);
    expect(stdout).toBe(`Messages
  sent      12
  deferred  3
  the oldest that waits  2026-11-21T07:57:00Z (3m ago)

SMTP servers
  ✓  primary  smtp://mail.example.com:587
              up; 4 sent in the last minute
  ✗  fallback1  smtps://b.example.com:465
                held: it refuses our settings, next try 2026-11-21T08:15:00Z (in 15m); 0 sent in the last minute
     problem  the password is refused
     remedy   Set another.
     fix      SMTP_PASSWORD=…
     type     SMTP_AUTH_FAILED
`);
    expect(JSON.parse((await run(["stats", "--json"])).stdout)).toEqual(stats);
  });

  it("tells first why nothing moves, where that is the outbox's fault", async () => {
    const problem = { type: "MAIL_OUTBOX_UNAVAILABLE", message: "the disk is full", remedy: "Make room." };
    const { service } = fakeService({
      stats: async () => ({ ...stats, outbox: { durable: true, problem } }),
    });
    const { stdout } = await run(["stats"], { service });
    expect(stdout).toMatch(/\nOutbox\n.*the disk is full\n.*Make room\.[^]*\nSMTP servers\n/);
  });

  it("says that there is nothing yet", async () => {
    const { service } = fakeService({
      stats: async () => ({ counts: {}, oldestQueuedAt: null, outbox: { durable: true }, transports: [] }),
    });
    const { stdout } = await run(["stats"], { service });
    expect(stdout).toBe("Messages\n  none\n\nSMTP servers\n  none is configured\n");
  });
});

describe("secrets", () => {
  it.each([
    ["--key", "hunter2", "MESHMAIL_API_KEY"],
    ["--transporter", "nats://me:hunter2@nats.example:4222", "TRANSPORTER"],
  ])("%s: the hint names the safer place, and the secret is not repeated", async (option, value, place) => {
    const { status, stdout, stderr } = await run(["stats", option, value, "--json"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(new RegExp(`^Hint: .*${place}, in the environment or in .env, is safer.\n$`));
    expect(JSON.parse(stdout)).toEqual(stats);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});
