import { describe, expect, it } from "@jest/globals";
import { readinessCheck } from "../../../lib/http/readiness.ts";
import type { MailStats } from "../../../lib/outbox/outbox.ts";

const transport = (state: "up" | "resting" | "held", name = "primary"): MailStats["transports"][number] => ({
  name,
  server: "smtps://smtp.example.com:465 (user m***@example.com)",
  state,
  ratePerMinute: 0,
  ...(state !== "up" && {
    problem: {
      type: "SMTP_AUTH_FAILED",
      message: "535 of smtp.example.com",
      remedy: "Look at SMTP_PASSWORD.",
    },
  }),
});

const stats = (changes: Partial<MailStats> = {}): MailStats => ({
  counts: {},
  oldestQueuedAt: null,
  outbox: { durable: true },
  transports: [transport("up")],
  ...changes,
});

const wordOf = (type: string): Error => Object.assign(new Error("no"), { type });

const check = (answer: MailStats | Error, joined = true) =>
  readinessCheck({
    isMeshJoined: () => joined,
    stats: () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
  })();

describe("a gateway is ready", () => {
  it.each([
    ["all is well", stats()],
    [
      "somebody's stand-in says no more than it must",
      { counts: {}, oldestQueuedAt: null, transports: [transport("up")] } as never,
    ],
    ["one of two servers is up", stats({ transports: [transport("held"), transport("up", "fallback1")] })],
  ])("while %s", async (_what, answer) => {
    await expect(check(answer)).resolves.toBeUndefined();
  });
});

describe("a gateway is not ready", () => {
  it.each([
    ["nobody answers", new Error("no such service"), true, ["mail MAIL_UNAVAILABLE"]],
    ["the answer takes too long", wordOf("REQUEST_TIMEOUT"), true, ["mail MAIL_SILENT"]],
    [
      "the outbox does not answer",
      wordOf("MAIL_OUTBOX_UNAVAILABLE"),
      true,
      ["outbox MAIL_OUTBOX_UNAVAILABLE"],
    ],
    ["the answer is nonsense", { transports: "none" } as never, true, ["mail MAIL_UNAVAILABLE"]],
    ["the mesh is not joined", stats(), false, ["mesh MESH_NOT_JOINED"]],
    [
      "the outbox is down",
      stats({
        outbox: {
          durable: true,
          problem: { type: "MAIL_OUTBOX_UNAVAILABLE", message: "/data is full", remedy: "" },
        },
      }),
      true,
      ["outbox MAIL_OUTBOX_UNAVAILABLE"],
    ],
    ["no server is configured", stats({ transports: [] }), true, ["transports MAIL_NOT_CONFIGURED"]],
    [
      "all servers are down",
      stats({ transports: [transport("held"), transport("resting", "fallback1")] }),
      true,
      ["transports SMTP_AUTH_FAILED", "transports SMTP_AUTH_FAILED"],
    ],
    [
      "several things are wrong",
      stats({ transports: [] }),
      false,
      ["mesh MESH_NOT_JOINED", "transports MAIL_NOT_CONFIGURED"],
    ],
  ])("while %s, and says so", async (_what, answer, joined, expected) => {
    const error = await check(answer, joined).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ type: "HTTP_UNAVAILABLE", code: 503 });
    const { data, message } = error as {
      data: { remedy: string; reasons: { check: string; type: string; message: string; remedy: string }[] };
      message: string;
    };
    expect(data.reasons.map(({ check: what, type }) => `${what} ${type}`)).toEqual(expected);
    for (const reason of data.reasons) {
      expect(message).toContain(reason.message);
      expect(data.remedy).toContain(reason.remedy);
    }
    expect(JSON.stringify(error) + message).not.toMatch(/example\.com|535|SMTP_PASSWORD|\/data/);
  });

  it("asks once for all who ask at the same time, and anew for the next", async () => {
    let calls = 0;
    const ready = readinessCheck({
      isMeshJoined: () => true,
      stats: async () => {
        calls++;
        return stats();
      },
    });
    await Promise.all([ready(), ready(), ready()]);
    expect(calls).toBe(1);
    await ready();
    expect(calls).toBe(2);
  });
});
