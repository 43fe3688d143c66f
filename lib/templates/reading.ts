/** From folders to letters that can be filled in: read, checked, compiled, and tried with their samples. */
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Ajv2020 } from "ajv/dist/2020.js";
import { compile } from "./compile.ts";
import { type DataCheck, dataCheckOf, schemaCompiler } from "./data-check.ts";
import { DataFault, describeFault, type TemplateFault } from "./faults.ts";
import { flatten } from "./flatten.ts";
import { checkHtmlContexts } from "./html-context.ts";
import { inlineStyles } from "./inline.ts";
import { fillIn, type House, type Letter } from "./letter.ts";
import { lint } from "./lint.ts";
import { lineOf, type Manifest, readManifest } from "./manifest.ts";
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
import { faultAt, parse, print } from "./syntax.ts";
import { EXAMPLE_WEB_URL } from "./template.ts";
import { checkHtmlUses, checkUses, manifestOf } from "./uses.ts";
import { type VariableUse, variablesOf } from "./variables.ts";

/** All languages of a template. */
export interface Ready {
  manifest: Manifest;
  check: DataCheck;
  letters: ReadonlyMap<string, Letter>;
}

/** In the package they lie where they lie in the source. */
const BUILT_IN = join(import.meta.dirname, "../../templates");

/**
 * Reads the built-in templates, and those of a folder over them.
 * @param locale the default language
 * @returns what can be used, by name; `faults`: all that is wrong, file by file
 */
export async function readTemplates(
  folder: string | undefined,
  locale: string,
  house: House,
): Promise<{ templates: Map<string, Ready>; faults: TemplateFault[] }> {
  const faults: TemplateFault[] = [];
  const builtIn = readLayer(BUILT_IN, faults, "(built-in) ");
  const own = folder === undefined ? undefined : readLayer(folder, faults);
  const programs = new Map<SourceFile, hbs.AST.Program | undefined>();
  const reading: Reading = {
    layers: own ? [own, builtIn] : [builtIn],
    locale,
    house: { adminWebUrl: EXAMPLE_WEB_URL, ...house },
    // ours alone were tried before they were shipped; doing that again would triple the time that this takes
    isProven: !own,
    ajv: schemaCompiler(!own),
    read(file) {
      if (!programs.has(file)) programs.set(file, parse(file, faults));
      return programs.get(file);
    },
    faults,
  };
  const templates = new Map<string, Ready>();
  for (const [name, source] of own ? lay(own, builtIn) : builtIn.templates) {
    // others get their turn between: a running node reads its letters beside other work
    await setImmediate();
    const template = await makeReady(name, source, reading);
    if (template) templates.set(name, template);
  }
  return { templates, faults: unique(faults) };
}

interface Reading {
  layers: readonly Layer[];
  locale: string;
  house: House;
  isProven: boolean;
  ajv: Ajv2020;
  /** Each file is parsed once, however many letters use it */
  read: (file: SourceFile) => hbs.AST.Program | undefined;
  faults: TemplateFault[];
}

