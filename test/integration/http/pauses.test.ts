/** Facts about large bodies that are made to be slow to read: nobody else has to wait for them. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask } from "../../support/http-client.ts";
import {
  expectNothingInside,
  expectUnharmed,
  type HttpNode,
  startHttpNode,
} from "../../support/http-node.ts";
import { closeEverything } from "../../support/open.ts";

/** Processor time of one piece of work, in ms */
const LONGEST_WORK_MS = 200;
const LARGE = 4_000_000;

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

const filled = (piece: string): string => piece.repeat(Math.floor(LARGE / piece.length));
const fields = (): string =>
  Array.from({ length: Math.floor(LARGE / 16) }, (_, i) => `"evil${i + 1_000_000}":1`).join(",");
const letter = '{"to":"ann@example.com","subject":"Hello","text":"It works.",';

describe(`a body of ${LARGE / 1e6} MB is read in pieces of less than ${LONGEST_WORK_MS} ms`, () => {
  it.each([
    ["lists within each other", () => filled("["), 400],
    ["objects within each other", () => filled('{"a":'), 422],
    ["lists within each other, in a field", () => `{"x":${filled("[")}`, 422],
    ["unknown fields", () => `{${fields()}}`, 422],
    ["unknown headers", () => `${letter}"headers":{${fields()}}}`, 422],
    ["metadata", () => `${letter}"metadata":{${fields()}}}`, 422],
    ["recipients that are lists", () => `${letter}"to":[${filled("[],")}[]]}`, 422],
    ["attachments that are objects", () => `${letter}"attachments":[${filled("{},")}{}]}`, 422],
    ["escapes", () => `${letter}"html":"${filled("\\n")}"}`, 413],
    ["quotes", () => `${letter}"subject":"${filled('\\"')}"}`, 422],
    ["commas in an address", () => `${letter.replace("ann@example.com", filled("@,"))}"cc":"x"}`, 422],
    ["blanks", () => `${filled(" ")}{}`, 422],
    ["digits", () => `{"sendAt":${filled("9")}}`, 422],
  ])("of %s", async (_what, body, status) => {
    const text = body();
    await node.pulse();
    const answer = await ask(node.port, "POST", "/api/mail/send", {
      headers: { "content-type": "application/json" },
      body: text,
    });
    const { longestWork } = await node.pulse();
    expect(answer.status).toBe(status);
    expect(answer.body.length).toBeLessThan(10_000);
    expectNothingInside(answer.body);
    expect(longestWork).toBeLessThan(LONGEST_WORK_MS);
  });
});
