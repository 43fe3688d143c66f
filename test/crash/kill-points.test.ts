/** Facts about a node that is killed with SIGKILL at one exact point, and rises again: nothing is lost, and what comes twice is the same. */
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { MailRecord } from "../../lib/outbox/record.ts";
import { comesTo as recordComesTo, type Letter, newLetter, recordOf } from "../support/letters.ts";
import { closeEverything } from "../support/open.ts";
import { openPhoenix, type Phoenix, type Reply } from "../support/phoenix.ts";
import type { KillPoint } from "../support/preloads/kill-point.ts";
import { reportFigures } from "../support/reliability.ts";
import { type Script, type SmtpServer, type Step, startSmtpServer } from "../support/smtp-server.ts";

const SLOW = 90_000;
const started = performance.now();
const counts = { kills: 0, accepted: 0, lost: 0, extra: 0 };

let smtp: SmtpServer;
let phoenix: Phoenix;
/** What the SMTP server does in the test at hand */
const script: Script = {};

beforeAll(async () => {
  smtp = await startSmtpServer({ tls: "none", auth: "none", script });
  phoenix = openPhoenix({
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
    MAIL_RETRY_SCHEDULE: "100ms",
  });
  await phoenix.rise();
}, SLOW);

/** From now on the server does what is right. */
function quiet(): void {
  for (const moment of Object.keys(script)) delete script[moment as keyof Script];
}

afterEach(quiet);

afterAll(async () => {
  const { records, claimed } = phoenix.kept();
  const faults = phoenix.faults();
  await closeEverything();
  expect({ faults, claimed }).toEqual({ faults: [], claimed: [] });
  reportFigures("kill-points", {
    shows: "killed with SIGKILL at one exact statement or SMTP step, and started again",
    promises: ["P1", "P2", "P3", "P4", "P10"],
    command: "npx jest test/crash/kill-points.test.ts",
    counts: { ...counts, records: records.length },
    seconds: (performance.now() - started) / 1000,
  });
}, SLOW);

const copiesOf = (letter: Letter) => smtp.messages.filter(({ to }) => to.includes(letter.to));
const messageIdOf = (data: Buffer) => /^Message-ID: (<.*>)\r$/m.exec(data.toString())?.[1];
const digestOf = (data: Buffer) => createHash("sha256").update(data).digest("hex");

const comesTo = (status: string, letter: Letter) => recordComesTo(phoenix, status, letter);

async function killedNow(): Promise<void> {
  await phoenix.killed();
  counts.kills += 1;
}

/** A step of the server at which the client dies. */
const dies = { does: () => phoenix.kill() } as const satisfies Step;

/** Sends a letter, the node dies of it, and rises; the caller had an answer. */
async function sendAndDie(more: object = {}): Promise<{ letter: Letter; reply: Reply }> {
  const letter = { ...newLetter(), ...more };
  const reply = await phoenix.send(letter);
  if (!reply) throw new Error("no answer");
  expect(reply.status).toBe(202);
  counts.accepted += 1;
  await killedNow();
  return { letter, reply };
}

/** As the server has it: so many times, always the same. */
function expectCopies(letter: Letter, atLeast: number, atMost = atLeast): void {
  const copies = copiesOf(letter);
  counts.lost += Number(copies.length === 0 && atLeast > 0);
  counts.extra += Math.max(0, copies.length - 1);
  expect(copies.length).toBeGreaterThanOrEqual(atLeast);
  expect(copies.length).toBeLessThanOrEqual(atMost);
  expect(new Set(copies.map(({ data }) => digestOf(data))).size).toBe(Math.min(copies.length, 1));
}

