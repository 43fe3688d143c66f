/** Both dialects and the presets: which server they make, how it is protected, and what contradicts itself. */
import { describe, expect, it } from "@jest/globals";
import { faultsOf, findingsOf, load, primaryOf, type Written } from "./settings.ts";

const login = { SMTP_USERNAME: "me@example.com", SMTP_PASSWORD: "secret" };
const host = { SMTP_HOST: "smtp.example.com" };

describe("which server", () => {
  it("nothing configured is no fault and no finding", () => {
    expect(load({})).toMatchObject({ transports: [], findings: [] });
  });

  it("SMTP_HOST alone: port 587 and STARTTLS where offered", () => {
    expect(primaryOf(host)).toMatchObject({ dialect: "host", port: 587, security: "opportunistic" });
  });

  it("SMTP_TLS is true by default exactly on port 465", () => {
    expect(primaryOf({ ...host, SMTP_PORT: "465" }).security).toBe("tls");
    expect(primaryOf({ ...host, SMTP_PORT: "2465" }).security).toBe("opportunistic");
    expect(primaryOf({ ...host, SMTP_PORT: "2465", SMTP_TLS: "true" }).security).toBe("tls");
  });

  it("a preset fills in host, port and security", () => {
    expect(primaryOf({ ...login, SMTP_PROVIDER: "qq" })).toMatchObject({
      dialect: "provider",
      provider: "qq",
      host: "smtp.qq.com",
      port: 465,
      security: "tls",
    });
    expect(findingsOf({ ...login, SMTP_PROVIDER: "QQ" })).toEqual([]);
  });

  it("a preset's other port, and SMTP_TLS alone, choose among what it knows without a finding", () => {
    for (const choice of [{ SMTP_PORT: "587" }, { SMTP_TLS: "false" }]) {
      const settings = { ...login, SMTP_PROVIDER: "qq", ...choice };
      expect(primaryOf(settings)).toMatchObject({ port: 587, security: "starttls" });
      expect(findingsOf(settings)).toEqual([]);
    }
  });

  it("a region is chosen by its host without a finding", () => {
    const settings = { ...login, SMTP_PROVIDER: "zoho", SMTP_HOST: "smtp.zoho.eu" };
    expect(primaryOf(settings)).toMatchObject({ provider: "zoho", host: "smtp.zoho.eu", port: 465 });
    expect(findingsOf(settings)).toEqual([]);
  });

  it("host and port that the preset does not know win, with a finding each", () => {
    const settings = { ...login, SMTP_PROVIDER: "qq", ...host, SMTP_PORT: "2525" };
    expect(primaryOf(settings)).toMatchObject({ host: "smtp.example.com", port: 2525, provider: "qq" });
    expect(findingsOf(settings)).toEqual([
      expect.stringMatching(/^SMTP_HOST: .*preset qq/),
      expect.stringMatching(/^SMTP_PORT: .*465, 587/),
    ]);
  });

  it("an unknown preset is a fault with a guess", () => {
    expect(faultsOf({ ...login, SMTP_PROVIDER: "gmial" })).toEqual([
      expect.stringContaining('did you mean "gmail"'),
    ]);
  });

  it.each([
    [{ SMTP_URI: "smtps://me:pw@smtp.qq.com" }, "qq"],
    [{ ...login, SMTP_HOST: "SMTP.gmail.com" }, "gmail"],
    [{ SMTP_HOST: "smtp.example.com" }, undefined],
  ])("the provider is recognised by the host: %j", (settings, provider) => {
    expect(primaryOf(settings).provider).toBe(provider);
  });

  it("SMTP_TLS_SERVERNAME is the first server's, SMTP_CIPHER_SPEC everybody's", () => {
    const settings = { SMTP_TLS_SERVERNAME: "mail.example.com", SMTP_CIPHER_SPEC: "HIGH:!aNULL" };
    const { transports } = load({
      ...settings,
      SMTP_URI: "smtp://10.0.0.1",
      SMTP_FALLBACK_URIS: "smtp://10.0.0.2",
    });
    expect(transports.map(({ tls }) => [tls.servername, tls.ciphers])).toEqual([
      ["mail.example.com", "HIGH:!aNULL"],
      [undefined, "HIGH:!aNULL"],
    ]);
  });
});

