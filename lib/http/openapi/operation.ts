/** How a route is described: in the terms of OpenAPI, less everything that follows from the route itself. */
import type { JsonSchema } from "../../json-schema.ts";
import type { ProblemType } from "./problems.ts";

export interface Operation {
  /** What generated clients call it */
  id: string;
  tag: Tag;
  summary: string;
  description: string;
  /** What comes when it is done, by status; `type`: where it is no JSON */
  answers: Readonly<Record<number, { description: string; schema: JsonSchema; type?: string }>>;
  /** Words of its own, beside those that every operation has */
  problems?: readonly ProblemType[];
  /** Request headers of its own */
  headers?: Readonly<Record<string, JsonSchema>>;
  /** By a short name. Each is run as a test */
  examples: Readonly<Record<string, Example>>;
}

/** A request and the answer to it. */
export interface Example {
  summary: string;
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number>>;
  headers?: Readonly<Record<string, string>>;
  body?: object;
  status: number;
  answer: unknown;
}

/** In the order in which they are shown. */
export const tags = {
  Send: "Hand a message over. From the answer on, getting it to the SMTP server is the service's business.",
  Messages: "What became of messages, and what can still be done about them.",
  Templates: "Letters that are kept ready.",
  Settings: "Whether the way to the SMTP server is open, and what its provider asks for.",
  Operating: "For load balancers and monitoring.",
} as const;

export type Tag = keyof typeof tags;
