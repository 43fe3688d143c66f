/** A whole node in a process of its own, for whoever wants to do it harm over HTTP: its gateway, its secrets, its pulse. */
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "@jest/globals";
import { type Program, startNode } from "./node.ts";
import type { Pulse } from "./preloads/pulse.ts";
import { scratchFolder } from "./scratch.ts";
import { type Script, type SmtpServer, startSmtpServer } from "./smtp-server.ts";

/** Nothing of this may be seen in an answer or a log. */
export const canaries = {
  password: "canary-pa55word",
  web: "canary-of-the-web-site",
  desk: "canary-of-the-desk",
  ops: "canary-of-operations",
} as const;

/** For GATEWAY_API_KEYS: one key may send, one may read, one may do everything. */
export const KEYS = `web:${canaries.web}:send, desk:${canaries.desk}:read, ops:${canaries.ops}:send+read+manage`;

export const bearer = (name: Exclude<keyof typeof canaries, "password">) => ({
  authorization: `Bearer ${canaries[name]}`,
});

export interface HttpNode {
  readonly port: number;
  readonly program: Program;
  /** Where its mail goes */
  readonly smtp: SmtpServer;
  pulse(): Promise<Pulse>;
}

export interface HttpNodeOptions {
  /** Laid over the settings */
  env?: Record<string, string>;
  /** Further preloads, by name */
  preloads?: readonly string[];
  script?: Script;
}

const root = join(__dirname, "..", "..");
const preload = (name: string): string => `--import=${join(__dirname, "preloads", `${name}.ts`)}`;

/** `npm start` with an SMTP server that wants a password, an outbox on disk, and no limit that a test could meet unawares. */
export async function startHttpNode({
  env = {},
  preloads = [],
  script = {},
}: HttpNodeOptions = {}): Promise<HttpNode> {
  const auth = { users: { "user@example.com": canaries.password } };
  const smtp = await startSmtpServer({ tls: "none", auth, authInClear: true, authRequired: true, script });
  const program = await startNode({
    NODE_OPTIONS: ["pulse", ...preloads].map(preload).join(" "),
    NODE_COMPILE_CACHE: join(root, "node_modules/.cache/meshmail/compiled"),
    SMTP_URI: `smtp://user%40example.com:${canaries.password}@127.0.0.1:${smtp.port}`,
    SMTP_ALLOW_CLEARTEXT_AUTH: "true",
    SMTP_SENDER: "Shop <user@example.com>",
    MAIL_OUTBOX: `sqlite:${join(scratchFolder(), "outbox.db")}`,
    GATEWAY_PORT: "0",
    GATEWAY_RATE_LIMIT: "1000000",
    ...env,
  });
  const [, port] = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(program.output) ?? [];
  return {
    port: Number(port),
    program,
    smtp,
    async pulse() {
      const answer = once(program.process, "message");
      program.process.send("pulse");
      const [pulse] = (await answer) as [Pulse];
      return pulse;
    },
  };
}

const escapes = (text: string): string[] => [
  text,
  encodeURIComponent(text),
  Buffer.from(text).toString("base64").replace(/=+$/, ""),
];

/** What no answer may show: secrets, stacks, paths of the machine, names of our files. */
export function expectNothingInside(shown: string): void {
  for (const canary of Object.values(canaries).flatMap(escapes)) expect(shown).not.toContain(canary);
  expect(shown).not.toMatch(/\n\s+at |node_modules|\.ts:\d|\.js:\d|node:internal/);
  expect(shown).not.toContain(root);
}

/**
 * The node still lives, and its log so far holds no secret, none of these words, no error, and no character that a terminal
 * would obey.
 */
export async function expectUnharmed(node: HttpNode, ...secrets: readonly string[]): Promise<void> {
  const { inherited } = await node.pulse();
  expect(inherited).toEqual([]);
  const { output } = node.program;
  for (const secret of [...Object.values(canaries), ...secrets].flatMap(escapes)) {
    expect(output).not.toContain(secret);
  }
  // oxlint-disable-next-line no-control-regex -- exactly these
  expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(output).not.toMatch(/\b(ERROR|FATAL)\b/);
}
