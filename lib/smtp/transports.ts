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
   * Walks the way to one server; a verdict `ok` ends its rest or hold. One walk at a time for each server.
   * @param name `primary` (default), `fallback1`, …
   * @throws MailError MAIL_INVALID_MESSAGE for an unknown name
   */
  verify(name?: string, locale?: Locale): Promise<VerifyReport>;
  /** Hangs up; a walk under way ends at once. */
  close(): void;
}

export function openTransports(config: Config, options: SessionOptions = {}): Transports {
  const transports = config.transports.map((transport) => openTransport(transport, options));
  const { retrySchedule, retryScheduleIsOwn } = config.mail;
  const own = (step: number): number => retrySchedule[Math.min(step, retrySchedule.length - 1)] ?? 0;
  const policy = transportPolicy(transports, {
    ...(options.now && { now: options.now }),
    ...(retryScheduleIsOwn && { rest: (failures: number) => own(failures - 1), hold: own(0) }),
  });
  const walks = new Map<string, Promise<unknown>>();
  const stopping = new AbortController();

  const walkTo = async (transport: TransportConfig, locale: Locale | undefined): Promise<VerifyReport> => {
    const report = await verifyTransport(transport, {
      ...options,
      ...(config.sender && { sender: config.sender }),
      findings: config.findings,
      signal: stopping.signal,
      ...(locale && { locale }),
    });
    if (report.ok) policy.release(transport.name);
    return report;
  };

  return {
    policy,

    async verify(name = "primary", locale) {
      const transport = config.transports.find((one) => one.name === name);
      if (!transport) {
        if (config.transports.length === 0 && name === "primary")
          return notConfigured(locale, config.findings);
        throw unknownTransport(config.transports.map((one) => one.name));
      }
      const turn = (walks.get(name) ?? Promise.resolve()).then(() => walkTo(transport, locale));
      walks.set(
        name,
        turn.catch(() => {}),
      );
      return turn;
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
    remedy: "mail.stats lists the transports by name.",
  });
}
