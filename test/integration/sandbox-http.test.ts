import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Service, ServiceBroker } from "moleculer";
import { createTransport, type SendMailOptions } from "nodemailer";
import { environmentOf } from "../../lib/config/environment.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { createGatewayService } from "../../services/gateway.service.ts";
import { createSandboxService, type SandboxVars } from "../../services/sandbox.service.ts";
import { askUntil } from "../support/ask-until.ts";
import { expectNothingOpen } from "../support/open.ts";

interface Part {
  PartID: string;
  FileName: string;
  ContentType: string;
  Size: number;
  Checksums: { SHA256: string };
}
interface Message extends Record<string, unknown> {
  ID: string;
  Subject: string;
  HTML: string;
  Attachments: Part[];
  Inline: Part[];
}

/** Each call of `sandbox.wait`, until it has its answer. */
const waits: Promise<unknown>[] = [];
const noteWaits = {
  localAction(next: (ctx: unknown) => Promise<unknown>, { name }: { name: string }) {
    if (name !== "sandbox.wait") return next;
    return (ctx: unknown) => {
      const answer = next(ctx);
      waits.push(answer.catch(() => undefined));
      return answer;
    };
  },
};

const broker = new ServiceBroker({
  logger: false,
  // shorter than any wait for a message: the gateway gives each of its calls a time limit of its own
  requestTimeout: 300,
  middlewares: [noteWaits] as never,
});
const config = loadConfig(environmentOf({ GATEWAY_PORT: "0" }));
const gateway = broker.createService(createGatewayService({ config, sandbox: true })) as Service<{
  port: number;
}>;
const sandbox = broker.createService(createSandboxService({ port: 0 })) as Service & SandboxVars;

let client: ReturnType<typeof createTransport>;

beforeAll(async () => {
  await broker.start();
  // one connection for all tests: the greeting takes its time
  client = createTransport({ host: "127.0.0.1", port: sandbox.smtp.port, pool: true, maxConnections: 1 });
});
afterAll(() => {
  client.close();
  return broker.stop();
});
afterAll(expectNothingOpen);
beforeEach(() => {
  sandbox.inbox.clear();
  waits.length = 0;
});

