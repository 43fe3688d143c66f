/** Faults planted in the SMTP conversation: what goes over the line in clear, how far it came, and who is to blame. */
import type { Mutation } from "./mutation.ts";

const session = "lib/smtp/session.ts";
const classify = "lib/smtp/classify.ts";
const ofSession = "test/unit/smtp/session.test.ts";
const ofTransport = "test/unit/smtp/transport.test.ts";
const ofClassify = "test/unit/smtp/classify.test.ts";

const protectedWay = "No credentials over a way that is not protected";
const notFailed = "A fault of the server or of our settings fails no message";
const honest = "“sent” means that the server has taken this very message";

export const smtpMutations: readonly Mutation[] = [
  {
    fault: "a wrong password fails the message",
    breaks: notFailed,
    file: classify,
    changes: [
      [
        `says: /^5/, means: hold("SMTP_AUTH_FAILED")`,
        `says: /^5/, means: never("SMTP_AUTH_FAILED", "message")`,
      ],
    ],
    test: ofClassify,
    named: "a wrong password never fails anything",
  },
  {
    fault: "a server that is over its limit fails messages",
    breaks: notFailed,
    file: classify,
    changes: [
      [
        `at: transaction, says: throttled, means: failover("SMTP_RATE_LIMITED")`,
        `at: transaction, says: throttled, means: never("SMTP_RATE_LIMITED", "message")`,
      ],
    ],
    test: ofClassify,
    named: "a limit never fails anything",
  },
  {
    fault: "the settings demand no TLS where credentials are given",
    breaks: protectedWay,
    file: "lib/config/smtp.ts",
    changes: [['if (username !== undefined && !values.SMTP_ALLOW_CLEARTEXT_AUTH) return "starttls";', ""]],
    test: "test/unit/config/smtp.test.ts",
    named: "how it is protected",
  },
  {
    fault: "the session logs in though the way is in clear",
    breaks: protectedWay,
    file: session,
    changes: [["if (!this.secure && !allowCleartextAuth)", "if (!this.secure && allowCleartextAuth)"]],
    test: ofSession,
    named: "does not cross in clear on loopback",
  },
  {
    fault: "both locks are open: STARTTLS that is not offered is gone without, and the session logs in",
    breaks: protectedWay,
    file: session,
    changes: [
      [
        `security === "none" || (security === "opportunistic" && !offered)`,
        `security === "none" || !offered`,
      ],
      ["if (!this.secure && !allowCleartextAuth)", "if (!this.secure && allowCleartextAuth)"],
    ],
    test: ofSession,
    named: "never crosses in clear when STARTTLS is not offered",
  },
  {
    fault: "a refused EHLO is answered with HELO, credentials or not",
    breaks: "No downgrade: a refused EHLO is no way around TLS",
    file: session,
    changes: [["if (needsExtensions || ![500", "if (![500"]],
    test: "test/integration/smtp-faults.test.ts",
    named: "F18 EHLO 502",
  },
  {
    fault: "what came in the same breath as the 220 of STARTTLS is believed",
    breaks: "Nothing said in clear counts inside TLS",
    file: session,
    changes: [
      [`if (!this.reusable) throw this.#fault({ command: "STARTTLS", cause: "REPLY_INCONSISTENT" });`, ""],
    ],
    test: ofSession,
    named: "a reply is injected before TLS",
  },
  {
    fault: "any certificate will do",
    breaks: protectedWay,
    file: "lib/smtp/tls.ts",
    changes: [["    rejectUnauthorized: true,\n", "    rejectUnauthorized: false,\n"]],
    test: ofSession,
    named: "the certificate is signed by nobody",
  },
  {
    fault: "where AUTH is not offered, mail goes without logging in",
    breaks: "No mail goes out unauthenticated where credentials are given",
    file: session,
    changes: [[`throw this.#fault({ command: "AUTH", cause: "AUTH_NOT_OFFERED" });`, "return undefined;"]],
    test: ofSession,
    named: "AUTH is not offered",
  },
  {
    fault: "the server's words are kept as they are, with the password that it echoes",
    breaks: "No secret in logs, errors, replies and records",
    file: session,
    changes: [["return presentReply(reply, this.#redact);", "return presentReply(reply, (text) => text);"]],
    test: ofSession,
    named: "is not in the fault when the server echoes it",
  },
  {
    fault: "a line that breaks after the final dot counts as certain",
    breaks: "What may have been delivered is told as such",
    file: classify,
    changes: [
      [
        `{ at: ["reply"], means: uncertain("SMTP_CONNECTION_LOST") }`,
        `{ at: ["reply"], means: soon("SMTP_CONNECTION_LOST") }`,
      ],
    ],
    test: ofClassify,
    named: "an outcome is uncertain only after the final dot",
  },
  {
    fault: "the session does not know that the final dot has gone out",
    breaks: "What may have been delivered is told as such",
    file: session,
    changes: [[`    this.stage = "reply";\n`, ""]],
    test: ofSession,
    named: "stage reply after",
  },
  {
    fault: "the stage says `reply` before the body has gone out",
    breaks: "What certainly was not delivered goes out again",
    file: session,
    changes: [[`    this.stage = "body";\n`, `    this.stage = "reply";\n`]],
    test: ofTransport,
    named: "that the server stops reading is certainly not delivered",
  },
  {
    fault: "a surplus reply is not noticed on a kept connection",
    breaks: honest,
    file: session,
    changes: [
      ["return this.#broken === undefined && this.#reader.quiet;", "return this.#broken === undefined;"],
    ],
    test: ofSession,
    named: "makes a connection unfit for the next message",
  },
  {
    fault: "a surplus reply behind the 250 is not noticed",
    breaks: honest,
    file: session,
    changes: [["if (reply.code !== 250 || surplus)", "if (reply.code !== 250)"]],
    test: ofSession,
    named: "stage reply after",
  },
  {
    fault: "any reply of the 2xx and 3xx means that the message was taken",
    breaks: honest,
    file: session,
    changes: [["if (reply.code !== 250 || surplus)", "if (surplus)"]],
    test: "test/integration/smtp-faults.test.ts",
    named: "F70 a 354 after the dot",
  },
  {
    fault: "the answer to the question for clearance is ignored",
    breaks: "With `ambiguous: hold`, no second copy of what may have been delivered",
    file: "lib/smtp/transaction.ts",
    changes: [
      [
        "if (parcel.clearance && !(await session.meanwhile(parcel.clearance().catch(() => false))))",
        "if (parcel.clearance && (await session.meanwhile(parcel.clearance().catch(() => false))) === undefined)",
      ],
    ],
    test: ofTransport,
    named: "that says no on a kept connection",
  },
  {
    fault: "lines that begin with a dot go as they are",
    breaks: "One message in, one message out, as it was written",
    file: "lib/smtp/dot-stuffing.ts",
    changes: [["    start = dot;\n", "    start = dot + 1;\n"]],
    test: ofTransport,
    named: "arrives as it was, dots and all",
  },
  {
    fault: "a line break in an address goes on the wire",
    breaks: "Nobody adds recipients or commands through an address",
    file: session,
    changes: [["if (/[\\r\\n\\0]/.test(argument))", "if (/[\\0]/.test(argument))"]],
    test: ofSession,
    named: "refuses to put a line break on the wire",
  },
  {
    fault: "one recipient's refusal rests the server",
    breaks: "One wrong address holds up nobody else's mail",
    file: "lib/outbox/attempt.ts",
    changes: [
      [
        `return [faults.some(({ verdict }) => verdict.scope === "transport") ? "nothing" : "up"];`,
        `return [faults.length > 0 ? "failover" : "up", faults[0]?.problem];`,
      ],
    ],
    test: "test/unit/outbox/outbox.test.ts",
    named: "a message that is refused for good",
  },
  {
    fault: "a server that has to prove itself gets everything that waits",
    breaks: "A server that was down is probed with one message",
    file: "lib/smtp/policy.ts",
    changes: [["return probing ? 0 : 1;", "return probing ? 0 : 1000;"]],
    test: "test/unit/smtp/policy.test.ts",
    named: "lets a held transport prove itself at once when it is released, with one message",
  },
  {
    fault: "an attempt has no end of its own",
    breaks: "Nothing stays on the wire for ever",
    file: "lib/smtp/transport.ts",
    changes: [["startDeadline(config.timeouts.total, signal)", "startDeadline(2 ** 30, signal)"]],
    test: ofTransport,
    named: "ends an attempt at its own deadline",
  },
  {
    fault: "what is on the wire cannot be broken off",
    breaks: "SIGTERM: the process ends, whatever a server does",
    file: "lib/smtp/transport.ts",
    changes: [["startDeadline(config.timeouts.total, signal)", "startDeadline(config.timeouts.total)"]],
    test: ofTransport,
    named: "ends an attempt as soon as somebody says stop",
  },
];
