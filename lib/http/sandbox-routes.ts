/**
 * Mailpit's API v1 as far as it reads, marks and deletes, and `wait`, as a table of routes; for development. Its clients and
 * test fixtures work unchanged. What would send, relay, fetch from the network or invent an answer is missing.
 */
import { paramsCheck } from "../params.ts";
import { WAIT_TIMEOUT } from "../sandbox/inbox.ts";
import type { MessageDetail, Part } from "../sandbox/message.ts";
import type { Answer } from "./answer.ts";
import { httpError } from "./problem.ts";
import { type Ask, ok, pick, type Route } from "./route.ts";
import { disposition, htmlAnswer, isPicture, partAnswer } from "./sandbox-view.ts";

export const sandboxRoutes: readonly Route[] = [
  { method: "GET", path: "/livez", answer: async () => ok("") },
  { method: "GET", path: "/readyz", answer: getReady },
  read("/api/v1/info", async ({ call }) => ok(await call("sandbox.info"))),
  read("/api/v1/webui", async () => ok(webUi)),
  read("/api/v1/tags", async ({ call }) =>
    ok(Object.keys((await call<{ Tags: object }>("sandbox.info")).Tags)),
  ),
  read("/api/v1/messages", async ({ query, call }) => ok(await call("sandbox.messages", pageOf(query)))),
  {
    method: "PUT",
    path: "/api/v1/messages",
    scope: "manage",
    isUnlimited: true,
    anyType: true,
    answer: markMessages,
  },
  {
    method: "DELETE",
    path: "/api/v1/messages",
    scope: "manage",
    isUnlimited: true,
    anyType: true,
    answer: deleteMessages,
  },
  read("/api/v1/search", async ({ query, call }) =>
    ok(await call("sandbox.messages", { query: "", ...searchOf(query), ...pageOf(query) })),
  ),
  {
    method: "DELETE",
    path: "/api/v1/search",
    scope: "manage",
    isUnlimited: true,
    async answer({ query, call }) {
      // without a query everything would go
      await call("sandbox.clear", { query: "", ...searchOf(query) });
      return ok("ok");
    },
  },
  read("/api/v1/wait", waitForMessage),
  read("/api/v1/message/:id", async (ask) => ok(await getMessage(ask))),
  read("/api/v1/message/:id/headers", async ({ path, query, call }) =>
    ok(await call("sandbox.headers", { ...path, ...searchOf(query) })),
  ),
  read("/api/v1/message/:id/raw", getSource),
  read("/api/v1/message/:id/part/:part", getPart),
  read("/api/v1/message/:id/part/:part/thumb", getThumbnail),
  read("/view/:file", view),
  // so the Cypress commands ask for it; Go's router, and with it Mailpit, takes two slashes for one
  read("//view/:file", view),
];

function read(path: string, answer: Route["answer"]): Route {
  return { method: "GET", path, scope: "read", isUnlimited: true, answer };
}

/** Mailpit's settings of its web page: whatever can be switched on there is off here. */
const webUi = {
  Label: "",
  MessageRelay: {
    Enabled: false,
    SMTPServer: "",
    ReturnPath: "",
    AllowedRecipients: "",
    BlockedRecipients: "",
    OverrideFrom: "",
    PreserveMessageIDs: false,
  },
  SpamAssassin: false,
  ChaosEnabled: false,
  DuplicatesIgnored: false,
  HideDeleteAllButton: false,
};

/** Fixtures wait for it before their first message. */
async function getReady({ call }: Ask): Promise<Answer> {
  await call("sandbox.info");
  return ok("");
}

async function markMessages({ query, body, call }: Ask): Promise<Answer> {
  const { ids, search, read: isRead = false } = fieldsOf(await body());
  const { tz } = searchOf(query);
  const selection = search ? { ids, query: search, tz } : { ids };
  await call("sandbox.mark", given({ read: isRead, ...selection }));
  return ok("ok");
}

async function deleteMessages({ hasBody, body, call }: Ask): Promise<Answer> {
  const { ids } = hasBody ? fieldsOf(await body()) : {};
  await call("sandbox.clear", given({ ids }));
  return ok("ok");
}

