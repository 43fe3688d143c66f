/** The routes about the way to the server in words. */
import { findProvider, presentProvider } from "../../../providers/providers.ts";
import type { Operation } from "../operation.ts";
import { listOf } from "../schemas/fields.ts";
import { provider, verifyReport } from "../schemas/service.ts";

const report = {
  verdict: "unproven",
  ok: false,
  transport: "primary",
  server: "smtp://127.0.0.1:1025",
  checks: [
    { name: "config", status: "passed", durationMs: 0, detail: "the settings agree with each other" },
    {
      name: "dns",
      status: "passed",
      durationMs: 0,
      detail: "127.0.0.1 is an address: nothing to look up",
      data: { addresses: ["127.0.0.1"] },
    },
    {
      name: "connect",
      status: "passed",
      durationMs: 1,
      detail: "connected to 127.0.0.1, port 1025",
      data: { address: "127.0.0.1", port: 1025 },
    },
    { name: "greeting", status: "passed", durationMs: 102, detail: "220 localhost ESMTP Meshmail sandbox" },
    {
      name: "encryption",
      status: "warning",
      durationMs: 0,
      detail: "in clear, since STARTTLS is not offered: whoever is on the way can read and change the mail",
      data: { openssl: "3.5.8" },
    },
    {
      name: "authentication",
      status: "warning",
      durationMs: 0,
      detail: "no user name and password are set, so logging in was not tried",
    },
    {
      name: "sender",
      status: "passed",
      durationMs: 2,
      detail: "MAIL FROM:<me@example.com> was accepted, and taken back with RSET",
      data: { address: "me@example.com" },
    },
  ],
  problem: {
    type: "SMTP_NOT_ENCRYPTED",
    message:
      "nothing failed, but the connection is in clear: it is not proven that this is the server, nor that nobody reads along",
    remedy:
      "Use a port with TLS (465, or 587 with STARTTLS), and leave SMTP_OPPORTUNISTIC_TLS on; in a closed test network this may be as you want it.",
  },
  durationMs: 106,
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

const gmail = findProvider("gmail");

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
      answer: [gmail && presentProvider(gmail, "en")],
    },
  },
};
