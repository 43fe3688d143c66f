/** Facts about a client generated from the description: it compiles, it sends, its types are ours, and a mistake does not compile. */
import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type GatewayNode, startGatewayNode } from "../support/gateway-node.ts";
import { closeEverything } from "../support/open.ts";
import { scratchFolder } from "../support/scratch.ts";

const root = join(import.meta.dirname, "..", "..");
const KEY = "secret-of-the-web-site";
const run = promisify(execFile);

let node: GatewayNode;
let folder: string;

beforeAll(async () => {
  node = await startGatewayNode([], { GATEWAY_API_KEYS: `web:${KEY}:send+read` });
  folder = scratchFolder();
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  write("package.json", JSON.stringify({ type: "module" }));
  write("openapi.json", await (await fetch(`${node.url}/openapi.json`)).text());
  const generator = join(root, "node_modules/openapi-typescript/bin/cli.js");
  await run(process.execPath, [generator, "openapi.json", "-o", "api.ts"], { cwd: folder });
}, 60_000);

afterAll(async () => {
  await closeEverything();
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

/** What the compiler has to say of a file; empty: nothing. */
async function complaintsAbout(file: string): Promise<string> {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom", "--types", "node"];
  const modules = ["--module", "nodenext", "--allowImportingTsExtensions", "--skipLibCheck"];
  return run(process.execPath, [compiler, ...options, ...modules, file], { cwd: folder }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
}

const client = (use: string) => `
import createClient from "openapi-fetch";
import type { paths } from "./api.ts";

const [, , baseUrl, key] = process.argv;
const { GET, POST } = createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${key}\` } });
${use}
`;

describe("a client generated from the description", () => {
  it("compiles under --strict, and its message arrives", async () => {
    write(
      "send.ts",
      client(`
const sent = await POST("/api/mail/send", {
  params: { header: { "Idempotency-Key": "code:1" } },
  body: {
    to: ["Ann <ann@example.com>", { name: "Bob", address: "bob@example.com" }],
    subject: "From a generated client",
    text: "481516",
    attachments: [{ filename: "a.txt", content: "hello" }],
    headers: { "X-Order": "7" },
    priority: "high",
  },
});
if (!sent.data || "dryRun" in sent.data) throw new Error(sent.error?.detail);
const { data } = await GET("/api/mail/messages/{id}", { params: { path: { id: sent.data.id } } });
const accepted: string[] = data?.timeline.flatMap((attempt) => attempt.recipients.map(({ address }) => address)) ?? [];

const list = await GET("/api/mail/messages", { params: { query: { status: "sent", limit: 5 } } });
const missing = await GET("/api/mail/messages/{id}", { params: { path: { id: "none" } } });
const problem: string | undefined = missing.error?.type;
console.log(JSON.stringify({ status: sent.data.status, accepted, listed: list.data?.items.length, problem }));
`),
    );
    expect(await complaintsAbout("send.ts")).toBe("");
    const { stdout } = await run(process.execPath, ["send.ts", node.url, KEY], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({
      status: "sent",
      accepted: ["ann@example.com", "bob@example.com"],
      listed: 1,
      problem: "MAIL_NOT_FOUND",
    });
    const inbox = await fetch(`${node.url}/api/v1/messages`, { headers: { Authorization: `Bearer ${KEY}` } });
    expect(await inbox.json()).toMatchObject({ messages: [{ Subject: "From a generated client" }] });
  });

  it.each([
    ["a field that there is not", `{ body: { to: "a@example.com", subjet: "x" } }`, "subjet"],
    ["a word that there is not", `{ body: { to: "a@example.com", priority: "urgent" } }`, "urgent"],
    [
      "a path for an attachment",
      `{ body: { attachments: [{ filename: "a", path: "/etc/passwd" }] } }`,
      "path",
    ],
    ["no body", `{}`, "body"],
  ])("does not compile with %s", async (_name, options, named) => {
    write("wrong.ts", client(`await POST("/api/mail/send", ${options});\nvoid GET;`));
    const complaints = await complaintsAbout("wrong.ts");
    expect(complaints).toContain("wrong.ts");
    expect(complaints).toContain(named);
  });
});

describe("the generated types", () => {
  const ours = (file: string) => JSON.stringify(join(root, "lib", file));
  const program = (rows: string) => `
import type { components } from "./api.ts";
import type { MailReceipt, PublicRecord } from ${ours("outbox/receipt.ts")};
import type { MailStats } from ${ours("outbox/outbox.ts")};
import type { MessageList } from ${ours("commands/door.ts")};
import type { DryRun } from ${ours("message/compose.ts")};
import type { VerifyReport } from ${ours("smtp/verify.ts")};
import type { Problem } from ${ours("smtp/problem.ts")};
import type { HttpProblem } from ${ours("http/problem.ts")};
import type { RenderedTemplate, Template } from ${ours("templates/template.ts")};
import type { presentProvider } from ${ours("providers/providers.ts")};

type Theirs = components["schemas"];
/** Whether a list may be changed is nothing that JSON can say. */
type Writable<T> = T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
type Same<A, B> = (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;
/** Intersections and aliases as one object. */
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

function same<A, B>(_proof: Same<Writable<A>, Writable<B>>): void {}
function fits<A, B extends A>(): void {}
${rows}
`;

  it("are the same as ours", async () => {
    write(
      "same.ts",
      program(`
same<Theirs["MailReceipt"], MailReceipt>(true);
same<Theirs["MailRecord"], PublicRecord>(true);
same<Theirs["MailList"], MessageList>(true);
same<Theirs["DryRun"], DryRun>(true);
same<Theirs["VerifyReport"], VerifyReport>(true);
same<Theirs["MailProblem"], Problem>(true);
same<Theirs["MailStats"], MailStats>(true);
same<Theirs["Provider"], ReturnType<typeof presentProvider>>(true);
same<Theirs["Template"], Template>(true);
same<Theirs["RenderedTemplate"], RenderedTemplate>(true);
fits<HttpProblem, Theirs["Problem"]>();
`),
    );
    expect(await complaintsAbout("same.ts")).toBe("");
  });

  it.each([
    ["a field too few", `same<Omit<Theirs["MailReceipt"], "durable">, MailReceipt>(true);`],
    ["an optional field that is needed", `same<Required<Theirs["MailReceipt"]>, MailReceipt>(true);`],
    ["a state too few", `same<Theirs["RecipientStatus"], MailReceipt["status"]>(true);`],
  ])("are not the same with %s", async (_name, row) => {
    write("other.ts", program(row));
    expect(await complaintsAbout("other.ts")).toContain("other.ts");
  });
});
