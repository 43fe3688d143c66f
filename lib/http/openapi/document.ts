/** The API as an OpenAPI 3.1 document, made from the route table that the router is given. */
import { version } from "../../version.ts";
import type { Route } from "../route.ts";
import { tags } from "./operation.ts";
import { type DescribedRoute, operationOf, pathOf } from "./paths.ts";
import { components } from "./pointers.ts";

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string; [more: string]: unknown };
  paths: Record<string, Record<string, object>>;
  [more: string]: unknown;
}

/** @param keyed whether the gateway has API keys; without them it serves its own machine only */
export function openApiDocument(routes: readonly Route[], { keyed }: { keyed: boolean }): OpenApiDocument {
  const found = components();
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes.filter(isDescribed)) {
    const path = (paths[pathOf(route)] ??= {});
    path[route.method.toLowerCase()] = operationOf(route, found, keyed);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Meshmail",
      version: version(),
      description: `${introduction}\n\n${keyed ? withKeys : withoutKeys}\n\n${conventions}`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This gateway" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: found.schemas,
      headers,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "A secret out of GATEWAY_API_KEYS." },
      },
    },
  };
}

function isDescribed(route: Route): route is DescribedRoute {
  return route.operation !== undefined;
}

const introduction = `Transactional mail: hand a message over, and ask what became of it.

When \`POST /api/mail/send\` answers, the message is safe. \`200\` means that the SMTP server has it; \`202\` that it waits and will
be tried again by itself. Send it again only after an error that is retryable, and with the same \`Idempotency-Key\`: then there
is one message, not two.`;

const withKeys = `**Keys.** Send \`Authorization: Bearer <secret>\`. A key has scopes: \`send\`, \`read\` (which shows every message), \`manage\`.`;

const withoutKeys = `**Keys.** This gateway has none, so it serves its own machine only and nothing needs to be authorized. With
GATEWAY_API_KEYS set, every request to \`/api\` needs \`Authorization: Bearer <secret>\`, and a key has scopes: \`send\`, \`read\`,
\`manage\`.`;

const conventions = `**Errors** are \`application/problem+json\` (RFC 9457). Match on \`type\`: the words stay, new ones may come. "Retryable" means
that the same request may succeed later; \`Retry-After\` says when, in seconds.

**Bodies** are one JSON object in UTF-8. Unknown fields are refused by name. Of a key that is there twice the last one counts.
Unknown query parameters are passed over.

**Request ids.** Every answer has an \`X-Request-ID\`, under which the log speaks of the request. Yours is taken if it has 1 to 64
letters, digits, \`.\`, \`_\` and \`-\`.

**Units.** Moments are ISO 8601 in answers, durations milliseconds, sizes bytes, lengths characters (UTF-16 units: most emoji
are two).`;

const headers = {
  "X-Request-ID": {
    description: "Names this request in the log.",
    schema: { type: "string" },
  },
  "Retry-After": {
    description: "Seconds. Sent where the error is retryable.",
    schema: { type: "integer", minimum: 0 },
  },
  "WWW-Authenticate": { description: "The scheme to use.", schema: { type: "string", const: "Bearer" } },
};
