/** Opens the templates that the settings ask for. Their libraries are loaded only then: they take as long as the rest of a node. */
import { setImmediate } from "node:timers/promises";
import type { Config } from "../config/config.ts";
import type { Templates } from "./template.ts";

/** @throws TemplateFaults where a template cannot be used */
export async function loadTemplates({ mail, brand, sender, adminWebUrl }: Config): Promise<Templates> {
  // one by one, for together they hold up everybody else for a quarter of a second
  for (const library of [
    () => import("handlebars"),
    () => import("ajv/dist/2020.js"),
    () => import("ajv-formats"),
  ]) {
    await library();
    await setImmediate();
  }
  const { openTemplates } = await import("./templates.ts");
  return openTemplates({
    ...(mail.templates !== undefined && { folder: mail.templates }),
    brand,
    ...(sender?.name !== undefined && { senderName: sender.name }),
    ...(adminWebUrl !== undefined && { adminWebUrl }),
    locale: mail.locale,
  });
}
