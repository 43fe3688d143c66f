/** Facts about bytes that are not quite HTTP: a node answers 400 and closes, and no second request hides in a first one. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { exchange, openLine } from "../../support/http-client.ts";
import {
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const HOST = "Host: localhost\r\n";
const LETTER = JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works." });
/** What a smuggler would like us to see as a request of its own. */
const HIDDEN = `POST /smuggled HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`;
const POST = `POST /api/mail/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const GET = `GET /health/live HTTP/1.1\r\n${HOST}`;
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode({
    script: {
      dot: ({ message }) =>
        message?.to[0]?.startsWith("slow") ? { afterMs: 100, step: "250 Ok" } : undefined,
    },
  });
});
afterAll(async () => {
  await expectUnharmed(node);
  expect(node.program.output).not.toContain("smuggled");
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

async function expectRefused(
  bytes: string | Buffer,
  statuses: readonly number[],
  half = false,
): Promise<void> {
  const before = node.smtp.messages.length;
  const answers = await exchange(node.port, bytes, { half });
  expect(answers.map(({ status }) => status)).toEqual(statuses);
  for (const { body } of answers) expectNothingInside(body);
  expect(node.smtp.messages).toHaveLength(before);
}

describe("a body whose end is in doubt is 400, and the connection is closed", () => {
  it.each([
    [
      "a length and chunks",
      `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      "chunks and a length",
      `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    ["two lengths", `${POST}Content-Length: ${LETTER.length}\r\nContent-Length: 0\r\n\r\n${LETTER}`],
    [
      "one length twice",
      `${POST}Content-Length: ${LETTER.length}\r\nContent-Length: ${LETTER.length}\r\n\r\n${LETTER}`,
    ],
    ["a list of lengths", `${POST}Content-Length: ${LETTER.length}, 0\r\n\r\n${LETTER}`],
    ["a negative length", `${POST}Content-Length: -1\r\n\r\n${LETTER}`],
    ["a length with a sign", `${POST}Content-Length: +${LETTER.length}\r\n\r\n${LETTER}`],
    ["a length in hex", `${POST}Content-Length: 0x10\r\n\r\n${LETTER}`],
    ["a length beyond all numbers", `${POST}Content-Length: ${"9".repeat(30)}\r\n\r\n${LETTER}`],
    ["a length that is a word", `${POST}Content-Length: many\r\n\r\n${LETTER}`],
    ["an empty length", `${POST}Content-Length:\r\n\r\n${LETTER}`],
    ["a blank before the colon", `${POST}Content-Length : ${LETTER.length}\r\n\r\n${LETTER}`],
    [
      "chunks announced twice",
      `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(LETTER)}`,
    ],
    ["a coding that is not chunked", `${POST}Transfer-Encoding: identity\r\n\r\n${LETTER}`],
    ["a coding that looks like it", `${POST}Transfer-Encoding: xchunked\r\n\r\n${chunked(LETTER)}`],
    ["a coding after chunked", `${POST}Transfer-Encoding: chunked, identity\r\n\r\n${chunked(LETTER)}`],
    ["a chunk without a size", `${POST}Transfer-Encoding: chunked\r\n\r\n\r\n${LETTER}\r\n0\r\n\r\n`],
    ["a chunk size that is none", `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n${LETTER}\r\n0\r\n\r\n`],
    ["a negative chunk size", `${POST}Transfer-Encoding: chunked\r\n\r\n-2\r\n${LETTER}\r\n0\r\n\r\n`],
    [
      "a chunk size beyond all numbers",
      `${POST}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(17)}\r\n${LETTER}`,
    ],
    ["a chunk larger than its size", `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\n${LETTER}\r\n0\r\n\r\n`],
    ["line feeds alone", `${POST}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`],
  ])("%s", async (_what, bytes) => {
    await expectRefused(bytes, [400]);
  });

  it.each([
    ["shorter than its length", `${POST}Content-Length: 1000\r\n\r\n${LETTER}`],
    [
      "without its last chunk",
      `${POST}Transfer-Encoding: chunked\r\n\r\n${LETTER.length.toString(16)}\r\n${LETTER}\r\n`,
    ],
  ])("one %s", async (_what, bytes) => {
    await expectRefused(bytes, [400], true);
  });

  it("longer than its length: what is left over is no request", async () => {
    const answers = await exchange(node.port, `${POST}Content-Length: 2\r\n\r\n{}${LETTER}`);
    // the parser finds it before the first answer is ready, or after
    expect(answers.map(({ status }) => status).join()).toMatch(/^(422,)?400$/);
  });
});

describe("bytes that are no request are 400, and the connection is closed", () => {
  it.each([
    ["random bytes", Buffer.from("00ff10fe0d0a0d0a", "hex")],
    ["the hello of TLS", Buffer.from("16030100c8010000c40303", "hex")],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a greeting of SMTP", "EHLO mail.example.com\r\n"],
    ["HTTP/1.2", `GET /health/live HTTP/1.2\r\n${HOST}\r\n`],
    ["no Host", "GET /health/live HTTP/1.1\r\n\r\n"],
    ["a header over two lines", `${GET}X-A: 1\r\n 2\r\n\r\n`],
    ["a header without a name", `${GET}: 1\r\n\r\n`],
    ["a header without a colon", `${GET}X-A\r\n\r\n`],
    ["a blank in a header's name", `${GET}X A: 1\r\n\r\n`],
    ["NUL in a header", `${GET}X-A: a\0b\r\n\r\n`],
    ["an escape in the request's id", `${GET}X-Request-ID: a\u001b[31m\r\n\r\n`],
    ["a carriage return in the request's id", `${GET}X-Request-ID: a\rb\r\n\r\n`],
    ["lines that end in line feeds", `GET /health/live HTTP/1.1\n${HOST.replace("\r", "")}\n`],
  ])("%s", async (_what, bytes) => {
    await expectRefused(bytes, [400]);
  });

  it.each([
    ["HTTP/0.9", "GET /health/live\r\n"],
    ["half a request line", "GET /hea"],
    ["half a header", `${GET}X-A`],
  ])("%s, and nothing more", async (_what, bytes) => {
    await expectRefused(bytes, [400], true);
  });

  it("nothing at all gets no answer", async () => {
    await expectRefused("", [], true);
  });
});

describe("headers without measure are 431", () => {
  it.each([
    ["2,100 of them", `${GET}${"X-A: 1\r\n".repeat(2100)}\r\n`],
    ["one of 20 KB", `${GET}X-A: ${"x".repeat(20_000)}\r\n\r\n`],
    ["a path of 20 KB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`],
    [
      "a trailer of 20 KB",
      `${POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A: ${"x".repeat(20_000)}\r\n\r\n`,
    ],
  ])("%s", async (_what, bytes) => {
    await expectRefused(bytes, [431]);
  });
});

