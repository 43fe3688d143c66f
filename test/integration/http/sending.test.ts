/** Facts about letters over HTTP when clients are many, impatient or gone: a key is one letter, whole or not at all. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { askUntil } from "../../support/ask-until.ts";
import { ask, askJson, openLine } from "../../support/http-client.ts";
import { expectUnharmed, type HttpNode, startHttpNode } from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode();
});
afterAll(async () => {
  await expectUnharmed(node);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

let letters = 0;
function newLetter() {
  const name = `ann${++letters}`;
  const text = `For ${name}: ${"It works. ".repeat(500)}The end.`;
  return { to: `${name}@example.com`, subject: "Hello", text, idempotencyKey: name };
}
type Letter = ReturnType<typeof newLetter>;

const send = (letter: object, headers = {}) => askJson(node.port, "POST", "/api/mail/send", letter, headers);
const copies = ({ to }: Letter) => node.smtp.messages.filter((message) => message.to.includes(to));

/** Resolves once every letter has been sent: a second copy may be late. */
async function settled(): Promise<void> {
  const statuses = async () => {
    const { json } = await ask(node.port, "GET", "/api/mail/stats");
    return Object.keys(json?.["counts"] as object);
  };
  await askUntil(statuses, (all) => all.join() === "sent", 15_000);
}

describe("one idempotency key", () => {
  it("is one letter, however many ask for it at once", async () => {
    const letter = newLetter();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(letter)));
    const ids = new Set(answers.map(({ json }) => json?.["id"]));
    expect([...ids]).toEqual([expect.any(String)]);
    expect(answers.filter(({ json }) => json?.["duplicate"] !== true)).toHaveLength(1);
    await settled();
    expect(copies(letter)).toHaveLength(1);
  });

  it("with another letter is a conflict, and nothing is stored", async () => {
    const letter = newLetter();
    await send(letter);
    const other = { ...letter, to: "other@example.com" };
    expect(await send(other)).toMatchObject({
      status: 409,
      json: { type: "MAIL_IDEMPOTENCY_CONFLICT", remedy: expect.any(String) },
    });
    expect(await ask(node.port, "GET", "/api/mail/messages?recipient=other@example.com")).toMatchObject({
      json: { items: [] },
    });
  });

  it("is the same in the header as in the body, and none where the two differ", async () => {
    const { idempotencyKey, ...letter } = newLetter();
    const headers = { "Idempotency-Key": idempotencyKey };
    const { json } = await send(letter, headers);
    expect(await send({ ...letter, idempotencyKey })).toMatchObject({
      status: 200,
      json: { id: json?.["id"], duplicate: true },
    });
    const differing = await send({ ...letter, idempotencyKey: "another" }, headers);
    expect(differing).toMatchObject({ status: 422, json: { fields: [{ field: "idempotencyKey" }] } });
  });
});

describe("a client that goes", () => {
  const requestOf = (letter: object): string => {
    const body = JSON.stringify(letter);
    const head = "POST /api/mail/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  };

  async function leave(request: string, end: "FIN" | "RST"): Promise<void> {
    const socket = connect(node.port, "127.0.0.1");
    await once(socket, "connect");
    await new Promise((written) => socket.write(request, written));
    if (end === "FIN") socket.destroy();
    else socket.resetAndDestroy();
    await once(socket, "close");
  }

  it.each(["FIN", "RST"] as const)(
    "within its letter, by %s, has sent nothing: the same key sends it",
    async (end) => {
      for (const part of [0.1, 0.5, 0.99]) {
        const letter = newLetter();
        const request = requestOf(letter);
        await leave(request.slice(0, Math.floor(request.length * part)), end);
        const answer = await send(letter);
        expect(answer).toMatchObject({ status: 200, json: { status: "sent" } });
        expect(answer.json).not.toHaveProperty("duplicate");
        await settled();
        expect(copies(letter)).toHaveLength(1);
      }
    },
  );

  it("after its letter, without waiting for the answer, learns by the same key that it was sent once, and whole", async () => {
    for (let i = 0; i < 10; i++) {
      const letter = newLetter();
      await leave(requestOf(letter), i % 2 === 0 ? "FIN" : "RST");
      const { status } = await send(letter);
      // what it asks for again may be on its way
      expect([200, 202]).toContain(status);
      await settled();
      const [copy, second] = copies(letter);
      expect(copy?.data.toString()).toContain("The end.");
      expect(second).toBeUndefined();
    }
  });
});

describe("500 clients at once", () => {
  it("that say nothing keep nobody else from an answer", async () => {
    const silent = await Promise.all(Array.from({ length: 500 }, () => openLine(node.port)));
    expect(await ask(node.port, "GET", "/health/live")).toMatchObject({ status: 200 });
    for (const line of silent) line.close();
  });

  it("are all answered, and each letter that was accepted goes out once", async () => {
    const lines = await Promise.all(Array.from({ length: 500 }, () => openLine(node.port)));
    const all = lines.map((line) => ({ line, letter: newLetter() }));
    const answers = await Promise.all(
      all.map(async ({ line, letter }) => {
        const body = JSON.stringify(letter);
        const head = "POST /api/mail/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        line.say(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
        const answer = await line.answer({ withinMs: 30_000 });
        return { letter, status: answer?.status ?? 0 };
      }),
    );
    for (const { line } of all) line.close();
    expect(new Set(answers.map(({ status }) => status))).not.toContain(0);
    for (const { status } of answers) expect([200, 202, 503]).toContain(status);
    const accepted = answers.filter(({ status }) => status < 300);
    await settled();
    expect(accepted.map(({ letter }) => copies(letter).length)).toEqual(accepted.map(() => 1));
    expect(await ask(node.port, "GET", "/health/live")).toMatchObject({ status: 200 });
  }, 60_000);
});
