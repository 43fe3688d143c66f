/** The read part of Mailpit's API v1, and emptying the inbox, as a table of routes; for development. */
import { ok, pick, type Route } from "./route.ts";

export const sandboxRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/api/v1/messages",
    scope: "read",
    answer: async ({ query, call }) => ok(await call("sandbox.messages", pageOf(query))),
  },
  {
    method: "GET",
    path: "/api/v1/search",
    scope: "read",
    answer: async ({ query, call }) =>
      ok(await call("sandbox.messages", { query: query.get("query") ?? "", ...pageOf(query) })),
  },
  {
    method: "GET",
    path: "/api/v1/message/:id",
    scope: "read",
    answer: async ({ path, call }) => ok(await call("sandbox.message", path)),
  },
  {
    method: "GET",
    path: "/api/v1/message/:id/raw",
    scope: "read",
    answer: async ({ path, call }) => {
      const source = await call<string>("sandbox.source", path);
      return { status: 200, body: Buffer.from(source, "base64") };
    },
  },
  {
    method: "DELETE",
    path: "/api/v1/messages",
    scope: "manage",
    async answer({ hasBody, body, call }) {
      const { IDs } = hasBody ? await body() : {};
      const some = Array.isArray(IDs) && IDs.length > 0;
      await call("sandbox.clear", some ? { ids: IDs } : {});
      return ok("ok");
    },
  },
];

function pageOf(query: URLSearchParams): Record<string, number> {
  const given = Object.entries(pick(query, ["start", "limit"])).filter(([, value]) =>
    /^\d{1,9}$/.test(value),
  );
  return Object.fromEntries(given.map(([name, value]) => [name, Number(value)]));
}
