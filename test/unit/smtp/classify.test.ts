/** Every fault gets the verdict that the table says, and no combination whatsoever gets one that contradicts itself. */
import { describe, expect, it } from "@jest/globals";
import {
  askedDelay,
  classify,
  isGreylisting,
  quotaPause,
  replyLine,
  ruleFor,
  rules,
} from "../../../lib/smtp/classify.ts";
import { type Fault, smtpProblemTypes, type Stage } from "../../../lib/smtp/problem.ts";
import { faults, reply } from "./faults.ts";

describe("classify", () => {
  it.each(faults.map(({ title, fault, verdict }) => [title, fault, verdict] as const))(
    "%s",
    (_title, fault, verdict) => {
      expect(classify(fault)).toEqual(verdict);
    },
  );

  it("has a row for every type", () => {
    expect(new Set(faults.map(({ verdict }) => verdict.type))).toEqual(new Set(smtpProblemTypes));
  });

  it("has a row for every rule, and one that no rule fits", () => {
    const decided = new Set(faults.map(({ fault }) => ruleFor(fault)));
    expect(rules.filter((rule) => !decided.has(rule))).toEqual([]);
    expect(decided.size).toBe(rules.length + 1);
  });

  it("reads a reply in the same way whether its text repeats the enhanced code or not", () => {
    for (const { fault, verdict } of faults) {
      if (!fault.reply?.enhancedCode) continue;
      const text = `${fault.reply.enhancedCode} ${fault.reply.text}`;
      expect(classify({ ...fault, reply: { ...fault.reply, text } })).toEqual(verdict);
    }
  });
});

const stages: readonly Stage[] = [
  "dns",
  "connect",
  "greeting",
  "ehlo",
  "tls",
  "auth",
  "mail",
  "rcpt",
  "data",
  "body",
  "reply",
];

/** What each row of the table saw, at every stage, for every sender and place in the transaction. */
const combinations: readonly Fault[] = faults.flatMap(({ fault }) =>
  stages.flatMap((stage) =>
    (["configured", "caller"] as const).flatMap((sender) =>
      [true, false].map((accepted): Fault => ({ ...fault, stage, sender, accepted })),
    ),
  ),
);

describe("whatever happens wherever", () => {
  const verdicts = combinations.map((fault) => ({ fault, verdict: classify(fault) }));
  const violations = (rule: (fault: Fault, verdict: ReturnType<typeof classify>) => boolean) =>
    verdicts.filter(({ fault, verdict }) => !rule(fault, verdict));

  it("a fault of the transport never fails a message", () => {
    expect(violations((_fault, { scope, outcome }) => scope !== "transport" || outcome !== "fail")).toEqual(
      [],
    );
  });

  it("only a fault of the transport rests or holds it", () => {
    expect(
      violations(
        (_fault, { scope, outcome }) => scope === "transport" || !["failover", "hold"].includes(outcome),
      ),
    ).toEqual([]);
  });

  it("exactly what fails or holds is permanent", () => {
    expect(
      violations(
        (_fault, { permanent, outcome }) => permanent === (outcome === "fail" || outcome === "hold"),
      ),
    ).toEqual([]);
  });

  it("an outcome is uncertain only after the final dot, and there it is wherever no reply can be trusted", () => {
    const untrusted = ["GARBAGE", "REPLY_TOO_LARGE", "REPLY_INCONSISTENT"];
    expect(violations(({ stage }, { outcome }) => outcome !== "uncertain" || stage === "reply")).toEqual([]);
    expect(
      violations(
        ({ stage, reply: said, cause = "" }, { outcome }) =>
          stage !== "reply" || (said !== undefined && !untrusted.includes(cause)) || outcome === "uncertain",
      ),
    ).toEqual([]);
  });

  it("before MAIL FROM no fault concerns a message, unless it is our own measuring", () => {
    const measured = ["SIZE_EXCEEDED", "SMTPUTF8_NOT_OFFERED"];
    expect(
      violations(
        ({ stage, cause = "" }, { scope }) =>
          stages.indexOf(stage) >= stages.indexOf("mail") ||
          measured.includes(cause) ||
          scope === "transport",
      ),
    ).toEqual([]);
  });

  it("one recipient's refusal concerns that recipient only", () => {
    expect(
      violations(
        ({ stage }, { type, scope }) =>
          stage !== "rcpt" || !type.startsWith("SMTP_RECIPIENT") || scope === "recipient",
      ),
    ).toEqual([]);
  });

  it("recipients are split only where some were accepted", () => {
    expect(
      violations(
        ({ stage, accepted }, { outcome }) => outcome !== "split" || (stage === "rcpt" && accepted === true),
      ),
    ).toEqual([]);
  });

  it("a limit never fails anything", () => {
    expect(
      violations((_fault, { type, outcome }) => type !== "SMTP_RATE_LIMITED" || outcome === "failover"),
    ).toEqual([]);
  });

  it("a wrong password never fails anything", () => {
    expect(
      violations((_fault, { type, scope }) => !type.startsWith("SMTP_AUTH") || scope === "transport"),
    ).toEqual([]);
  });
});