/** Go reads JSON without regard to the case of names, and clients rely on it. An empty list means all, as in Mailpit. */
function fieldsOf(body: Record<string, unknown>): Record<"ids" | "search" | "read", unknown> {
  const {
    ids,
    search,
    read: isRead,
  } = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name.toLowerCase(), value ?? undefined]),
  );
  return { ids: Array.isArray(ids) && ids.length === 0 ? undefined : ids, search, read: isRead };
}

function given(params: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

function getMessage({ path, query, call }: Ask): Promise<MessageDetail> {
  return call<MessageDetail>("sandbox.message", { id: path["id"], ...searchOf(query) });
}

async function getSource({ path, query, call }: Ask): Promise<Answer> {
  const source = await call<string>("sandbox.source", { ...path, ...searchOf(query) });
  const answer: Answer = { status: 200, body: Buffer.from(source, "base64") };
  if (query.get("dl") !== "1") return answer;
  return { ...answer, headers: { "Content-Disposition": disposition("attachment", `${path["id"]}.eml`) } };
}

async function getPart({ path, query, call }: Ask): Promise<Answer> {
  const part = await call<Omit<Part, "content"> & { content: string }>("sandbox.part", {
    ...path,
    ...searchOf(query),
  });
  return partAnswer(part, Buffer.from(part.content, "base64"));
}

/** The picture itself: nothing here could make it smaller, but whoever shows it can. */
async function getThumbnail(ask: Ask): Promise<Answer> {
  const answer = await getPart(ask);
  if (isPicture(answer.type ?? "")) return answer;
  throw httpError("HTTP_NOT_FOUND", "This part is no picture.", "Get the part itself, without /thumb.");
}

/** `/view/{ID}.html` and `.txt`; without either, to the one that there is. */
async function view(ask: Ask): Promise<Answer> {
  const { file = "" } = ask.path;
  const [, id = file, kind] = /^(.+)\.(html|txt)$/.exec(file) ?? [];
  const message = await getMessage({ ...ask, path: { id } });
  if (kind === undefined) {
    const Location = `/view/${message.ID}.${message.HTML ? "html" : "txt"}`;
    return { status: 302, body: "", headers: { Location } };
  }
  if (kind === "txt") return ok(message.Text);
  if (message.HTML) return htmlAnswer(message);
  throw httpError("HTTP_NOT_FOUND", "This message has no html.", "Get its text: the same path with .txt.");
}

const WAIT_LIMIT = 60_000;
/** After this long it is looked at whether the client is still there. */
const WAIT_SLICE = 2000;
/** What the mesh may take on top */
const WAIT_MARGIN = 5000;

const checkWait = paramsCheck({
  to: { type: "any" },
  subject: { type: "any" },
  timeout: { type: "number", integer: true, min: 0, max: WAIT_LIMIT },
});

async function waitForMessage({ query, call, isAwaited }: Ask): Promise<Answer> {
  // unlike the rest this is not Mailpit's: a misspelt parameter must not find just any message
  const wanted = { ...Object.fromEntries(query), ...numbersOf(query, ["timeout"]) };
  const { timeout = WAIT_TIMEOUT, ...params } = checkWait(wanted);
  const deadline = performance.now() + timeout;
  for (;;) {
    const left = Math.max(0, Math.ceil(deadline - performance.now()));
    const slice = Math.min(left, WAIT_SLICE);
    try {
      return ok(await call("sandbox.wait", { ...params, timeout: slice }, slice + WAIT_MARGIN));
    } catch (error) {
      const isInVain = (error as { type?: unknown }).type === "SANDBOX_TIMEOUT";
      if (!isInVain || slice === left || !isAwaited()) throw error;
    }
  }
}

/** An empty query is none, as in Mailpit. */
function searchOf(query: URLSearchParams): Record<string, string> {
  const { query: words = "", tz = "" } = pick(query, ["query", "tz"]);
  return { ...(words.trim() && { query: words.trim() }), ...(tz && { tz }) };
}

/** What is no number is passed over, as in Mailpit. */
function pageOf(query: URLSearchParams): Record<string, number> {
  return numbersOf(query, ["start", "limit"]);
}

function numbersOf(query: URLSearchParams, names: readonly string[]): Record<string, number> {
  const numbers = Object.entries(pick(query, names)).filter(([, value]) => /^\d{1,15}$/.test(value));
  return Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)]));
}
