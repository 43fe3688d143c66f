/** What is wrong with a call: gathered first, so that one answer names every field, and never a value. */
import { types } from "node:util";
import { type FieldFault, MailError } from "../errors.ts";

export interface Faults {
  invalid: FieldFault[];
  tooLarge: FieldFault[];
}

export const noFaults = (): Faults => ({ invalid: [], tooLarge: [] });

/** @param message completes the field's name: `expected …, got …` */
export function refuse(faults: Faults, field: string, message: string): void {
  faults.invalid.push({ field, message });
}

/** Whether something was said about this field, or about one inside it. */
export function isRefused(faults: Faults, field: string): boolean {
  return [...faults.invalid, ...faults.tooLarge].some(
    (fault) =>
      fault.field === field ||
      (fault.field.startsWith(field) && /[.[]/.test(fault.field[field.length] ?? "")),
  );
}

export function isFaultless({ invalid, tooLarge }: Faults): boolean {
  return invalid.length === 0 && tooLarge.length === 0;
}

/** MAIL_INVALID_MESSAGE; MAIL_TOO_LARGE where nothing but the size is wrong. `data.fields` has all faults. */
export function refusal({ invalid, tooLarge }: Faults): MailError {
  const fields = [...invalid, ...tooLarge];
  const sentence = sentenceOf(fields);
  return invalid.length > 0
    ? new MailError("MAIL_INVALID_MESSAGE", sentence, {
        fields,
        remedy: "Correct the fields named and call again; nothing was stored or sent.",
      })
    : new MailError("MAIL_TOO_LARGE", sentence, {
        fields,
        remedy:
          "Make the message smaller, for instance by a link in place of an attachment, or raise MAIL_MAX_SIZE.",
      });
}

/** The first of these, and how many more there are. */
export function sentenceOf(fields: readonly FieldFault[]): string {
  const [first] = fields;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more, see fields)` : "";
  return `${first?.field}: ${first?.message}${more}`;
}

/** What kind of thing came, in words that hold nothing of it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (types.isUint8Array(value)) return "bytes";
  if (types.isDate(value)) return "a date";
  if (value === GETTER) return "a getter";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

const GETTER = Symbol("getter");

export function isRecord(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === "an object";
}

/**
 * The own fields of these names (all: by default), read once: no prototype, no getter is run, and `__proto__` is a name like
 * any other. What is checked is therefore what is used.
 */
export function ownFields(
  value: object,
  names: readonly string[] = Object.keys(value),
): Record<string, unknown> {
  const fields = Object.create(null) as Record<string, unknown>;
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property?.enumerable) fields[name] = "value" in property ? property.value : GETTER;
  }
  return fields;
}

/** A field's name as it may be shown: at most 40 printable ASCII characters of it. */
export function printable(name: string): string {
  return name.slice(0, 40).replace(/[^\x20-\x7e]/g, "?");
}