describe("how it is protected", () => {
  const withLogin = "smtp://me:secret@h.example:2525";
  const without = "smtp://h.example:2525";
  const allowed = { SMTP_ALLOW_CLEARTEXT_AUTH: "true" };
  const off = { SMTP_OPPORTUNISTIC_TLS: "false" };

  it.each<[Written, string]>([
    [{ SMTP_URI: withLogin }, "starttls"],
    [{ SMTP_URI: "smtp://me:secret@127.0.0.1:1025" }, "starttls"],
    [{ SMTP_URI: `${withLogin}?requireTLS=true`, ...off }, "starttls"],
    [{ SMTP_URI: withLogin, ...allowed }, "opportunistic"],
    [{ SMTP_URI: withLogin, ...allowed, ...off }, "none"],
    [{ SMTP_URI: `${withLogin}?requireTLS=false`, ...allowed }, "opportunistic"],
    [{ SMTP_URI: `${withLogin}?ignoreTLS=true`, ...allowed }, "none"],
    [{ SMTP_URI: `${withLogin}?requireTLS=true`, ...allowed }, "starttls"],
    [{ SMTP_URI: without }, "opportunistic"],
    [{ SMTP_URI: `${without}?requireTLS=true` }, "starttls"],
    [{ SMTP_URI: `${without}?requireTLS=false` }, "opportunistic"],
    [{ SMTP_URI: `${without}?ignoreTLS=true` }, "none"],
    [{ SMTP_URI: without, ...off }, "none"],
    [{ SMTP_URI: "smtps://me:secret@h.example", ...allowed }, "tls"],
    [{ ...host, ...login }, "starttls"],
    [{ ...host, ...login, ...allowed, ...off }, "none"],
    [{ ...host, ...off }, "none"],
  ])("%j: %s", (settings, security) => {
    expect(primaryOf(settings).security).toBe(security);
  });

  it.each<[Written, string]>([
    [{ ...host, ...login, ...off }, "SMTP_OPPORTUNISTIC_TLS"],
    [{ SMTP_HOST: "localhost", ...login, ...off }, "SMTP_OPPORTUNISTIC_TLS"],
    [{ SMTP_URI: withLogin, ...off }, "SMTP_OPPORTUNISTIC_TLS"],
    [{ SMTP_URI: `${withLogin}?ignoreTLS=true` }, "SMTP_URI"],
    [{ SMTP_URI: `${withLogin}?requireTLS=false` }, "SMTP_URI"],
    [{ SMTP_URI: without, SMTP_FALLBACK_URIS: `${withLogin}?ignoreTLS=1` }, "SMTP_FALLBACK_URIS"],
  ])("clear text beside credentials stops the start: %j", (settings, variable) => {
    expect(faultsOf(settings)).toEqual([
      expect.stringMatching(new RegExp(`^${variable}: expected TLS, .*SMTP_ALLOW_CLEARTEXT_AUTH=true`)),
    ]);
    expect(load({ ...settings, ...allowed }).transports).not.toEqual([]);
  });

  it("SMTP_OPPORTUNISTIC_TLS does not speak of the fallbacks", () => {
    const { transports } = load({ SMTP_URI: without, SMTP_FALLBACK_URIS: withLogin, ...off });
    expect(transports.map(({ security }) => security)).toEqual(["none", "starttls"]);
  });

  it("allowed clear text is a finding", () => {
    expect(findingsOf({ SMTP_URI: withLogin, ...allowed })).toEqual([
      expect.stringMatching(/^SMTP_ALLOW_CLEARTEXT_AUTH: .*h\.example:2525 unencrypted/),
    ]);
  });
});

describe("credentials", () => {
  it.each<[Written, RegExp]>([
    [{ ...host, SMTP_USERNAME: "me" }, /^SMTP_PASSWORD: expected a value, since SMTP_USERNAME is set/],
    [{ ...host, SMTP_PASSWORD: "pw" }, /^SMTP_USERNAME: expected a value, since SMTP_PASSWORD is set/],
    [{ ...host, SMTP_AUTH: "oauth2" }, /^SMTP_USERNAME: .*SMTP_AUTH=oauth2/],
    [{ SMTP_URI: "smtp://h.example", SMTP_AUTH: "oauth2" }, /^SMTP_URI: .*SMTP_AUTH=oauth2/],
    [{ SMTP_PORT: "587" }, /^SMTP_HOST: .*SMTP_PORT/],
    [{ ...login }, /^SMTP_HOST: .*SMTP_USERNAME and SMTP_PASSWORD/],
    [{ SMTP_FALLBACK_URIS: "smtp://h.example" }, /^SMTP_URI: .*the first server/],
  ])("%j is a fault", (settings, line) => {
    expect(faultsOf(settings)).toEqual([expect.stringMatching(line)]);
  });

  it("with OAuth2 a user is enough, and a password is not kept", () => {
    const oauth2 = { SMTP_AUTH: "oauth2", SMTP_PROVIDER: "outlook", SMTP_USERNAME: "me@outlook.com" };
    expect(primaryOf(oauth2)).toMatchObject({
      auth: "oauth2",
      username: "me@outlook.com",
      security: "starttls",
    });
    expect(findingsOf(oauth2)).toEqual([]);
    expect(primaryOf({ ...oauth2, SMTP_PASSWORD: "pw" }).password).toBeUndefined();
    expect(findingsOf({ ...oauth2, SMTP_PASSWORD: "pw" })).toEqual([
      expect.stringMatching(/^SMTP_PASSWORD: .*not used/),
    ]);
  });

  it("empty values are not set", () => {
    expect(
      primaryOf({ ...host, SMTP_USERNAME: "", SMTP_PASSWORD: "  ", SMTP_URI: "" }).username,
    ).toBeUndefined();
  });

  it("a password keeps its spaces, with a finding", () => {
    const settings = { ...host, SMTP_USERNAME: " me ", SMTP_PASSWORD: " a b " };
    expect(primaryOf(settings).password?.reveal()).toBe(" a b ");
    expect(primaryOf(settings).username).toBe("me");
    expect(findingsOf(settings)).toEqual([expect.stringMatching(/^SMTP_PASSWORD: .*space/)]);
  });
});

