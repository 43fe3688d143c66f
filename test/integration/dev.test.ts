/** Facts about `npm run dev` without a terminal: the whole thing on one machine, and nothing leaves it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { closeEverything } from "../support/open.ts";
import { type Program, runProgram } from "../support/node.ts";
import { freePort } from "../support/ports.ts";

let dev: Program;

beforeAll(async () => {
  dev = runProgram("dev.ts", {
    GATEWAY_PORT: String(await freePort()),
    SANDBOX_PORT: String(await freePort()),
    SMTP_URI: "smtps://me:canary@smtp.example.com",
    TRANSPORTER: "nats://me:canary@127.0.0.1:1",
    MAIL_OUTBOX: "jetstream",
    GATEWAY_API_KEYS: "shop:canary-key-of-production",
  });
  await dev.says(/Ctrl-C/);
}, 20_000);

afterAll(async () => {
  await closeEverything();
});

describe("npm run dev", () => {
  it("ignores settings that would send real mail, and says which", () => {
    expect(dev.output).toMatch(/Ignored here.*SMTP_URI.*TRANSPORTER.*MAIL_OUTBOX.*GATEWAY_API_KEYS/);
    expect(dev.output).not.toContain("canary");
  });

  it("prints a curl that works when pasted into a shell", async () => {
    const curl = /^ *(curl .*)$/m.exec(dev.output)?.[1] ?? "";
    const { stdout } = await promisify(execFile)("sh", ["-c", curl]);
    expect(JSON.parse(stdout)).toMatchObject({ status: "sent", accepted: ["ann@example.com"] });
    const inbox = /inbox +(\S+)/.exec(dev.output)?.[1] ?? "";
    expect(await (await fetch(inbox)).json()).toMatchObject({
      total: 1,
      messages: [{ To: [{ Address: "ann@example.com" }] }],
    });
  });

  it("ends with everything at one SIGINT", async () => {
    dev.process.kill("SIGINT");
    expect(await dev.ended).toBe(0);
  });
});
