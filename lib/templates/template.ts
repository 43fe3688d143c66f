/** What is told of a template, and what comes out of one. */
import type { SendRequest } from "../message/message.ts";

/** Stands in for ADMIN_WEB_URL while samples are tried. */
export const EXAMPLE_WEB_URL = "https://app.example.com";

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
  /** Empty for a letter that is text alone */
  html: string;
  text: string;
  /** The language that was chosen, a BCP 47 tag */
  locale: string;
}

export interface RenderRequest {
  template: string;
  data?: Record<string, unknown>;
  /** BCP 47 tag. @default as MAIL_LOCALE says */
  locale?: string;
}

/** Every letter that is kept ready. */
export interface Templates {
  /** By name */
  list(): Template[];
  /** @throws MailError MAIL_UNKNOWN_TEMPLATE; MAIL_TEMPLATE_FAILED naming the data that is missing or wrong */
  render(request: RenderRequest): RenderedTemplate;
  /**
   * Puts the letter in the place of the request's template; what the request says itself wins.
   * @param time `now`: epoch ms; `retryFor`: how long it will be tried, in ms
   * @throws as `render`
   */
  fill(request: SendRequest, time: { now: number; retryFor: number }): SendRequest;
}
