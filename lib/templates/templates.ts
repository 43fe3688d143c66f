/** Every letter that is kept ready: the built-in ones, and those of MAIL_TEMPLATES over them. */
import { basename, dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { type FieldFault, MailError } from "../errors.ts";
import { hasUnprintable, wellFormed } from "../message/characters.ts";
import { isFaultless, kindOf, noFaults } from "../message/faults.ts";
import { readHeaders } from "../message/headers.ts";
import { limits } from "../message/limits.ts";
import type { SendRequest } from "../message/message.ts";
import { plainText } from "../message/plain-text.ts";
import { nearest } from "../nearest.ts";
import { type Looks, looksOf } from "./brand.ts";
import { compile, type Fill } from "./compile.ts";
import { DataFault, describeFault, type TemplateFault, TemplateFaults } from "./faults.ts";
import { flatten } from "./flatten.ts";
import { checkHtmlContexts } from "./html-context.ts";
import { inlineStyles } from "./inline.ts";
import { lint } from "./lint.ts";
import { chooseLocale, directionOf } from "./locale.ts";
import {
  checkUses,
  type DataCheck,
  dataCheckOf,
  lineOf,
  type Manifest,
  manifestOf,
  readManifest,
} from "./manifest.ts";
import {
  lay,
  type Layer,
  type LetterSource,
  type Part,
  partialIn,
  parts,
  readLayer,
  type SourceFile,
  type TemplateSource,
} from "./sources.ts";
import { parse, placeOf, print } from "./syntax.ts";
import { EXAMPLE_WEB_URL, type RenderedTemplate, type Template, type Templates } from "./template.ts";
import { type VariableUse, variablesOf } from "./variables.ts";

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

/** In the package they lie where they lie in the source. */
const BUILT_IN = join(import.meta.dirname, "../../templates");

/** One language of a template, compiled. */
interface Letter {
  drafts: readonly Draft[];
  fills: Partial<Record<Part, Fill>>;
}

interface Ready {
  manifest: Manifest;
  check: DataCheck;
  letters: ReadonlyMap<string, Letter>;
}

/**
 * Reads, checks and compiles all templates, and tries each with its sample.
 * @throws TemplateFaults with everything that is wrong, file by file
 */
export async function openTemplates(options: TemplatesOptions): Promise<Templates> {
  const faults: TemplateFault[] = [];
  const builtIn = readLayer(BUILT_IN, faults);
  const own = options.folder === undefined ? undefined : readLayer(options.folder, faults);
  const layers = own ? [own, builtIn] : [builtIn];
  // ours alone were tried before they were shipped; doing that again would triple the time of a start
  const isProven = !own;
  const programs = new Map<SourceFile, hbs.AST.Program | undefined>();
  const read = (file: SourceFile): hbs.AST.Program | undefined => {
    if (!programs.has(file)) programs.set(file, parse(file, faults));
    return programs.get(file);
  };
  const otherwise = options.locale ?? "en";
  const looks = looksOf(options.brand, options.senderName);
  const ready = new Map<string, Ready>();
  for (const [name, source] of own ? lay(own, builtIn) : builtIn.templates) {
    const template = await makeReady(name, source, { layers, otherwise, read, isProven, faults });
    if (!template) continue;
    ready.set(name, template);
    if (!isProven) trySample(template, source.manifest, { ...options, locale: otherwise }, looks, faults);
  }
  if (faults.length > 0) throw new TemplateFaults(unique(faults));
  return templatesOf(ready, { ...options, locale: otherwise }, looks);
}

function templatesOf(
  ready: ReadonlyMap<string, Ready>,
  options: TemplatesOptions & { locale: string },
  looks: Looks,
): Templates {
  const fill = (name: string, given: Record<string, unknown>, asked: string | undefined): Filled => {
    const template = ready.get(name);
    if (!template) throw unknownTemplate(name, [...ready.keys()]);
    const locale = chooseLocale(asked, [...template.letters.keys()], options.locale) ?? "";
    const data = structuredClone(given);
    const faults = template.check(data);
    if (faults.length > 0) throw templateFailed(name, locale, faults);
    try {
      return fillIn(template, locale, data, options.adminWebUrl, looks);
    } catch (error) {
      if (!(error instanceof DataFault)) throw error;
      const { field, message } = error;
      throw templateFailed(name, locale, [
        { field: field === undefined ? "data" : `data.${field}`, message },
      ]);
    }
  };
  return {
    list: () =>
      [...ready].map(([name, { manifest, letters }]): Template => ({
        name,
        locales: [...letters.keys()].toSorted(),
        description: manifest.description,
        // a caller in this process gets what we answer itself, not a copy
        data: structuredClone(manifest.data),
        sample: structuredClone(manifest.sample),
      })),
    render: ({ template, data = {}, locale }) => fill(template, data, locale).letter,
    fill(request, time) {
      const { template, data = {}, locale } = request;
      return template === undefined ? request : withLetter(request, fill(template, data, locale), time);
    },
  };
}

/** A letter, and what its data says besides. */
interface Filled {
  letter: RenderedTemplate;
  headers: Readonly<Record<string, string>>;
  /** How long it is of use, in ms; Infinity: always */
  lifetime: number;
}

/**
 * @param data checked, its defaults filled in
 * @throws DataFault
 */
function fillIn(
  { letters, manifest }: Pick<Ready, "letters" | "manifest">,
  locale: string,
  data: Record<string, unknown>,
  adminWebUrl: string | undefined,
  looks: Looks,
): Filled {
  const { fills } = letters.get(locale) as Letter;
  const globals = { locale, dir: directionOf(locale), brand: looks };
  const context = { locale, ...(adminWebUrl !== undefined && { adminWebUrl }) };
  const subject = checkedSubject(fills.subject?.(data, globals, context) ?? "");
  const html = checkedBody(fills.html?.(data, { ...globals, subject }, context) ?? "", "html");
  const text = checkedBody(fills.text?.(data, { ...globals, subject }, context) ?? plainText(html), "text");
  if (text.trim() === "")
    throw new DataFault("expected data that leaves something to read; the text part would be blank");
  return {
    letter: { subject, html, text, locale },
    headers: headersOf(manifest, data),
    lifetime: lifetimeOf(manifest, data),
  };
}

/** @throws DataFault for what would be no subject, or more than one header (the line break of an injection) */
function checkedSubject(rendered: string): string {
  const subject = wellFormed(rendered.trim());
  if (subject === "") throw new DataFault("expected data that leaves a subject; it would be blank");
  if (hasUnprintable(subject))
    throw new DataFault("expected data without line breaks and control characters for the subject");
  if (subject.length > limits.subject) {
    throw new DataFault(`makes the subject longer than ${limits.subject} characters`);
  }
  return subject;
}

/** Of what a call may bring, with a frame around it; in bytes. */
const LONGEST_BODY = limits.body + limits.templateFile;

/** @throws DataFault */
function checkedBody(rendered: string, part: string): string {
  if (Buffer.byteLength(rendered) > LONGEST_BODY)
    throw new DataFault(`makes the ${part} longer than ${LONGEST_BODY} bytes`);
  if (rendered.includes("\0")) throw new DataFault(`expected data without NUL characters for the ${part}`);
  return wellFormed(rendered);
}

/** The request with the letter in the place of what it does not say itself. */
function withLetter(
  request: SendRequest,
  { letter: { subject, html, text }, headers, lifetime }: Filled,
  { now, retryFor }: { now: number; retryFor: number },
): SendRequest {
  const given = new Set(Object.keys(request.headers).map((name) => name.toLowerCase()));
  const missing = Object.entries(headers).filter(([name]) => !given.has(name.toLowerCase()));
  return {
    subject,
    // a text part beside html of the caller's own would say something else: it is made from that html
    ...(request.html === undefined && { text, ...(html !== "" && { html }) }),
    // what is of use for longer is given up before that anyhow
    ...(lifetime < retryFor && { expiresAt: Math.ceil(Math.max(now, request.sendAt ?? 0) + lifetime) }),
    ...request,
    // an empty one says nothing
    ...(request.subject === "" && { subject }),
    headers: { ...request.headers, ...Object.fromEntries(missing) },
  };
}

/** @throws DataFault for an address that ends no subscription at one click */
function headersOf({ unsubscribe }: Manifest, data: Record<string, unknown>): Record<string, string> {
  // RFC 3834 section 5: no holiday message is to answer
  const ours = { "Auto-Submitted": "auto-generated" };
  const address = valueOf(unsubscribe, data);
  if (address === undefined) return ours;
  // URL.parse leaves white space out: what is read would not be what was given
  const url = typeof address === "string" && !/[\s\p{Cc}]/u.test(address) ? URL.parse(address) : null;
  const listed = {
    "List-Unsubscribe": `<${url?.href}>`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  };
  const faults = noFaults();
  readHeaders(listed, faults);
  // RFC 8058 section 3.1
  if (url?.protocol === "https:" && isFaultless(faults)) return { ...ours, ...listed };
  const most = limits.headerWord - "<>".length;
  throw new DataFault(
    `expected an https: address of at most ${most} characters, got ${kindOf(address)}`,
    unsubscribe,
  );
}

/** @throws DataFault */
function lifetimeOf({ lifetime }: Manifest, data: Record<string, unknown>): number {
  const minutes = valueOf(lifetime, data);
  if (minutes === undefined) return Infinity;
  if (typeof minutes === "number" && minutes > 0) return minutes * 60_000;
  throw new DataFault(`expected a number of minutes above 0, got ${kindOf(minutes)}`, lifetime);
}

function valueOf(field: string | undefined, data: Record<string, unknown>): unknown {
  return field === undefined ? undefined : (data[field] ?? undefined);
}

interface Reading {
  layers: readonly Layer[];
  otherwise: string;
  read: (file: SourceFile) => hbs.AST.Program | undefined;
  isProven: boolean;
  faults: TemplateFault[];
}

/** Compiles all languages of a template; undefined where a fault was told. */
async function makeReady(name: string, source: TemplateSource, reading: Reading): Promise<Ready | undefined> {
  const { faults } = reading;
  const before = faults.length;
  const manifest = source.manifest && readManifest(source.manifest, faults);
  const drafts = new Map(
    [...source.letters].map(([locale, files]) => [locale, draft(files, locale, manifest, reading)]),
  );
  const uses = [...drafts.values()].flat().flatMap((part) => part.uses);
  const known = manifest ?? manifestOf(uses);
  const check = dataCheckOf(known, source.manifest, reading);
  if (manifest) checkUses(uses, manifest, faults);
  if (source.letters.size === 0) {
    faults.push({ file: name, message: "expected a folder for each language, such as en" });
  }
  if (!check || faults.length > before) return undefined;
  const letters = new Map<string, Letter>();
  for (const [locale, drafted] of drafts) letters.set(locale, await finish(drafted));
  return faults.length > before ? undefined : { manifest: known, check, letters };
}

/** A part of a letter, read and checked. */
interface Draft {
  part: Part;
  source: SourceFile;
  program: hbs.AST.Program;
  uses: readonly VariableUse[];
}

function draft(
  files: LetterSource,
  locale: string,
  manifest: Manifest | undefined,
  { layers, otherwise, read, faults }: Reading,
): Draft[] {
  const anyFile = Object.values(files)[0]?.file ?? "";
  const missing = (name: string) =>
    faults.push({ file: dirname(anyFile), message: `expected ${name} beside ${basename(anyFile)}` });
  if (!files.subject) missing("subject.hbs");
  if (!files.html && !files.text) missing("html.hbs or text.hbs");
  const partialOf = (name: string): hbs.AST.Program | undefined => {
    const source = partialIn(layers, name, locale, otherwise);
    return source && read(source);
  };
  return parts.flatMap((part): Draft[] => {
    const source = files[part];
    const parsed = source && read(source);
    if (!source || !parsed) return [];
    const program = flatten(parsed, partialOf, faults);
    lint(program, part === "html" ? (manifest?.raw ?? []) : undefined, faults);
    if (part === "html") faults.push(...checkHtmlContexts(program));
    return [{ part, source, program, uses: variablesOf(program) }];
  });
}

async function finish(drafts: readonly Draft[]): Promise<Letter> {
  const fills: Letter["fills"] = {};
  for (const { part, program } of drafts) {
    const written = print(program);
    fills[part] =
      part === "html"
        ? compile(await inlineStyles(written), { escape: true })
        : compile(written, { escape: false });
  }
  return { drafts, fills };
}

/** Fills each letter with the sample once: what cannot be made of that is a fault of the template. */
function trySample(
  { manifest, check, letters }: Ready,
  source: SourceFile | undefined,
  options: TemplatesOptions,
  looks: Looks,
  faults: TemplateFault[],
): void {
  // what was made up of the variables' names fits no date
  if (!source) return;
  const sample = structuredClone(manifest.sample);
  const wrong = check(sample);
  const told = { file: source.file, ...lineOf(source.text, "sample") };
  faults.push(...wrong.map(({ field, message }) => ({ ...told, message: `sample: ${field}: ${message}` })));
  if (wrong.length > 0) return;
  for (const [locale, letter] of letters) {
    try {
      fillIn({ letters, manifest }, locale, sample, options.adminWebUrl ?? EXAMPLE_WEB_URL, looks);
    } catch (error) {
      if (!(error instanceof DataFault)) throw error;
      const { field, message } = error;
      const use = letter.drafts.flatMap(({ uses }) => uses).find(({ path }) => path.join(".") === field);
      const place = use ? placeOf(use.node) : { file: letter.drafts[0]?.source.file ?? source.file };
      faults.push({
        ...place,
        message: `with the sample of template.json: ${field === undefined ? "" : `${field}: `}${message}`,
      });
    }
  }
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

function templateFailed(name: string, locale: string, fields: FieldFault[]): MailError {
  const [first] = fields;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more, see fields)` : "";
  return new MailError(
    "MAIL_TEMPLATE_FAILED",
    `the template ${name} cannot be filled in: ${first?.field}: ${first?.message}${more}`,
    {
      template: name,
      locale,
      fields,
      remedy: first?.message.includes("ADMIN_WEB_URL")
        ? "Set ADMIN_WEB_URL to the address of the site that the link leads to."
        : "Give the data that the template asks for; mail.templates shows its schema and a sample. Nothing was stored or sent.",
    },
  );
}

/** Partials are read once for each letter that uses them; their faults are told once. */
function unique(faults: readonly TemplateFault[]): TemplateFault[] {
  return [...new Map(faults.map((fault) => [describeFault(fault), fault])).values()];
}