describe("killed while a message is taken on", () => {
  it.each<[KillPoint]>([["before insert"], ["before-commit insert"]])(
    "%s: the caller has no answer and nothing is kept; asked again, it goes out once",
    async (point) => {
      const letter = { ...newLetter(), attachments: [{ filename: "a.txt", content: "a" }] };
      phoenix.arm(point);
      expect(await phoenix.send(letter)).toBeUndefined();
      await killedNow();
      expect(recordOf(phoenix.kept(), letter)).toBeUndefined();
      expect(phoenix.faults()).toEqual([]);
      await phoenix.rise();
      const again = await phoenix.send(letter);
      expect(again).toMatchObject({ status: 202 });
      expect(again?.body).not.toHaveProperty("duplicate");
      await comesTo("sent", letter);
      expectCopies(letter, 1);
    },
    SLOW,
  );

  it(
    "after-commit insert: it is kept; asked again with its key, the caller gets its id, and it goes out once",
    async () => {
      const letter = newLetter();
      phoenix.arm("after-commit insert");
      expect(await phoenix.send(letter)).toBeUndefined();
      await killedNow();
      const kept = recordOf(phoenix.kept(), letter);
      expect(kept).toMatchObject({ attempts: 0 });
      await phoenix.rise();
      expect((await phoenix.send(letter))?.body).toMatchObject({ id: kept?.id, duplicate: true });
      await comesTo("sent", letter);
      expectCopies(letter, 1);
    },
    SLOW,
  );

  it(
    "after the answer: it goes out once",
    async () => {
      script.greeting = "silence";
      const letter = newLetter();
      expect(await phoenix.send(letter)).toMatchObject({ status: 202 });
      counts.accepted += 1;
      phoenix.kill();
      await killedNow();
      quiet();
      await phoenix.rise();
      await comesTo("sent", letter);
      expectCopies(letter, 1);
    },
    SLOW,
  );
});

describe("killed before anything was handed over", () => {
  it.each<[KillPoint]>([["before-commit lease"], ["after-commit lease"]])(
    "%s: it goes out once",
    async (point) => {
      phoenix.arm(point);
      const letter = newLetter();
      // the answer and the claim race
      await phoenix.send(letter);
      await killedNow();
      await phoenix.rise();
      await comesTo("sent", letter);
      expectCopies(letter, 1);
    },
    SLOW,
  );

  it.each([
    ["retry", "sent", 2],
    ["hold", "unknown", 1],
  ] as const)(
    "at MAIL, at RCPT, at DATA, after 354 and within the body: with %s, what was not handed over goes out once, at once",
    async (ambiguous, inDoubt, attempts) => {
      const steps = ["mail", "rcpt", "data", "354", "body"] as const;
      const wire = { ...newLetter(), ambiguous };
      // the sender tells the server at which step a message is to be caught
      const caught = steps.map((step) => ({
        ...wire,
        ...newLetter(step),
        from: `${step}@example.com`,
        step,
      }));
      let reached = 0;
      const meet: Step = [{ does: () => void (++reached === steps.length && phoenix.kill()) }, "silence"];
      script.mail = ({ argument }) => (argument.includes("mail@") ? meet : undefined);
      script.rcpt = ({ session }) => (session.from === "rcpt@example.com" ? meet : undefined);
      script.data = ({ session }) => {
        if (session.from === "354@example.com") return ["354 Go on", meet];
        return session.from === "data@example.com" ? meet : undefined;
      };
      script.body = ({ session }) =>
        session.from === "body@example.com" ? { afterBytes: 1000, step: meet } : undefined;
      // more than the kernel's buffers hold, so that its end cannot have left the node
      for (const { step, ...letter } of caught) {
        const reply = await phoenix.send(step === "body" ? { ...letter, attachments: [large(6e6)] } : letter);
        expect(reply).toMatchObject({ status: 202 });
        counts.accepted += 1;
      }
      await killedNow();
      quiet();
      const before = performance.now();
      await phoenix.rise();
      for (const letter of caught) {
        const early = letter.step === "mail" || letter.step === "rcpt";
        const record = await comesTo(early ? "sent" : inDoubt, letter);
        expect(record).toMatchObject({ attempts: early ? 2 : attempts, transport: "primary" });
        expect(record.timeline[0]?.problem).toMatchObject({ type: "SMTP_CONNECTION_LOST" });
        expectCopies(letter, early || ambiguous === "retry" ? 1 : 0);
      }
      // a lease is for 60 s
      expect(performance.now() - before).toBeLessThan(30_000);
    },
    SLOW,
  );

  it(
    "before-commit expose: with hold it goes out once",
    async () => {
      phoenix.arm("before-commit expose");
      const { letter } = await sendAndDie({ ambiguous: "hold" });
      await phoenix.rise();
      await comesTo("sent", letter);
      expectCopies(letter, 1);
    },
    SLOW,
  );
});

