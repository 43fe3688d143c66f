/** The verbs of messages as a program: against a real node, over NATS and over HTTP. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type NatsServer, startNats } from "../support/nats-server.ts";
import { type Program, runProgram, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { freePort } from "../support/ports.ts";
import { type SmtpServer, startSmtpServer } from "../support/smtp-server.ts";

const PASSWORD = "canary-p@ss/w#rd";
const KEY = "canary-of-operations";

let nats: NatsServer;
let smtp: SmtpServer;
let node: Program;
let mesh = "";
let url = "";

beforeAll(async () => {
  nats = await startNats({
    // whoever gives no password is a guest; whoever gives a wrong one is refused
    config: `no_auth_user: guest
      authorization { users: [{ user: mesh, password: "${PASSWORD}" }, { user: guest, password: guest }] }`,
  });
  mesh = `nats://mesh:${encodeURIComponent(PASSWORD)}@127.0.0.1:${nats.port}`;
  smtp = await startSmtpServer({
    script: { rcpt: ({ argument }) => (argument.includes("late") ? "451 4.7.1 Greylisted" : undefined) },
  });
  node = await startNode({
    TRANSPORTER: mesh,
    GATEWAY_PORT: "0",
    GATEWAY_API_KEYS: `ops:${KEY}:send+read+manage,web:canary-of-the-website:send`,
    SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
    SMTP_TLS_CA_FILE: join(import.meta.dirname, "../support/certificates/ca.pem"),
    SMTP_SENDER: "shop@example.com",
    MAIL_OUTBOX: "memory",
  });
  const said = await node.says(/listens on http:\/\/\S+\d/);
  url = /listens on (http:\/\/\S+\d)/.exec(said)?.[1] ?? "";
}, 30_000);

afterAll(async () => {
  await closeEverything();
});

/** Runs it without a terminal. Standard output and standard error come together. */
async function meshmail(words: string[], env: Record<string, string> = {}, stdin = "") {
  const program = runProgram("bin.ts", env, words);
  program.process.stdin?.end(stdin);
  const status = await program.ended;
  const { output } = program;
  await program.close();
  return { status, output };
}

const documentOf = ({ output }: { output: string }) => JSON.parse(output) as Record<string, unknown>;

describe.each<[string, () => { words: string[]; env: Record<string, string> }]>([
  ["--transporter", () => ({ words: ["--transporter", nats.url], env: {} })],
  ["--url", () => ({ words: ["--url", url], env: { MESHMAIL_API_KEY: KEY } })],
])("by %s", (name, place) => {
  const ask = (words: string[], stdin?: string) => meshmail([...words, ...place().words], place().env, stdin);

  it("sends; what came of it is listed, shown, tried again and canceled", async () => {
    const to = `ann+${name.slice(2)}@example.com`;
    const letter = ["send", "--to", to, "late@example.com", "--subject", name, "--text", "-", "--json"];
    const sent = await ask(letter, "two\nlines\n");
    expect(sent.status).toBe(0);
    const { id, accepted } = documentOf(sent) as { id: string; accepted: string[] };
    expect(accepted).toEqual([to]);
    const message = smtp.messages.find((one) => one.to.includes(to));
    expect(message?.data.toString()).toContain("two\r\nlines\r\n");

    const row = new RegExp(
      `^${id}  deferred .* ${to.replace("+", "\\+")} \\+1 .*SMTP_RECIPIENT_DEFERRED$`,
      "m",
    );
    const listed = await ask(["list", "--recipient", to, "--limit", "5"]);
    expect(listed).toEqual({ status: 0, output: expect.stringMatching(row) });
    const shown = await ask(["show", id]);
    expect(shown).toEqual({
      status: 0,
      output: expect.stringMatching(/^! deferred: [^]*451 4\.7\.1 Greylisted/),
    });
    const again = await ask(["retry", id, "--json"]);
    expect({ ...again, document: documentOf(again) }).toMatchObject({ status: 0, document: { id } });
    const canceled = await ask(["cancel", id]);
    expect(canceled).toEqual({ status: 0, output: expect.stringMatching(/^✗ sent: but not to all\n/) });
  }, 60_000);
});

describe("what is in the way is told in a sentence that names what to do, and no secret", () => {
  it.each<[string, () => Promise<{ words: string[]; env: Record<string, string> }>, RegExp]>([
    [
      "no NATS",
      async () => ({ words: [], env: { TRANSPORTER: `nats://me:canary@127.0.0.1:${await freePort()}` } }),
      /the mesh at nats:\/\/\*\*\*@127\.0\.0\.1:\d+ cannot be reached: nobody listens there\n +remedy +Start NATS/,
    ],
    [
      "another password",
      async () => ({ words: ["--transporter", `nats://mesh:canary@127.0.0.1:${nats.port}`], env: {} }),
      /cannot be reached: it refuses the user or the password\n +remedy +Correct user and password/,
    ],
    [
      "no mail service",
      async () => ({ words: [], env: { TRANSPORTER: mesh, NAMESPACE: "elsewhere" } }),
      /no node of the mesh at nats:\S+ offers mail\n +remedy +Start a mail node/,
    ],
    [
      "no key",
      async () => ({ words: ["--url", url], env: {} }),
      /does not let us in: this needs an API key\n +remedy +Set MESHMAIL_API_KEY/,
    ],
  ])(
    "%s",
    async (_what, given, sentence) => {
      const { words, env } = await given();
      const { status, output } = await meshmail(["list", ...words], env);
      expect(status).toBe(1);
      expect(output).toMatch(sentence);
      expect(output).not.toContain("canary");
    },
    30_000,
  );

  it("a message larger than NATS takes", async () => {
    const words = ["send", "--to", "ann@example.com", "--text", "-", "--json"];
    const tooLarge = await meshmail(words, { TRANSPORTER: mesh }, "x".repeat(2 ** 21));
    expect(tooLarge.status).toBe(1);
    expect(documentOf(tooLarge)).toMatchObject({ error: { type: "MAIL_TOO_LARGE" } });
  }, 30_000);
});
