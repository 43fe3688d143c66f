/** Where templates come from: folders, read once, one laid over the other. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { limits } from "../message/limits.ts";
import { TEMPLATE_NAME } from "../message/template.ts";
import type { TemplateFault } from "./faults.ts";
import { chooseLocale, languageTag, nearestLocale } from "./locale.ts";

export interface SourceFile {
  /** As faults name it: relative to its folder */
  file: string;
  text: string;
}

export const parts = ["subject", "html", "text"] as const;
export type Part = (typeof parts)[number];

/** One language of a template. */
export type LetterSource = Partial<Record<Part, SourceFile>>;

export interface TemplateSource {
  manifest?: SourceFile;
  letters: Map<string, LetterSource>;
}

/** One folder, read. */
export interface Layer {
  templates: Map<string, TemplateSource>;
  /** By language, and those for all of them under the empty word */
  partials: Map<string, Map<string, SourceFile>>;
}

/** Name of the folder that holds no template but what templates share. */
const PARTIALS = "partials";
const MANIFEST = "template.json";

/**
 * Reads `name/locale/{subject,html,text}.hbs`, `name/template.json` and `partials/`, and moleculer-mail's
 * `language/name/…` beside them. What lies outside the folder, behind a symbolic link, is refused.
 * @param faults what is in the way is told here, and left out
 * @param origin stands before the names of files
 */
export function readLayer(folder: string, faults: TemplateFault[], origin = ""): Layer {
  const layer: Layer = { templates: new Map(), partials: new Map() };
  const root = openFolder(folder, faults, origin);
  for (const name of root.folders(folder)) {
    const path = join(folder, name);
    if (name === PARTIALS) readPartials(root, path, layer);
    else readTemplateOrLanguage(root, path, name, layer);
  }
  for (const name of root.files(folder))
    root.refuse(join(folder, name), "expected a folder for each template");
  return layer;
}

/** What is in `over` takes the place of what `under` has: a letter as a whole, a manifest, a partial. */
export function lay(over: Layer, under: Layer): Map<string, TemplateSource> {
  const names = [...new Set([...under.templates.keys(), ...over.templates.keys()])].toSorted();
  return new Map(
    names.map((name) => {
      const [upper, lower] = [over.templates.get(name), under.templates.get(name)];
      const manifest = upper?.manifest ?? lower?.manifest;
      const letters = new Map([...(lower?.letters ?? []), ...(upper?.letters ?? [])]);
      return [name, { ...(manifest && { manifest }), letters }];
    }),
  );
}

/**
 * Finds the partial of this name: the upper layer first; in each that of the nearest language, then that of all, then that of the
 * default language.
 */
export function partialIn(
  layers: readonly Layer[],
  name: string,
  locale: string,
  otherwise: string,
): SourceFile | undefined {
  for (const { partials } of layers) {
    const there = [...partials.keys()].filter((one) => one !== "" && partials.get(one)?.has(name));
    const places = [nearestLocale(locale, there), "", chooseLocale(locale, there, otherwise)];
    for (const place of places) {
      const found = place === undefined ? undefined : partials.get(place)?.get(name);
      if (found) return found;
    }
  }
  return undefined;
}

/** `name/locale/…`, unless the inner folders are no languages and the outer one is: then it is moleculer-mail's order. */
function readTemplateOrLanguage(root: Folder, path: string, name: string, layer: Layer): void {
  const inner = root.folders(path);
  const language = languageTag(name);
  if (language !== undefined && inner.length > 0 && inner.every((one) => languageTag(one) === undefined)) {
    for (const one of inner) readLetter(root, join(path, one), one, language, layer);
    for (const file of root.files(path)) root.refuse(join(path, file), "expected a folder for each template");
    return;
  }
  for (const one of inner) {
    const locale = languageTag(one);
    if (locale === undefined)
      root.refuse(join(path, one), "expected a language (BCP 47) such as en or zh-CN");
    else readLetter(root, join(path, one), name, locale, layer);
  }
  for (const file of root.files(path)) {
    const manifest = file === MANIFEST ? root.read(join(path, file)) : undefined;
    if (file !== MANIFEST)
      root.refuse(join(path, file), "expected template.json, or a folder for each language");
    if (manifest) templateIn(layer, name, root, path).manifest = manifest;
  }
  if (inner.length === 0 && root.files(path).length === 0) {
    root.refuse(path, "expected a folder for each language, such as en");
  }
}

