/** Facts about several processes: one owner of an outbox, many callers with one key, and a node that is stopped, frozen, or told to end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { comesTo, newLetter } from "../support/letters.ts";
import { runProgram } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { openPhoenix, type Phoenix } from "../support/phoenix.ts";
import { reportFigures } from "../support/reliability.ts";
import { type Script, type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";

const SLOW = 90_000;
const started = performance.now();
const counts: Record<string, number> = {};

let smtp: SmtpServer;
let phoenix: Phoenix;
const script: Script = {};
const settings = () => ({
  SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
  SMTP_SENDER: "Shop <shop@example.com>",
});

beforeAll(async () => {
  smtp = await startSmtpServer({ tls: "none", auth: "none", script });
  phoenix = openPhoenix(settings());
  await phoenix.rise();
}, SLOW);

function quiet(): void {
  for (const moment of Object.keys(script)) delete script[moment as keyof Script];
}

afterEach(quiet);

afterAll(async () => {
  const faults = phoenix.faults();
  await closeEverything();
  expect(faults).toEqual([]);
  reportFigures("processes", {
    shows:
      "one owner per outbox, many callers with one key, SIGSTOP and SIGCONT, SIGTERM with messages on the wire",
    promises: ["P1", "P3", "P10"],
    command: "npx jest test/crash/processes.test.ts",
    counts,
    seconds: (performance.now() - started) / 1000,
  });
}, SLOW);

const copies = (to: string): number => smtp.messages.filter((message) => message.to.includes(to)).length;

describe("an outbox's file", () => {
  async function expectRefused(): Promise<void> {
    const second = runProgram("start.ts", {
      ...settings(),
      GATEWAY: "off",
      MAIL_OUTBOX: `sqlite:${phoenix.file}`,
    });
    expect(await second.ended).toBe(1);
    const sentences = new Set(
      second.output.match(/another process owns [^,]*, and it can have one owner only/g),
    );
    expect([...sentences]).toEqual([`another process owns ${phoenix.file}, and it can have one owner only`]);
    await second.close();
  }

  it(
    "has one owner: a second process is refused in one sentence, and accepted as soon as the first is killed",
    async () => {
      await expectRefused();
      phoenix.kill();
      await phoenix.killed();
      await phoenix.rise();
      const letter = newLetter();
      expect(await phoenix.send(letter)).toMatchObject({ status: 202 });
      await comesTo(phoenix, "sent", letter);
    },
    SLOW,
  );

  it(
    "stays with an owner that is frozen, and its message on the wire goes out once",
    async () => {
      const letter = newLetter("frozen");
      script.data = [{ does: () => void phoenix.node.process.kill("SIGSTOP") }, "354 Go on"];
      await phoenix.send(letter);
      await smtp.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
      await expectRefused();
      phoenix.node.process.kill("SIGCONT");
      expect(await comesTo(phoenix, "sent", letter)).toMatchObject({ attempts: 1 });
      expect(copies(letter.to)).toBe(1);
    },
    SLOW,
  );
});

describe("callers", () => {
  it(
    "of four processes, fifty calls each and one key: one message, one id, one copy",
    async () => {
      const letter = newLetter("shared");
      const env = {
        URL: `http://127.0.0.1:${phoenix.port}/api/mail/send`,
        CALLS: "50",
        LETTER: JSON.stringify({ ...letter, subject: "Hello", text: "It works." }),
      };
      const callers = Array.from({ length: 4 }, () => runProgram("test/support/caller.ts", env));
      const heard = await Promise.all(callers.map((caller) => caller.says(/\]\n$/, 60_000)));
      const answers = heard.flatMap((line) => JSON.parse(line) as { status: number; id: string }[]);
      expect(answers).toHaveLength(200);
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
      const { id } = await comesTo(phoenix, "sent", letter);
      expect(answers[0]).toMatchObject({ id });
      expect(copies(letter.to)).toBe(1);
      counts["calls with one key"] = answers.length;
      counts["messages of them"] = copies(letter.to);
    },
    SLOW,
  );
});

describe("SIGTERM", () => {
  it(
    "with 5 on the wire and 200 waiting: they finish, it exits with 0, and the rest goes out once after the next start",
    async () => {
      const before = smtp.messages.length;
      script.dot = { afterMs: 300, step: "250 2.0.0 Ok" };
      const letters = Array.from({ length: 205 }, () => newLetter("many"));
      // as many as fit through before one has come out
      await Promise.all(letters.map((letter) => phoenix.send(letter)));
      await smtp.waitFor(({ messages }) => messages.length >= before + 5, 20_000);
      const asked = performance.now();
      phoenix.node.process.kill("SIGTERM");
      expect(await phoenix.node.ended).toBe(0);
      const seconds = (performance.now() - asked) / 1000;
      expect(seconds).toBeLessThan(20);
      expect(phoenix.kept().claimed).toEqual([]);
      const left = letters.filter(({ to }) => copies(to) === 0).length;
      quiet();
      await phoenix.rise();
      await phoenix.quiet(30_000);
      expect(letters.map(({ to }) => copies(to))).toEqual(letters.map(() => 1));
      counts["left waiting at SIGTERM"] = left;
      counts["copies of 205 messages"] = smtp.messages.length - before;
    },
    SLOW,
  );
});

describe("a message that was caught on the wire", () => {
  it(
    "goes again at once and by the same server, even where another one comes before it",
    async () => {
      const first: Script = { greeting: ["421 4.3.2 Not now", "drop"] };
      const second: Script = {};
      const main = await startSmtpServer({ tls: "none", auth: "none", script: first });
      const spare = await startSmtpServer({ tls: "none", auth: "none", script: second });
      const node = openPhoenix({
        SMTP_URI: `smtp://127.0.0.1:${main.port}`,
        SMTP_FALLBACK_URIS: `smtp://127.0.0.1:${spare.port}`,
        SMTP_SENDER: "Shop <shop@example.com>",
      });
      const bySpare = newLetter("spare");
      second.dot = [{ does: () => node.kill() }, "silence"];
      await node.rise();
      await node.send(bySpare);
      await node.killed();
      delete second.dot;
      delete first.greeting;
      first.dot = [{ does: () => node.kill() }, "silence"];
      await node.rise();
      const record = await comesTo(node, "sent", bySpare);
      expect(record.timeline.map(({ transport }) => transport)).toEqual([
        "primary",
        "fallback1",
        "fallback1",
      ]);
      expect([main.messages.length, spare.messages.length]).toEqual([0, 2]);

      // and not by the other one that is up, where its own is down
      const byMain = newLetter("main");
      await node.send(byMain);
      await node.killed();
      first.greeting = ["421 4.3.2 Not now", "drop"];
      delete first.dot;
      await node.rise();
      const another = newLetter("another");
      await node.send(another);
      expect(await comesTo(node, "sent", another)).toMatchObject({ transport: "fallback1" });
      const waiting = await comesTo(node, "deferred", byMain);
      expect(waiting.timeline.map(({ transport }) => transport)).toEqual(["primary", "primary"]);
      expect(spare.messages.flatMap(({ to }) => to)).toEqual([bySpare.to, bySpare.to, another.to]);
      await node.close();
    },
    SLOW,
  );
});
