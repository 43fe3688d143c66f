/** The routes about templates in words. */
import type { Operation } from "../operation.ts";
import { listOf } from "../schemas/fields.ts";
import { renderedTemplate, template } from "../schemas/service.ts";
import { refusal } from "./examples.ts";

export const listTemplates: Operation = {
  id: "listTemplates",
  tag: "Templates",
  summary: "List templates",
  description: "This version has none yet.",
  answers: { 200: { description: "All of them.", schema: listOf({ $ref: template }) } },
  examples: { all: { summary: "None", status: 200, answer: [] } },
};

export const renderTemplate: Operation = {
  id: "renderTemplate",
  tag: "Templates",
  summary: "Look at a letter",
  description: "Fills a template in. Sends nothing.",
  answers: { 200: { description: "The letter.", schema: { $ref: renderedTemplate } } },
  problems: ["MAIL_UNKNOWN_TEMPLATE", "MAIL_TEMPLATE_FAILED"],
  examples: {
    unknown: {
      summary: "A template that there is not",
      path: { name: "password-reset" },
      body: { data: { name: "Ann", code: "481516" }, locale: "en" },
      status: 422,
      answer: refusal(
        "MAIL_UNKNOWN_TEMPLATE",
        "Mail unknown template",
        422,
        "there is no template of this name",
        { remedy: "This version has no templates yet: give subject, text and html instead." },
      ),
    },
  },
};
