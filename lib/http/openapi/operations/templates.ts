/** The routes about templates in words. */
import invitation from "../../../../templates/invitation/template.json" with { type: "json" };
import notice from "../../../../templates/notice/template.json" with { type: "json" };
import passwordReset from "../../../../templates/password-reset/template.json" with { type: "json" };
import verification from "../../../../templates/verification/template.json" with { type: "json" };
import type { Operation } from "../operation.ts";
import { listOf } from "../schemas/fields.ts";
import { renderedTemplate, template } from "../schemas/service.ts";
import { refusal } from "./examples.ts";

const builtIn = { invitation, notice, "password-reset": passwordReset, verification };

export const listTemplates: Operation = {
  id: "listTemplates",
  tag: "Templates",
  summary: "List templates",
  description:
    "The built-in ones, and those of MAIL_TEMPLATES: which languages they have and which `data` they take.",
  answers: { 200: { description: "All of them.", schema: listOf({ $ref: template }) } },
  examples: {
    all: {
      summary: "The built-in ones",
      status: 200,
      answer: Object.entries(builtIn).map(([name, { description, data, sample }]) => ({
        name,
        locales: ["en", "ja", "zh-CN"],
        description,
        data,
        sample,
      })),
    },
  },
};

export const renderTemplate: Operation = {
  id: "renderTemplate",
  tag: "Templates",
  summary: "Look at a letter",
  description:
    "Fills a template in, in the nearest language that it has. Stores and sends nothing. A variable without a value is refused by name.",
  answers: { 200: { description: "The letter.", schema: { $ref: renderedTemplate } } },
  problems: ["MAIL_UNKNOWN_TEMPLATE", "MAIL_TEMPLATE_FAILED"],
  examples: {
    code: {
      summary: "A one-time code (the html is cut off here)",
      path: { name: "verification" },
      body: { data: { code: "481516", minutes: 10 }, locale: "en-GB" },
      status: 200,
      answer: {
        subject: "Your Shop verification code",
        html: '<!doctype html>\n<html lang="en" dir="ltr">\n…',
        text: "Shop\n\nEnter this code to continue. It is valid for 10 minutes.\n\n481516\n\nNobody from our team will ever ask you for this code. Do not share it with anyone.\n\nIf you did not ask for a code, you can ignore this email.\n",
        locale: "en",
      },
    },
    missing: {
      summary: "Data that is missing",
      path: { name: "verification" },
      body: { data: { minutes: 10 } },
      status: 422,
      answer: refusal(
        "MAIL_TEMPLATE_FAILED",
        "Mail template failed",
        422,
        "the template verification cannot be filled in: data.code: expected a value, got nothing",
        {
          remedy:
            "Give the data that the template asks for; mail.templates shows its schema and a sample. Nothing was stored or sent.",
          fields: [{ field: "data.code", message: "expected a value, got nothing" }],
        },
      ),
    },
    unknown: {
      summary: "A template that there is not",
      path: { name: "passwort-reset" },
      body: { data: { token: "b1946ac92492d2347c6235b4d2611184" } },
      status: 422,
      answer: refusal(
        "MAIL_UNKNOWN_TEMPLATE",
        "Mail unknown template",
        422,
        "there is no template of this name: did you mean password-reset?",
        {
          remedy:
            "Give one of these: invitation, notice, password-reset, verification; or add a folder of this name to MAIL_TEMPLATES.",
        },
      ),
    },
  },
};
