/** What the examples have in common: one message, and the server's reply to it. */
import { EXAMPLE_REQUEST } from "../problems.ts";

export const ID = "0199a6c4-3f6e-7c21-9d7b-5e0a8f4c2b1d";

export const receipt = {
  id: ID,
  status: "sent",
  messageId: "<2f0c8f2e-6a57-4f0e-9d3c-8b1f5a7e6d4c@example.com>",
  transport: "primary",
  attempts: 1,
  recipients: [{ address: "ann@example.com", status: "sent", code: 250, response: "250 2.0.0 Ok: queued" }],
  response: "250 2.0.0 Ok: queued",
  accepted: ["ann@example.com"],
  rejected: [],
  envelope: { from: "shop@example.com", to: ["ann@example.com"] },
};

const problem = {
  type: "SMTP_RECIPIENT_DEFERRED",
  message: "smtp.example.com:465 put the recipient off: 451 4.3.0 Try again later",
  remedy:
    "Nothing to do for now, it is tried again by itself; if it goes on for hours, ask the server's operator about its answer.",
  smtp: { code: 451, enhancedCode: "4.3.0", response: "451 4.3.0 Try again later", command: "RCPT TO" },
};

const later = {
  address: "defer@example.com",
  status: "deferred",
  code: 451,
  response: "451 4.3.0 Try again later",
};

export const deferred = {
  ...receipt,
  status: "deferred",
  nextAttemptAt: "2026-11-21T08:00:30.412Z",
  recipients: [later],
  response: "451 4.3.0 Try again later",
  problem,
  accepted: [],
  envelope: { from: "shop@example.com", to: ["defer@example.com"] },
};

export const record = {
  ...deferred,
  createdAt: "2026-11-21T08:00:00.000Z",
  updatedAt: "2026-11-21T08:00:00.412Z",
  tags: ["login"],
  metadata: { user: "4711" },
  timeline: [
    {
      at: "2026-11-21T08:00:00.031Z",
      transport: "primary",
      status: "deferred",
      recipients: [later],
      problem,
      durationMs: 381,
    },
  ],
};

/** The body of an error. */
export function refusal(type: string, title: string, status: number, detail: string, more: object): object {
  return { type, title, status, detail, ...more, requestId: EXAMPLE_REQUEST };
}
