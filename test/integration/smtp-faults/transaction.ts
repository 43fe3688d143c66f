/** Faults of the envelope, from MAIL FROM to the 354: each recipient's answer is its own, and nothing has been delivered. */
import { expect } from "@jest/globals";
import { patient } from "../../support/transport.ts";
import { each, fail, failover, type FaultRow, hold, once, retry, sent, soon } from "./fault.ts";

const MB = 1_000_000;
const three = { to: ["ann@example.com", "bob@example.com", "cy@example.com"] };
const twelve = { to: Array.from({ length: 12 }, (_, at) => `a${at}@example.com`) };
const caller = { from: "other@example.com" };

/** Answers by the recipient's name. */
const answers = (byName: Record<string, string>) => ({
  rcpt: ({ argument }: { argument: string }) => byName[/<([^@]*)/.exec(argument)?.[1] ?? ""],
});

/** What stands before the first blank. */
const code = (line: string): string => line.slice(0, 3);

export const transactionFaults: readonly FaultRow[] = [
  // ── MAIL FROM ──
  {
    name: "F40 MAIL 530",
    script: { mail: "530 5.7.0 Authentication required" },
    outcome: hold("SMTP_AUTH_REQUIRED"),
  },
  {
    name: "F41 MAIL 421 and FIN, whenever we come",
    script: { mail: ["421 4.3.2 Closing", "drop"] },
    outcome: soon("SMTP_SERVER_BUSY"),
  },
  {
    name: "F41 MAIL 421 and FIN, once",
    script: () => ({ mail: once(["421 4.3.2 Closing", "drop"]) }),
    outcome: soon("SMTP_SERVER_BUSY"),
    reused: sent,
  },
  ...["450 4.1.8 Domain not found", "451 4.3.0 Local error", "452 4.3.1 No room"].map((mail) => ({
    name: `F42 MAIL ${code(mail)}`,
    script: { mail },
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  })),
  {
    name: "F43 MAIL 503, whenever we come",
    script: { mail: "503 5.5.1 Nested MAIL command" },
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  },
  {
    name: "F43 MAIL 503, once",
    script: () => ({ mail: once("503 5.5.1 Nested MAIL command") }),
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
    reused: sent,
  },
  ...["550 5.1.0 Rejected", "553 5.7.1 Not owned", "554 5.7.1 No", "501 5.1.7 Bad sender"].flatMap((mail) => [
    {
      name: `F44 MAIL ${code(mail)} for the sender of the settings`,
      script: { mail },
      outcome: hold("SMTP_SENDER_REJECTED"),
    },
    {
      name: `F44 MAIL ${code(mail)} for the caller's sender`,
      script: { mail },
      message: caller,
      outcome: fail("SMTP_SENDER_REJECTED"),
    },
  ]),
  {
    name: "F45 MAIL 552 5.3.4",
    script: { mail: "552 5.3.4 Message size exceeds fixed limit" },
    sizes: [0, 2 * MB],
    outcome: fail("SMTP_MESSAGE_TOO_LARGE"),
  },
  {
    name: "F46 larger than the SIZE that was announced",
    server: { capabilities: ["SIZE 20000"] },
    sizes: [30_000, 5 * MB],
    outcome: fail("SMTP_MESSAGE_TOO_LARGE"),
    seen: ({ commands }) => {
      const sizes = commands.flatMap(({ line }) => / SIZE=(\d+)/.exec(line)?.[1] ?? []);
      expect(sizes.filter((size) => Number(size) > 20_000)).toEqual([]);
    },
  },
  {
    name: "F55 MAIL without an answer",
    script: { mail: "silence" },
    transport: { timeouts: { ...patient, command: 300 } },
    outcome: soon("SMTP_TIMEOUT"),
  },

  // ── limits of the account ──
  {
    name: "F85 MAIL 421 for a throttle, which names a time",
    script: { mail: "421 4.7.0 Too many messages, try again in 300 seconds" },
    outcome: failover("SMTP_RATE_LIMITED", 300),
  },
  {
    name: "F85 MAIL 450 for a throttle",
    script: { mail: "450 4.2.1 Sending rate limit exceeded" },
    outcome: failover("SMTP_RATE_LIMITED"),
  },
  {
    name: "F85 RCPT 550 for the day's quota",
    script: { rcpt: "550 5.4.5 Daily user sending limit exceeded" },
    outcome: failover("SMTP_RATE_LIMITED", 3600),
  },
  {
    name: "F85 the dot answered with the hour's quota",
    script: { dot: "452 4.3.1 Hourly message limit exceeded" },
    outcome: failover("SMTP_RATE_LIMITED", 900),
  },

  // ── RCPT TO ──
  {
    name: "F47 RCPT 550",
    script: { rcpt: "550 5.1.1 No such user" },
    outcome: fail("SMTP_RECIPIENT_REJECTED"),
  },
  ...["450 4.7.1 Greylisted, come back later", "451 4.7.1 Greylisting in action"].map((rcpt) => ({
    name: `F48 RCPT ${code(rcpt)}, greylisted`,
    script: { rcpt },
    outcome: retry("SMTP_RECIPIENT_DEFERRED", 300),
  })),
  {
    name: "F48 RCPT 451, greylisted, which names a time",
    script: { rcpt: "451 4.7.1 Greylisted, try again in 600 seconds" },
    outcome: retry("SMTP_RECIPIENT_DEFERRED", 600),
  },
  {
    name: "F49 RCPT 454, relaying denied",
    script: { rcpt: "454 4.7.1 Relay access denied" },
    outcome: retry("SMTP_RECIPIENT_DEFERRED"),
  },
  {
    name: "F50 RCPT 250, 550, 450",
    script: answers({ bob: "550 5.1.1 No such user", cy: "450 4.2.1 Mailbox busy" }),
    message: three,
    sizes: [0, MB],
    outcome: {
      ...each(["sent", "failed", "deferred"], retry("SMTP_RECIPIENT_DEFERRED")),
      copies: 1,
    },
  },
  {
    name: "F51 RCPT 550, 450, 550",
    script: answers({
      ann: "550 5.1.1 No such user",
      bob: "450 4.2.1 Mailbox busy",
      cy: "550 5.1.1 No such user",
    }),
    message: three,
    outcome: each(["failed", "deferred", "failed"], retry("SMTP_RECIPIENT_DEFERRED")),
  },
  ...["452 4.5.3 Too many recipients", "552 5.5.3 Too many recipients"].map((refusal, at) => ({
    name: `F5${at + 2} RCPT ${code(refusal)} after the fifth of twelve`,
    script: {
      rcpt: ({ session }: { session: { to: string[] } }) => (session.to.length >= 5 ? refusal : undefined),
    },
    message: twelve,
    outcome: { ...sent, copies: 3 },
  })),
  {
    name: "F53 RCPT 552 at the first recipient",
    script: { rcpt: "552 5.2.2 Mailbox full" },
    outcome: retry("SMTP_RECIPIENT_DEFERRED"),
  },
  {
    name: "F54 RCPT 421 in the middle",
    script: { rcpt: ({ session }) => (session.to.length >= 1 ? ["421 4.3.2 Closing", "drop"] : undefined) },
    message: three,
    outcome: soon("SMTP_SERVER_BUSY"),
  },
  ...(["mail", "rcpt", "data"] as const).flatMap((moment) =>
    (["drop", "reset"] as const).map((step) => ({
      name: `F55 ${step} at ${moment.toUpperCase()}`,
      script: { [moment]: step },
      outcome: soon("SMTP_CONNECTION_LOST"),
    })),
  ),
  {
    name: "F55 garbage at RCPT",
    script: { rcpt: { raw: "what?\r\n" } },
    outcome: soon("SMTP_PROTOCOL_ERROR"),
  },

  // ── DATA ──
  {
    name: "F56 DATA 451",
    script: { data: "451 4.3.0 Local error" },
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  },
  {
    name: "F56 DATA 554",
    script: { data: "554 5.5.1 No" },
    outcome: fail("SMTP_MESSAGE_REJECTED"),
  },
  {
    name: "F56 DATA 503",
    script: { data: "503 5.5.1 Bad sequence of commands" },
    outcome: retry("SMTP_MESSAGE_DEFERRED"),
  },
  {
    name: "F56 DATA 421",
    script: { data: ["421 4.3.2 Closing", "drop"] },
    outcome: soon("SMTP_SERVER_BUSY"),
  },
  {
    name: "F58 354 although nobody was accepted",
    script: {
      ...answers({
        ann: "550 5.1.1 No such user",
        bob: "450 4.2.1 Mailbox busy",
        cy: "550 5.1.1 No such user",
      }),
      data: "354 Go ahead",
    },
    message: three,
    outcome: each(["failed", "deferred", "failed"], retry("SMTP_RECIPIENT_DEFERRED")),
  },

  // ── what the server does not offer ──
  {
    name: "F79 SMTPUTF8 is missing, for a local part that needs it",
    server: { capabilities: ["SIZE 36700160"] },
    message: { to: "jõ@example.com" },
    outcome: fail("SMTP_RECIPIENT_REJECTED"),
    seen: ({ commands }) => expect(commands.some(({ line }) => /j.*@example/.test(line))).toBe(false),
  },
  {
    name: "F79 the same, beside one that does not",
    server: { capabilities: ["SIZE 36700160"] },
    message: { to: ["jõ@example.com", "ann@example.com"] },
    outcome: each(["failed", "sent"], { ...sent, problem: "SMTP_RECIPIENT_REJECTED" }),
  },
  {
    name: "F80 SMTPUTF8 is missing, for a domain that has another spelling",
    server: { capabilities: ["SIZE 36700160"] },
    message: { to: "ann@bücher.example" },
    outcome: sent,
    seen: ({ messages }) => expect(messages.at(-1)?.to).toEqual(["ann@xn--bcher-kva.example"]),
  },
  {
    name: "F81 8BITMIME is missing",
    server: { capabilities: [] },
    message: {
      subject: "Grüße",
      text: "Schöne Grüße",
      html: "<p>Schöne Grüße</p>",
      attachments: [
        { filename: "mail.eml", contentType: "message/rfc822", content: "Subject: ü\r\n\r\nGrüße\r\n" },
      ],
    },
    outcome: sent,
    seen: ({ messages }) => expect(messages.at(-1)?.data.every((byte) => byte < 128)).toBe(true),
  },
  {
    name: "F82 PIPELINING, SIZE and all the others are missing",
    server: { capabilities: [] },
    sizes: [0, MB],
    outcome: sent,
  },
];
