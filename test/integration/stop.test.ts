/** Facts about the end of a node: what is on the wire is finished, however often it is asked, and what its exit status says. */
import { join } from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { type Program, runProgram, startNode } from "../support/node.ts";
import { closeEverything } from "../support/open.ts";
import { startSmtpServer } from "../support/smtp-server.ts";

// each starts a node, and they do on a busy machine, too
jest.setTimeout(20_000);

afterEach(async () => {
  await closeEverything();
});

async function send({ output }: Program, options: object): Promise<Response> {
  const gateway = /listens on (http:\/\/\S+)\.\n/.exec(output)?.[1] ?? "";
  return fetch(`${gateway}/api/mail/send`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ to: "ann@example.com", subject: "Hello", text: "It works.", ...options }),
  });
}

describe("a node that is asked to end", () => {
  it.each([
    ["SIGTERM", "SIGTERM"],
    ["SIGINT", "SIGTERM"],
  ] as const)(
    "twice, by %s and %s, finishes what is on the wire and ends with status 0",
    async (...signals) => {
      const smtp = await startSmtpServer({
        auth: "none",
        tls: "none",
        script: { dot: { afterMs: 800, step: "250 taken" } },
      });
      const node = await startNode({
        GATEWAY_PORT: "0",
        SMTP_URI: `smtp://127.0.0.1:${smtp.port}`,
        SMTP_SENDER: "Shop <shop@example.com>",
        MAIL_OUTBOX: "memory",
      });
      expect((await send(node, { wait: false })).status).toBe(202);
      await smtp.waitFor(({ commands }) => commands.some(({ line }) => line === "DATA"));
      node.process.kill(signals[0]);
      await node.says(/Service 'gateway' stopped/);
      node.process.kill(signals[1]);
      expect(await node.ended).toBe(0);
      expect(smtp.messages).toHaveLength(1);
      expect(node.output).not.toMatch(/ERROR/);
    },
  );

  it("ends with status 1 when that took too long", async () => {
    const node = runProgram("test/support/undrained.ts");
    expect(await node.ended).toBe(1);
  });
});

describe("a fault that nobody caught", () => {
  it.each([
    ["rejection", "unhandledRejection"],
    ["exception", "uncaughtException"],
  ])("(%s) ends the node with status 1, told in one clear line and a stack", async (kind, origin) => {
    const node = await startNode({
      SERVICES: "mail",
      FAULT: kind,
      NODE_OPTIONS: `--import=${join(__dirname, "../support/fault.ts")}`,
    });
    node.process.kill("SIGUSR2");
    expect(await node.ended).toBe(1);
    expect(node.output.match(/^The node ends.*$/gm)).toEqual([
      `The node ends, for nobody caught this (${origin}): Error: fault of a dependency`,
    ]);
    expect(node.output).toMatch(/^ +at .*fault\.ts/m);
  });
});
