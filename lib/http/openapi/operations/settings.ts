/** The routes about the way to the server in words. */
import { checkNames } from "../../../smtp/verify.ts";
import type { Operation } from "../operation.ts";
import { listOf } from "../schemas/fields.ts";
import { provider, verifyReport } from "../schemas/service.ts";

const report = {
  verdict: "unproven",
  ok: false,
  transport: "primary",
  server: "smtp://127.0.0.1:1025",
  checks: checkNames.map((name) => ({ name, status: "passed", durationMs: 1, detail: "…" })),
  problem: {
    type: "SMTP_NOT_ENCRYPTED",
    message:
      "nothing failed, but the connection is in clear: it is not proven that this is the server, nor that nobody reads along",
    remedy:
      "Use a port with TLS (465, or 587 with STARTTLS), and leave SMTP_OPPORTUNISTIC_TLS on; in a closed test network this may be as you want it.",
  },
  durationMs: 7,
};

export const verifyTransport: Operation = {
  id: "verifyTransport",
  tag: "Settings",
  summary: "Check the way to the SMTP server",
  description:
    "Walks the way that a message would take, step by step, and names the first step that fails, the remedy and the setting to change. Sends no mail. May take a minute and a half where a server is silent.",
  answers: {
    200: { description: "What was found, good or bad: look at `ok`.", schema: { $ref: verifyReport } },
  },
  examples: {
    primary: { summary: "The first server", query: { transport: "primary" }, status: 200, answer: report },
  },
};

export const probeSettings: Operation = {
  id: "probeSettings",
  tag: "Settings",
  summary: "Try settings that are not saved",
  description:
    "As `verifyTransport`, for a server of your own choice. Nothing is stored, logged or echoed. Off unless MAIL_PROBE=on. Give `uri`, or `provider` with `username` and `password`.",
  answers: {
    200: { description: "What was found, good or bad: look at `ok`.", schema: { $ref: verifyReport } },
  },
  problems: ["MAIL_PROBE_OFF"],
  examples: {
    sandbox: {
      summary: "The sandbox of `npm run dev`",
      body: { uri: "smtp://127.0.0.1:1025", sender: "me@example.com" },
      status: 200,
      answer: report,
    },
  },
};

export const listProviders: Operation = {
  id: "listProviders",
  tag: "Settings",
  summary: "List SMTP providers",
  description: "Hosts, ports, and in words what each provider wants as user name and password.",
  answers: { 200: { description: "All that are known.", schema: listOf({ $ref: provider }) } },
  examples: {
    english: {
      summary: "In English",
      query: { locale: "en" },
      status: 200,
      answer: [
        {
          id: "gmail",
          name: "Gmail",
          host: "smtp.gmail.com",
          ports: [
            { port: 465, security: "tls" },
            { port: 587, security: "starttls" },
          ],
          credential: "app-password",
          plainPassword: true,
          username: "The full address.",
          password: "An app password, not the password of the account.",
          links: ["https://support.google.com/accounts/answer/185833"],
        },
      ],
    },
  },
};
