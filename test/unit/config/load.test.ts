/** Everything besides the SMTP servers, and what is true of the whole: all faults at once, names checked, frozen. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { environmentOf } from "../../../lib/config/environment.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { errorOf, faultsOf, findingsOf, load, type Written } from "./settings.ts";

function pemOf(bits: number): string {
  return generateKeyPairSync("rsa", { modulusLength: bits })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
}

describe("the defaults", () => {
  it("are the documented ones", () => {
    const { mail, outbox, gateway, services, brand, dkim, sender } = load({});
    expect(mail).toEqual({
      sendWait: 5000,
      retrySchedule: [30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200].map(
        (seconds) => seconds * 1000,
      ),
      retryScheduleIsOwn: false,
      retryFor: 172_800_000,
      retention: 2_592_000_000,
      keepBodies: false,
      locale: "en",
      outboxLimit: 1_000_000,
      maxSize: 26_214_400,
      maxRecipients: 50,
      probe: false,
      templates: undefined,
    });
    expect(gateway).toEqual({
      enabled: true,
      host: "127.0.0.1",
      port: 3000,
      apiKeys: [],
      cors: [],
      trustProxy: 0,
      rateLimit: 600,
    });
    expect({ outbox, services }).toEqual({
      outbox: { kind: "sqlite", path: "./data/meshmail.db", network: false },
      services: ["mail", "gateway"],
    });
    expect({ brand, dkim, sender }).toEqual({ brand: {}, dkim: undefined, sender: undefined });
  });
});

describe("the outbox", () => {
  it.each([
    ["sqlite:/var/lib/mail.db", { kind: "sqlite", path: "/var/lib/mail.db", network: false }],
    ["sqlite:/mnt/mail.db?network=true", { kind: "sqlite", path: "/mnt/mail.db", network: true }],
    ["jetstream", { kind: "jetstream" }],
    ["memory", { kind: "memory" }],
  ])("%s", (MAIL_OUTBOX, outbox) => {
    expect(load({ MAIL_OUTBOX }).outbox).toEqual(outbox);
  });

  it.each(["sqlite", "sqlite:", "sqlite::memory:", "sqlite://data/mail.db", "redis://h", "Memory"])(
    "%s is a fault",
    (MAIL_OUTBOX) => {
      expect(faultsOf({ MAIL_OUTBOX })).toEqual([
        expect.stringMatching(/^MAIL_OUTBOX: expected sqlite:PATH/),
      ]);
    },
  );

  it.each(["memory", "jetstream"])("may be kept in %s, which contradicts nothing", (MAIL_OUTBOX) => {
    expect(load({ MAIL_OUTBOX })).toMatchObject({ outbox: { kind: MAIL_OUTBOX }, findings: [] });
  });

  it("a schedule of one's own is known as such", () => {
    expect(load({ MAIL_RETRY_SCHEDULE: "100ms, 1s*2" }).mail).toMatchObject({
      retrySchedule: [100, 1000, 1000],
      retryScheduleIsOwn: true,
    });
  });

  it("a schedule that begins after the end is a finding", () => {
    expect(findingsOf({ MAIL_RETRY_FOR: "10s" })).toEqual([
      expect.stringMatching(/^MAIL_RETRY_FOR: .*tried twice/),
    ]);
  });
});

describe("DKIM", () => {
  const domain = { MAIL_DKIM_DOMAIN: "Example.com", MAIL_DKIM_SELECTOR: "2026" };

  it("reads the key as PEM, its line breaks also as \\n", () => {
    const pem = pemOf(2048);
    const { dkim, findings } = load({ ...domain, MAIL_DKIM_KEY: pem.replaceAll("\n", "\\n") });
    expect(dkim).toMatchObject({ domain: "example.com", selector: "2026" });
    expect(dkim?.key.reveal()).toBe(pem);
    expect(findings).toEqual([]);
  });

  it("a key of 1024 bits is a finding", () => {
    expect(findingsOf({ ...domain, MAIL_DKIM_KEY: pemOf(1024) })).toEqual([
      expect.stringContaining("1024 bits"),
    ]);
  });

  it("a part alone is a fault at each that is missing", () => {
    expect(faultsOf({ MAIL_DKIM_DOMAIN: "example.com" })).toEqual([
      expect.stringMatching(/^MAIL_DKIM_SELECTOR: .*MAIL_DKIM_DOMAIN is set/),
      expect.stringMatching(/^MAIL_DKIM_KEY: .*MAIL_DKIM_DOMAIN is set/),
    ]);
  });

  it.each([
    ["no key", () => "canary"],
    ["a short one", () => pemOf(512)],
    [
      "an Ed25519 one",
      () => generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    ],
    [
      "a public one",
      () =>
        generateKeyPairSync("rsa", { modulusLength: 1024 })
          .publicKey.export({ type: "spki", format: "pem" })
          .toString(),
    ],
  ])("%s is a fault", (_what, key) => {
    const [fault, ...more] = faultsOf({ ...domain, MAIL_DKIM_KEY: key() });
    expect(more).toEqual([]);
    expect(fault).toMatch(/^MAIL_DKIM_KEY: expected an RSA private key/);
    expect(fault).not.toContain("canary");
  });
});

describe("the gateway", () => {
  const secret = "0123456789abcdef";

  it("reads keys with their scopes", () => {
    const GATEWAY_API_KEYS = `app:${secret}1, ops:${secret}2:manage+read ,ci:${secret}3:send`;
    const { apiKeys } = load({ GATEWAY_API_KEYS }).gateway;
    expect(apiKeys).toMatchObject([
      { name: "app", scopes: ["send", "read"] },
      { name: "ops", scopes: ["read", "manage"] },
      { name: "ci", scopes: ["send"] },
    ]);
    expect(apiKeys.map((key) => key.secret.reveal())).toEqual([`${secret}1`, `${secret}2`, `${secret}3`]);
  });

  it.each([
    ["canarysecret", /in entry 1 a name and a secret/],
    [":canarysecret", /in entry 1 a name of/],
    ["app:", /in entry 1 a secret/],
    ["app:canary secret", /in entry 1 a secret/],
    [`app:${secret},app:canarysecret`, /in entry 2 another name and secret than in entry 1/],
    [`app:canarysecret,ci:canarysecret`, /in entry 2 another/],
    ["app:canarysecret:sned", /in entry 1 scopes out of send\+read\+manage/],
    ["app:canarysecret:send+send", /in entry 1 scopes/],
    ["app:canarysecret:", /in entry 1 scopes/],
    ["app:canary:secret:send", /in entry 1 .*no colon/],
    [",", /name:secret/],
  ])("keys %j are a fault that shows nothing", (GATEWAY_API_KEYS, told) => {
    const [fault = ""] = faultsOf({ GATEWAY_API_KEYS });
    expect(fault).toMatch(told);
    expect(fault).toMatch(/got \*\*\*$/);
  });

  it("a short secret is a finding, not a fault", () => {
    expect(findingsOf({ GATEWAY_API_KEYS: "app:short" })).toEqual([expect.stringContaining("16 characters")]);
  });

  it("an address that others reach needs keys", () => {
    expect(faultsOf({ GATEWAY_HOST: "0.0.0.0" })).toEqual([
      expect.stringMatching(/^GATEWAY_API_KEYS: .*GATEWAY_HOST=0\.0\.0\.0/),
    ]);
    expect(load({ GATEWAY_HOST: "0.0.0.0", GATEWAY_API_KEYS: `app:${secret}` }).gateway.host).toBe("0.0.0.0");
  });

  it.each<Written>([
    { GATEWAY_HOST: "localhost" },
    { GATEWAY_HOST: "127.8.8.8" },
    { GATEWAY_HOST: "[::1]" },
    { GATEWAY_HOST: "::", GATEWAY: "off" },
    { GATEWAY_HOST: "::", SERVICES: "mail" },
  ])("%j needs none", (settings) => {
    expect(load(settings).gateway.apiKeys).toEqual([]);
  });

  it("is not enabled where it does not run", () => {
    expect(load({ GATEWAY: "off" }).gateway.enabled).toBe(false);
    expect(load({ SERVICES: "mail" }).gateway.enabled).toBe(false);
    expect(load({ SERVICES: "gateway" })).toMatchObject({
      services: ["gateway"],
      gateway: { enabled: true },
    });
  });

  it("a node with nothing to run is a fault", () => {
    expect(faultsOf({ SERVICES: "gateway", GATEWAY: "off" })).toEqual([expect.stringMatching(/^SERVICES: /)]);
  });

  it.each(["*", "null", "https://app.example.com/console", "app.example.com"])(
    "GATEWAY_CORS=%s is a fault",
    (GATEWAY_CORS) => {
      expect(faultsOf({ GATEWAY_CORS })).toEqual([
        expect.stringMatching(/^GATEWAY_CORS: expected an origin/),
      ]);
    },
  );
});

describe("names", () => {
  it.each([
    ["SMTP_PASWORD", "Did you mean SMTP_PASSWORD?"],
    ["SMTP_PASSWORDFILE", "Did you mean SMTP_PASSWORD_FILE?"],
    ["SMTP_USER", "Did you mean SMTP_USERNAME?"],
    ["SMTP_URL", "Did you mean SMTP_URI?"],
    ["SMTP_FROM", "Did you mean SMTP_SENDER?"],
    ["SMTP_SECURE", "Did you mean SMTP_TLS?"],
    ["MAIL_SENDWAIT", "Did you mean MAIL_SEND_WAIT?"],
    ["GATEWAY_API_KEY", "Did you mean GATEWAY_API_KEYS?"],
    ["SMTP_XYZZY", expect.stringContaining("meshmail config")],
  ])("%s is a finding", (variable, remedy) => {
    expect(load({ [variable]: "canary" }).findings).toEqual([expect.objectContaining({ variable, remedy })]);
    expect(JSON.stringify(load({ [variable]: "canary" }))).not.toContain("canary");
  });

  it.each([
    ["MAIL_MAILER", "smtp"],
    ["MAIL_HOST", "h.example"],
    ["GATEWAY_INTERFACE", "CGI/1.1"],
    ["SMTP_SERVICE_HOST", "10.0.0.5"],
    ["SMTP_PORT_25_TCP_ADDR", "10.0.0.5"],
    ["GATEWAY_PORT_80_TCP", "tcp://10.0.0.5:80"],
    ["SMTP_USER", ""],
  ])("%s=%s of another program is none", (variable, value) => {
    expect(findingsOf({ [variable]: value })).toEqual([]);
  });

  it("in .env, which is ours, every unknown name is one", () => {
    const { findings } = loadConfig(environmentOf({ MAIL_HOST: "h.example" }, ".env"));
    expect(findings).toEqual([expect.objectContaining({ variable: "MAIL_HOST" })]);
  });
});

describe("the whole", () => {
  it("tells all faults at once, one line each, and what else was noticed", () => {
    const error = errorOf({ SMTP_PORT: "x", MAIL_MAX_SIZE: "big", GATEWAY: "perhaps", SMTP_PASWORD: "pw" });
    expect(error.name).toBe("ConfigError");
    expect(error.message.split("\n")).toEqual([
      'SMTP_PORT: expected a port from 1 to 65535, got "x"',
      'MAIL_MAX_SIZE: expected a size from 1kb to 1gb, such as 100kb or 25mb, got "big"',
      'GATEWAY: expected true or false (1/0, yes/no, on/off), got "perhaps"',
      expect.stringContaining("SMTP_HOST: "),
    ]);
    expect(error.faults[0]).toEqual({
      variable: "SMTP_PORT",
      expected: "a port from 1 to 65535",
      came: '"x"',
    });
    expect(error.findings.map(({ variable }) => variable)).toEqual(["SMTP_PASWORD"]);
  });

  it("is frozen all the way down, and its secrets still open", () => {
    const config = load({
      SMTP_URI: "smtps://me:secret@h.example",
      GATEWAY_API_KEYS: "app:0123456789abcdef",
    });
    const frozen = (value: object): boolean =>
      Object.isFrozen(value) &&
      Object.values(value).every(
        (inner) => typeof inner !== "object" || inner.constructor.name === "Secret" || frozen(inner),
      );
    expect(frozen(config)).toBe(true);
    expect(config.transports[0]?.password?.reveal()).toBe("secret");
  });
});

const row = (settings: Written, variable: string) =>
  load(settings).settings.find((setting) => setting.variable === variable);

describe("the rows of `meshmail config`", () => {
  it("say what is in effect, where it came from and what it took the place of", () => {
    const uri = { SMTP_URI: "smtps://me%40qq.com:secret@smtp.qq.com/?pool=true", SMTP_HOST: "h.example" };
    expect(row(uri, "SMTP_URI")).toMatchObject({
      value: "smtps://m***@qq.com:***@smtp.qq.com:465/?pool=true",
      origin: "environment",
    });
    expect(row(uri, "SMTP_HOST")).toMatchObject({
      value: "smtp.qq.com",
      origin: "SMTP_URI",
      overrides: "SMTP_HOST",
    });
    expect(row(uri, "SMTP_PASSWORD")).toMatchObject({ value: "***", origin: "SMTP_URI" });
    expect(row(uri, "SMTP_SENDER")).toMatchObject({ value: "me@qq.com", origin: "SMTP_URI" });
    expect(row(uri, "MAIL_RETRY_FOR")).toMatchObject({ value: "48h", origin: "default" });
    expect(row(uri, "MAIL_TEMPLATES")).toMatchObject({ value: "", origin: "default" });
  });

  it("name the preset", () => {
    const preset = {
      SMTP_PROVIDER: "qq",
      SMTP_USERNAME: "me@qq.com",
      SMTP_PASSWORD: "secret",
      SMTP_PORT: "587",
    };
    expect(row(preset, "SMTP_HOST")).toMatchObject({ value: "smtp.qq.com", origin: "preset qq" });
    expect(row(preset, "SMTP_PORT")).toMatchObject({ value: "587", origin: "environment" });
    expect(row(preset, "SMTP_USERNAME")).toMatchObject({ value: "m***@qq.com", origin: "environment" });
    expect(row(preset, "SMTP_SENDER")).toMatchObject({ value: "me@qq.com", origin: "SMTP_USERNAME" });
  });

  it("say what follows from nothing said", () => {
    expect(row({ SMTP_HOST: "smtp.gmail.com" }, "SMTP_PORT")).toMatchObject({
      value: "587",
      origin: "default",
    });
    expect(row({ SMTP_HOST: "smtp.gmail.com" }, "SMTP_TLS")).toMatchObject({
      value: "false",
      origin: "default",
    });
    expect(row({ SMTP_HOST: "smtp.gmail.com" }, "SMTP_PROVIDER")).toMatchObject({
      value: "gmail",
      origin: "SMTP_HOST",
    });
  });
});