/** Compiles all languages of a template; undefined where a fault was told. */
async function makeReady(name: string, source: TemplateSource, reading: Reading): Promise<Ready | undefined> {
  const { faults } = reading;
  const before = faults.length;
  const manifest = source.manifest && readManifest(source.manifest, faults);
  // without it, every variable would be a fault
  if (source.manifest && !manifest) return undefined;
  const drafts = new Map(
    [...source.letters].map(([locale, files]) => [locale, draft(files, locale, manifest, reading)]),
  );
  const uses = [...drafts.values()].flat().flatMap((part) => part.uses);
  const known = manifest ?? manifestOf(uses);
  const check = dataCheckOf(known, source.manifest, reading);
  if (source.letters.size === 0) {
    faults.push({ file: name, message: "expected a folder for each language, such as en" });
  }
  if (!check || faults.length > before) return undefined;
  const letters = new Map<string, Letter>();
  for (const [locale, drafted] of drafts) {
    letters.set(locale, { locale, manifest: known, fills: await compileParts(drafted, faults) });
  }
  if (faults.length > before) return undefined;
  const ready: Ready = { manifest: known, check, letters };
  // without a manifest the sample is made up of the variables' names, which fit no date
  if (source.manifest && !reading.isProven) trySample(ready, drafts, source.manifest, reading);
  return ready;
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
  reading: Reading,
): Draft[] {
  const { layers, locale: otherwise, read, isProven, faults } = reading;
  const anyFile = Object.values(files)[0]?.file ?? "";
  const missing = (name: string) =>
    faults.push({ file: dirname(anyFile), message: `expected ${name} beside ${basename(anyFile)}` });
  // an empty folder has been told
  if (anyFile === "") return [];
  // moleculer-mail has the subject come with the call; so may a letter that is written for it
  if (!files.subject && manifest) missing("subject.hbs");
  if (!files.html && !files.text) missing("html.hbs or text.hbs");
  const partialOf = (name: string): hbs.AST.Program | undefined => {
    const source = partialIn(layers, name, locale, otherwise);
    // what cannot be read has been told
    return source && (read(source) ?? EMPTY);
  };
  return parts.flatMap((part): Draft[] => {
    const source = files[part];
    const parsed = source && read(source);
    if (!source || !parsed) return [];
    const found: TemplateFault[] = [];
    const program = flatten(parsed, partialOf, found);
    if (isProven) return [{ part, source, program, uses: [] }];
    lint(program, found);
    const { uses, html } = variablesOf(program);
    checkUses(uses, manifest, source.file, found);
    if (part === "html") {
      found.push(...checkHtmlContexts(program));
      checkHtmlUses(html, manifest?.raw ?? [], found);
    }
    faults.push(...found.map((fault) => seenFrom(source.file, fault)));
    return [{ part, source, program, uses }];
  });
}

/** A fault in a partial, with the letter that called it. */
function seenFrom(letter: string, fault: TemplateFault): TemplateFault {
  return fault.file === letter ? fault : { ...fault, calledIn: letter };
}

const EMPTY = { type: "Program", body: [] } as unknown as hbs.AST.Program;

async function compileParts(drafts: readonly Draft[], faults: TemplateFault[]): Promise<Letter["fills"]> {
  const fills: Letter["fills"] = {};
  for (const { part, program, source } of drafts) {
    const written = print(program);
    try {
      fills[part] =
        part === "html"
          ? compile(await inlineStyles(written), { escape: true })
          : compile(written, { escape: false });
    } catch (error) {
      // what the libraries stumble over and no check has foreseen is the template's all the same
      faults.push({ file: source.file, message: `cannot be compiled: ${(error as Error).message}` });
    }
  }
  return fills;
}

/** Fills each letter with the sample once: what cannot be made of that is a fault of the template. */
function trySample(
  { manifest, check, letters }: Ready,
  drafts: ReadonlyMap<string, readonly Draft[]>,
  source: SourceFile,
  { house, faults }: Reading,
): void {
  const sample = structuredClone(manifest.sample);
  const told = { file: source.file, ...lineOf(source.text, "sample") };
  const wrong = check(sample);
  faults.push(...wrong.map(({ field, message }) => ({ ...told, message: `sample: ${field}: ${message}` })));
  if (wrong.length > 0) return;
  for (const [locale, letter] of letters) {
    try {
      fillIn(letter, sample, house);
    } catch (error) {
      if (!(error instanceof DataFault)) throw error;
      const { field, message } = error;
      const places = (drafts.get(locale) ?? []).flatMap((part) =>
        part.uses
          .filter(({ written, path }) => written === field || path.join(".") === field)
          .map(({ node, needed }) => ({ node, needed, file: part.source.file })),
      );
      const place = places.find(({ needed }) => needed) ?? places[0];
      const about = field === undefined ? "" : `${field}: `;
      const words = `${about}${message}, with the sample of template.json in ${locale}`;
      faults.push(place ? seenFrom(place.file, faultAt(place.node, words)) : { ...told, message: words });
    }
  }
}

/** Partials are read once for each letter that uses them; their faults are told once. */
function unique(faults: readonly TemplateFault[]): TemplateFault[] {
  const told = faults.map(({ file, line, message, ...fault }) => {
    const place = { file, ...(line !== undefined && { line }), message };
    return [describeFault(place), { ...place, ...fault }] as const;
  });
  return [...new Map(told.toReversed()).values()].toReversed();
}
