/** Templates as people read them: all in a table, or one with its data, its letter and what is wrong with that. */
import { nearestLocale } from "../templates/locale.ts";
import type { LooksFinding } from "../templates/looks/finding.ts";
import { type Proof, toldOf } from "../templates/preview/preview.ts";
import type { Template } from "../templates/template.ts";
import type { Browsed } from "./browse.ts";
import { type Cell, columns, mark, type Page, paragraph } from "./page.ts";

export function showTemplates(page: Page, templates: readonly Template[]): string[] {
  const head = ["NAME", "LANGUAGES", "DESCRIPTION"].map((text): Cell => ({ text, tone: "strong" }));
  const rows = templates.map(({ name, locales, description }) => [name, locales.join(", "), description]);
  return columns(page, [head, ...rows], 0);
}

/** @param asked the language that was asked for, and what is not as in a real letter */
export function showTemplate(
  page: Page,
  { name, description, locales, data }: Template,
  proof: Proof,
  { locale: wanted, notes }: { locale?: string; notes: readonly string[] },
): string[] {
  const { locale, subject, text, failed } = proof;
  const lines = text.trimEnd().split("\n");
  const letter = [
    page.paint("strong", `Letter ${inLanguage(locale, wanted)}`),
    "",
    ...columns(page, [[{ text: "subject", tone: "quiet" }, subject]]),
    "",
    ...lines.flatMap((line) => (line.trim() === "" ? "" : paragraph(page, line, 2))),
    "",
  ];
  const fields = fieldsOf(data);
  return [
    page.paint("strong", name),
    ...(description === "" ? [] : paragraph(page, description)),
    "",
    ...columns(page, [[{ text: "languages", tone: "quiet" }, locales.join(", ")]]),
    ...(fields.length > 0 ? ["", page.paint("strong", "Data"), "", ...columns(page, fields)] : []),
    "",
    ...(failed === undefined ? letter : []),
    ...showFindings(page, toldOf(proof)),
    ...showNotes(page, notes),
  ];
}

/** The language that was chosen, and why that where another was asked for. */
export function inLanguage(locale: string, wanted = locale): string {
  if (wanted.toLowerCase() === locale.toLowerCase()) return `in ${locale}`;
  const isNear = nearestLocale(wanted, [locale]) !== undefined;
  return isNear ? `in ${locale}, the nearest to ${wanted}` : `in ${locale}: it is not there in ${wanted}`;
}

/** Where the page is, then each letter that something is wrong with. */
export function showBrowsed(
  page: Page,
  { path, opened }: Browsed,
  proofs: readonly Proof[],
  notes: readonly string[],
): string[] {
  const wrong = proofs.filter((proof) => toldOf(proof).length > 0);
  return [
    ...columns(page, [[mark(page, opened ? "good" : "odd"), path]], 0),
    ...paragraph(page, opened ? "The browser has it." : "Open it yourself: nothing here opens pages.", 3),
    ...wrong.flatMap((proof) => [
      "",
      page.paint("strong", `${proof.name} in ${proof.locale}`),
      ...showFindings(page, toldOf(proof)),
    ]),
    ...showNotes(page, notes),
  ];
}

function showFindings(page: Page, findings: readonly LooksFinding[]): string[] {
  const rows = findings.map(({ severity, line, message }): Cell[] => [
    mark(page, severity === "error" ? "bad" : "odd"),
    `${line === undefined ? "" : `line ${line} of the html: `}${message}`,
  ]);
  return columns(page, rows.length > 0 ? rows : [[mark(page, "good"), "nothing to correct"]], 0);
}

function showNotes(page: Page, notes: readonly string[]): string[] {
  return notes.flatMap((note) => ["", ...paragraph(page, note).map((line) => page.paint("quiet", line))]);
}

/** What is read of a JSON Schema. */
interface Schema {
  type?: string | readonly string[];
  format?: string;
  enum?: readonly unknown[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
}

/** One row for each field, those of objects and lists below their own. */
function fieldsOf({ properties = {}, required = [] }: Schema, prefix = ""): Cell[][] {
  return Object.entries(properties).flatMap(([name, field]) => [
    [
      prefix + name,
      typeOf(field),
      required.includes(name) ? "required" : { text: "optional", tone: "quiet" as const },
      field.description ?? "",
    ],
    ...fieldsOf(field, `${prefix}${name}.`),
    ...fieldsOf(field.items ?? {}, `${prefix}${name}[].`),
  ]);
}

function typeOf({ type = "any", format, enum: values, items }: Schema): string {
  if (values) return values.map((value) => JSON.stringify(value)).join(" or ");
  if (type === "array") return `list of ${typeOf(items ?? {})}`;
  return [type].flat().join(" or ") + (format === undefined ? "" : ` (${format})`);
}
