/** What is told of a template, and what comes out of one. */

export interface Template {
  name: string;
  /** BCP 47 tags of the languages that it is there in */
  locales: string[];
  description: string;
  /** JSON Schema of what `data` must be */
  data: Record<string, unknown>;
  /** An example of `data` */
  sample: Record<string, unknown>;
}

export interface RenderedTemplate {
  subject: string;
  html: string;
  text: string;
  /** The language that was chosen */
  locale: string;
}