function readLetter(root: Folder, path: string, name: string, locale: string, layer: Layer): void {
  const { letters } = templateIn(layer, name, root, path);
  const letter: LetterSource = letters.get(locale) ?? {};
  for (const file of root.files(path)) {
    const part = parts.find((one) => file === `${one}.hbs`);
    const source = part && root.read(join(path, file));
    if (!part) root.refuse(join(path, file), "expected subject.hbs, html.hbs or text.hbs");
    else if (letter[part]) root.refuse(join(path, file), `is there twice: ${letter[part].file} is the same`);
    else if (source) letter[part] = source;
  }
  for (const folder of root.folders(path)) root.refuse(join(path, folder), "expected files only");
  if (root.files(path).length === 0) root.refuse(path, "expected subject.hbs, html.hbs or text.hbs in it");
  letters.set(locale, letter);
}

function templateIn(layer: Layer, name: string, root: Folder, path: string): TemplateSource {
  const source = layer.templates.get(name) ?? { letters: new Map() };
  if (!layer.templates.has(name) && !TEMPLATE_NAME.test(name)) {
    const named = basename(path) === name ? path : dirname(path);
    root.refuse(named, "expected a name of a-z, 0-9, . _ - with at most 64 characters");
  }
  layer.templates.set(name, source);
  return source;
}

function readPartials(root: Folder, path: string, layer: Layer): void {
  const read = (folder: string, locale: string): void => {
    const found = layer.partials.get(locale) ?? new Map<string, SourceFile>();
    layer.partials.set(locale, found);
    for (const file of root.files(folder)) {
      const name = file.replace(/\.hbs$/, "");
      const source = name !== file && TEMPLATE_NAME.test(name) ? root.read(join(folder, file)) : undefined;
      if (source && found.has(name))
        root.refuse(join(folder, file), "is there twice, in another spelling of the language");
      else if (source) found.set(name, source);
      else if (name === file || !TEMPLATE_NAME.test(name)) {
        root.refuse(join(folder, file), "expected NAME.hbs, a name of a-z, 0-9, . _ -");
      }
    }
  };
  read(path, "");
  for (const name of root.folders(path)) {
    const locale = languageTag(name);
    if (locale === undefined)
      root.refuse(join(path, name), "expected a language (BCP 47) such as en or zh-CN");
    else read(join(path, name), locale);
  }
}

const UNREADABLE = "cannot be read: see whether it may be by this user";

interface Folder {
  /** Names in a folder; hidden ones and notes (`*.md`) are nobody's business */
  files(path: string): string[];
  folders(path: string): string[];
  read(path: string): SourceFile | undefined;
  refuse(path: string, message: string): void;
}

function openFolder(folder: string, faults: TemplateFault[], origin: string): Folder {
  const isFolder = attempt(() => statSync(folder))?.isDirectory();
  if (!isFolder)
    faults.push({ file: folder, message: "expected a folder of templates, as MAIL_TEMPLATES says" });
  const home = isFolder ? realpathSync(folder) + sep : "";
  const nameOf = (path: string): string => origin + relative(folder, path).split(sep).join("/");
  const refuse = (path: string, message: string): void => {
    faults.push({ file: nameOf(path), message });
  };
  const seen = new Map<string, { files: string[]; folders: string[] }>();
  const look = (path: string): { files: string[]; folders: string[] } => {
    const known = seen.get(path);
    if (known) return known;
    const found: { files: string[]; folders: string[] } = { files: [], folders: [] };
    seen.set(path, found);
    if (!isFolder) return found;
    const names = attempt(() => readdirSync(path));
    if (!names) refuse(path, UNREADABLE);
    for (const name of (names ?? []).toSorted()) {
      if (name.startsWith(".") || name.endsWith(".md")) continue;
      const entry = join(path, name);
      const stat = attempt(() => statSync(entry));
      if (!stat || !attempt(() => realpathSync(entry))?.startsWith(home)) {
        refuse(entry, "is a symbolic link that leads out of the folder, or nowhere");
      } else if (stat.isDirectory()) found.folders.push(name);
      else if (stat.isFile()) found.files.push(name);
      else refuse(entry, "expected a file or a folder");
    }
    return found;
  };
  return {
    files: (path) => look(path).files,
    folders: (path) => look(path).folders,
    read(path) {
      const size = attempt(() => statSync(path).size) ?? 0;
      if (size > limits.templateFile) {
        refuse(path, `expected at most ${limits.templateFile} bytes, got ${size}`);
        return undefined;
      }
      const bytes = attempt(() => readFileSync(path));
      const text = bytes && decode(bytes);
      if (text !== undefined) return { file: nameOf(path), text };
      refuse(path, bytes ? "expected text in UTF-8" : UNREADABLE);
      return undefined;
    },
    refuse,
  };
}

/** @returns undefined where a file cannot be read, is gone, or is a symbolic link to itself */
function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Without the byte order mark that some editors write; undefined for other encodings, which would be a letter of question marks. */
function decode(bytes: Uint8Array): string | undefined {
  return attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes));
}
