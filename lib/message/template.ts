/** How a call names a template, and the language of the letter. */
import { type Faults, refuse } from "./faults.ts";

/** Names of files in the folder of templates: no path can be made of them. */
export const TEMPLATE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export function readTemplateName<Name extends string | undefined>(name: Name, faults: Faults): Name {
  if (name !== undefined && !TEMPLATE_NAME.test(name)) {
    refuse(faults, "template", "expected the name of a template: a-z, 0-9, . _ -, at most 64 characters");
  }
  return name;
}

/** @returns the tag (BCP 47) in its usual case */
export function readLocale(tag: string | undefined, field: string, faults: Faults): string | undefined {
  if (tag === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    refuse(faults, field, "expected a BCP 47 tag such as en or zh-CN");
    return undefined;
  }
}

/** `locale`, or `language`, which is another name for it. */
export function readLanguage(
  { locale, language }: { locale?: string | undefined; language?: string | undefined },
  faults: Faults,
): string | undefined {
  if (locale !== undefined && language !== undefined && locale !== language) {
    refuse(faults, "language", "expected the same as locale, for which it is another name");
  }
  return readLocale(locale ?? language, locale === undefined ? "language" : "locale", faults);
}
