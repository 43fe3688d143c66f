/** `templates`: the letters that are kept ready, one with its sample, or all of them on a page in the browser. */
import { noFaults } from "../message/faults.ts";
import { readLocale } from "../message/template.ts";
import { nearest } from "../nearest.ts";
import { checkLooks } from "../templates/looks/check.ts";
import { error, type LooksFinding, warning } from "../templates/looks/finding.ts";
import { isWrong, type Proof, previewPage } from "../templates/preview/preview.ts";
import type { RenderRequest, Template } from "../templates/template.ts";
import { type Answer, type Command, type Input, type Option, type Room, UsageError } from "./command.ts";
import type { Letters } from "./door.ts";
import { inLanguage, showBrowsed, showTemplate, showTemplates } from "./show-templates.ts";

/** In place of the language of the advice: that of a letter. */
export const letterLocaleOption: Option = {
  name: "locale",
  value: "LOCALE",
  summary: "language of the letter, such as en or zh-CN; default: MAIL_LOCALE",
  check(value) {
    const faults = noFaults();
    readLocale(value, "", faults);
    return faults.invalid[0]?.message;
  },
};

export const templatesCommand: Command = {
  cli: "templates [name]",
  repl: "templates [name]",
  summary: "The letters that are kept ready, or one of them with its sample and what is wrong with it",
  options: [
    letterLocaleOption,
    { name: "open", cliOnly: true, summary: "look at them in the browser: light and dark, wide and narrow" },
  ],
  examples: ["templates", "templates verification --locale zh-CN", "templates --open"],
  run: templates,
};

async function templates(input: Input, room: Room): Promise<Answer> {
  const { name, locale, open } = input;
  if (locale !== undefined && name === undefined && open === undefined) {
    throw new UsageError("--locale: the list has every language", "Name the template to see in this one.");
  }
  const { letters } = await room.door();
  const ready = await letters();
  const chosen = name === undefined ? ready.templates : [findTemplate(ready.templates, name)];
  if (open !== undefined) return onPage(chosen, ready, locale, room);
  if (name === undefined) {
    return { status: 0, document: chosen, show: (page) => showTemplates(page, chosen) };
  }
  return ofOne(chosen[0] as Template, ready, locale);
}

async function ofOne(template: Template, letters: Letters, locale: string | undefined): Promise<Answer> {
  const { name, locales, description, data, sample } = template;
  const proof = await proofOf(template, letters, locale);
  const { subject, html, text, findings, failed } = proof;
  const letter = { subject, html, text, locale: proof.locale };
  const notes = letters.notes([proof]);
  const made = failed === undefined ? { letter } : { failed };
  return {
    status: isWrong(proof) ? 1 : 0,
    document: { name, locales, description, data, sample, ...made, findings },
    show: (page) => showTemplate(page, template, proof, { ...(locale && { locale }), notes }),
  };
}

async function onPage(
  chosen: readonly Template[],
  letters: Letters,
  locale: string | undefined,
  { browse, progress }: Room,
): Promise<Answer> {
  const wanted = chosen.flatMap((template) =>
    (locale === undefined ? template.locales : [locale]).map((one) => ({ template, locale: one })),
  );
  const making = Promise.all(wanted.map((one) => proofOf(one.template, letters, one.locale)));
  const proofs = await progress("making the letters", making);
  const notes = letters.notes(proofs);
  const browsed = await browse(previewPage(proofs, notes));
  return {
    status: proofs.some(isWrong) ? 1 : 0,
    document: {
      page: browsed.path,
      opened: browsed.opened,
      notes,
      letters: proofs.map(({ html: _html, text: _text, ...proof }) => proof),
    },
    show: (page) => showBrowsed(page, browsed, proofs, notes),
  };
}

/** The letter with the template's sample. One that cannot be made is an outcome as well: the others are still to be seen. */
async function proofOf(template: Template, letters: Letters, locale: string | undefined): Promise<Proof> {
  const { name, description, sample } = template;
  try {
    const letter = await letters.render({ template: name, data: sample, ...(locale && { locale }) });
    const findings = await checkLooks(letter);
    const rank = { error: 0, warning: 1 };
    return {
      name,
      description,
      ...letter,
      findings: findings.toSorted((a, b) => rank[a.severity] - rank[b.severity]),
    };
  } catch (thrown) {
    const failed = failureOf(template, thrown);
    const nothing = { subject: "", html: "", text: "", findings: [] };
    return { name, description, locale: locale ?? "", ...nothing, failed };
  }
}

/** @throws what it is given, where that is no fault of the letter */
function failureOf({ description }: Template, thrown: unknown): LooksFinding {
  // one of the mesh has lost its class
  const { type, message } = thrown as Error & { type?: string };
  if (type !== "MAIL_TEMPLATE_FAILED") throw thrown;
  // the sample of a template.json was tried when it was read; without one it is made up, and that fits no date
  const isMadeUp = description === "" && !message.includes("ADMIN_WEB_URL");
  if (isMadeUp) return warning("there is no template.json: write one with a sample to see the letter");
  return error(`no letter comes of the sample: ${message}`);
}

/**
 * A letter to be sent with its sample: what to ask `mail.send` for, and in words which one that will be.
 * @throws UsageError where there is no such template, or no sample; MailError MAIL_TEMPLATE_FAILED
 */
export async function sampleOf(
  letters: Letters,
  name: string,
  locale: string | undefined,
): Promise<{ request: RenderRequest; words: string }> {
  const template = findTemplate(letters.templates, name);
  const request = { template: name, data: template.sample, ...(locale && { locale }) };
  try {
    const letter = await letters.render(request);
    return { request, words: `${name} ${inLanguage(letter.locale, locale)}` };
  } catch (thrown) {
    const { severity, message } = failureOf(template, thrown);
    if (severity === "error") throw thrown;
    throw new UsageError(`--template: ${message}`, "Nothing was sent.");
  }
}

/** @throws UsageError with the name that may have been meant, or all that there are */
function findTemplate(all: readonly Template[], name: string): Template {
  const found = all.find((template) => template.name === name);
  if (found) return found;
  const names = all.map((template) => template.name);
  const near = nearest(name, names);
  throw new UsageError(
    "there is no template of this name",
    near === undefined ? `Give one of these: ${names.join(", ")}.` : `Did you mean "${near}"?`,
  );
}
