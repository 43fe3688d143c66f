/** Facts about clients that take their time: a node waits for them half a minute at most. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openLine } from "../../support/http-client.ts";
import { expectUnharmed, type HttpNode, startHttpNode } from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const HOST = "Host: localhost\r\n";
const POST = `POST /api/mail/send HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const GET = `GET /health/live HTTP/1.1\r\n${HOST}`;

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode({ preloads: ["hasty"] });
});
afterAll(async () => {
  await expectUnharmed(node);
  expect(node.smtp.messages).toEqual([]);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

describe("patience", () => {
  /** A byte now and then, until the server has had enough. */
  async function trickle(head: string) {
    const line = await openLine(node.port);
    line.say(head);
    const timer = setInterval(() => line.say("x"), 10);
    await line.closed();
    clearInterval(timer);
    return line.heard;
  }

  it("ends within 30 seconds", () => {
    const [, patience] = /patience: (\d+) ms/.exec(node.program.output) ?? [];
    expect(Number(patience)).toBeGreaterThan(0);
    expect(Number(patience)).toBeLessThanOrEqual(30_000);
  });

  // fifty times faster than in earnest
  it.each([
    ["headers", `${GET}X-A: `],
    ["a body", `${POST}Content-Length: 100000\r\n\r\n{"to":"`],
    ["chunks", `${POST}Transfer-Encoding: chunked\r\n\r\n1000\r\n{"to":"`],
  ])("with %s that come a byte at a time ends with 408", async (_what, head) => {
    expect(await trickle(head)).toMatch(/^HTTP\/1\.1 408 [\s\S]*?\r\n\r\n/);
  });

  it("with a body that is refused already ends as well, after one answer", async () => {
    const heard = await trickle(`${POST}Content-Length: 900000000\r\n\r\n{"to":"`);
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
  });
});
