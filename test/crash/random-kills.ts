/** Sends many messages while the node is killed at random moments, and holds three lists against each other: callers', node's, server's. */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { type MailRecord, statusOf } from "../../lib/outbox/record.ts";
import { openPhoenix } from "../support/phoenix.ts";
import { startSmtpServer, type Step } from "../support/smtp-server.ts";
import { createWatch } from "../support/watch.ts";

export interface Ordeal {
  messages: number;
  kills: number;
  /** How many of a hundred messages the server takes, and then hangs up instead of answering */
  dropsPercent: number;
  /** The same seed chooses the same moments, as far as the machine lets them come */
  seed: number;
}

export interface Outcome {
  messages: number;
  kills: number;
  accepted: number;
  /** Accepted, and neither with the server nor given up */
  lost: number;
  /** In the end neither sent nor given up */
  unsent: number;
  /** Failed because three kills in a row met them, as is documented */
  givenUp: number;
  /** Final dots at the server */
  dots: number;
  /** Final dots after which the server hung up */
  dropped: number;
  /** Final dots whose reply no record of the node knows */
  dotsWithoutReply: number;
  /** Copies beyond the first */
  extra: number;
  /** Messages whose copies were not the same to the byte, or bore another Message-ID than their record */
  different: number;
  /** Records that share their key with another one */
  twins: number;
  /** Messages that somebody still held at the end */
  claimed: number;
  /** Of the file */
  faults: string[];
  seconds: number;
}

/** Connections at a time: the default of the settings */
export const CONCURRENCY = 5;
const CALLERS = 8;
/** Beyond its reply, a moment may fall this much later: between the steps that the server sees */
const BLUR_MS = 4;
const PATIENCE_MS = 120_000;

interface Dot {
  recipient: string;
  messageId: string;
  digest: string;
}

export async function endure({ messages, kills, dropsPercent, seed }: Ordeal): Promise<Outcome> {
  const began = performance.now();
  const random = randomFrom(seed);
  // a message is seen five times on its way: RCPT, DATA, dot, reply, answer to the caller
  const moments = Array.from({ length: kills }, () => Math.floor(random() * messages * 5)).sort(
    (a, b) => a - b,
  );
  const dots: Dot[] = [];
  const ids = new Map<string, Set<string>>();
  let seen = 0;
  let killed = 0;
  let dropped = 0;
  let isUp = false;
  const life = createWatch(() => `${killed} kills`);

  const look = (): undefined => {
    seen += 1;
    const due = moments[killed];
    if (!isUp || due === undefined || seen < due) return undefined;
    isUp = false;
    killed += 1;
    setTimeout(phoenix.kill, random() * BLUR_MS);
    return undefined;
  };
  const looks = { does: look } as const satisfies Step;

  const smtp = await startSmtpServer({
    tls: "none",
    auth: "none",
    script: {
      rcpt: look,
      data: look,
      dot({ message }) {
        if (!message) return undefined;
        dots.push({ recipient: message.to[0] ?? "", ...summaryOf(message.data) });
        look();
        if (random() * 100 < dropsPercent) {
          dropped += 1;
          return [looks, "drop"];
        }
        // the number is found again in the node's record, if the node heard it
        return [`250 2.0.0 Ok: dot ${dots.length}`, looks];
      },
    },
  });
  const phoenix = openPhoenix({
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_SENDER: "Shop <shop@example.com>",
    MAIL_RETRY_SCHEDULE: "50ms",
    GATEWAY_RATE_LIMIT: "1000000",
  });

  async function rise(): Promise<void> {
    await phoenix.rise();
    isUp = true;
    life.changed();
  }

  async function liveOn(): Promise<void> {
    for (let times = 1; times <= kills; times += 1) {
      await phoenix.killed();
      await rise();
    }
  }

  /** As a careful caller does: asks again, with the same key, until there is an answer. */
  async function call(number: number): Promise<void> {
    const address = addressOf(number);
    const letter = { to: address, text: `Your code is ${number}.`, idempotencyKey: address, wait: false };
    for (;;) {
      await life.until(() => isUp, PATIENCE_MS);
      const reply = await phoenix.send(letter);
      if (reply?.status === 200 || reply?.status === 202) {
        ids.set(address, (ids.get(address) ?? new Set()).add(String(reply.body["id"])));
        return look();
      }
      if (reply && reply.status < 500) throw new Error(`refused: ${JSON.stringify(reply.body)}`);
      if (!reply) await setImmediate();
    }
  }

  let next = 0;
  async function callOn(): Promise<void> {
    while (next < messages) await call(next++);
  }

  await rise();
  await Promise.all([liveOn(), ...Array.from({ length: CALLERS }, callOn)]);
  await phoenix.quiet(PATIENCE_MS);
  const { records, claimed } = phoenix.kept();
  const faults = phoenix.faults();
  await phoenix.close();
  await smtp.close();

  const byRecipient = new Map<string, Dot[]>();
  for (const dot of dots) byRecipient.set(dot.recipient, [...(byRecipient.get(dot.recipient) ?? []), dot]);
  const heard = new Set(records.flatMap(dotsOf));
  const givenUp = records.filter(({ problem }) => problem?.type === "MAIL_CRASHED");
  const abandoned = new Set(givenUp.map(({ recipients }) => recipients[0]?.address));
  const different = records.filter(({ recipients, messageId }) => {
    const copies = byRecipient.get(recipients[0]?.address ?? "") ?? [];
    return copies.some((copy) => copy.digest !== copies[0]?.digest || copy.messageId !== messageId);
  });
  return {
    messages,
    kills: killed,
    accepted: ids.size,
    lost: [...ids.keys()].filter((address) => !byRecipient.has(address) && !abandoned.has(address)).length,
    unsent: records.filter((record) => statusOf(record, 0) !== "sent").length - givenUp.length,
    givenUp: givenUp.length,
    dots: dots.length,
    dropped,
    dotsWithoutReply: dots.filter((_dot, at) => !heard.has(at + 1)).length,
    extra: dots.length - byRecipient.size,
    different: different.length,
    twins: records.length - new Set(records.map(({ recipients }) => recipients[0]?.address)).size,
    claimed: claimed.length,
    faults,
    seconds: (performance.now() - began) / 1000,
  };
}

function addressOf(number: number): string {
  return `n${number}@example.com`;
}

function summaryOf(data: Buffer): { messageId: string; digest: string } {
  return {
    messageId: /^Message-ID: (<.*>)\r$/m.exec(data.toString())?.[1] ?? "",
    digest: createHash("sha256").update(data).digest("hex"),
  };
}

/** The numbers of the dots whose reply the node has written down. */
function dotsOf({ timeline }: MailRecord): number[] {
  const responses = timeline.flatMap(({ recipients }) => recipients.map(({ response }) => response ?? ""));
  return responses.flatMap((response) =>
    [...response.matchAll(/dot (\d+)/g)].map(([, number]) => Number(number)),
  );
}

/** Mulberry32: from 0 to 1, the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
