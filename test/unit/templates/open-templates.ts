/** A folder of templates made for a test, and what comes of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TemplateFaults } from "../../../lib/templates/faults.ts";
import type { Templates } from "../../../lib/templates/template.ts";
import { openTemplates, type TemplatesOptions } from "../../../lib/templates/templates.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** Contents by path; what is no text is written as JSON. */
export type Files = Readonly<Record<string, string | object>>;

export function folderWith(files: Files): string {
  const folder = scratchFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(join(folder, path), isRaw ? content : JSON.stringify(content, null, 2));
  }
  return folder;
}

export function openFiles(files: Files, options: Partial<TemplatesOptions> = {}): Promise<Templates> {
  return openTemplates({ brand: {}, folder: folderWith(files), ...options });
}

/** What is told of these files, line by line; nothing where they are as they should be. */
export async function faultsOf(files: Files, options: Partial<TemplatesOptions> = {}): Promise<string[]> {
  try {
    await openFiles(files, options);
    return [];
  } catch (error) {
    if (error instanceof TemplateFaults) return error.message.split("\n");
    throw error;
  }
}

/** The files of one template, `a`, in English. */
export function letter(html: string, data: Readonly<Record<string, object>> = {}, more: object = {}): Files {
  return {
    "a/template.json": {
      data: { type: "object", properties: data, required: Object.keys(data) },
      ...more,
    },
    "a/en/subject.hbs": "Hello",
    "a/en/html.hbs": html,
  };
}