describe("killed when it may have been delivered", () => {
  it(
    "after the final dot, before its reply: at most two copies, the same to the byte; with hold one, and unknown",
    async () => {
      const [again, held] = [newLetter(), { ...newLetter(), ambiguous: "hold" }];
      script.dot = ({ total }) => (total === dots + 2 ? [dies, "silence"] : "silence");
      const dots = smtp.messages.length;
      await phoenix.send(again);
      await phoenix.send(held);
      counts.accepted += 2;
      await killedNow();
      quiet();
      await phoenix.rise();
      await expectTheSame(again, await comesTo("sent", again));
      const record = await comesTo("unknown", held);
      expectCopies(held, 1);
      expect(record.timeline).toMatchObject([{ status: "unknown", problem: { ambiguous: true } }]);
    },
    SLOW,
  );

  it.each<[KillPoint]>([["before settle"], ["before-commit settle"]])(
    "%s, after the reply: at most two copies, the same to the byte",
    async (point) => {
      phoenix.arm(point);
      const { letter } = await sendAndDie();
      await phoenix.rise();
      await expectTheSame(letter, await comesTo("sent", letter));
    },
    SLOW,
  );

  async function expectTheSame(letter: Letter, record: MailRecord): Promise<void> {
    expectCopies(letter, 1, 2);
    for (const { data } of copiesOf(letter)) expect(messageIdOf(data)).toBe(record.messageId);
    expect(record.timeline[0]).toMatchObject({ status: "deferred", problem: { ambiguous: true } });
  }

  it(
    "after-commit settle: one copy, and its news are still to be told",
    async () => {
      phoenix.arm("after-commit settle");
      const { letter } = await sendAndDie();
      const { id = "" } = recordOf(phoenix.kept(), letter) ?? {};
      expect(phoenix.kept().untold).toContain(id);
      await phoenix.rise();
      await phoenix.until(({ untold }) => !untold.includes(id));
      expectCopies(letter, 1);
    },
    SLOW,
  );
});

describe("killed while a retry is written down", () => {
  it.each<[KillPoint, number]>([
    ["before-commit settle", 2],
    ["after-commit settle", 2],
  ])(
    "%s: the attempts are counted right, and it goes out once",
    async (point, attempts) => {
      script.rcpt = "451 4.3.0 Later";
      phoenix.arm(point);
      const { letter } = await sendAndDie();
      quiet();
      await phoenix.rise();
      expect(await comesTo("sent", letter)).toMatchObject({
        attempts,
        timeline: [{ status: "deferred" }, {}],
      });
      expectCopies(letter, 1);
    },
    SLOW,
  );
});

describe("killed while it cleans up", () => {
  /** Nothing that is finished stays, and room is given back at once */
  const brisk = { BRISK: "1", MAIL_RETENTION: "0" };

  it.each<[KillPoint, object]>([
    ["before-commit forget", {}],
    ["before shrink", { attachments: [large(3e6)] }],
    ["after shrink", { attachments: [large(3e6)] }],
  ])(
    "%s: the file is sound, and what waits still waits",
    async (point, more) => {
      const waiting = { ...newLetter("later"), sendAt: Date.now() + 3_600_000 };
      // no key: it would be kept for 24 h
      const { idempotencyKey: _none, ...letter } = newLetter("old");
      await restart(brisk);
      await phoenix.send(waiting);
      phoenix.arm(point);
      await phoenix.send({ ...letter, ...more });
      await killedNow();
      expect(phoenix.faults()).toEqual([]);
      expect(recordOf(phoenix.kept(), waiting)).toMatchObject({ attempts: 0 });
      await phoenix.rise(brisk);
      await phoenix.until(({ records }) =>
        records.every((record) => record.recipients[0]?.address !== letter.to),
      );
      expectCopies({ ...letter, idempotencyKey: "" }, 1);
    },
    SLOW,
  );

  it.each<[KillPoint]>([["before close"], ["after close"]])(
    "%s, with its checkpoint: the file is sound, and nothing is lost",
    async (point) => {
      const waiting = { ...newLetter("later"), sendAt: Date.now() + 3_600_000 };
      await phoenix.send(waiting);
      phoenix.arm(point);
      phoenix.node.process.kill("SIGTERM");
      await killedNow();
      expect(phoenix.faults()).toEqual([]);
      await phoenix.rise();
      expect(recordOf(phoenix.kept(), waiting)).toMatchObject({ attempts: 0 });
    },
    SLOW,
  );
});

