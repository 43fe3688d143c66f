/** Whatever a server says, and however its bytes are cut: no crash, no stall, and nothing is sent that it has not taken. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { Secret } from "../../../lib/secret.ts";
import { SmtpFault, SmtpSession } from "../../../lib/smtp/session.ts";
import { walk } from "../../../lib/smtp/steps.ts";
import { transact } from "../../../lib/smtp/transaction.ts";
import { patient, plainTransportTo } from "../../support/transport.ts";

jest.setTimeout(60_000);

/** What the server says when it is its turn, in pieces. */
type Answer = readonly Buffer[];

const to = ["ann@example.com", "bob@example.com"];
const bytes = Buffer.from("Subject: Hello\r\n\r\n.\r\nIt works.\r\n");

/** One session with a server that says these answers in turn, whatever it hears, and then hangs up. */
async function talk(answers: readonly Answer[]): Promise<{ sent: boolean; said: string; dot: boolean }> {
  let said = "";
  let dot = false;

  async function parrot(socket: Socket): Promise<void> {
    let turns = 0;
    let heard = "";
    let inMessage = false;

    async function speak(): Promise<void> {
      const answer = answers[turns++] ?? [];
      for (const piece of answer) {
        said += piece.toString("latin1");
        socket.write(piece);
        await turn();
      }
      const whole = Buffer.concat(answer).toString("latin1");
      inMessage = /(^|\n)354[ \r\n]/.test(whole);
      // nothing, or half an answer: not to be waited for
      if (!/(^|\n)\d\d\d( [^\n]*)?\r?\n$/.test(whole)) socket.end();
    }

    await speak();
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      heard += chunk.toString("latin1");
      for (;;) {
        const end = (inMessage ? /\r\n\.\r\n/ : /\r\n/).exec(heard);
        if (!end) break;
        heard = heard.slice(end.index + end[0].length);
        dot ||= inMessage;
        await speak();
      }
    }
    socket.end();
  }

  let over: Promise<void> = Promise.resolve();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}); // the client has had enough
    over = parrot(socket).catch(() => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const session = new SmtpSession(
    plainTransportTo(
      { port },
      {
        timeouts: patient,
        allowCleartextAuth: true,
      },
    ),
  );
  Object.assign(session.transport, { username: "user@example.com", password: new Secret("secret") });
  try {
    await walk(session);
    const results = await transact(session, { from: "me@example.com", to, bytes, sender: "configured" });
    expect(results.map(({ address }) => address)).toEqual(to);
    return { sent: results.some((result) => "reply" in result), said, dot };
  } catch (error) {
    if (!(error instanceof SmtpFault)) throw error;
    return { sent: false, said, dot };
  } finally {
    session.destroy();
    server.close();
    await over;
  }
}

/** The server has said 354, and after that, before anything else, a whole 250. */
const taken = /(^|\n)354( [^\n]*)?\r?\n(250-[^\n]*\n)*250( [^\n]*)?\r?\n/;

const conversation = [
  "220 mail.test ESMTP\r\n",
  "250-mail.test greets you\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN\r\n",
  "235 2.7.0 Accepted\r\n",
  "250 2.1.0 Ok\r\n",
  "250 2.1.5 Ok\r\n",
  "250 2.1.5 Ok\r\n",
  "354 End data with <CR><LF>.<CR><LF>\r\n",
  "250-2.0.0 Ok:\r\n250 2.0.0 queued as 7\r\n",
].map((text) => Buffer.from(text));

const cut = (answer: Buffer, at: readonly number[]): Answer => {
  const places = [0, ...new Set(at.filter((place) => place > 0 && place < answer.length)), answer.length];
  const sorted = places.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => answer.subarray(sorted[index], end));
};

// ── answers that are wrong in every way ──

const code = fc.oneof(
  fc.constantFrom("220", "235", "250", "251", "334", "354", "421", "450", "530", "535", "550", "554"),
  fc.integer({ min: 0, max: 999 }).map((number) => String(number).padStart(3, "0")),
);
const eol = fc.constantFrom("\r\n", "\r\n", "\n", "\r", "");
const words = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.constantFrom("", "2.0.0 Ok", "AUTH PLAIN", "x".repeat(5000)),
);
const line = fc.tuple(code, fc.constantFrom(" ", "-", "", "\t"), words, eol).map((parts) => parts.join(""));
const lines = fc.array(line, { minLength: 1, maxLength: 4 }).map((all) => Buffer.from(all.join("")));
const noise = fc.uint8Array({ maxLength: 80 }).map((all) => Buffer.from(all));

/** The right answer; or cut short, followed by more, with a byte changed; or something else altogether. */
const answerTo = (right: Buffer, weight: number): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: fc.nat(right.length).map((length) => right.subarray(0, length)) },
    { weight: 1, arbitrary: fc.tuple(lines, noise).map(([more]) => Buffer.concat([right, more])) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(right.length - 1), fc.nat(255)).map(([at, byte]) => {
        const changed = Buffer.from(right);
        changed[at] = byte;
        return changed;
      }),
    },
    { weight: 2, arbitrary: lines },
    { weight: 1, arbitrary: noise },
  );

const inPieces = (answer: fc.Arbitrary<Buffer>): fc.Arbitrary<Answer> =>
  fc.tuple(answer, fc.array(fc.nat(200), { maxLength: 5 })).map(([whole, at]) => cut(whole, at));

// most of what comes before the dot is right, or few would come that far
const script = fc.tuple(
  ...conversation.map((right, at) => inPieces(answerTo(right, at === conversation.length - 1 ? 8 : 60))),
  inPieces(lines),
);

describe("a session", () => {
  it("believes in no delivery but one that was told in so many words, in 1,200 sessions", async () => {
    const seen = { sent: 0, refused: 0 };
    let costliest = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 20, maxLength: 20 }), async (scripts) => {
        const before = process.cpuUsage();
        for (const { sent, said, dot } of await Promise.all(scripts.map(talk))) {
          if (sent) expect([dot, said]).toEqual([true, expect.stringMatching(taken)]);
          if (dot) seen[sent ? "sent" : "refused"] += 1;
        }
        const { user, system } = process.cpuUsage(before);
        costliest = Math.max(costliest, (user + system) / 1000);
      }),
      { numRuns: 60 },
    );
    // many came as far as the dot, with either end
    expect(seen.sent).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(100);
    // twenty sessions together, in ms of processor time: no answer is hard to read
    expect(costliest).toBeLessThan(5000);
  });

  it("reads an answer that comes in two pieces, wherever it is cut", async () => {
    const places = conversation.flatMap((answer, which) =>
      Array.from(answer.subarray(1), (_byte, at) => ({ which, at: at + 1 })),
    );
    for (const { which, at } of places) {
      const answers = conversation.map((answer, index) => cut(answer, index === which ? [at] : []));
      expect({ which, at, ...(await talk(answers)) }).toMatchObject({ which, at, sent: true, dot: true });
    }
  });

  it("reads answers that come byte by byte", async () => {
    const answers = conversation.map((answer) =>
      cut(
        answer,
        Array.from(answer, (_byte, at) => at),
      ),
    );
    expect(await talk(answers)).toMatchObject({ sent: true, dot: true });
  });

  it("is not told so by an answer that lacks a byte", async () => {
    const last = conversation.length - 1;
    for (let length = 0; length < (conversation[last]?.length ?? 0); length++) {
      const answers = conversation.map((answer, which) => [
        which === last ? answer.subarray(0, length) : answer,
      ]);
      expect(await talk(answers)).toMatchObject({ sent: false, dot: true });
    }
  });
});
