/** Gives a service its letters as `this.templates()`: read once, and in development again whenever one of them changes. */
import { type FSWatcher, statSync, watch } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import type { Config } from "../lib/config/config.ts";
import { describeFault, TemplateFaults } from "../lib/templates/faults.ts";
import { loadTemplates } from "../lib/templates/load.ts";
import type { Templates } from "../lib/templates/template.ts";
import { defineMixin, type Mixin } from "./define-mixin.ts";
import type { TransportsVars } from "./transports.mixin.ts";

export interface TemplatesVars {
  templates: () => Promise<Templates>;
}

export interface TemplatesMixinOptions {
  /** Reads MAIL_TEMPLATES again when a file there changes. @default where NODE_ENV is development */
  watchTemplates?: boolean;
  /** Templates that cannot be used end the process, told once and without a stack. @default where Moleculer's Runner started it */
  exitOnFaults?: boolean;
}

type Logger = Pick<ServiceBroker["logger"], "info" | "warn" | "error">;

/** Editors write a file in several steps, in ms. */
const QUIET_MS = 100;
/** How often the folder itself is looked for, in ms. */
const FOLLOW_MS = 1000;

/** Stands before the transports mixin in a service's list: its settings come from there. */
export function templatesMixin(options: TemplatesMixinOptions = {}): Mixin {
  const { watchTemplates = process.env["NODE_ENV"] === "development" } = options;
  return defineMixin<object, TemplatesVars & TransportsVars & { watching?: { close(): void } }>({
    async started() {
      const { broker, config, logger } = this;
      let opening: Promise<Templates> | undefined;
      this.templates = () =>
        (opening ??= loadTemplates(config).catch((error: unknown) => {
          // a disk that could not be read once may be readable at the next call
          opening = undefined;
          throw error;
        }));
      if (config.mail.templates === undefined) {
        // nothing can be wrong with our own ones: the node need not wait for them, nor the first caller
        const prepare = async () => warmUp(await this.templates(), config, logger);
        broker.localBus.once("$broker.started", () => void prepare().catch((error) => logger.error(error)));
        return;
      }
      try {
        void warmUp(await this.templates(), config, logger);
      } catch (error) {
        if (!(error instanceof TemplateFaults)) throw error;
        tell(error, logger);
        // the Runner ends the process as well, but says it twice, each time with a stack
        if (options.exitOnFaults ?? "runner" in broker) process.exit(1);
        throw error;
      }
      if (!watchTemplates) return;
      this.watching = readAgain(config, logger, (templates) => {
        opening = Promise.resolve(templates);
      });
    },

    stopped() {
      this.watching?.close();
    },
  });
}

/** Letters are compiled at the first use, a few ms for each: done beside other work, so that no caller waits for it. */
async function warmUp(templates: Templates, { adminWebUrl }: Config, logger: Logger): Promise<void> {
  const refused = new Set<string>();
  for (const { name: template, locales, sample: data } of templates.list()) {
    for (const locale of locales) {
      await setImmediate(undefined, { ref: false });
      try {
        templates.render({ template, locale, data });
      } catch {
        // a sample needs no ADMIN_WEB_URL, its letter does
        refused.add(template);
      }
    }
  }
  if (adminWebUrl === undefined && refused.size > 0) {
    logger.info(`ADMIN_WEB_URL is not set: ${[...refused].join(", ")} cannot be sent.`);
  }
}

/** What cannot be used leaves what was there: a half-written template must not end the work. */
function readAgain(config: Config, logger: Logger, use: (templates: Templates) => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let reading = 0;
  let isFaulty = false;
  const read = async (): Promise<void> => {
    const turn = ++reading;
    try {
      const templates = await loadTemplates(config);
      if (turn !== reading) return;
      use(templates);
      // who was told of a fault is told of its end
      logger[isFaulty ? "warn" : "info"]("The templates were read again.");
      isFaulty = false;
    } catch (error) {
      if (turn !== reading) return;
      isFaulty = true;
      if (error instanceof TemplateFaults) tell(error, logger);
      else logger.error(`The templates could not be read: ${(error as Error).message}`);
      logger.error("The letters stay as they were.");
    }
  };
  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void read(), QUIET_MS);
  };
  const watching = watchFolder(config.mail.templates ?? "", logger, again);
  return {
    close() {
      reading = Infinity;
      clearTimeout(timer);
      watching.close();
    },
  };
}

/** A watcher stays with the folder that it was given: not with another that git puts in its place, nor with one that comes back. */
function watchFolder(folder: string, logger: Logger, changed: () => void): { close(): void } {
  let watcher: FSWatcher | undefined;
  let watched: string | undefined;
  const tellOfEnd = (error: unknown): void =>
    logger.error(`The templates are not watched any more: ${(error as Error).message}`);
  const follow = (): boolean => {
    const found = identityOf(folder);
    if (found === watched) return false;
    watcher?.close();
    watched = found;
    if (found === undefined) return true;
    try {
      watcher = watch(folder, { recursive: true }, () => {
        follow();
        changed();
      });
      watcher.on("error", tellOfEnd);
    } catch (error) {
      tellOfEnd(error);
    }
    return true;
  };
  follow();
  const following = setInterval(() => {
    if (follow()) changed();
  }, FOLLOW_MS);
  following.unref();
  return {
    close() {
      clearInterval(following);
      watcher?.close();
    },
  };
}

/** @returns undefined where there is no folder. An inode alone would be given to the next one again. */
function identityOf(folder: string): string | undefined {
  try {
    const found = statSync(folder);
    return found.isDirectory() ? `${found.ino} ${found.birthtimeMs}` : undefined;
  } catch {
    // reading says why
    return undefined;
  }
}

function tell({ faults }: TemplateFaults, logger: Logger): void {
  for (const fault of faults) logger.error(`Template ${describeFault(fault)}`);
}
