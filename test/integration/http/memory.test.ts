/** Facts about the memory of a node: strangers may send as much as they like, it is not kept. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, openLine } from "../../support/http-client.ts";
import { expectUnharmed, type HttpNode, KEYS, startHttpNode } from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

const MB = 1024 * 1024;
const piece = Buffer.alloc(MB / 4, "x");

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode({ env: { GATEWAY_API_KEYS: KEYS } });
});
afterAll(async () => {
  await expectUnharmed(node);
});
// a hook of its own: it runs whatever the one before has found
afterAll(async () => {
  await closeEverything();
});

/** A letter of so many bytes that begins like any other, sent to the end, or as far as the server takes it; the status it got. */
async function pour(size: number, framing: "length" | "chunks"): Promise<number | undefined> {
  const line = await openLine(node.port);
  const how = framing === "length" ? `Content-Length: ${size}` : "Transfer-Encoding: chunked";
  line.say(`POST /api/mail/send HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${how}\r\n\r\n`);
  for (let sent = 0; sent < size && !line.isOver; sent += piece.length) {
    if (framing === "chunks") line.say(`${piece.length.toString(16)}\r\n`);
    if (!line.socket.write(piece)) await Promise.race([once(line.socket, "drain"), line.closed()]);
    if (framing === "chunks") line.say("\r\n");
  }
  if (framing === "chunks") line.say("0\r\n\r\n");
  const answer = await line.answer();
  line.close();
  return answer?.status;
}

async function pourAll(count: number, atOnce: number): Promise<(number | undefined)[]> {
  const statuses: (number | undefined)[] = [];
  while (statuses.length < count) {
    const wave = Array.from({ length: atOnce }, (_, i) => pour(20 * MB, i % 2 === 0 ? "length" : "chunks"));
    statuses.push(...(await Promise.all(wave)));
  }
  return statuses;
}

describe("a hundred bodies of 20 MB from strangers, twenty at a time", () => {
  it("are refused, and take less than 200 MB, where twenty of them would be 400", async () => {
    for (let i = 0; i < 50; i++) await ask(node.port, "GET", "/health/live");
    const cold = (await node.pulse()).rss;
    const statuses = await pourAll(100, 20);
    // not next to nothing: V8 lets the garbage of what was read lie until it is worth its while
    const { peakRss } = await node.pulse();
    expect((peakRss - cold) / MB).toBeLessThan(200);
    for (const status of statuses) expect([401, 413, 429]).toContain(status);
    expect(await ask(node.port, "GET", "/health/live")).toMatchObject({ status: 200 });
  }, 60_000);
});
