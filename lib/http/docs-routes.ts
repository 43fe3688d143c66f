/** The description of the API and the page to try it, as a table of routes. Neither needs a key: there is no secret in them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import type { Answer } from "./answer.ts";
import { html, policy, script, style } from "./docs/page.ts";
import { swaggerUiFolder } from "./docs/swagger-ui.ts";
import type { Route } from "./route.ts";

const JAVASCRIPT = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

/** @param describe makes what is to stand in /openapi.json, once somebody asks for it */
export function docsRoutes(describe: () => object): Route[] {
  const pageHeaders = { "Content-Security-Policy": policy, "Referrer-Policy": "no-referrer" };
  return [
    {
      method: "GET",
      path: "/",
      answer: async () => ({ status: 302, body: "See /docs.", headers: { Location: "/docs" } }),
    },
    file("/openapi.json", "application/json; charset=utf-8", () => JSON.stringify(describe())),
    file("/docs", "text/html; charset=utf-8", () => html, pageHeaders),
    file("/docs/page.js", JAVASCRIPT, () => script),
    file("/docs/page.css", CSS, () => style),
    file("/docs/swagger-ui-bundle.js", JAVASCRIPT, ui("swagger-ui-bundle.js")),
    file("/docs/swagger-ui.css", CSS, ui("swagger-ui.css")),
  ];
}

const ui = (name: string) => () => readFileSync(join(swaggerUiFolder(), name));

/** Content that stays the same while the process lives. Browsers keep it, and ask each time whether it is still that. */
function file(
  path: string,
  type: string,
  read: () => string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Route {
  let known: { body: Buffer; etag: string } | undefined;
  return {
    method: "GET",
    path,
    async answer({ headers: asked }): Promise<Answer> {
      known ??= tagged(Buffer.from(read()));
      const { body, etag } = known;
      const status = isKnown(asked, etag) ? 304 : 200;
      return { status, body, type, headers: { ...headers, ETag: etag, "Cache-Control": "no-cache" } };
    },
  };
}

function tagged(body: Buffer): { body: Buffer; etag: string } {
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/** If-None-Match is a list, and compares weakly (RFC 9110 section 13.1.2). */
function isKnown(asked: IncomingHttpHeaders, etag: string): boolean {
  const tags = (asked["if-none-match"] ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}
