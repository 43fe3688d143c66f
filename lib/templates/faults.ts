/** What is wrong with a template: told with file and line when it is read, with the variable's name when it is filled in. */

/** A fault in a file of a template. */
export interface TemplateFault {
  /** As the reader of the message finds it: relative to the folder of templates, or `(built-in) …` */
  file: string;
  /** From 1; absent: the file as a whole */
  line?: number;
  /** What is wrong and what would be right, without a full stop */
  message: string;
  /** The letter that it was found in, where the file is a partial */
  calledIn?: string;
}

/** Printable: `welcome/en/html.hbs:12: …` */
export function describeFault({ file, line, message, calledIn }: TemplateFault): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message}${calledIn === undefined ? "" : `, called in ${calledIn}`}`;
}

/** Templates that cannot be used: nothing of them is. */
export class TemplateFaults extends Error {
  override readonly name = "TemplateFaults";
  readonly faults: readonly TemplateFault[];

  constructor(faults: readonly TemplateFault[]) {
    super(faults.map(describeFault).join("\n"));
    this.faults = faults;
  }
}

/** Data that a letter cannot be made of. `field`: the variable, as the template writes it; the value is never repeated. */
export class DataFault extends Error {
  override readonly name = "DataFault";
  readonly field: string | undefined;
  /** What to do, where that is not to give other data */
  readonly remedy: string | undefined;

  constructor(message: string, field?: string, remedy?: string) {
    super(message);
    this.field = field;
    this.remedy = remedy;
  }
}
