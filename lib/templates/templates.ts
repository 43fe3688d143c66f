/** Every letter that is kept ready: the built-in ones, and those of MAIL_TEMPLATES over them. */
import type { Config } from "../config/config.ts";
import { type FieldFault, MailError } from "../errors.ts";
import { sentenceOf } from "../message/faults.ts";
import type { SendRequest } from "../message/message.ts";
import { nearest } from "../nearest.ts";
import { looksOf } from "./brand.ts";
import { DataFault, TemplateFaults } from "./faults.ts";
import { type Filled, fillIn, type House, type Letter } from "./letter.ts";
import { chooseLocale } from "./locale.ts";
import { type Ready, readTemplates } from "./reading.ts";
import type { RenderRequest, Template, Templates } from "./template.ts";

export interface TemplatesOptions {
  /** Of templates of one's own, laid over the built-in ones */
  folder?: string;
  brand: Config["brand"];
  /** The brand's name where it has none */
  senderName?: string;
  /** Base of the links */
  adminWebUrl?: string;
  /** The language where none is asked for, or none that there is. @default en */
  locale?: string;
}

/**
 * Reads, checks and compiles all templates, and tries each with its sample.
 * @throws TemplateFaults with everything that is wrong, file by file
 */
export async function openTemplates({
  folder,
  brand,
  senderName,
  adminWebUrl,
  locale: otherwise = "en",
}: TemplatesOptions): Promise<Templates> {
  const house: House = {
    looks: looksOf(brand, senderName),
    ...(adminWebUrl !== undefined && { adminWebUrl }),
  };
  const { templates, faults } = await readTemplates(folder, otherwise, house);
  if (faults.length > 0) throw new TemplateFaults(faults);

  const fill = ({ template: name, data: given = {}, locale: asked, subject }: FillRequest): Filled => {
    const { check, letters } = templates.get(name) ?? refuse(unknownTemplate(name, [...templates.keys()]));
    const locale = chooseLocale(asked, [...letters.keys()], otherwise) ?? "";
    // the schema's defaults go into it, and the request's data is what a repeated call is compared with
    const data = structuredClone(given);
    const wrong = check(data);
    if (wrong.length > 0) throw templateFailed(name, locale, wrong);
    try {
      return fillIn(letters.get(locale) as Letter, data, house, subject);
    } catch (error) {
      if (!(error instanceof DataFault)) throw error;
      const { field, message, remedy } = error;
      const fields = [{ field: field === undefined ? "data" : `data.${field}`, message }];
      throw templateFailed(name, locale, fields, remedy);
    }
  };
  return {
    list: () => [...templates].map(([name, template]) => describe(name, template)),
    render: (request) => fill(request).letter,
    fill(request, time) {
      const { template } = request;
      if (template === undefined) return request;
      const filled = fill({ ...request, template });
      const { subject, locale } = filled.letter;
      if (subject !== "") return withLetter(request, filled, time);
      const message = "expected a subject in the call, for the template has no subject.hbs";
      throw templateFailed(template, locale, [{ field: "subject", message }], "Give the call a subject.");
    },
  };
}

/** `subject`: of the call, in place of the template's */
type FillRequest = RenderRequest & { subject?: string | undefined };

function describe(name: string, { manifest, letters }: Ready): Template {
  return {
    name,
    locales: [...letters.keys()].toSorted(),
    description: manifest.description,
    // a caller in this process gets what we answer itself, not a copy
    data: structuredClone(manifest.data),
    sample: structuredClone(manifest.sample),
  };
}

/** The request with the letter in the place of what it does not say itself. */
function withLetter(
  request: SendRequest,
  { letter: { subject, html, text }, headers, lifetime }: Filled,
  { now, retryFor }: { now: number; retryFor: number },
): SendRequest {
  const given = new Set(Object.keys(request.headers).map(owner));
  const missing = Object.entries(headers).filter(([name]) => !given.has(owner(name)));
  return {
    // a text part beside html of the caller's own would say something else: it is made from that html
    ...(request.html === undefined && { text, ...(html !== "" && { html }) }),
    // what is of use for longer is given up before that anyhow
    ...(lifetime < retryFor && { expiresAt: Math.ceil(Math.max(now, request.sendAt ?? 0) + lifetime) }),
    ...request,
    subject,
    headers: { ...request.headers, ...Object.fromEntries(missing) },
  };
}

/** List-Unsubscribe-Post says something of the List-Unsubscribe beside it: the caller's gets none of ours. */
function owner(name: string): string {
  return name.toLowerCase().replace(/-post$/, "");
}

function refuse(error: MailError): never {
  throw error;
}

function unknownTemplate(name: string, names: readonly string[]): MailError {
  const meant = nearest(name, names);
  return new MailError(
    "MAIL_UNKNOWN_TEMPLATE",
    `there is no template of this name${meant ? `: did you mean ${meant}?` : ""}`,
    {
      template: name,
      remedy: `Give one of these: ${names.join(", ")}; or add a folder of this name to MAIL_TEMPLATES.`,
    },
  );
}

const GIVE_DATA =
  "Give the data that the template asks for; mail.templates shows its schema and a sample. Nothing was stored or sent.";

function templateFailed(name: string, locale: string, fields: FieldFault[], remedy = GIVE_DATA): MailError {
  return new MailError(
    "MAIL_TEMPLATE_FAILED",
    `the template ${name} cannot be filled in: ${sentenceOf(fields)}`,
    { template: name, locale, fields, remedy },
  );
}
