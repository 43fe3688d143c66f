/** Facts about the page that shows the API: it comes from here alone, is kept by browsers, and asked for again when it changed. */
import { describe, expect, it } from "@jest/globals";
import type { Answer } from "../../../lib/http/answer.ts";
import { docsRoutes } from "../../../lib/http/docs-routes.ts";
import type { Ask } from "../../../lib/http/route.ts";

const routes = docsRoutes(() => ({ openapi: "3.1.0" }));

function get(path: string, headers: Ask["headers"] = {}): Promise<Answer> {
  const route = routes.find((one) => one.path === path);
  if (!route) throw new Error(`there is no route ${path}`);
  return route.answer({ headers } as Ask);
}

const textOf = async (path: string) => String((await get(path)).body);

describe("the page at /docs", () => {
  it("needs no key on any of its routes", () => {
    expect(routes.filter(({ method, scope }) => method !== "GET" || scope !== undefined)).toEqual([]);
  });

  it("has nothing inline, and loads nothing but routes of ours", async () => {
    const html = await textOf("/docs");
    const loaded = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url);
    const paths = routes.map(({ path }) => path);
    expect(loaded.filter((url) => url !== "data:,")).not.toEqual([]);
    for (const url of loaded) expect([...paths, "data:,"]).toContain(url);
    expect(html).not.toMatch(/<style|<script(?! src)|\son\w+=|\sstyle=/);
    expect(`${await textOf("/docs/page.js")}${await textOf("/docs/page.css")}`).not.toMatch(/https?:|\/\/\w/);
  });

  it("lets no other origin in, be it for scripts, requests or frames", async () => {
    const { headers } = await get("/docs");
    expect(headers?.["Content-Security-Policy"]?.split("; ")).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(headers?.["Content-Security-Policy"]).not.toMatch(/https?:|\*|unsafe/);
    expect(headers?.["Referrer-Policy"]).toBe("no-referrer");
  });

  it("asks no third party about the document, and keeps no key", async () => {
    const script = await textOf("/docs/page.js");
    expect(script).toMatch(/validatorUrl: "none"/);
    expect(script).toMatch(/persistAuthorization: false/);
  });

  it("is where / leads to", async () => {
    expect(await get("/")).toMatchObject({ status: 302, headers: { Location: "/docs" } });
  });

  it("comes with Swagger UI", async () => {
    expect(await textOf("/docs/swagger-ui-bundle.js")).toContain("SwaggerUIBundle");
    expect(await textOf("/docs/swagger-ui.css")).toContain(".swagger-ui");
  });
});

describe("its files", () => {
  const paths = routes.map(({ path }) => path).filter((path) => path !== "/");

  it.each(paths)("(%s) are sent once, and then only when they have changed", async (path) => {
    const first = await get(path);
    const etag = first.headers?.["ETag"] ?? "";
    expect(first).toMatchObject({ status: 200, headers: { "Cache-Control": "no-cache" } });
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      expect(await get(path, { "if-none-match": known })).toMatchObject({
        status: 304,
        headers: { ETag: etag },
      });
    }
    for (const other of ['"x"', etag.slice(1, -1), ""]) {
      expect(await get(path, { "if-none-match": other })).toMatchObject({ status: 200 });
    }
  });

  it("have a mark of their own each", async () => {
    const tags = await Promise.all(paths.map(async (path) => (await get(path)).headers?.["ETag"]));
    expect(new Set(tags).size).toBe(paths.length);
  });
});
