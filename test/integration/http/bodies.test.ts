/** Facts about bodies that a node is sent over HTTP: what is no letter changes nothing, breaks nothing, and is not repeated to anybody. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, askJson, exchange, type HttpAnswer } from "../../support/http-client.ts";
import {
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const SECRET = "481516";
const letter = { to: "ann@example.com", subject: "Hello", text: `Your code is ${SECRET}.` };
const json = { "content-type": "application/json" };

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode({
    env: { MAIL_MAX_SIZE: "1mb" },
    script: {
      rcpt: ({ argument }) =>
        argument.includes("rude") ? "550 5.1.1 \u001b[31mNo\u0007 such user\u009b2J\u0000 here" : undefined,
    },
  });
});
afterAll(async () => {
  await expectUnharmed(node, SECRET, "evil");
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

const post = (body: string | Buffer, headers: Record<string, string> = json) =>
  ask(node.port, "POST", "/api/mail/send", { headers, body });

function expectRefused(answer: HttpAnswer, status: number, type: string): void {
  expect({ status: answer.status, type: answer.json?.["type"] }).toEqual({ status, type });
  expect(answer.json).toMatchObject({ status, requestId: answer.headers["x-request-id"] });
  expect(answer.body).not.toContain(SECRET);
  expect(answer.body).not.toContain("evil");
  expectNothingInside(answer.body);
}

describe("a body that is no JSON object", () => {
  const whole = JSON.stringify(letter);
  it.each([
    ["nothing", ""],
    ["half a letter", whole.slice(0, -10)],
    ["a letter and more", `${whole}}`],
    ["two letters", whole + whole],
    ["a trailing comma", whole.replace("}", ",}")],
    ["single quotes", whole.replaceAll('"', "'")],
    ["an unknown word", `{"to":evil481516}`],
    ["a word with a wrong escape", `{"to":"evil\\x481516"}`],
    ["a line break within a string", `{"to":"evil\n481516"}`],
    ["a form", "to=evil&text=481516"],
    ["no UTF-8", Buffer.from([...Buffer.from('{"to":"481516'), 0xff, 0xfe, ...Buffer.from('"}')])],
    ["UTF-16", Buffer.from(whole, "utf16le")],
    ["NUL bytes", Buffer.alloc(1000)],
    ["a string", `"${SECRET}"`],
    ["a number", SECRET],
    ["true", "true"],
    ["null", "null"],
    ["a list", `[${whole}]`],
    ["40,000 lists within each other", "[".repeat(40_000) + "]".repeat(40_000)],
    ["a million lists that do not end", "[".repeat(1_000_000)],
  ])("is 400 and not repeated: %s", async (_what, body) => {
    expectRefused(await post(body), 400, "HTTP_BAD_JSON");
  });
});

describe("a field that no letter has", () => {
  const deep = (open: string, close: string) => open.repeat(40_000) + close.repeat(40_000);
  const withField = (name: string, value: string) =>
    JSON.stringify(letter).replace("{", `{"${name}":${value},`);
  it.each([
    ["lists 40,000 deep in an unknown field", withField("x", deep("[", "]"))],
    [
      "objects 40,000 deep in an unknown field",
      withField("x", deep('{"a":', "}").replace('"a":}', '"a":1}')),
    ],
    ["lists 40,000 deep in data", withField("data", deep("[", "]"))],
    ["lists 40,000 deep in the recipients", withField("cc", deep("[", "]"))],
    ["objects 40,000 deep in a header", withField("headers", deep('{"a":', "}").replace('"a":}', '"a":1}'))],
    ["lists 40,000 deep beside 10,000 others", withField("x", `[${"[],".repeat(10_000)}${deep("[", "]")}]`)],
    ["a field of our inside", withField("envelope", '{"to":["evil@example.com"]}')],
    ["a raw message", withField("raw", '"To: evil"')],
    ["another sender's account", withField("auth", '{"user":"evil"}')],
    ["__proto__", withField("__proto__", '{"polluted":"evil","text":"evil"}')],
    ["constructor.prototype", withField("constructor", '{"prototype":{"polluted":"evil"}}')],
    ["__proto__ in the data", withField("data", '{"__proto__":{"polluted":"evil"}}')],
    ["__proto__ in the headers", withField("headers", '{"__proto__":{"polluted":"evil"}}')],
    ["100,000 fields", `{${Array.from({ length: 100_000 }, (_, i) => `"evil${i}":1`).join(",")}}`],
  ])("is 422 and harms nobody: %s", async (what, body) => {
    const before = node.smtp.messages.length;
    const answer = await post(body);
    // data goes with a template only, and is no fault beside a text
    if (what === "__proto__ in the data" && answer.status === 200) return;
    expect({ status: answer.status, type: answer.json?.["type"] }).toEqual({
      status: 422,
      type: "MAIL_INVALID_MESSAGE",
    });
    expectNothingInside(answer.body);
    expect(answer.body.length).toBeLessThan(100_000);
    expect((await node.pulse()).inherited).toEqual([]);
    expect(node.smtp.messages).toHaveLength(before);
  });
});

describe("a letter", () => {
  it("with a field twice goes where the last one says", async () => {
    const body = `{"to":"evil@example.com","to":"bob@example.com","subject":"Twice","text":"It works."}`;
    expect(await post(body)).toMatchObject({ status: 200, json: { accepted: ["bob@example.com"] } });
    expect(node.smtp.messages.at(-1)?.to).toEqual(["bob@example.com"]);
  });

  it("goes where its body says, whatever the query says", async () => {
    const path = "/api/mail/send?to=evil@example.com&bcc=evil@example.com&to[]=evil@example.com";
    expect(await askJson(node.port, "POST", path, letter)).toMatchObject({ status: 200 });
    expect(node.smtp.messages.at(-1)?.to).toEqual(["ann@example.com"]);
  });

  it("with characters that a terminal obeys shows none of them in the log", async () => {
    const odd = "\u001b[2J\u0007\r\n\u009b31m";
    await askJson(
      node.port,
      "POST",
      "/api/mail/send",
      { ...letter, subject: odd },
      { "x-request-id": "a%0d%0ab" },
    );
    await askJson(node.port, "POST", "/api/mail/send", { ...letter, to: `ann${odd}@example.com` });
    await askJson(node.port, "POST", "/api/mail/send", { ...letter, [odd]: 1 });
    await askJson(node.port, "POST", "/api/mail/send", letter, { "x-request-id": "x".repeat(5000) });
    await ask(node.port, "GET", `/api/mail/messages?recipient=${encodeURIComponent(odd)}`);
    // a start that took 231ms is none of them
    expect(node.program.output).not.toMatch(/%0d|x{65}|31m(?!s)/);
  });

  it("that a rude server refuses shows what the server said without its control characters", async () => {
    const answer = await askJson(node.port, "POST", "/api/mail/send", { ...letter, to: "rude@example.com" });
    expect(answer).toMatchObject({ status: 422, json: { type: "SMTP_RECIPIENT_REJECTED" } });
    expect(JSON.stringify(answer.json)).toMatch(/such user/);
    expect(JSON.stringify(answer.json)).not.toMatch(/\\u00|\u009b/);
  });
});

describe("a body of another kind is 415, unread", () => {
  const whole = JSON.stringify(letter);
  it.each([
    ["no type", {}],
    ["text", { "content-type": "text/plain" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["parts", { "content-type": "multipart/form-data; boundary=x" }],
    ["UTF-16", { "content-type": "application/json; charset=utf-16le" }],
    ["Latin-1", { "content-type": "application/json; charset=iso-8859-1" }],
    ["two types", { "content-type": "application/json, text/plain" }],
    ["a type that begins alike", { "content-type": "application/jsonp" }],
    ["a problem", { "content-type": "application/problem+json" }],
  ])("%s", async (_what, headers) => {
    expectRefused(await post(whole, headers), 415, "HTTP_UNSUPPORTED_TYPE");
  });

  it.each(["gzip", "deflate", "br", "zstd", "identity, gzip", "x-gzip"])(
    "compressed by %s",
    async (encoding) => {
      const bomb = gzipSync(Buffer.alloc(20_000_000, " "));
      expectRefused(
        await post(bomb, { ...json, "content-encoding": encoding }),
        415,
        "HTTP_UNSUPPORTED_TYPE",
      );
    },
  );
});

describe("a body that is too large is 413", () => {
  it("as soon as its length says so", async () => {
    const head = `POST /api/mail/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    const [answer] = await exchange(node.port, `${head}Content-Length: 6000000\r\n\r\n{`, { half: true });
    expect(answer?.status).toBe(413);
  });

  it("or as soon as it is, where it comes in chunks", async () => {
    const head = `POST /api/mail/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    const bytes = `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(100)}0\r\n\r\n`;
    const [answer, more] = await exchange(node.port, bytes);
    expect(answer).toMatchObject({ status: 413, json: { type: "MAIL_TOO_LARGE" } });
    expect(more).toBeUndefined();
  });
});
