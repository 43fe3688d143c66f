/** How to log in: the SASL mechanisms of SMTP AUTH (RFC 4954) as little dialogs, best first. */
import { createHmac } from "node:crypto";

export interface Credentials {
  username: string;
  /** Revealed here and nowhere else */
  password: string;
}

interface Mechanism {
  name: string;
  /** What goes with the AUTH command itself */
  initial?: (credentials: Credentials) => string;
  /** Answers to the server's 334 challenges, in order; the challenge comes decoded */
  answers: readonly ((credentials: Credentials, challenge: string) => string)[];
}

/**
 * PLAIN first (RFC 4616): one round trip. LOGIN where a server knows nothing else. CRAM-MD5 (RFC 2195) only when it is
 * all there is: inside TLS it protects nothing, and it forces the server to keep the password readable.
 */
const mechanisms: readonly Mechanism[] = [
  { name: "PLAIN", initial: ({ username, password }) => `\0${username}\0${password}`, answers: [] },
  { name: "LOGIN", answers: [({ username }) => username, ({ password }) => password] },
  {
    name: "CRAM-MD5",
    answers: [
      ({ username, password }, challenge) =>
        `${username} ${createHmac("md5", password).update(challenge).digest("hex")}`,
    ],
  },
];

/** The best mechanism that the server offers, or undefined. `offered` in capitals, as EHLO lists them. */
export function chooseMechanism(offered: readonly string[]): Mechanism | undefined {
  return mechanisms.find((mechanism) => offered.includes(mechanism.name));
}

export type { Mechanism };
