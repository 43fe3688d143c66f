/** What is asked, what is refused, and what the answers lay over the environment. */
import { describe, expect, it } from "@jest/globals";
import { type Ask, Canceled, gather } from "../../../lib/commands/gather.ts";
import { commands } from "../../../lib/commands/commands.ts";
import type { Input } from "../../../lib/commands/command.ts";
import { environmentOf } from "../../../lib/config/environment.ts";

const optionsOf = (path: string) => commands.find(({ cli }) => cli === path)?.options ?? [];
const verify = optionsOf("smtp verify");
const test = optionsOf("smtp test");
const configured = { SMTP_URI: "smtps://me%40example.com:secret@smtp.example.com" };

/** Answers in turn, as long as the answer passes; remembers the questions. */
function person(...answers: string[]): { ask: Ask; asked: Parameters<Ask>[0][] } {
  const asked: Parameters<Ask>[0][] = [];
  const ask: Ask = async (question) => {
    asked.push(question);
    const answer = answers.shift();
    if (answer === undefined) throw new Canceled();
    return answer;
  };
  return { ask, asked };
}

const settingsOf = (environment: ReadonlyMap<string, { value: string }>) =>
  Object.fromEntries([...environment].flatMap(([name, { value }]) => (value === "" ? [] : [[name, value]])));

describe("an option that stands for a setting", () => {
  it("lies over the environment, under its own name", async () => {
    const given = { sender: "you@example.com" };
    const base = environmentOf({ SMTP_SENDER: "me@example.com" });
    const { environment } = await gather(verify, given, base);
    expect(environment.get("SMTP_SENDER")).toEqual({
      value: "you@example.com",
      origin: "--sender",
      overrides: "environment",
    });
  });

  const parts = {
    SMTP_HOST: "old.example.com",
    SMTP_PORT: "2525",
    SMTP_TLS: "true",
    SMTP_TLS_SERVERNAME: "old.example.com",
    SMTP_USERNAME: "old",
    SMTP_PASSWORD: "old-secret",
    SMTP_FALLBACK_URIS: "smtp://older.example.com",
  };

  it.each<[string, Input, Record<string, string>]>([
    ["--uri", { uri: "smtp://new.example.com" }, { SMTP_URI: "smtp://new.example.com" }],
    [
      "--provider",
      { provider: "qq", username: "me@qq.com", password: "code" },
      { SMTP_PROVIDER: "qq", SMTP_USERNAME: "me@qq.com", SMTP_PASSWORD: "code" },
    ],
  ])("%s leaves nothing of the server that it takes the place of", async (_name, given, expected) => {
    const { environment } = await gather(verify, given, environmentOf(parts));
    expect(settingsOf(environment)).toEqual(expected);
  });

  it("takes the password for a preset from the environment, or from a file that it names", async () => {
    const given = { provider: "qq", username: "me@qq.com" };
    const { environment } = await gather(verify, given, environmentOf({ SMTP_PASSWORD_FILE: "/run/secret" }));
    expect(environment.get("SMTP_PASSWORD_FILE")?.value).toBe("/run/secret");
  });
});

describe("without a terminal", () => {
  it.each<[string, readonly (typeof verify)[number][], Input, Record<string, string>, string]>([
    ["the recipient", test, {}, configured, "--to is missing"],
    [
      "a preset's user and password",
      verify,
      { provider: "qq" },
      {},
      "--username and SMTP_PASSWORD are missing",
    ],
    ["a password", verify, { provider: "qq", username: "me@qq.com" }, {}, "SMTP_PASSWORD is missing"],
    ["a password", verify, {}, { SMTP_HOST: "a.example", SMTP_USERNAME: "me" }, "SMTP_PASSWORD is missing"],
    [
      "the sender",
      test,
      { to: "ann@example.com", uri: "smtp://localhost" },
      {},
      "--sender (or SMTP_SENDER) is missing",
    ],
  ])("%s is refused by name", async (_name, options, given, settings, message) => {
    await expect(gather(options, given, environmentOf(settings))).rejects.toMatchObject({
      name: "UsageError",
      message,
    });
  });

  it.each<[string, Input, string]>([
    [
      "no address",
      { to: "nonsense" },
      "--to: expected one address with exactly one @, such as ann@example.com",
    ],
    ["an empty value", { to: "ann@example.com", uri: " " }, "--uri: expected a value, got none"],
  ])("%s is refused by name", async (_name, given, message) => {
    await expect(gather(test, given, environmentOf(configured))).rejects.toMatchObject({ message });
  });

  it("no server at all is for verify to tell", async () => {
    await expect(gather(verify, {}, environmentOf({}))).resolves.toMatchObject({ input: {} });
  });
});

describe("on a terminal", () => {
  it("nothing is asked that is known", async () => {
    const { ask, asked } = person();
    await gather(test, { to: "ann@example.com" }, environmentOf(configured), ask);
    expect(asked).toEqual([]);
  });

  it("a preset, its user, its password and a sender are asked for one after the other", async () => {
    const { ask, asked } = person("ann@example.com", "sendgrid", "apikey", "key", "me@example.com");
    const { input, environment } = await gather(test, {}, environmentOf({}), ask);
    expect(input).toMatchObject({ to: "ann@example.com", provider: "sendgrid", sender: "me@example.com" });
    expect(settingsOf(environment)).toEqual({
      SMTP_PROVIDER: "sendgrid",
      SMTP_USERNAME: "apikey",
      SMTP_PASSWORD: "key",
      SMTP_SENDER: "me@example.com",
    });
    expect(asked.map(({ secret }) => secret === true)).toEqual([false, false, false, true, false]);
    expect(asked[2]?.text).toContain("The word apikey");
  });

  it("whoever has another server gives its URI, which is not shown", async () => {
    const { ask, asked } = person("", "smtp://localhost");
    const { environment } = await gather(verify, {}, environmentOf({}), ask);
    expect(settingsOf(environment)).toEqual({ SMTP_URI: "smtp://localhost" });
    expect(asked[1]).toMatchObject({ secret: true });
  });

  it("the environment gives the user name to begin with", async () => {
    const { ask, asked } = person("you@qq.com", "code");
    const base = environmentOf({ SMTP_USERNAME: "me@qq.com" });
    const { environment } = await gather(verify, { provider: "qq" }, base, ask);
    expect(asked[0]?.initial).toBe("me@qq.com");
    expect(settingsOf(environment)).toMatchObject({ SMTP_USERNAME: "you@qq.com" });
  });

  it("answers are checked as the settings are, and the refusal does not hold them", async () => {
    const { ask, asked } = person("", "smtp://localhost");
    await gather(verify, {}, environmentOf({}), ask);
    const check = asked[1]?.check;
    expect(check?.("smtp://localhost")).toBeUndefined();
    expect(check?.("me:hunter2")).toMatch(/^expected smtps:/);
    expect(check?.("me:hunter2")).not.toContain("hunter2");
    expect(check?.(" ")).toMatch(/^expected a value/);
  });

  it("breaking off ends it", async () => {
    await expect(gather(verify, {}, environmentOf({}), person().ask)).rejects.toMatchObject({
      name: "Canceled",
    });
  });
});
