/** Whatever comes over HTTP: no crash, no 500, no answer that says too much, and nobody waits because of it. */
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ask, type HttpAnswer, type Line, openLine, readAnswers } from "../../support/http-client.ts";
import { type FuzzedRequest, fuzzedRequests } from "../../support/http-fuzz.ts";
import {
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

/** FUZZ_SEED repeats a run. */
const seed = Number(process.env["FUZZ_SEED"] || Math.floor(Math.random() * 2 ** 31));
const REQUESTS = 5000;
const LINES = 8;
const LONGEST_WORK_MS = 200;

let node: HttpNode;
beforeAll(async () => {
  node = await startHttpNode();
});
afterAll(async () => {
  await closeEverything();
});

function expectDecent({ status, headers, body, json }: HttpAnswer, isHead = false): void {
  expect(status).toBeGreaterThanOrEqual(100);
  expect(status).toBeLessThan(500);
  expectNothingInside(body);
  if (status < 400 || isHead) return;
  expect(headers["content-type"]).toBe("application/problem+json");
  expect(json).toMatchObject({ type: expect.stringMatching(/^[A-Z]+(_[A-Z]+)+$/), status });
  expect(json?.["requestId"]).toEqual(expect.any(String));
}

/** Asks one request after the other, on one connection as long as it lasts. */
async function askAll(requests: Iterable<FuzzedRequest>): Promise<number> {
  let line: Line | undefined;
  let answered = 0;
  for (const request of requests) {
    try {
      if (!request.isWhole) {
        await askBroken(request);
        continue;
      }
      if (line === undefined || line.isOver) line = await openLine(node.port);
      line.say(request.bytes);
      let answer = await line.answer(request);
      if (answer === undefined) throw new Error("the connection was closed without an answer");
      if (answer.status === 100) answer = await line.answer(request);
      if (answer === undefined) throw new Error("nothing came after 100 Continue");
      expectDecent(answer, request.isHead);
      answered++;
      if (answer.headers["connection"] === "close") {
        line.close();
        line = undefined;
      }
    } catch (error) {
      const said = JSON.stringify(request.bytes.toString("latin1").slice(0, 3000));
      throw new Error(`with FUZZ_SEED=${seed}, of ${said}: ${String(error)}`, { cause: error });
    }
  }
  line?.close();
  return answered;
}

async function askBroken({ bytes }: FuzzedRequest): Promise<void> {
  const line = await openLine(node.port);
  line.say(bytes);
  line.socket.end();
  await line.closed();
  // of a HEAD in it nobody could tell where its answer ends
  if (/HEAD/i.test(bytes.toString("latin1"))) return;
  for (const answer of readAnswers(line.heard)) expectDecent(answer);
}

it(`answers ${REQUESTS} of them, and never works longer than ${LONGEST_WORK_MS} ms on one`, async () => {
  const requests = fuzzedRequests(REQUESTS, seed);
  for (let i = 0; i < 20; i++) await ask(node.port, "GET", "/health/live");
  await node.pulse();

  let isOver = false;
  async function probe(): Promise<void> {
    const line = await openLine(node.port);
    while (!isOver) {
      line.say("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
      expect(await line.answer()).toMatchObject({ status: 200 });
    }
    line.close();
  }
  const probing = probe();
  const queue = requests.values();
  const asking = Promise.all(Array.from({ length: LINES }, () => askAll(queue)));
  const answered = await asking.finally(() => {
    isOver = true;
  });
  await probing;

  expect(answered.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(REQUESTS / 2);
  const { longestWork } = await node.pulse();
  expect({ seed, isQuick: longestWork < LONGEST_WORK_MS, longestWork }).toMatchObject({ isQuick: true });
  await expectUnharmed(node);
}, 60_000);