describe("requests in a row on one connection", () => {
  it("are answered in their order, slow ones too", async () => {
    const slow = LETTER.replace("ann@", "slow@");
    const bytes = [
      `${POST}Content-Length: ${slow.length}\r\n\r\n${slow}`,
      `${GET}X-Request-ID: second\r\n\r\n`,
      `${POST}X-Request-ID: third\r\nTransfer-Encoding: chunked\r\n\r\n${chunked("{}")}`,
      `GET /nothing HTTP/1.1\r\n${HOST}X-Request-ID: fourth\r\n\r\n`,
      `${GET}X-Request-ID: fifth\r\nConnection: close\r\n\r\n`,
    ];
    const answers = await exchange(node.port, bytes.join(""));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422, 404, 200]);
    const ids = answers.slice(1).map(({ headers }) => headers["x-request-id"]);
    expect(ids).toEqual(["second", "third", "fourth", "fifth"]);
  });

  it("are each their own, wherever the bytes are cut", async () => {
    const line = await openLine(node.port);
    const bytes = `${POST}Content-Length: 2\r\n\r\n{}${GET}\r\n`;
    for (const byte of bytes) {
      line.say(byte);
      await new Promise(setImmediate);
    }
    expect(await line.answer()).toMatchObject({ status: 422 });
    expect(await line.answer()).toMatchObject({ status: 200 });
    line.close();
  });

  it("end at one that is no HTTP, after the answers that are due", async () => {
    const answers = await exchange(node.port, `${GET}\r\n${GET}\r\n\u0000\r\n\r\n${GET}\r\n`);
    expect(answers.map(({ status }) => status).at(-1)).toBe(400);
    expect(answers.length).toBeLessThanOrEqual(3);
  });
});

describe("older clients", () => {
  it("of HTTP/1.0 are served, and the connection is closed", async () => {
    expect(await exchange(node.port, `GET /health/live HTTP/1.0\r\n${HOST}\r\n`)).toMatchObject([
      { status: 200 },
    ]);
  });
  it("without a Host do not count as this machine", async () => {
    expect(await exchange(node.port, "GET /health/live HTTP/1.0\r\n\r\n")).toMatchObject([{ status: 403 }]);
  });
  it("that expect something strange get the answer", async () => {
    const bytes = `${GET}Expect: 200-ok\r\nConnection: close\r\n\r\n`;
    expect(await exchange(node.port, bytes)).toMatchObject([{ status: 200 }]);
  });
});
