/** The settings of messages: sender, outbox and delivery, the letters' looks, DKIM. */
import type { Config, TransportConfig } from "./config.ts";
import type { Report } from "./faults.ts";
import type { Reading } from "./reader.ts";
import { normalAddress } from "./sender.ts";

export function mailConfig({ values, given }: Reading, report: Report): Config["mail"] {
  const { MAIL_RETRY_SCHEDULE: schedule, MAIL_RETRY_FOR: retryFor } = values;
  if ((schedule[0] ?? 0) >= retryFor) {
    report.findings.push({
      variable: given("MAIL_RETRY_SCHEDULE") ? "MAIL_RETRY_SCHEDULE" : "MAIL_RETRY_FOR",
      message:
        "the first delay of MAIL_RETRY_SCHEDULE is not shorter than MAIL_RETRY_FOR: nothing is tried twice",
      remedy: "Begin with a shorter delay, or raise MAIL_RETRY_FOR.",
    });
  }
  return {
    sendWait: values.MAIL_SEND_WAIT,
    retrySchedule: schedule,
    retryScheduleIsOwn: given("MAIL_RETRY_SCHEDULE"),
    retryFor,
    retention: values.MAIL_RETENTION,
    keepBodies: values.MAIL_KEEP_BODIES,
    outboxLimit: values.MAIL_OUTBOX_LIMIT,
    maxSize: values.MAIL_MAX_SIZE,
    maxRecipients: values.MAIL_MAX_RECIPIENTS,
    probe: values.MAIL_PROBE,
    templates: values.MAIL_TEMPLATES,
    locale: values.MAIL_LOCALE,
  };
}

/** SMTP_SENDER, else the first server's user where that is an address; the brand gives a name where there is none. */
export function senderConfig({ values }: Reading, primary: TransportConfig | undefined): Config["sender"] {
  const address = values.SMTP_SENDER?.address ?? normalAddress(primary?.username ?? "");
  const name = values.SMTP_SENDER?.name ?? values.MAIL_BRAND_NAME;
  return address === undefined ? undefined : { ...(name !== undefined && { name }), address };
}

export function brandConfig({ values }: Reading): Config["brand"] {
  return {
    name: values.MAIL_BRAND_NAME,
    logo: values.MAIL_BRAND_LOGO,
    color: values.MAIL_BRAND_COLOR,
    footer: values.MAIL_BRAND_FOOTER,
    support: values.MAIL_BRAND_SUPPORT,
  };
}

/** All three or none: two of them sign nothing, and nobody would notice. */
export function dkimConfig({ values, given }: Reading, report: Report): Config["dkim"] {
  const trio = ["MAIL_DKIM_DOMAIN", "MAIL_DKIM_SELECTOR", "MAIL_DKIM_KEY"] as const;
  const missing = trio.filter((name) => !given(name));
  if (missing.length > 0 && missing.length < trio.length) {
    const expected = `a value, since ${trio.filter(given).join(" and ")} is set (all three sign, or none)`;
    report.faults.push(...missing.map((variable) => ({ variable, expected, came: "nothing" })));
  }
  const { MAIL_DKIM_DOMAIN: domain, MAIL_DKIM_SELECTOR: selector, MAIL_DKIM_KEY: key } = values;
  return domain && selector && key ? { domain, selector, key } : undefined;
}
