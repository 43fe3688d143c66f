/** What an error means to whoever typed the command: the exit status, the JSON document, and the lines for people. */
import { ConfigError } from "../config/faults.ts";
import type { FieldFault, MailError } from "../errors.ts";
import type { MailReceipt } from "../outbox/receipt.ts";
import { describeFault, TemplateFaults } from "../templates/faults.ts";
import { UsageError } from "./command.ts";
import { Canceled } from "./gather.ts";
import { type Cell, columns, mark, type Page, type Tone } from "./page.ts";
import { showProblem, showRecipients } from "./show-report.ts";

export interface Failure {
  /** 1: it did not work. 2: the command was used wrongly. 130: broken off, as by Ctrl-C */
  status: 1 | 2 | 130;
  document: { error: { type: string; message: string; remedy: string; [fact: string]: unknown } };
  show: (page: Page) => string[];
}

/** A message that the service refuses as invalid is a wrong use: all of it came from the command. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConfigError) return unusableSettings(error);
  if (error instanceof TemplateFaults) return unusableTemplates(error);
  if (error instanceof Canceled) return briefly(130, "CLI_CANCELED", "canceled", "");
  if (error instanceof UsageError) return briefly(2, "CLI_USAGE", error.message, error.remedy);
  // a remote error has lost its class
  const { type = "UNEXPECTED", message = String(error), data = {} } = Object(error) as Partial<MailError>;
  if (type === "MAIL_INVALID_MESSAGE") return invalid(message, (data as Partial<MailError["data"]>).fields);
  const {
    remedy = "",
    recipients,
    ...facts
  } = data as Partial<MailError["data"] & Pick<MailReceipt, "recipients">>;
  return {
    status: 1,
    document: { error: { type, message, remedy, ...(recipients && { recipients }), ...facts } },
    show: (page) => [
      ...(recipients ? [...showRecipients(page, recipients), ""] : []),
      ...showProblem(page, { type, message, remedy, ...(facts.id && { id: facts.id }) }),
    ],
  };
}

/** Every field on a line of its own: the sentence names the first one only. */
function invalid(message: string, fields: readonly FieldFault[] = []): Failure {
  const remedy = "Correct it and try again; nothing was sent.";
  const document = { error: { type: "MAIL_INVALID_MESSAGE", message, remedy, fields } };
  const sentences = fields.length > 0 ? fields.map((fault) => `${fault.field}: ${fault.message}`) : [message];
  return {
    status: 2,
    document,
    show: (page) => columns(page, [...rows(page, "bad", sentences), ["", remedy]], 0),
  };
}

function briefly(status: Failure["status"], type: string, message: string, remedy: string): Failure {
  return {
    status,
    document: { error: { type, message, remedy } },
    show: (page) => columns(page, [[mark(page, "bad"), message], ...(remedy ? [["", remedy]] : [])], 0),
  };
}

/** One line for each fault, then what else was noticed: a misspelt name often explains a fault. */
function unusableSettings({ message, faults, findings }: ConfigError): Failure {
  const remedy = "Correct what is named; `meshmail config` shows where each setting comes from.";
  const hints = findings.map((finding) => `${finding.variable}: ${finding.message}. ${finding.remedy}`);
  return {
    status: 1,
    document: { error: { type: "CONFIG_INVALID", message, remedy, faults, findings } },
    show: (page) =>
      columns(page, [...rows(page, "bad", message.split("\n")), ...rows(page, "odd", hints)], 0),
  };
}

function unusableTemplates({ message, faults }: TemplateFaults): Failure {
  const remedy = "Correct what is named; the files are those of the folder that MAIL_TEMPLATES names.";
  return {
    status: 1,
    document: { error: { type: "TEMPLATES_INVALID", message, remedy, faults } },
    show: (page) => columns(page, [...rows(page, "bad", faults.map(describeFault)), ["", remedy]], 0),
  };
}

function rows(page: Page, tone: Tone, texts: readonly string[]): Cell[][] {
  return texts.map((text) => [mark(page, tone), text]);
}
