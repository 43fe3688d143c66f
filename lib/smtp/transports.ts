/** All SMTP servers of the settings: opened together, verified by name, closed once. */
import type { Config, TransportConfig } from "../config/config.ts";
import { MailError } from "../errors.ts";
import { type TransportPolicy, transportPolicy } from "./policy.ts";
import type { Locale } from "./problem.ts";
import type { SessionOptions } from "./session.ts";
import { openTransport } from "./transport.ts";
import { notConfigured, type VerifyReport, verifyTransport } from "./verify.ts";

export interface Transports {
  readonly policy: TransportPolicy;
  /**
   * Walks the way to one server (by default the first); a verdict `ok` ends its rest or hold. One walk at a time for each
   * server; whoever asks while another waits for its walk to begin shares that one.
   * @throws MailError MAIL_INVALID_MESSAGE for an unknown name
   */
  verify(name?: string, options?: WalkOptions): Promise<VerifyReport>;
  /** Hangs up; a walk under way ends at once. */
  close(): void;
}

export interface WalkOptions {
  /** @default "en" */
  locale?: Locale;
  /** How long whoever asks will wait for the report, in ms */
  within?: number;
}

export function openTransports(config: Config, options: SessionOptions = {}): Transports {
  const transports = config.transports.map((transport) => openTransport(transport, options));
  const { retrySchedule, retryScheduleIsOwn } = config.mail;
  const own = (step: number): number => retrySchedule[Math.min(step, retrySchedule.length - 1)] ?? 0;
  const policy = transportPolicy(transports, {
    ...(options.now && { now: options.now }),
    // a refused login is still repeated no sooner than each quarter of an hour: providers lock accounts
    ...(retryScheduleIsOwn && { rest: (failures: number) => own(failures - 1) }),
  });
  const lastWalk = new Map<string, Promise<unknown>>();
  const waitingWalk = new Map<string, Promise<VerifyReport>>();
  const stopping = new AbortController();

  const walkTo = async (transport: TransportConfig, how: WalkOptions): Promise<VerifyReport> => {
    const report = await verifyTransport(transport, {
      ...options,
      ...(config.sender && { sender: config.sender }),
      findings: config.findings,
      signal: stopping.signal,
      ...how,
    });
    if (report.ok) policy.release(transport.name);
    return report;
  };

  /** Whoever comes next waits for this walk, however it ends. */
  const inTurn = (name: string, walk: Promise<VerifyReport>): Promise<VerifyReport> => {
    const end = walk
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        if (lastWalk.get(name) === end) lastWalk.delete(name);
      });
    lastWalk.set(name, end);
    return walk;
  };

  return {
    policy,

    async verify(name = config.transports[0]?.name ?? "primary", walk = {}) {
      const transport = config.transports.find((one) => one.name === name);
      if (!transport) {
        if (config.transports.length === 0 && name === "primary") {
          return notConfigured(walk.locale, config.findings);
        }
        throw unknownTransport(config.transports.map((one) => one.name));
      }
      const before = lastWalk.get(name);
      if (!before) return inTurn(name, walkTo(transport, walk));
      const key = `${name} ${walk.locale}`;
      const shared = waitingWalk.get(key);
      if (shared) return shared;
      const turn = before.then(() => {
        waitingWalk.delete(key);
        return walkTo(transport, walk);
      });
      waitingWalk.set(key, turn);
      return inTurn(name, turn);
    },

    close() {
      stopping.abort();
      for (const transport of transports) transport.close();
    },
  };
}

function unknownTransport(names: readonly string[]): MailError {
  const expectation =
    names.length > 0 ? `expected one of ${names.join(", ")}` : "no SMTP server is configured";
  return new MailError("MAIL_INVALID_MESSAGE", `\`transport\`: ${expectation}`, {
    fields: [{ field: "transport", message: expectation }],
    remedy: "Leave `transport` out for the first one.",
  });
}
