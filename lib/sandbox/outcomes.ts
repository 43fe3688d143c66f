/** What the sandbox does with a recipient: the part of the address before `+` or `@` names the trouble that it makes. */

/** `refuse`: the reply to RCPT. `slow` and `drop`: what comes of the final dot, for all recipients of the message. */
export type Outcome = { act: "refuse"; code: number; reply: string } | { act: "slow" } | { act: "drop" };

/**
 * The trouble that can be had. `drop` cuts the connection after the final dot, without a reply and without keeping the
 * message: the one moment in SMTP at which the sender cannot know whether the message was taken (RFC 1047).
 */
export const outcomes = {
  bounce: { act: "refuse", code: 550, reply: "5.1.1 No such mailbox in the sandbox" },
  defer: { act: "refuse", code: 451, reply: "4.3.0 The sandbox cannot take this now, try again later" },
  full: { act: "refuse", code: 552, reply: "5.2.2 This mailbox of the sandbox is full" },
  busy: { act: "refuse", code: 421, reply: "4.3.2 The sandbox is busy and closes the connection" },
  slow: { act: "slow" },
  drop: { act: "drop" },
} as const satisfies Record<string, Outcome>;

/** The trouble of `bounce@any.domain` or `Bounce+x@any.domain`; undefined for every address that is simply accepted. */
export function outcomeOf(address: string): Outcome | undefined {
  const [name = ""] = address.toLowerCase().split(/[+@]/, 1);
  return Object.hasOwn(outcomes, name) ? outcomes[name as keyof typeof outcomes] : undefined;
}
