/** The parameters of `mail.send`: everything is checked here, once, and only what was understood goes on. */
import { readMailbox, readMailboxes } from "./address.ts";
import { readAttachments } from "./attachments.ts";
import { hasUnprintable, wellFormed } from "./characters.ts";
import { type Faults, isFaultless, isRefused, kindOf, noFaults, refusal, refuse } from "./faults.ts";
import { readHeaders } from "./headers.ts";
import { readTimes } from "./instants.ts";
import { readLine, readMetadata, readTags } from "./labels.ts";
import { limits } from "./limits.ts";
import { recipientsOf, type SendRequest } from "./message.ts";
import { sendRules } from "./rules.ts";
import { type Hints, shape } from "./shape.ts";
import { readLanguage, readTemplateName } from "./template.ts";
import { readData } from "./template-data.ts";

export interface SendLimits {
  /** Different addresses in to, cc and bcc together */
  maxRecipients: number;
  /** Bytes of text, html and attachments together */
  maxSize: number;
  /** Epoch ms */
  now: number;
}

const OURS = "it is set by the service";

const hints: Hints = {
  recipient: "to",
  recipients: "to",
  sender: "from",
  replyto: "replyTo",
  body: "text and html are the parameters for a body",
  message: "text and html are the parameters for a body",
  content: "text and html are the parameters for a body",
  title: "subject",
  type: "template",
  variables: "data",
  context: "data",
  lang: "locale",
  files: "attachments",
  scheduledat: "sendAt",
  deliverat: "sendAt",
  delay: "sendAt",
  expires: "expiresAt",
  expiresin: "expiresAt",
  ttl: "expiresAt",
  timeout: "wait",
  transport: "the service chooses the transport",
  provider: "the service chooses the transport",
  messageid: OURS,
  date: OURS,
  envelope: OURS,
  list: "List-Unsubscribe goes into headers",
};

const sendShape = shape(sendRules, hints);

type Given = NonNullable<ReturnType<typeof sendShape>>;

/**
 * Checks the parameters of `mail.send` and brings them into their normal form, field by field: nothing is passed through.
 * A `sendAt` in the past stays as given, so that a repeated call has the same fingerprint; it means now.
 * @param context whether a message without `from` has a sender in the settings (by default it has)
 * @throws MailError MAIL_INVALID_MESSAGE, or MAIL_TOO_LARGE where nothing but the size is wrong; `data.fields` names every
 *   faulty field and what was expected, never the value
 */
export function checkSend(
  params: unknown,
  { maxRecipients, maxSize, now }: SendLimits,
  context: { senderConfigured: boolean } = { senderConfigured: true },
): SendRequest {
  const faults = noFaults();
  const given = sendShape(params, "", faults);
  if (!given) throw refusal(faults);

  const recipients = readRecipients(given, maxRecipients, faults);
  const from = given.from === undefined ? undefined : readMailbox(given.from, "from", faults);
  if (given.from === undefined && !context.senderConfigured) {
    refuse(faults, "from", "expected an address, because no SMTP_SENDER is configured; got nothing");
  }
  const replyTo = readMailboxes(given.replyTo, "replyTo", limits.replyTo, faults);
  const content = readContent(given, faults);
  const data = given.data && readData(given.data, faults);
  const locale = readLanguage(given, faults);
  const attachments = readAttachments(given.attachments ?? [], maxSize, faults);
  checkTotal([content.text, content.html, ...attachments.map((one) => one.content)], maxSize, faults);
  const headers = given.headers ? readHeaders(given.headers, faults) : {};
  const tags = readTags(given.tags ?? [], faults);
  const metadata = given.metadata ? readMetadata(given.metadata, faults) : {};
  const idempotencyKey = readLine(given.idempotencyKey, "idempotencyKey", faults);
  const replaceKey = readLine(given.replaceKey, "replaceKey", faults);
  const times = readTimes(given, now, faults);
  const wait = readWait(given.wait, faults);

  if (!isFaultless(faults)) throw refusal(faults);
  return withoutUndefined({
    ...recipients,
    from,
    replyTo,
    ...content,
    data,
    locale,
    attachments,
    headers,
    tags,
    metadata,
    idempotencyKey,
    ...times,
    replaceKey,
    priority: given.priority ?? "normal",
    ambiguous: given.ambiguous ?? "retry",
    dryRun: given.dryRun ?? false,
    wait,
  });
}

function readRecipients(given: Given, max: number, faults: Faults): Pick<SendRequest, "to" | "cc" | "bcc"> {
  const found = {
    to: readMailboxes(given.to, "to", max, faults),
    cc: readMailboxes(given.cc, "cc", max, faults),
    bcc: readMailboxes(given.bcc, "bcc", max, faults),
  };
  if (["to", "cc", "bcc"].some((field) => isRefused(faults, field))) return found;
  const { length } = recipientsOf(found);
  if (length === 0) refuse(faults, "to", "expected at least one recipient in to, cc or bcc, got none");
  if (length > max) {
    refuse(faults, "to", `expected at most ${max} recipients in to, cc and bcc together, got ${length}`);
  }
  return found;
}

function readContent(
  given: Given,
  faults: Faults,
): Pick<SendRequest, "subject" | "text" | "html" | "template"> {
  const { subject, template } = given;
  if (subject !== undefined && hasUnprintable(subject)) {
    refuse(
      faults,
      "subject",
      "expected one line of text without control characters or halves of surrogate pairs",
    );
  }
  const text = readBody(given.text, "text", faults);
  const html = readBody(given.html, "html", faults);
  readTemplateName(template, faults);
  const refused = ["text", "html", "template"].some((field) => isRefused(faults, field));
  if (!refused && text === undefined && html === undefined && template === undefined) {
    refuse(faults, "text", "expected text, html or template, got none of them");
  }
  return { subject, text, html, template };
}

/** A blank body counts as none: what was to be a letter must not go out blank. */
function readBody(body: string | undefined, field: string, faults: Faults): string | undefined {
  if (body === undefined || body === "") return undefined;
  const bytes = Buffer.byteLength(body);
  if (bytes > limits.body) {
    faults.tooLarge.push({ field, message: `expected at most ${limits.body} bytes, got ${bytes}` });
  } else if (body.includes("\0")) {
    refuse(faults, field, "expected text without NUL characters");
  }
  return body.trim() === "" ? undefined : wellFormed(body);
}

function checkTotal(parts: readonly (string | Uint8Array | undefined)[], max: number, faults: Faults): void {
  const total = parts.reduce((sum, part = "") => sum + Buffer.byteLength(part), 0);
  if (total <= max || faults.tooLarge.length > 0) return;
  const message = `expected at most ${max} bytes with text and html, got ${total}`;
  faults.tooLarge.push({ field: "attachments", message });
}

function readWait(wait: unknown, faults: Faults): number | true {
  if (wait === undefined || wait === true) return true;
  if (wait === false) return 0;
  if (typeof wait === "number" && wait >= 0 && wait <= limits.wait) return Math.floor(wait);
  const got = typeof wait === "number" ? "another number" : kindOf(wait);
  refuse(faults, "wait", `expected true, false or milliseconds up to ${limits.wait}, got ${got}`);
  return true;
}

function withoutUndefined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
