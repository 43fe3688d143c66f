/** `mail …` in the REPL: the same commands, done by the mail service of the mesh. */
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { replCommands } from "../../../repl.ts";
import { deferredReceipt, deferredRecord, failedReport, okReport, sentReceipt, welcome } from "./fakes.ts";

type Call = [action: string, params?: unknown, options?: unknown];

/** A broker whose actions answer from a table; what is no function is the answer. */
function fakeBroker(actions: Record<string, unknown>) {
  const calls: Call[] = [];
  const broker = {
    nodeID: "node-1",
    async call(...call: Call) {
      calls.push(call);
      const [action] = call;
      const answer = actions[action];
      if (typeof answer === "function") return answer();
      return answer;
    },
  };
  return { broker: broker as unknown as ServiceBroker, calls };
}

const stats = { transports: [{ name: "primary", server: "smtp://mail.example.com:587" }] };

let shown = "";
beforeEach(() => {
  shown = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    shown += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** As moleculer-repl does it: `parse` on its commander command, then `action`. */
async function type(line: string, broker: ServiceBroker): Promise<string> {
  const [command] = replCommands;
  const outer: { args: string[]; params?: string[] } = { args: line.split(" ").slice(1) };
  command?.parse(outer);
  await command?.action(broker, outer.params ?? []);
  return shown;
}

describe("mail verify", () => {
  it("shows the report of the service, and waits for it longer than calls usually may", async () => {
    const { broker, calls } = fakeBroker({ "mail.verify": failedReport });
    expect(await type("mail verify fallback1", broker)).toContain("fix      SMTP_PORT=587");
    expect(calls).toEqual([
      ["mail.verify", { transport: "fallback1", locale: "en" }, { timeout: expect.any(Number), retries: 0 }],
    ]);
  });

  it("gives one document with --json", async () => {
    const { broker } = fakeBroker({ "mail.verify": okReport });
    expect(JSON.parse(await type("mail verify --json", broker))).toEqual(okReport);
  });

  it("takes no settings: the service has its own", async () => {
    const { broker, calls } = fakeBroker({});
    expect(await type("mail verify --uri smtps://me:hunter2@a.example", broker)).toContain(
      "unknown option '--uri'",
    );
    expect(calls).toEqual([]);
  });
});

describe("mail test", () => {
  it("sends through mail.send, which the broker must not repeat", async () => {
    const { broker, calls } = fakeBroker({ "mail.stats": stats, "mail.send": sentReceipt });
    expect(await type("mail test ann@example.com", broker)).toContain("✓ sent");
    expect(calls[1]).toEqual([
      "mail.send",
      expect.objectContaining({ to: "ann@example.com", text: expect.stringContaining("node-1") }),
      { timeout: expect.any(Number), retries: 0 },
    ]);
  });

  it("does not call sent what is deferred", async () => {
    const { broker } = fakeBroker({ "mail.stats": stats, "mail.send": deferredReceipt });
    expect(await type("mail test ann@example.com", broker)).toContain("✗ not sent: put off");
  });

  it("says that the recipient is missing", async () => {
    expect(await type("mail test", fakeBroker({}).broker)).toContain("missing required argument 'to'");
  });

  it("tells a remote error, which has lost its class, with its remedy", async () => {
    const remote = Object.assign(new Error("no SMTP server is configured"), {
      type: "MAIL_NOT_CONFIGURED",
      data: { remedy: "Set SMTP_URI." },
    });
    const { broker } = fakeBroker({ "mail.stats": stats, "mail.send": () => Promise.reject(remote) });
    const text = await type("mail test ann@example.com", broker);
    expect(text).toContain("no SMTP server is configured");
    expect(text).toContain("Set SMTP_URI.");
  });
});

describe("mail templates", () => {
  const actions = {
    "mail.templates": [welcome],
    "mail.render": { subject: "您好", html: "", text: "欢迎", locale: "zh-CN" },
    "mail.stats": stats,
    "mail.send": sentReceipt,
  };

  it("lists those of the service, and shows one as the service makes it", async () => {
    const { broker, calls } = fakeBroker(actions);
    expect(await type("mail templates", broker)).toMatch(/^welcome +en, zh-CN +Says hello\.$/m);
    expect(await type("mail templates welcome --locale zh-CN", broker)).toMatch(/subject +您好/);
    expect(calls.at(-1)).toEqual([
      "mail.render",
      { template: "welcome", data: { name: "Ann" }, locale: "zh-CN" },
      { timeout: 30_000, retries: 0 },
    ]);
  });

  it("opens no browser on the node's machine", async () => {
    const { broker, calls } = fakeBroker(actions);
    expect(await type("mail templates --open", broker)).toContain("unknown option '--open'");
    expect(calls).toEqual([]);
  });

  it("are what `mail test` sends with --template", async () => {
    const { broker, calls } = fakeBroker(actions);
    expect(await type("mail test ann@example.com --template welcome", broker)).toContain("✓ sent");
    expect(calls.at(-1)).toEqual([
      "mail.send",
      expect.objectContaining({ template: "welcome", data: { name: "Ann" } }),
      expect.anything(),
    ]);
  });
});

describe("mail send, list, show, retry, cancel, stats", () => {
  it("send the message as it is written, and wait for it longer than calls usually may", async () => {
    const { broker, calls } = fakeBroker({ "mail.send": sentReceipt });
    const line =
      "mail send --to ann@example.com bob@example.com --subject Hello --text Text --reply-to c@example.com";
    expect(await type(line, broker)).toContain("✓ sent");
    expect(calls).toEqual([
      [
        "mail.send",
        {
          to: "ann@example.com, bob@example.com",
          subject: "Hello",
          text: "Text",
          replyTo: "c@example.com",
        },
        { timeout: 150_000, retries: 0 },
      ],
    ]);
  });

  it.each([
    ["mail list --status deferred --limit 3", "mail.list", { status: "deferred", limit: 3 }, { items: [] }],
    ["mail show 17", "mail.get", { id: "17" }, deferredRecord],
    ["mail retry 17", "mail.retry", { id: "17" }, deferredRecord],
    ["mail cancel 17", "mail.cancel", { id: "17" }, deferredRecord],
    ["mail stats", "mail.stats", {}, { counts: {}, oldestQueuedAt: null, transports: [] }],
  ])("%s is %s", async (line, action, params, answer) => {
    const { broker, calls } = fakeBroker({ [action]: answer });
    expect(JSON.parse(await type(`${line} --json`, broker))).toEqual(answer);
    expect(calls).toEqual([[action, params, { timeout: 30_000, retries: 0 }]]);
  });

  it.each([
    ["mail list --limit 0", "--limit: expected a whole number from 1 to 200"],
    ["mail send --to ann@example.com", "--text (or --html) is missing"],
    ["mail send --to ann@example.com --text -", "--text cannot read standard input here"],
    ["mail list --transporter nats://a", "unknown option '--transporter'"],
  ])("%s: %s", async (line, message) => {
    const { broker, calls } = fakeBroker({});
    expect(await type(line, broker)).toContain(message);
    expect(calls).toEqual([]);
  });

  it.each([
    ["SERVICE_NOT_FOUND", "no node of this mesh offers mail"],
    ["REQUEST_TIMEOUT", "the mail service did not answer in time"],
  ])("tell Moleculer's %s in other words, with what to do", async (word, message) => {
    const { broker } = fakeBroker({
      "mail.list": () => Promise.reject(Object.assign(new Error("Service 'mail.list' …"), { type: word })),
    });
    const text = await type("mail list", broker);
    expect(text).toContain(message);
    expect(text).toMatch(/remedy +\S/);
  });
});

describe("mail", () => {
  it("alone shows what there is, without the command line's own", async () => {
    const text = await type("mail", fakeBroker({}).broker);
    expect(text).toMatch(/verify .*\[transport\]/);
    expect(text).toMatch(/test .*<to>/);
    expect(text).toMatch(/providers .*\[name\]/);
    expect(text).not.toMatch(/^ {2}(start|config|smtp)/m);
  });

  it("providers needs no mail service", async () => {
    const { broker, calls } = fakeBroker({});
    expect(await type("mail providers qq --locale zh-CN", broker)).toContain("授权码");
    expect(calls).toEqual([]);
  });

  it("suggests what a mistyped verb may have meant", async () => {
    expect(await type("mail verfy", fakeBroker({}).broker)).toContain("Did you mean verify?");
  });
});
