/** The routes about templates in words. */
import type { Operation } from "../operation.ts";
import { listOf } from "../schemas/fields.ts";
import { renderedTemplate, template } from "../schemas/service.ts";
import { refusal } from "./examples.ts";

const locales = ["en", "ja", "zh-CN"];

const person = (description: string) => ({
  description,
  type: "string",
  maxLength: 100,
  pattern: "^[^\\u0000-\\u001f\\u007f]*$",
});

const minutes = (what: string) => ({
  description: `How long the ${what} is valid; a letter that would come later is not sent`,
  type: "integer",
  minimum: 1,
});

/** What leads to a page of ADMIN_WEB_URL. */
const linkTo = (path: string) => ({
  token: {
    description: "What proves the reader's right; becomes ?token=… of the link",
    type: "string",
    minLength: 1,
  },
  query: {
    description: "What the page wants to know besides the token, or in its place",
    type: "object",
    additionalProperties: { type: "string" },
    minProperties: 1,
  },
  path: {
    description: "The page, on ADMIN_WEB_URL",
    type: "string",
    pattern: "^/[^?\\s\\\\]*$",
    default: path,
  },
});

const name = person("The reader's name, for the greeting");
const tokenOrQuery = [{ required: ["token"] }, { required: ["query"] }];

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
      answer: [
        {
          name: "invitation",
          locales,
          description: "An invitation to join, with a link to accept it",
          data: {
            type: "object",
            properties: {
              ...linkTo("/invitation"),
              inviter: person("Who invites"),
              team: person("What the reader is to join"),
              minutes: minutes("link"),
              name,
            },
            anyOf: tokenOrQuery,
          },
          sample: {
            token: "b1946ac92492d2347c6235b4d2611184",
            inviter: "Ben Carter",
            team: "Design",
            minutes: 10080,
            name: "Ann",
          },
        },
        {
          name: "notice",
          locales,
          description: "Your own html in the frame of the letters",
          data: {
            type: "object",
            properties: {
              subject: { description: "The subject", type: "string" },
              html: {
                description:
                  "What stands in the frame; taken as it is, so it must come from you and never from a reader",
                type: "string",
              },
            },
            required: ["subject", "html"],
          },
          sample: {
            subject: "Maintenance on Sunday",
            html: "<p>We move to new servers on Sunday from 02:00 to 04:00 UTC. You need not do anything.</p>",
          },
        },
        {
          name: "password-reset",
          locales,
          description: "A link to choose a new password",
          data: {
            type: "object",
            properties: { ...linkTo("/reset-password"), minutes: minutes("link"), name },
            anyOf: tokenOrQuery,
          },
          sample: { token: "b1946ac92492d2347c6235b4d2611184", minutes: 30, name: "Ann" },
        },
        {
          name: "verification",
          locales,
          description: "A one-time code that proves who reads a mailbox",
          data: {
            type: "object",
            properties: {
              code: {
                description: "The code, as it is to be typed",
                type: "string",
                minLength: 1,
                maxLength: 64,
              },
              minutes: minutes("code"),
              name,
            },
            required: ["code", "minutes"],
          },
          sample: { code: "482913", minutes: 10, name: "Ann" },
        },
      ],
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
