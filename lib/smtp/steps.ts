/** The way to a server that is ready for a message: the same steps for delivery and for verification. */
import type { EncryptionFacts } from "./tls.ts";
import type { Reply } from "./problem.ts";
import type { Address, SmtpSession } from "./session.ts";

/** What each step found out. Keyed by the names of verify's checks. */
export interface StepFacts {
  dns: Address[];
  connect: { address: string; port: number };
  /** Banner and EHLO */
  greeting: Reply;
  /** Undefined: the way stays in clear, and that is allowed */
  encryption: EncryptionFacts | undefined;
  /** The mechanism; undefined: no credentials were given */
  authentication: string | undefined;
}

export type StepName = keyof StepFacts;

const greeting = async (session: SmtpSession): Promise<Reply> => {
  const banner = await session.greet();
  await session.hello();
  return banner;
};

type Steps = { readonly [Name in StepName]: (session: SmtpSession) => Promise<StepFacts[Name]> };

const steps: Steps = {
  dns: (session) => session.resolve(),
  connect: (session) => session.connect(),
  greeting,
  encryption: (session) => (session.transport.security === "tls" ? session.handshake() : session.upgrade()),
  authentication: (session) => session.authenticate(),
};

/** With TLS from the first byte the handshake comes before the greeting. */
const order = {
  tls: ["dns", "connect", "encryption", "greeting", "authentication"],
  plain: ["dns", "connect", "greeting", "encryption", "authentication"],
} as const satisfies Record<string, readonly StepName[]>;

/**
 * Walks a new session to the point where MAIL FROM may follow.
 * @param observe is told before and after each step; verify times and reports them, delivery has no use for it
 * @throws SmtpFault at the first step that fails
 */
export async function walk(
  session: SmtpSession,
  observe: <Name extends StepName>(name: Name, step: () => Promise<StepFacts[Name]>) => Promise<unknown> = (
    _name,
    step,
  ) => step(),
): Promise<void> {
  const one = <Name extends StepName>(name: Name) => observe(name, () => steps[name](session));
  for (const name of session.transport.security === "tls" ? order.tls : order.plain) await one(name);
}
