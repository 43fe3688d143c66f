/** A secret: a string that no log, JSON, template or inspection can show; only `reveal()` gives it out. */
import { inspect } from "node:util";

const MASK = "***";

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Every call is a place to review: the AUTH dialog, the redactor, DKIM signing, comparing keys. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
