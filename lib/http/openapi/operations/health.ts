/** The routes for load balancers in words. */
import type { Operation } from "../operation.ts";
import { health } from "../schemas/service.ts";

const ok = { summary: "All is well", status: 200, answer: { status: "ok" } };

export const getLiveness: Operation = {
  id: "getLiveness",
  tag: "Operating",
  summary: "Does the gateway live?",
  description: "Yes, if it answers. Asks nobody else.",
  answers: { 200: { description: "It does.", schema: { $ref: health } } },
  examples: { ok },
};

export const getReadiness: Operation = {
  id: "getReadiness",
  tag: "Operating",
  summary: "Can it do its work?",
  description:
    "503 with `reasons` while the mesh is not joined, no mail node answers, the outbox does not work, or no SMTP server is configured or up.",
  answers: { 200: { description: "It can.", schema: { $ref: health } } },
  problems: ["HTTP_UNAVAILABLE"],
  examples: { ok },
};