function ask(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${gateway.settings.port}${path}`, { redirect: "manual", ...init, method });
}

async function get<Result = Message>(path: string): Promise<Result> {
  const response = await ask("GET", path);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return (await response.json()) as Result;
}

async function bytesOf(path: string): Promise<Buffer> {
  return Buffer.from(await (await ask("GET", path)).arrayBuffer());
}

async function subjects(path: string): Promise<string[]> {
  return (await get<{ messages: Message[] }>(path)).messages.map(({ Subject }) => Subject);
}

async function send(...messages: SendMailOptions[]): Promise<void> {
  const shop = { from: "Shop <shop@example.com>", to: "ann@example.com", text: "Grüße" };
  for (const message of messages) await client.sendMail({ ...shop, ...message });
}

const named = (...names: string[]) =>
  send(...names.map((name) => ({ to: `${name}@example.com`, subject: name })));

const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
const rich: SendMailOptions = {
  to: ["Ann <ann+trial@example.com>", "王小明 <wang@example.cn>"],
  cc: "copy@example.com",
  bcc: "audit@example.com",
  replyTo: "answers@example.com",
  subject: "הזמנה 订单 Bestellung",
  text: "您的验证码 123456",
  html: '<p dir="rtl">שלום</p><img src="cid:logo@shop"><script>alert(1)</script>',
  headers: { "X-Tags": "Orders", "X-Order": "17", "List-Unsubscribe": "<https://example.com/off>" },
  attachments: [
    { filename: "发票 März.pdf", content: Buffer.from("%PDF-1"), contentType: "application/pdf" },
    { filename: "page.html", content: "<script>alert(1)</script>", contentType: "text/html" },
    { filename: "logo.png", content: picture, cid: "logo@shop", contentType: "image/png" },
  ],
};

/** Names and JSON types, as Mailpit's own description has them. A list stands for all its items. */
type Shape = "string" | "number" | "boolean" | Shape[] | { [name: string]: Shape };

const address: Shape = { Name: "string", Address: "string" };
const attachment: Shape = {
  PartID: "string",
  FileName: "string",
  ContentType: "string",
  ContentID: "string",
  Size: "number",
  Checksums: { MD5: "string", SHA1: "string", SHA256: "string" },
};
const head = {
  ID: "string",
  MessageID: "string",
  From: address,
  To: [address],
  Cc: [address],
  Bcc: [address],
  ReplyTo: [address],
  Subject: "string",
  Size: "number",
  Tags: ["string"],
  Username: "string",
} satisfies Shape;
const message: Shape = {
  ...head,
  ReturnPath: "string",
  Date: "string",
  Text: "string",
  HTML: "string",
  ListUnsubscribe: { Header: "string", HeaderPost: "string", Links: ["string"], Errors: "string" },
  Inline: [attachment],
  Attachments: [attachment],
};
const list: Shape = {
  total: "number",
  unread: "number",
  count: "number",
  messages_count: "number",
  messages_unread: "number",
  start: "number",
  tags: ["string"],
  messages: [{ ...head, Read: "boolean", Created: "string", Attachments: "number", Snippet: "string" }],
};
const info: Shape = {
  Version: "string",
  LatestVersion: "string",
  Database: "string",
  DatabaseSize: "number",
  Messages: "number",
  Unread: "number",
  Tags: { Orders: "number", trial: "number" },
  RuntimeStats: {
    Uptime: "number",
    Memory: "number",
    MessagesDeleted: "number",
    SMTPAccepted: "number",
    SMTPAcceptedSize: "number",
    SMTPRejected: "number",
    SMTPIgnored: "number",
  },
};
const webUi: Shape = {
  Label: "string",
  MessageRelay: {
    Enabled: "boolean",
    SMTPServer: "string",
    ReturnPath: "string",
    AllowedRecipients: "string",
    BlockedRecipients: "string",
    OverrideFrom: "string",
    PreserveMessageIDs: "boolean",
  },
  SpamAssassin: "boolean",
  ChaosEnabled: "boolean",
  DuplicatesIgnored: "boolean",
  HideDeleteAllButton: "boolean",
};

/** The shape of a value; of a list that of its items, which must all have the same. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = new Map(value.map((item) => [JSON.stringify(shapeOf(item)), shapeOf(item)]));
    expect(shapes.size).toBe(1); // an empty list would show nothing
    return [...shapes.values()];
  }
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
}

describe("what a client of Mailpit reads", () => {
  it.each([
    ["/api/v1/messages", list],
    ["/api/v1/search?query=%E8%AE%A2%E5%8D%95", list],
    ["/api/v1/message/latest", message],
    ["/api/v1/wait", message],
    ["/api/v1/info", info],
    ["/api/v1/webui", webUi],
    ["/api/v1/tags", ["string"]],
  ])("%s has its fields and types", async (path, shape) => {
    await send(rich);
    const response = await ask("GET", path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/json\b/);
    expect(shapeOf(await response.json())).toEqual(shape);
  });

  it("lists of an empty inbox are lists", async () => {
    expect(await get("/api/v1/messages")).toEqual({
      total: 0,
      unread: 0,
      count: 0,
      messages_count: 0,
      messages_unread: 0,
      start: 0,
      tags: [],
      messages: [],
    });
    expect(await get("/api/v1/tags")).toEqual([]);
  });

  it("is the message as it was sent, in any script, with its hidden recipient", async () => {
    await send(rich);
    expect(await get("/api/v1/message/latest")).toMatchObject({
      Subject: "הזמנה 订单 Bestellung",
      From: { Name: "Shop", Address: "shop@example.com" },
      To: [
        { Name: "Ann", Address: "ann+trial@example.com" },
        { Name: "王小明", Address: "wang@example.cn" },
      ],
      Bcc: [{ Name: "", Address: "audit@example.com" }],
      ReplyTo: [{ Name: "", Address: "answers@example.com" }],
      ReturnPath: "shop@example.com",
      Tags: ["Orders", "trial"],
      Text: expect.stringContaining("您的验证码 123456"),
      HTML: expect.stringContaining('<p dir="rtl">שלום</p>'),
      ListUnsubscribe: { Links: ["https://example.com/off"], Errors: "" },
      Attachments: [{ FileName: "发票 März.pdf" }, { FileName: "page.html" }],
      Inline: [{ FileName: "logo.png", ContentID: "logo@shop" }],
    });
  });

  it("has each part as it was attached, under the checksum that is told", async () => {
    await send(rich);
    const { ID, Attachments, Inline } = await get("/api/v1/message/latest");
    const contents = [Buffer.from("%PDF-1"), Buffer.from("<script>alert(1)</script>"), picture];
    for (const [index, part] of [...Attachments, ...Inline].entries()) {
      const bytes = await bytesOf(`/api/v1/message/${ID}/part/${part.PartID}`);
      expect(bytes).toEqual(contents[index]);
      expect(bytes).toHaveLength(part.Size);
      expect(createHash("sha256").update(bytes).digest("hex")).toBe(part.Checksums.SHA256);
    }
  });

  it("has headers by the names of Go, and the source byte for byte", async () => {
    await send(rich);
    expect(await get("/api/v1/message/latest/headers")).toMatchObject({
      "Message-Id": [expect.stringMatching(/^<.+>$/)],
      "Mime-Version": ["1.0"],
      "X-Order": ["17"],
    });
    const raw = await ask("GET", "/api/v1/message/latest/raw");
    expect(raw.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(Buffer.from(await raw.arrayBuffer())).toEqual(Buffer.from(sandbox.inbox.source("latest")));
    const download = await ask("GET", "/api/v1/message/latest/raw?dl=1");
    expect(download.headers.get("content-disposition")).toContain('attachment; filename="latest.eml"');
  });

  it.each(["", "/headers", "/raw", "/part/1"])(
    "finds /api/v1/message/latest%s of a search as well",
    async (rest) => {
      await send({ ...rich, subject: "first" }, { subject: "second" });
      const path = `/api/v1/message/latest${rest}?query=subject:first`;
      const { ID } = await get("/api/v1/message/latest?query=subject:first");
      expect(await bytesOf(path)).toEqual(await bytesOf(`/api/v1/message/${ID}${rest}`));
      expect((await ask("GET", `/api/v1/message/latest${rest}?query=subject:third`)).status).toBe(404);
    },
  );

  it("has pictures for thumbnails, and nothing for the rest", async () => {
    await send(rich);
    const { ID, Attachments, Inline } = await get("/api/v1/message/latest");
    const thumb = (part?: Part) => `/api/v1/message/${ID}/part/${part?.PartID}/thumb`;
    const response = await ask("GET", thumb(Inline[0]));
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(picture);
    expect((await ask("GET", thumb(Attachments[0]))).status).toBe(404);
  });

  it.each([
    "/api/v1/message/unknown",
    "/api/v1/message/unknown/headers",
    "/api/v1/message/unknown/raw",
    "/api/v1/message/unknown/part/1",
    "/api/v1/message/latest/part/9",
    "/api/v1/message/%E0%A4%A",
    "/api/v1/message/",
    "/view/unknown.html",
    "/view/unknown.txt",
    "/view/unknown",
    // what would fetch, send or invent is not there
    "/api/v1/message/latest/html-check",
    "/api/v1/message/latest/link-check",
    "/api/v1/message/latest/sa-check",
    "/api/v1/chaos",
  ])("%s is 404", async (path) => {
    await named("one");
    expect((await ask("GET", path)).status).toBe(404);
  });

  it.each(["/livez", "/readyz"])("%s is 200 and empty, without a key", async (path) => {
    const response = await ask("GET", path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(response.headers.get("date")).not.toBeNull();
  });
});

describe("the list", () => {
  it.each([
    ["", ["three", "two", "one"]],
    ["?start=1&limit=1", ["two"]],
    ["?start=-1&limit=all", ["three", "two", "one"]],
    ["?start=x&limit=2.5", ["three", "two", "one"]],
    ["?limit=99999999999", ["three", "two", "one"]],
    ["?limit=0", ["three", "two", "one"]],
    ["?start=9", []],
  ])("with %j is %j", async (query, expected) => {
    await named("one", "two", "three");
    expect(await subjects(`/api/v1/messages${query}`)).toEqual(expected);
  });
});

describe("the search", () => {
  it.each([
    ["to:two@example.com", ["two"]],
    ['subject:"three"', ["three"]],
    ["addressed:shop@example.com !to:two", ["three", "one"]],
    ["is:unread", ["three", "two", "one"]],
    ["nothing", []],
  ])("for %j finds %j", async (query, expected) => {
    await named("one", "two", "three");
    expect(await subjects(`/api/v1/search?query=${encodeURIComponent(query)}&limit=5`)).toEqual(expected);
  });

  it("takes dates by the time zone of the asker", async () => {
    await named("now");
    const after = (tz: string) => {
      const here = new Date(Date.now() - 60_000).toLocaleString("sv-SE", { timeZone: tz });
      return encodeURIComponent(`after:"${here}"`);
    };
    const query = after("Pacific/Kiritimati");
    expect(await subjects(`/api/v1/search?query=${query}&tz=Pacific/Kiritimati`)).toEqual(["now"]);
    expect(await subjects(`/api/v1/search?query=${query}&tz=Pacific/Pago_Pago`)).toEqual([]);
  });

  it.each([
    ["GET", "/api/v1/search"],
    ["GET", "/api/v1/search?query=%20"],
    ["DELETE", "/api/v1/search"],
    ["DELETE", "/api/v1/search?query="],
  ])("%s %s is refused for want of a query, and deletes nothing", async (method, path) => {
    await named("one");
    const response = await ask(method, path);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ fields: [{ field: "query" }] });
    expect(await subjects("/api/v1/messages")).toEqual(["one"]);
  });
});

describe("read marks", () => {
  const unread = async () => (await get<{ unread: number }>("/api/v1/messages")).unread;
  const mark = (body: object, query = "") =>
    ask("PUT", `/api/v1/messages${query}`, { body: JSON.stringify(body) });

  it("are set by opening a message, as json, html or text, and by nothing else", async () => {
    await send(rich, rich, rich);
    const { messages } = await get<{ messages: Message[] }>("/api/v1/messages");
    const [first, second, third] = messages.map(({ ID }) => ID);
    for (const rest of ["/raw", "/headers", "/part/1"]) await ask("GET", `/api/v1/message/${first}${rest}`);
    await ask("GET", "/api/v1/wait");
    expect(await unread()).toBe(3);
    await ask("GET", `/api/v1/message/${first}`);
    await ask("GET", `/view/${second}.html`);
    await ask("GET", `/view/${third}.txt`);
    expect(await unread()).toBe(0);
  });

  it.each([
    [{ Read: true }, 0],
    [{ Read: true, IDs: [] }, 0],
    [{ Read: true, IDs: null, Search: "" }, 0],
    [{ Read: true, Search: "subject:two" }, 2],
    [{ read: true, search: "subject:two" }, 2],
    [{}, 3],
  ])("%j leaves %i of three unread", async (body, left) => {
    await named("one", "two", "three");
    const response = await mark(body);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: "ok" });
    expect(await unread()).toBe(left);
  });

  it("are taken back by ids", async () => {
    await named("one", "two");
    await mark({ Read: true });
    const { ID } = await get("/api/v1/message/latest");
    await mark({ Read: false, IDs: [ID, "unknown"] });
    expect(await unread()).toBe(1);
  });

  it.each([
    [{ Read: "yes" }, "read"],
    [{ Read: true, IDs: "all" }, "ids"],
    [{ Read: true, IDs: ["m1"], Search: "one" }, "ids"],
    [{ Read: true, Search: 5 }, "query"],
  ])("%j is refused for its %s", async (body, field) => {
    const response = await mark(body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ fields: [{ field }] });
  });
});

describe("deleting", () => {
  const json = { "content-type": "application/json" };
  const none = {} as Record<string, string>;
  const form = { "content-type": "application/x-www-form-urlencoded" };

  it.each([
    ["as Mailpit's description says", json, "IDs"],
    ["as Java's client does, with another case", json, "ids"],
    ["as Go's users do, without a type", none, "IDs"],
    ["as curl -d does", form, "IDs"],
  ])("takes ids %s", async (_how, headers, field) => {
    await named("one", "two", "three");
    const { ID } = await get("/api/v1/message/latest");
    const body = Buffer.from(JSON.stringify({ [field]: [ID] }));
    const response = await ask("DELETE", "/api/v1/messages", { headers, body });
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: "ok" });
    expect(await subjects("/api/v1/messages")).toEqual(["two", "one"]);
  });

  it.each([
    ["no body", json, undefined],
    ["no ids", json, "{}"],
    ["an empty list", json, '{"IDs":[]}'],
    ["null", json, '{"IDs":null}'],
  ])("takes %s for all", async (_what, headers, body) => {
    await named("one", "two");
    expect(await (await ask("DELETE", "/api/v1/messages", { headers, body: body ?? null })).text()).toBe(
      "ok",
    );
    expect(await subjects("/api/v1/messages")).toEqual([]);
  });

  it.each([
    ['{"IDs":[5]}', 422],
    ['{"IDs":"m1"}', 422],
    ["ids=m1", 400],
    ['{"IDs":', 400],
  ])("deletes nothing for %s, which Mailpit would take for all", async (body, status) => {
    await named("one");
    expect((await ask("DELETE", "/api/v1/messages", { headers: json, body })).status).toBe(status);
    expect(await subjects("/api/v1/messages")).toEqual(["one"]);
  });

  it("takes what a search finds", async () => {
    await named("one", "two");
    expect(await (await ask("DELETE", "/api/v1/search?query=to:one@example.com")).text()).toBe("ok");
    expect(await subjects("/api/v1/messages")).toEqual(["two"]);
  });
});

describe("a message in a browser", () => {
  it("is its html without scripts, with its pictures, of an id, the latest or a search", async () => {
    await send(rich, { subject: "other", html: "<p>other</p>" });
    const { ID, Inline } = await get("/api/v1/message/latest?query=is:tagged");
    const response = await ask("GET", "/view/latest.html?query=subject:Bestellung");
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": expect.stringMatching(/^sandbox (?!.*allow-scripts)/),
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
    const html = await response.text();
    expect(await (await ask("GET", `//view/${ID}.html`)).text()).toBe(html);
    expect(html).toContain(`<img src="/api/v1/message/${ID}/part/${Inline[0]?.PartID}">`);
    expect(html).toBe(await (await ask("GET", `/view/${ID}.html`)).text());
    expect(await (await ask("GET", "/view/latest.html")).text()).toContain("<p>other</p>");
  });

  it("is its text", async () => {
    await send({ text: "您的验证码\r\n123456" });
    const response = await ask("GET", "/view/latest.txt");
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect((await response.text()).trim()).toMatch(/^您的验证码\r?\n123456$/);
  });

  it("has no html where none came", async () => {
    await named("one");
    const response = await ask("GET", "/view/latest.html");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      type: "HTTP_NOT_FOUND",
      remedy: expect.stringContaining(".txt"),
    });
  });

  it("is led to from /view/latest, and from /view/ and its id", async () => {
    await send({ subject: "plain" }, { subject: "rich", html: "<p>x</p>" });
    const [plain, latest] = await Promise.all(
      ["?query=subject:plain", ""].map((query) => get(`/api/v1/message/latest${query}`)),
    );
    const locationOf = async (path: string) => (await ask("GET", path)).headers.get("location");
    expect(await locationOf("/view/latest")).toBe(`/view/${latest?.ID}.html`);
    expect(await locationOf("/view/latest?query=subject:plain")).toBe(`/view/${plain?.ID}.txt`);
    expect(await locationOf(`/view/${latest?.ID}`)).toBe(`/view/${latest?.ID}.html`);
  });

  it("hands its parts to the browser so that none can act for us", async () => {
    await send(rich);
    const { ID, Attachments } = await get("/api/v1/message/latest");
    const page = Attachments.find(({ FileName }) => FileName === "page.html");
    const response = await ask("GET", `/api/v1/message/${ID}/part/${page?.PartID}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html",
      "content-security-policy": expect.stringMatching(/^sandbox;/),
      "content-disposition": expect.stringMatching(/^attachment; filename="page\.html"/),
      "x-content-type-options": "nosniff",
    });
  });
});

describe("waiting over HTTP", () => {
  it("answers with what is there, and with what comes", async () => {
    await named("one");
    expect(await get("/api/v1/wait?to=one@example.com")).toMatchObject({ Subject: "one" });
    const coming = get("/api/v1/wait?to=eva@example.com&subject=CODE&timeout=30000");
    await send(
      { to: "eva@example.com", subject: "Welcome" },
      { to: "eva@example.com", subject: "Your code" },
    );
    expect(await coming).toMatchObject({ Subject: "Your code", To: [{ Address: "eva@example.com" }] });
  });

  it("says what came instead, later than the mesh's own time limit", async () => {
    await named("one");
    const response = await ask("GET", "/api/v1/wait?to=ann@example.com&timeout=500");
    expect(response.status).toBe(408);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      type: "SANDBOX_TIMEOUT",
      detail: 'No message to ann@example.com came in time; the newest are "one" to one@example.com.',
      remedy: expect.any(String),
    });
  });

  it("goes on for as long as was asked, in short calls of the mesh", async () => {
    const started = performance.now();
    expect((await ask("GET", "/api/v1/wait?timeout=2200")).status).toBe(408);
    expect(performance.now() - started).toBeGreaterThan(2190);
    expect(waits).toHaveLength(2);
  });

  it("ends soon after the client has hung up", async () => {
    const browser = new AbortController();
    const hungUp = ask("GET", "/api/v1/wait?timeout=60000", { signal: browser.signal }).catch(
      () => "hung up",
    );
    await askUntil(
      () => waits.length,
      (count) => count > 0,
    );
    browser.abort();
    expect(await hungUp).toBe("hung up");
    await waits[0];
    await ask("GET", "/livez");
    expect(waits).toHaveLength(1);
  });

  it.each([
    ["timeout=60001", "timeout"],
    ["timeout=soon", "timeout"],
    ["timeout=-1", "timeout"],
    ["to=", "to"],
    ["too=eva@example.com", "too"],
  ])("with %s is refused by name", async (query, field) => {
    const response = await ask("GET", `/api/v1/wait?${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ fields: [{ field }] });
  });
});