describe("killed while it ends in order", () => {
  it(
    "during the drain: what was not handed over goes out once, what was at most twice",
    async () => {
      const [early, late] = [newLetter("early"), newLetter("late")];
      script.rcpt = ({ argument }) => (argument.includes("early") ? "silence" : undefined);
      script.dot = "silence";
      await phoenix.send(early);
      await phoenix.send(late);
      counts.accepted += 2;
      await smtp.waitFor(
        () => copiesOf(late).length === 1 && smtp.commands.some(({ line }) => line.includes(early.to)),
      );
      phoenix.node.process.kill("SIGTERM");
      await phoenix.node.says(/Service 'gateway' stopped/);
      phoenix.kill();
      await killedNow();
      quiet();
      await phoenix.rise();
      await comesTo("sent", early);
      await comesTo("sent", late);
      expectCopies(early, 1);
      expectCopies(late, 1, 2);
    },
    SLOW,
  );
});

describe("a message that kills the process", () => {
  it(
    "is failed after three times, with MAIL_CRASHED; the others flow, and none of them is blamed",
    async () => {
      const poison = newLetter("poison");
      const innocent = Array.from({ length: 6 }, () => newLetter("innocent"));
      script.rcpt = ({ argument }) => (argument.includes("poison") ? dies : undefined);
      const unanswered = new Set(innocent);
      const insist = async (letter: Letter): Promise<void> => {
        if (await phoenix.send(letter)) unanswered.delete(letter);
      };
      await Promise.all([phoenix.send(poison), ...innocent.map(insist)]);
      for (let times = 1; times <= 3; times += 1) {
        await killedNow();
        await phoenix.rise();
        // the poison may kill this life, too, before all have their answer
        for (const letter of unanswered) await insist(letter);
      }
      const record = await comesTo("failed", poison);
      expect(record).toMatchObject({ problem: { type: "MAIL_CRASHED" }, crashes: 3 });
      for (const letter of innocent) {
        const { timeline } = await comesTo("sent", letter);
        expect(timeline.length).toBeLessThanOrEqual(3);
        expectCopies(letter, 1, 2);
      }
      counts.accepted += innocent.length;
      expectCopies(poison, 0);
    },
    SLOW,
  );
});

describe("killed at its very first start", () => {
  it.each<[KillPoint]>([["before-commit migrate"], ["after-commit migrate"]])(
    "%s: the next start completes, and takes messages",
    async (point) => {
      const young = openPhoenix({ SMTP_URI: `smtp://127.0.0.1:${smtp.port}` });
      young.arm(point);
      await young.rise();
      await young.killed();
      counts.kills += 1;
      await young.rise();
      const letter = { ...newLetter(), from: "shop@example.com" };
      expect(await young.send(letter)).toMatchObject({ status: 202 });
      await smtp.waitFor(() => copiesOf(letter).length === 1);
      counts.accepted += 1;
      await young.close();
    },
    SLOW,
  );
});

function large(bytes: number) {
  const content = Buffer.alloc(bytes).toString("base64");
  return { filename: "large.bin", content, encoding: "base64" };
}

async function restart(env: Record<string, string>): Promise<void> {
  phoenix.node.process.kill("SIGTERM");
  await phoenix.node.ended;
  await phoenix.rise(env);
}