const fix = (variable: string, value: string) => ({ fix: { variable, value } });

describe("contradictions warn, and the service starts", () => {
  it.each<[settings: Written, finding: object]>([
    [
      { SMTP_URI: "smtp://h.example", ...host, SMTP_PORT: "25" },
      { variable: "SMTP_URI", message: expect.stringMatching(/beside SMTP_HOST, SMTP_PORT: the URI wins/) },
    ],
    [
      { SMTP_URI: "smtps://me:pw@h.example:587" },
      { variable: "SMTP_URI", remedy: expect.stringContaining("smtp:// with port 587") },
    ],
    [
      { SMTP_URI: "smtp://me:pw@h.example:465" },
      { variable: "SMTP_URI", remedy: expect.stringContaining("smtps:// with port 465") },
    ],
    [
      { SMTP_URI: "smtp://h.example", SMTP_FALLBACK_URIS: "smtps://me:pw@h.example:587" },
      { variable: "SMTP_FALLBACK_URIS", message: expect.stringContaining("fallback1: smtps://") },
    ],
    [
      { ...host, ...login, SMTP_PORT: "587", SMTP_TLS: "true" },
      { variable: "SMTP_TLS", ...fix("SMTP_TLS", "false") },
    ],
    [
      { ...host, ...login, SMTP_TLS: "true" },
      { variable: "SMTP_TLS", ...fix("SMTP_TLS", "false") },
    ],
    [
      { ...host, ...login, SMTP_PORT: "465", SMTP_TLS: "false" },
      { variable: "SMTP_TLS", ...fix("SMTP_TLS", "true") },
    ],
    [
      { ...login, SMTP_PROVIDER: "163", SMTP_PORT: "25" },
      { variable: "SMTP_PORT", ...fix("SMTP_PORT", "465") },
    ],
    [
      { ...host, SMTP_CIPHER_SPEC: "TLSv1.2" },
      { variable: "SMTP_CIPHER_SPEC", message: expect.stringContaining("oldest protocol") },
    ],
    [
      { ...login, SMTP_PROVIDER: "outlook" },
      {
        variable: "SMTP_AUTH",
        remedy: expect.stringContaining("SMTP_AUTH=oauth2"),
        ...fix("SMTP_AUTH", "oauth2"),
      },
    ],
    [
      { SMTP_URI: "smtp://me:pw@smtp-mail.outlook.com" },
      { variable: "SMTP_AUTH", ...fix("SMTP_AUTH", "oauth2") },
    ],
    [{ ...host, SMTP_OAUTH2_CLIENT_ID: "app" }, { variable: "SMTP_OAUTH2_CLIENT_ID" }],
    [{ SMTP_URI: "smtp://h.example/?rateDelta=5" }, { variable: "SMTP_URI" }],
  ])("%j", (settings, finding) => {
    const { findings } = load(settings);
    expect(findings).toEqual([expect.objectContaining(finding)]);
    expect(findings[0]).toMatchObject({
      message: expect.stringMatching(/[^.]$/),
      remedy: expect.stringMatching(/\.$/),
    });
  });

  it("smtps on 587 and smtp on 465 are not corrected silently", () => {
    expect(primaryOf({ SMTP_URI: "smtps://h.example:587" })).toMatchObject({ port: 587, security: "tls" });
    expect(primaryOf({ SMTP_URI: "smtp://h.example:465" })).toMatchObject({
      port: 465,
      security: "opportunistic",
    });
  });
});

describe("SMTP_CIPHER_SPEC", () => {
  it.each([
    ["TLSv1.2", { minVersion: "TLSv1.2" }],
    ["tlsv1.3", { minVersion: "TLSv1.3" }],
    ["ECDHE-RSA-AES128-GCM-SHA256:HIGH", { ciphers: "ECDHE-RSA-AES128-GCM-SHA256:HIGH" }],
  ])("%s", (SMTP_CIPHER_SPEC, tls) => {
    expect(primaryOf({ ...host, SMTP_CIPHER_SPEC }).tls).toMatchObject(tls);
  });

  it.each(["SSLv3", "TLSv1", "TLSv1.1", "nonsense", "!ALL"])(
    "%s is a fault at the start",
    (SMTP_CIPHER_SPEC) => {
      expect(faultsOf({ ...host, SMTP_CIPHER_SPEC })).toEqual([
        expect.stringMatching(/^SMTP_CIPHER_SPEC: expected an OpenSSL cipher list/),
      ]);
    },
  );
});
