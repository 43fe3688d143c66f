/** Facts about crashes as the mesh sees them: what is told again, and what a caller's retries come to. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { type Context, ServiceBroker } from "moleculer";
import { comesTo, newLetter } from "../support/letters.ts";
import { startNats } from "../support/nats-server.ts";
import { closeEverything, opened } from "../support/open.ts";
import { openPhoenix, type Phoenix } from "../support/phoenix.ts";
import { reportFigures } from "../support/reliability.ts";
import { type Script, type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";
import { createWatch } from "../support/watch.ts";

const SLOW = 90_000;
const started = performance.now();
const text = { subject: "Hello", text: "It works." };
const counts = { "events told again": 0, "calls of one letter": 0, "copies of them": 0 };

let smtp: SmtpServer;
let phoenix: Phoenix;
let sibling: ServiceBroker;
const script: Script = {};
/** Ids of messages whose `mail.sent` the sibling has heard */
const heard: string[] = [];
const ears = createWatch(() => `${heard.length} events`);

beforeAll(async () => {
  const nats = await startNats();
  smtp = await startSmtpServer({ tls: "none", auth: "none", script });
  phoenix = openPhoenix({
    TRANSPORTER: nats.url,
    NODEID: "mail-1",
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
  });
  sibling = new ServiceBroker({
    nodeID: "shop",
    logger: false,
    transporter: nats.url as never,
    retryPolicy: { enabled: true, retries: 3, delay: 10, check: () => true },
  });
  sibling.createService({
    name: "shop",
    events: {
      "mail.sent"({ params }: Context<{ id: string }>) {
        heard.push(params.id);
        ears.changed();
      },
    },
  });
  opened("sibling", () => sibling.stop());
  await Promise.all([sibling.start(), phoenix.rise()]);
}, SLOW);

// a node that has just started is known a moment later
beforeEach(() => sibling.waitForServices("mail", 30_000), SLOW);

afterEach(() => {
  for (const moment of Object.keys(script)) delete script[moment as keyof Script];
});

afterAll(async () => {
  await closeEverything();
  reportFigures("mesh", {
    shows: "events told after a kill, and callers that retry over a frozen node and a lost reply",
    promises: ["P1", "P3"],
    command: "npx jest test/crash/mesh.test.ts",
    counts,
    seconds: (performance.now() - started) / 1000,
  });
}, SLOW);

const send = (letter: object, options: object = {}) =>
  sibling.call<{ id: string; duplicate?: true }, object>("mail.send", { ...text, ...letter }, options);
const copies = (to: string): number => smtp.messages.filter((message) => message.to.includes(to)).length;

it(
  "after-commit settle: what became of a message is told after the restart",
  async () => {
    const letter = newLetter();
    phoenix.arm("after-commit settle");
    const { id } = await send(letter);
    await phoenix.killed();
    expect(heard).not.toContain(id);
    await phoenix.rise();
    await ears.until(() => heard.includes(id), 20_000);
    expect(copies(letter.to)).toBe(1);
    counts["events told again"] += 1;
  },
  SLOW,
);

it(
  "a caller's retry policy over a node that is too slow to answer: four calls, one message, one copy",
  async () => {
    const { wait: _none, ...letter } = newLetter();
    phoenix.node.process.kill("SIGSTOP");
    await expect(send(letter, { timeout: 200 })).rejects.toMatchObject({ name: "RequestTimeoutError" });
    phoenix.node.process.kill("SIGCONT");
    const { id } = await comesTo(phoenix, "sent", { ...letter, wait: false });
    expect(await send(letter)).toMatchObject({ id, duplicate: true });
    expect(copies(letter.to)).toBe(1);
    expect(
      phoenix.kept().records.filter(({ recipients }) => recipients[0]?.address === letter.to),
    ).toHaveLength(1);
    counts["calls of one letter"] += 5;
    counts["copies of them"] += 1;
  },
  SLOW,
);

it(
  "a reply that is lost, after the message was made safe: the retry gets the same id, and one copy is sent",
  async () => {
    const { wait: _none, ...letter } = newLetter();
    phoenix.arm("after-commit insert");
    await expect(send(letter, { timeout: 1000, retries: 0 })).rejects.toThrow();
    await phoenix.killed();
    const id = phoenix.kept().records.at(-1)?.id;
    await phoenix.rise();
    await comesTo(phoenix, "sent", { ...letter, wait: false });
    await sibling.waitForServices("mail", 30_000);
    expect(await send(letter, { timeout: 5000 })).toMatchObject({ id, duplicate: true });
    expect(copies(letter.to)).toBe(1);
    counts["calls of one letter"] += 2;
    counts["copies of them"] += 1;
  },
  SLOW,
);
