/** Facts about a kept connection whose replies are out of step with our commands: whatever came too much, and whenever. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { Parcel, RecipientResult } from "../../../lib/smtp/transaction.ts";
import { openTransport } from "../../../lib/smtp/transport.ts";
import { patient, plainTransportTo } from "../../support/transport.ts";

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0).toReversed()) one.close();
});

/** Long enough for the client to have acted on one reply before the next one comes. */
const PAUSE_MS = 8;

/** Before the reply to which command the surplus comes; `idle`: before we write, `354`: right behind the go-ahead */
type Moment = "idle" | "MAIL" | "RCPT 1" | "RCPT 2" | "DATA" | "354";

interface Shift {
  surplus: readonly string[];
  moment: Moment;
  /** Every reply in a packet of its own, with a pause between; else all that answers one packet in one */
  apart: boolean;
  pipelining: boolean;
}

/**
 * A server that knows everybody but `nobody`, and answers as a server must, but for the second transaction of its first
 * connection. `taken`: whom each message that it has got went to.
 */
async function serverOutOfStep({ surplus, moment, apart, pipelining }: Shift) {
  const taken: string[][] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    const first = sockets.length === 1;
    socket
      .setNoDelay(true)
      .setEncoding("latin1")
      .on("error", () => {});
    let sending = Promise.resolve();
    let packet: string[] = [];
    const say = (...replies: string[]) => packet.push(...replies.map((reply) => `${reply}\r\n`));
    const flush = () => {
      const packets = apart ? packet : [packet.join("")];
      packet = [];
      for (const text of packets.filter(Boolean)) {
        sending = sending.then(async () => {
          socket.write(text);
          if (apart) await sleep(PAUSE_MS);
        });
      }
    };
    let transaction = 0;
    let to: string[] = [];
    let asked = 0;
    let body = false;
    const at = (now: Moment) => {
      if (first && transaction === 2 && now === moment) say(...surplus);
    };
    const obey = (line: string) => {
      if (body) {
        if (line !== ".") return;
        body = false;
        taken.push(to);
        say("250 taken");
      } else if (line.startsWith("EHLO")) {
        say(pipelining ? "250-test\r\n250 PIPELINING" : "250 test");
      } else if (line.startsWith("MAIL")) {
        transaction += 1;
        [to, asked] = [[], 0];
        at("MAIL");
        say("250 sender ok");
      } else if (line.startsWith("RCPT")) {
        asked += 1;
        at(asked === 1 ? "RCPT 1" : "RCPT 2");
        const name = /<([^@]*)/.exec(line)?.[1] ?? "";
        if (name !== "nobody") to.push(name);
        say(name === "nobody" ? "550 5.1.1 no such user" : "250 recipient ok");
      } else if (line === "DATA") {
        at("DATA");
        body = to.length > 0;
        say(body ? "354 go" : "503 5.5.1 no recipients");
        at("354");
      } else say("250 ok");
    };
    say("220 ready");
    flush();
    let rest = "";
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) obey(line);
      flush();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server, { close: () => sockets.forEach((socket) => socket.destroy()) });
  return { port: (server.address() as AddressInfo).port, taken, sockets };
}

const parcel = (to: readonly string[], clearance?: () => Promise<boolean>): Parcel => ({
  from: "me@example.com",
  to: to.map((name) => `${name}@example.com`),
  bytes: Buffer.from("Subject: Hello\r\n\r\nIt works.\r\n"),
  sender: "configured",
  ...(clearance && { clearance }),
});

const told = (results: readonly RecipientResult[]): string[] =>
  results.map((result) => {
    if ("reply" in result) return result.reply.text;
    return result.fault.reply?.text ?? `${result.fault.stage} ${result.fault.cause}`;
  });

/** What the second parcel over a connection is told, and who has got it. */
async function second(shift: Shift, to: readonly string[], clearance?: () => Promise<boolean>) {
  const { port, taken, sockets } = await serverOutOfStep(shift);
  const transport = openTransport(plainTransportTo({ port }, { timeouts: patient }));
  open.push(transport);
  await transport.send(parcel(["first"], clearance && (async () => true)));
  if (shift.moment === "idle") {
    sockets[0]?.write(shift.surplus.map((reply) => `${reply}\r\n`).join(""));
    if (shift.apart) await sleep(PAUSE_MS);
  }
  const results = told(await transport.send(parcel(to, clearance)));
  return { told: results, taken: taken.slice(1), connections: sockets.length };
}

const old = { "250": "250 2.0.0 old", "550": "550 5.7.1 old" } as const;
const shifts = (["250", "550", "250 250", "250 550", "550 550"] as const).map(
  (name) => [name, name.split(" ").map((code) => old[code as keyof typeof old])] as const,
);
const recipients = [["ann"], ["nobody"], ["ann", "bob"], ["ann", "nobody"], ["nobody", "ann"]];
const verdicts = (to: readonly string[]) =>
  to.map((name) => (name === "nobody" ? "5.1.1 no such user" : "taken"));

/** Every moment for every list of recipients, with packets together and apart. */
function cases(to: readonly string[]): { moment: Moment; apart: boolean }[] {
  const moments: Moment[] = ["idle", "MAIL", "RCPT 1", ...(to.length > 1 ? ["RCPT 2" as const] : []), "DATA"];
  const both = moments.flatMap((moment) => [true, false].map((apart) => ({ moment, apart })));
  // apart, it would come behind the final dot: then nothing tells it from the answer to the message
  return to.includes("ann") ? [...both, { moment: "354", apart: false }] : both;
}

describe.each([
  ["envelope and DATA together", true, undefined],
  ["DATA apart from the envelope", true, async () => true],
  ["one command at a time", false, undefined],
] as const)("a kept connection with a reply too many, %s", (_mode, pipelining, clearance) => {
  it.each(shifts)("(%s) costs no innocent message, whenever the surplus comes", async (_name, surplus) => {
    const outcomes = recipients.flatMap((to) =>
      cases(to).map(async (shift) => {
        const { told: results, taken } = await second({ ...shift, surplus, pipelining }, to, clearance);
        return { to, ...shift, results, taken };
      }),
    );
    expect(await Promise.all(outcomes)).toEqual(
      recipients.flatMap((to) =>
        cases(to).map((shift) => {
          const innocent = to.filter((name) => name !== "nobody");
          const taken = innocent.length > 0 ? [innocent] : [];
          return { to, ...shift, results: verdicts(to), taken };
        }),
      ),
    );
  });
});

const late: Shift = { surplus: [], moment: "idle", apart: false, pipelining: true };

it("a real refusal of all on a kept connection is asked for once more, on a new one", async () => {
  const refused = await second(late, ["nobody"]);
  expect(refused).toEqual({ told: ["5.1.1 no such user"], taken: [], connections: 2 });
});

it("a real refusal of one on a kept connection is believed, because the 354 follows", async () => {
  const refused = await second(late, ["nobody", "ann"]);
  expect(refused).toEqual({ told: ["5.1.1 no such user", "taken"], taken: [["ann"]], connections: 1 });
});

it("a message that is taken back has no refusals of its own on a kept connection", async () => {
  const shift: Shift = { surplus: ["550 5.7.1 old"], moment: "RCPT 1", apart: true, pipelining: true };
  const results = await second(shift, ["ann", "bob"], async () => false);
  expect(results).toEqual({ told: ["data ABORTED", "data ABORTED"], taken: [], connections: 1 });
});