describe("a bare code without a word", () => {
  it.each([
    ["auth", "421", "failover"],
    ["auth", "599", "hold"],
    ["mail", "499", "retry"],
    ["mail", "599", "hold"],
    ["rcpt", "499", "retry"],
    ["rcpt", "599", "fail"],
    ["data", "499", "retry"],
    ["data", "599", "fail"],
    ["reply", "499", "retry"],
    ["reply", "599", "fail"],
    ["reply", "299", "uncertain"],
  ] as const)("at %s, %s: %s", (stage, code, outcome) => {
    expect(classify({ stage, reply: reply(code) }).outcome).toBe(outcome);
  });
});

it.each([
  [
    "535 5.7.8 Error: authentication failed",
    { code: 535, enhancedCode: "5.7.8", text: "Error: authentication failed" },
  ],
  [
    "535 5.7.8 Error: authentication failed",
    { code: 535, enhancedCode: "5.7.8", text: "5.7.8 Error: authentication failed" },
  ],
  ["421 too busy", { code: 421, text: "too busy" }],
  ["550 5.1.1", { code: 550, enhancedCode: "5.1.1", text: "" }],
  ["550", { code: 550, text: "" }],
])("a reply's line: %s", (line, parts) => {
  expect(replyLine(parts)).toBe(line);
});

describe("greylisting", () => {
  it.each([
    "450 4.7.1 try later",
    "451 4.7.0 temporarily refused",
    "450 greylisted",
    "421 4.3.0 Gray-listed",
    "451 Greylisting in action",
  ])("is %s", (line) => {
    expect(isGreylisting(reply(line))).toBe(true);
  });

  it.each([
    "450 4.2.1 mailbox busy",
    "452 4.7.1 no room",
    "550 5.7.1 greylisted for good",
    "451 4.3.0 local error",
  ])("is not %s", (line) => {
    expect(isGreylisting(reply(line))).toBe(false);
  });
});

describe("a delay that the server asks for", () => {
  it.each([
    ["450 4.7.1 Greylisted, please try again in 300 seconds", 300_000],
    ["450 4.7.1 Greylisted for 5 minutes", 300_000],
    ["451 4.7.1 Greylisting in action, please come back in 00:04:57", 297_000],
    ["421 retry after 60s", 60_000],
    ["421 Wait 2 min before you reconnect", 120_000],
    ["452 too many messages; try again later, in 1 hour", 3_600_000],
    ["452 try again in 2 hours", 3_600_000],
    ["452 try again in 24:00:00", 3_600_000],
    ["452 please retry in 0 seconds", 0],
  ])("%s", (line, delay) => {
    expect(askedDelay(reply(line))).toBe(delay);
  });

  it.each([
    "421 4.7.0 Try again later, closing connection",
    "450 you sent 100 messages in 60 seconds",
    "452 try again later. Limit: 500 messages in 1 hour",
    "450 try again in 5 parsecs",
    "450",
  ])("%s names none", (line) => {
    expect(askedDelay(reply(line))).toBeUndefined();
  });
});

describe("a quota that is used up", () => {
  const minutes = 60_000;

  it.each([
    ["550 5.4.5 Daily user sending limit exceeded.", 60],
    ["454 Throttling failure: Daily message quota exceeded.", 60],
    ["554 5.2.2 mailbox; STOREDRV.Submission.Exception:SubmissionQuotaExceededException", 60],
    ["554 MI:STC 163 smtp1", 60],
    ["504 the number of RCPT attempts is achieved the maximum threshold", 60],
    ["451 you may send 500 messages per day", 60],
    ["450 limit exceeded, come back tomorrow", 60],
    ["452 too many messages in 24 hours", 60],
    ["450 hourly sending limit reached", 15],
    ["450 at most 100 messages per hour", 15],
    ["552 quota exceeded", 15],
    ["421 4.7.0 Try again later, closing connection", 0],
    ["454 Throttling failure: Maximum sending rate exceeded.", 0],
    ["421 too many concurrent sessions", 0],
  ])("%s: %i minutes", (line, pause) => {
    expect(quotaPause(reply(line))).toBe(pause * minutes);
  });
});
