/** Faults in the message, after its final dot, and on a connection that is kept: what may have been delivered, and what not. */
import { expect } from "@jest/globals";
import type { SmtpServer } from "../../support/smtp-server.ts";
import { patient } from "../../support/transport.ts";
import { fail, type FaultRow, once, retry, sent, soon, uncertain } from "./fault.ts";

const MB = 1_000_000;
/** Also as one that does not fit into the system's buffers at once. */
const small = 0;
/** More than the buffers of both ends hold, so that a server that stops reading stops us. */
const huge = 12 * MB;

const code = (line: string): string => line.slice(0, 3);
/** Patient but for what is awaited in vain. */
const impatient = (step: "command" | "afterDot") => ({ timeouts: { ...patient, [step]: 300 } });

export const messageFaults: readonly FaultRow[] = [
  // ── before the dot ──
  ...(["drop", "reset"] as const).map((step) => ({
    name: `F59 ${step} in the message`,
    script: { body: { afterBytes: 100_000, step } },
    sizes: [5 * MB],
    outcome: soon("SMTP_CONNECTION_LOST"),
  })),
  {
    name: "F59 a refusal in the message",
    script: { body: { afterBytes: 100_000, step: ["552 5.3.4 That is enough", "drop"] } },
    sizes: [5 * MB],
    outcome: fail("SMTP_MESSAGE_TOO_LARGE"),
  },
  {
    name: "F59 a refusal in the message by a server that goes on reading",
    script: { body: { afterBytes: 100_000, step: "451 4.3.0 No more of that" } },
    sizes: [5 * MB],
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  },
  {
    name: "F73 a 250 in the message",
    script: { body: { afterBytes: 100_000, step: "250 2.0.0 Ok" } },
    sizes: [5 * MB],
    outcome: retry("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F60 the server stops reading in the message",
    script: { body: { afterBytes: 100_000, step: "stall" } },
    sizes: [huge],
    transport: impatient("command"),
    outcome: retry("SMTP_TIMEOUT"),
  },

  // ── after the dot, without an answer ──
  {
    name: "F62 FIN after the dot",
    script: { dot: "drop" },
    sizes: [small, 5 * MB],
    outcome: uncertain("SMTP_CONNECTION_LOST"),
  },
  {
    name: "F63 RST after the dot",
    script: { dot: "reset" },
    sizes: [small, 2 * MB],
    outcome: uncertain("SMTP_CONNECTION_LOST"),
  },
  {
    name: "F62 FIN after the dot, of a message that is held then",
    script: { dot: "drop" },
    message: { ambiguous: "hold" },
    outcome: {
      status: "unknown",
      problem: "SMTP_CONNECTION_LOST",
      ambiguous: true,
      transport: "up",
      copies: 1,
    },
  },
  {
    name: "F64 no answer after the dot",
    script: { dot: "silence" },
    sizes: [small, MB],
    transport: impatient("afterDot"),
    outcome: uncertain("SMTP_TIMEOUT"),
  },
  {
    name: "F65 an answer to the dot that goes on and on",
    script: { dot: { drip: "250-x\r\n".repeat(1000), everyMs: 40 } },
    transport: { timeouts: { ...patient, total: 1000 } },
    outcome: uncertain("SMTP_TIMEOUT"),
  },

  // ── after the dot, with an answer ──
  ...["450 4.2.0 Later", "451 4.3.0 Local error", "452 4.3.1 No room"].map((dot) => ({
    name: `F68 the dot answered with ${code(dot)}`,
    script: { dot },
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  })),
  {
    name: "F68 the dot answered with 421",
    script: { dot: ["421 4.3.2 Closing", "drop"] },
    sizes: [small, MB],
    outcome: retry("SMTP_SERVER_BUSY"),
  },
  ...["550 5.7.1 This looks like spam", "552 5.6.0 Illegal attachment", "554 5.7.1 No"].map((dot) => ({
    name: `F69 the dot answered with ${code(dot)}`,
    script: { dot },
    outcome: fail("SMTP_MESSAGE_REJECTED"),
  })),
  ...["552 5.3.4 Message file too big", "554 5.3.4 Message too big"].map((dot) => ({
    name: `F46 no SIZE announced, and the dot answered with ${code(dot)} 5.3.4`,
    script: { dot },
    server: { capabilities: ["8BITMIME"] },
    sizes: [2 * MB],
    outcome: fail("SMTP_MESSAGE_TOO_LARGE"),
  })),
  {
    name: "F70 garbage after the dot",
    script: { dot: { raw: "Thank you!\r\n" } },
    outcome: uncertain("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F70 a 354 after the dot",
    script: { dot: "354 Go on" },
    outcome: uncertain("SMTP_PROTOCOL_ERROR"),
  },
  {
    name: "F71 250 and 550 in one answer to the dot",
    script: { dot: { raw: "250-ok\r\n550 no\r\n" } },
    outcome: uncertain("SMTP_PROTOCOL_ERROR"),
  },
  ...["451 4.3.0 surplus", "550 5.1.1 surplus"].flatMap((surplus) => [
    {
      name: `F73 a surplus ${code(surplus)} right behind the 250`,
      script: { dot: { raw: `250 ok\r\n${surplus}\r\n` } },
      outcome: uncertain("SMTP_PROTOCOL_ERROR"),
    },
    {
      name: `F73 a surplus ${code(surplus)} a little later`,
      script: { dot: ["250 ok", { afterMs: 20, step: surplus }] },
      outcome: sent,
    },
  ]),
  {
    name: "F75 good-bye right behind the 250",
    script: { dot: ["250 ok\r\n421 4.3.2 Closing", "drop"] },
    outcome: sent,
  },

  // ── on a kept connection ──
  ...(
    [
      ["F73 a surplus 550", "550 5.1.1 surplus"],
      ["F73 a surplus 250", "250 2.1.5 surplus"],
      ["F75 a 421", "421 4.4.2 Idle too long"],
      ["F75 a 421 and FIN", ["421 4.4.2 Idle too long", "drop"]],
      ["F76 FIN", "drop"],
      ["F76 RST", "reset"],
    ] as const
  ).map(([name, interrupt]) => ({
    name: `${name} on a kept connection`,
    interrupt,
    runs: ["reused"] as const,
    sizes: [small, MB],
    outcome: sent,
  })),
  {
    name: "F76 a kept connection is lost with the first command",
    script: () => ({ mail: once("reset") }),
    runs: ["reused"],
    outcome: sent,
  },
  {
    name: "F83 the other end of a kept connection is gone, without a word",
    interrupt: "silence",
    runs: ["reused"],
    transport: impatient("command"),
    outcome: soon("SMTP_TIMEOUT"),
  },

  // ── dots ──
  ...(
    [
      ["LF.LF", "\n.\n"],
      ["LF.CRLF", "\n.\r\n"],
      ["CRLF.LF", "\r\n.\n"],
      ["CR.CR", "\r.\r"],
      ["CRLF.CRLF", "\r\n.\r\n"],
    ] as const
  ).map(([name, end]) => ({
    name: `F86 ${name} in the text`,
    message: {
      text: `before${end}MAIL FROM:<evil@example.com>\r\nRCPT TO:<cy@example.com>\r\nDATA\r\nSubject: smuggled${end}after`,
    },
    outcome: sent,
    seen({ messages, commands }: SmtpServer) {
      const data = messages.at(-1)?.data.toString("latin1") ?? "";
      expect(data).toContain("after");
      // a bare CR or LF is what lenient servers take for the end of a line
      expect(data).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
      expect(commands.some(({ line }) => line.includes("evil@example.com"))).toBe(false);
    },
  })),
];
