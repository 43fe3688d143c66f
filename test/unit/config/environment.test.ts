/** Layers of settings: .env under the environment, files for secrets, and the traps of .env. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { environmentOf, overlay, parseDotenv, readEnvironment } from "../../../lib/config/environment.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { faultsOf, load, primaryOf } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meshmail-config-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe(".env", () => {
  it("lies under the environment, and each value knows its origin", () => {
    write(".env", "SMTP_HOST=file.example\nSMTP_PORT=2525\n");
    const config = loadConfig(readEnvironment({ cwd: folder, env: { SMTP_HOST: "env.example" } }));
    expect(config.transports[0]).toMatchObject({ host: "env.example", port: 2525 });
    const row = (name: string) => config.settings.find(({ variable }) => variable === name);
    expect(row("SMTP_HOST")).toMatchObject({
      value: "env.example",
      origin: "environment",
      overrides: ".env",
    });
    expect(row("SMTP_PORT")).toMatchObject({ value: "2525", origin: ".env" });
    expect(row("SMTP_PORT")?.overrides).toBeUndefined();
  });

  it("an empty value in the environment unsets one in .env", () => {
    write(".env", "SMTP_URI=smtp://file.example\n");
    const config = loadConfig(readEnvironment({ cwd: folder, env: { SMTP_URI: "" } }));
    expect(config.transports).toEqual([]);
    expect(config.settings[0]).toMatchObject({
      variable: "SMTP_URI",
      value: "",
      origin: "default",
      overrides: ".env",
    });
  });

  it("does not have to be there, but has to be readable", () => {
    expect(readEnvironment({ cwd: folder, env: {} }).size).toBe(0);
    mkdirSync(join(folder, ".env"));
    expect(() => readEnvironment({ cwd: folder, env: {} })).toThrow(
      /^\.env: expected a readable file, got EISDIR$/,
    );
  });

  it.each([
    ['SMTP_SENDER="My Name" me@example.com', '"My Name" me@example.com'],
    ['SMTP_SENDER="My Name" <me@example.com>  # us', '"My Name" <me@example.com>'],
    [String.raw`export SMTP_SENDER="\"My Name\" <me@example.com>"`, '"My Name" <me@example.com>'],
    [`SMTP_SENDER='"My Name" <me@example.com>'`, '"My Name" <me@example.com>'],
    ["SMTP_SENDER=me@example.com # us", "me@example.com"],
    ['SMTP_SENDER="me@example.com" # us', "me@example.com"],
    ["SMTP_SENDER=me@example.com # issue #7", "me@example.com"],
    ["SMTP_SENDER=me@example.com\r", "me@example.com"],
    [`SMTP_SENDER="a # b" # not "c"`, "a # b"],
    [`SMTP_SENDER="old" text\nSMTP_SENDER=me@example.com`, "me@example.com"],
    ["SMTP_SENDER=old#text\nSMTP_SENDER=me@example.com", "me@example.com"],
  ])("reads %j", (line, value) => {
    expect(parseDotenv(`A=1\n${line}\nB=2\n`).get("SMTP_SENDER")).toEqual({ value, origin: ".env" });
  });

  it.each(["SMTP_PASSWORD=can#ary", "SMTP_PASSWORD=#canary", "SMTP_URI=smtps://me:12#canary@smtp.qq.com"])(
    "a value cut at # is a fault, not a shorter password: %s",
    (line) => {
      const name = line.slice(0, line.indexOf("="));
      const settings = overlay(
        parseDotenv(line),
        { SMTP_HOST: "h.example", SMTP_USERNAME: "me" },
        "environment",
      );
      const attempt = () => loadConfig(settings);
      expect(attempt).toThrow(
        new RegExp(`^${name}: expected quotes around a value that holds a #, got a line in \\.env`),
      );
      expect(attempt).not.toThrow(/can|ary|12/);
    },
  );

  it("a # in quotes is part of the value, and a cut line does not matter under the environment", () => {
    expect(parseDotenv("SMTP_PASSWORD='can#ary'").get("SMTP_PASSWORD")).toEqual({
      value: "can#ary",
      origin: ".env",
    });
    const settings = overlay(
      parseDotenv("MAIL_BRAND_COLOR=#123456"),
      { MAIL_BRAND_COLOR: "#abcdef" },
      "environment",
    );
    expect(loadConfig(settings).brand.color).toBe("#abcdef");
  });
});

describe("_FILE", () => {
  it("reads a secret from a file, without the line's end", () => {
    const path = write("password", "se cret\n");
    const config = load({ SMTP_HOST: "h.example", SMTP_USERNAME: "me", SMTP_PASSWORD_FILE: path });
    expect(config.transports[0]?.password?.reveal()).toBe("se cret");
    expect(config.settings.find(({ variable }) => variable === "SMTP_PASSWORD")).toMatchObject({
      value: "***",
      origin: `file ${path}`,
    });
  });

  it("there is one for every secret", () => {
    const uri = write("uri", "smtps://me:secret@smtp.qq.com\r\n");
    const keys = write("keys", "app:0123456789abcdef\n");
    const config = load({ SMTP_URI_FILE: uri, SMTP_FALLBACK_URIS_FILE: uri, GATEWAY_API_KEYS_FILE: keys });
    expect(config.transports.map(({ name, host }) => [name, host])).toEqual([
      ["primary", "smtp.qq.com"],
      ["fallback1", "smtp.qq.com"],
    ]);
    expect(config.gateway.apiKeys).toMatchObject([{ name: "app" }]);
    expect(config.findings).toEqual([]);
  });

  it("both set in one place is a fault", () => {
    const both = { SMTP_URI: "smtp://a.example", SMTP_URI_FILE: write("uri", "smtp://b.example") };
    expect(faultsOf(both)).toEqual([
      "SMTP_URI: expected either SMTP_URI or SMTP_URI_FILE, got both from environment",
    ]);
  });

  it("either takes the place of the other in a layer below", () => {
    const path = write("uri", "smtp://file.example");
    const low = environmentOf({ SMTP_URI: "smtp://low.example" });
    const file = overlay(low, { SMTP_URI_FILE: path }, "upper");
    const high = overlay(file, { SMTP_URI: "smtp://high.example" }, "top");
    const hosts = [low, file, high].map((environment) => loadConfig(environment).transports[0]?.host);
    expect(hosts).toEqual(["low.example", "file.example", "high.example"]);
  });

  it.each([
    ["absent", () => join(folder, "absent"), "ENOENT"],
    ["a folder", () => folder, "EISDIR"],
    ["empty", () => write("empty", "\n"), "empty"],
  ])("one that is %s is a fault that names the file, and only that", (_what, path, told) => {
    const faults = faultsOf({ SMTP_HOST: "h.example", SMTP_USERNAME: "me", SMTP_PASSWORD_FILE: path() });
    expect(faults).toEqual([
      expect.stringMatching(/^SMTP_PASSWORD_FILE: expected the path of a readable file/),
    ]);
    expect(faults[0]).toContain(path());
    expect(faults[0]).toContain(told);
  });

  it("a secret put in place of a path is not shown", () => {
    const faults = faultsOf({ SMTP_HOST: "h.example", SMTP_USERNAME: "me", SMTP_PASSWORD_FILE: "canary" });
    expect(faults).toEqual([expect.stringMatching(/^SMTP_PASSWORD_FILE: .*got \*\*\* \(ENOENT\)$/)]);
  });
});

describe("SMTP_TLS_CA_FILE", () => {
  const [certificate = ""] = rootCertificates;

  it("gives the certificates to every server", () => {
    const path = write("ca.pem", `# our CA\n${certificate}\n\n${certificate}\n`);
    const { ca } = primaryOf({ SMTP_URI: "smtp://h.example", SMTP_TLS_CA_FILE: path }).tls;
    expect(ca).toBe(`${certificate}\n${certificate}`);
  });

  it.each([
    ["absent", undefined, "ENOENT"],
    ["without a certificate", "hello", "holds none"],
    [
      "with a broken one",
      certificate.replace(/[A-Za-z]{20}/, "AAAAAAAAAAAAAAAAAAAA"),
      "number 1 cannot be read",
    ],
  ])("a file %s is a fault", (_what, text, told) => {
    const path = text === undefined ? join(folder, "absent") : write("ca.pem", text);
    const [fault = ""] = faultsOf({ SMTP_TLS_CA_FILE: path });
    expect(fault).toMatch(/^SMTP_TLS_CA_FILE: expected a readable file of certificates/);
    expect(fault).toContain(told);
  });
});
