/** Answers about the service itself: verification, providers, templates, health. */
import { checkNames } from "../../../smtp/verify.ts";
import { about, fields, listOf, named, words, wordsByName } from "./fields.ts";
import { mailProblem } from "./problem.ts";

const milliseconds = about("Milliseconds.", { type: "number" });
const anything = { type: "object", additionalProperties: true } as const;

const check = named(
  "Check",
  "One step of the way to the server.",
  {
    name: { type: "string", enum: checkNames },
    status: about("`skipped`: not reached.", {
      type: "string",
      enum: ["passed", "warning", "failed", "skipped"],
    }),
    durationMs: milliseconds,
    detail: about("In one sentence.", words),
  },
  { data: about("Addresses, TLS protocol, certificate, … as far as the step has them.", anything) },
);

export const verifyReport = named(
  "VerifyReport",
  "How far the way to the SMTP server goes.",
  {
    verdict: about(
      "`failed`: a step failed. `unproven`: none did, but no login was tried or the connection is in clear. `ok`: all of it works.",
      { type: "string", enum: ["ok", "failed", "unproven"] },
    ),
    ok: about("True only for the verdict `ok`.", { type: "boolean" }),
    transport: about("`primary`, `fallback1`, …", words),
    server: about("Printable, without secrets.", words),
    checks: listOf({ $ref: check }, "All seven, in this order."),
    durationMs: milliseconds,
  },
  { problem: { $ref: mailProblem } },
);

export const provider = named(
  "Provider",
  "What is known of an SMTP provider.",
  {
    id: about("The word for SMTP_PROVIDER.", words),
    name: words,
    host: words,
    ports: listOf(
      fields({
        port: { type: "integer" },
        security: about("`tls`: from the first byte.", { type: "string", enum: ["tls", "starttls", "none"] }),
      }),
      "Best first.",
    ),
    credential: about("What the password is.", {
      type: "string",
      enum: ["password", "app-password", "authorization-code", "api-key", "oauth2"],
    }),
    plainPassword: about("Whether user name and password work at all; else OAuth2 only.", {
      type: "boolean",
    }),
    username: about("In words.", words),
    password: about("In words.", words),
    links: listOf(words),
  },
  {
    regions: about("Hosts by region.", wordsByName),
    passwordUrl: about("Where to get the password.", words),
    sender: about("What is asked of the sender's address.", words),
    notes: listOf(words),
    checked: about("When this was last checked, a date.", words),
  },
);

export const template = named("Template", "A letter that is kept ready.", {
  name: words,
  locales: listOf(words, "BCP 47 tags."),
  description: words,
  data: about("JSON Schema of what `data` must be.", anything),
  sample: about("An example of `data`.", anything),
});

export const renderedTemplate = named("RenderedTemplate", "The letter, filled in.", {
  subject: words,
  html: words,
  text: words,
  locale: about("The language that was chosen.", words),
});

export const health = named("Health", "All is well.", { status: { type: "string", enum: ["ok"] } });
