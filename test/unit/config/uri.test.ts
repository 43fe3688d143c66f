/** SMTP_URI: what it means, what is refused, and that a refusal never shows what stands before the last @. */
import { describe, expect, it } from "@jest/globals";
import { smtpUri } from "../../../lib/config/uri.ts";
import { faultsOf, findingsOf, load, primaryOf } from "./settings.ts";

describe("the URIs of the manuals", () => {
  it.each([
    ["smtps://me%40example.com:secret@smtp.exmail.qq.com/?pool=true", "exmail", "me@example.com"],
    ["smtps://me:secret@smtp.163.com/?pool=true", "163", "me"],
    ["smtps://12345678:secret@smtp.qq.com/?pool=true", "qq", "12345678"],
  ])("%s", (SMTP_URI, provider, username) => {
    const { port, security, pool, password, ...rest } = primaryOf({ SMTP_URI });
    expect(rest).toMatchObject({ name: "primary", dialect: "uri", provider, username });
    expect([port, security, pool, password?.reveal()]).toEqual([465, "tls", true, "secret"]);
  });
});

describe("host and port", () => {
  it.each([
    ["smtp://h.example", "h.example", 587],
    ["smtps://h.example", "h.example", 465],
    ["SMTPS://H.Example:2465/", "h.example", 2465],
    ["smtp://[::1]:2525", "::1", 2525],
    ["smtp://127.0.0.1:1025?pool=false", "127.0.0.1", 1025],
    ["smtp://bücher.example", "xn--bcher-kva.example", 587],
    ["smtp://my_relay", "my_relay", 587],
    [" smtp://h.example\n", "h.example", 587],
  ])("%j", (written, host, port) => {
    expect(smtpUri.parse(written)).toMatchObject({ value: { host, port } });
  });
});

describe("passwords", () => {
  it.each([
    ["p@ss", "p@ss"],
    ["p:ss", "p:ss"],
    ["p+ss", "p+ss"],
    ["p ss", "p ss"],
    ["p%40ss", "p@ss"],
    ["p%23%2F%3F", "p#/?"],
    ["pä€", "pä€"],
    ["p%C3%A4", "pä"],
    ["p\\ss", "p\\ss"],
    ['p[w]^|`{}"<>', 'p[w]^|`{}"<>'],
  ])("%j is read as %j", (written, password) => {
    expect(primaryOf({ SMTP_URI: `smtps://me:${written}@h.example` }).password?.reveal()).toBe(password);
  });

  it.each(["p%ss", "100%", "%zz", "%FF", "p%40%x"])("a raw %% in %j stays, and is a finding", (written) => {
    const SMTP_URI = `smtps://me:${written}@h.example`;
    expect(primaryOf({ SMTP_URI }).password?.reveal()).toBe(written.replace("%40", "@"));
    expect(findingsOf({ SMTP_URI })).toEqual([expect.stringContaining("SMTP_URI: a % in user or password")]);
  });

  it("a user with a raw @ ends at the last one", () => {
    expect(primaryOf({ SMTP_URI: "smtps://me@qq.com:secret@smtp.qq.com" }).username).toBe("me@qq.com");
  });

  it.each(["se#cret", "se/cret", "se?cret", "12#34", "12/34", "12?34", "@b/cret"])(
    "a raw reserved character in %j is told, with how to write it",
    (password) => {
      const [fault, ...more] = faultsOf({ SMTP_URI: `smtps://canary:${password}@smtp.qq.com/` });
      expect(more).toEqual([]);
      expect(fault).toMatch(/percent-encoded.*%23 for #, %2F for \/, %3F for \?/);
      expect(fault).not.toMatch(/canary|cret|12|34/);
    },
  );
});

const refused: [why: string, uri: string, told: RegExp][] = [
  ["no scheme", "canary:cret@h.example:465", /without a scheme/],
  ["no scheme, no user", "h.example:25", /without a scheme/],
  ["no slashes", "smtps:canary:cret@h.example", /without a scheme/],
  ["another scheme", "https://canary:cret@h.example", /smtps or smtp.*got https:\/\/\*\*\*$/],
  ["no host", "smtps://canary:cret@", /without a host/],
  ["no host before the port", "smtps://canary:cret@:465", /without a host/],
  ["nothing at all", "smtps://", /without a host/],
  ["a host with a space", "smtps://canary:cret@h example", /a host name/],
  ["a number for a host", "smtps://canary:cret@25", /a host name/],
  ["an unclosed bracket", "smtps://canary:cret@[::1", /IPv6 in brackets/],
  ["a port that is a word", "smtps://canary:cret@h.example:smtp", /a port from 1 to 65535/],
  ["port 0", "smtps://canary:cret@h.example:0", /a port from 1 to 65535/],
  ["port 65536", "smtps://canary:cret@h.example:65536", /a port from 1 to 65535/],
  ["the front of a URI", "smtps://canary:cret", /user:password@ before it/],
  ["a user alone", "smtps://canary@h.example", /a password behind the user/],
  ["a user with an empty password", "smtps://canary:@h.example", /a password behind the user/],
  ["a password alone", "smtps://:cret@h.example", /a user before the password/],
  ["a path", "smtps://canary:cret@h.example/inbox", /nothing but/],
  ["a fragment", "smtps://canary:cret@h.example/#frag", /percent-encoded/],
  ["a line break", "smtps://canary:c\nret@h.example", /control characters/],
  ["an encoded line break", "smtps://canary:cret%0D%0A@h.example", /control characters/],
  ["an encoded NUL", "smtps://can%00ary:cret@h.example", /control characters/],
];

describe("refused", () => {
  it.each(refused)("%s", (_why, SMTP_URI, told) => {
    const faults = faultsOf({ SMTP_URI });
    expect(faults).toEqual([expect.stringMatching(/^SMTP_URI: expected .+, got /)]);
    expect(faults[0]).toMatch(told);
    expect(faults[0]).not.toMatch(/canary|cret/);
  });
});

describe("options", () => {
  it("all of them reach the transport", () => {
    const options =
      "pool=false&maxConnections=2&maxMessages=7&rateLimit=3&rateDelta=500&name=node.example&requireTLS=true" +
      "&connectionTimeout=1000&greetingTimeout=2000&socketTimeout=3000";
    expect(primaryOf({ SMTP_URI: `smtp://h.example/?${options}` })).toMatchObject({
      pool: false,
      maxConnections: 2,
      maxMessages: 7,
      rateLimit: 3,
      rateDelta: 500,
      ehloName: "node.example",
      security: "starttls",
      timeouts: { dns: 10_000, connect: 1000, greeting: 2000, command: 3000, afterDot: 3000, total: 900_000 },
    });
  });

  it("without them the defaults hold", () => {
    expect(primaryOf({ SMTP_URI: "smtp://h.example" })).toMatchObject({
      pool: true,
      maxConnections: 5,
      maxMessages: 100,
      timeouts: {
        dns: 10_000,
        connect: 15_000,
        greeting: 30_000,
        command: 60_000,
        afterDot: 600_000,
        total: 900_000,
      },
    });
  });

  it.each([
    "disableFileAccess=false",
    "disableUrlAccess=false",
    "sendmail=true",
    "path=/bin/sh",
    "secure=true",
    "tls.rejectUnauthorized=false",
    "tls.ciphers=NULL",
    "logger=true",
    "debug=true",
    "proxy=http://h",
    "opportunisticTLS=true",
    "auth.user=me",
    "__proto__=x",
    "constructor=x",
  ])("%s is refused by name", (option) => {
    const [name = ""] = option.split("=");
    const shown = name === "__proto__" ? "an option of another name" : `the option ${name}`;
    expect(faultsOf({ SMTP_URI: `smtps://me:cret@h.example/?pool=true&${option}` })).toEqual([
      expect.stringContaining(shown),
    ]);
  });

  it.each([
    ["pool=perhaps", "true or false"],
    ["pool", "true or false"],
    ["maxConnections=0", "from 1 to 1000"],
    ["maxMessages=1e3", "from 1 to 1000000"],
    ["socketTimeout=5s", "milliseconds"],
    ["name=a%0D%0AMAIL", "a domain name"],
    ["pool=true&pool=false", "once"],
    ["requireTLS=true&ignoreTLS=true", "requireTLS or ignoreTLS"],
    ["poll=true", "did you mean pool?"],
  ])("%s is refused", (options, told) => {
    expect(faultsOf({ SMTP_URI: `smtp://h.example/?${options}` })).toEqual([expect.stringContaining(told)]);
  });
});

describe("SMTP_FALLBACK_URIS", () => {
  const first = { SMTP_URI: "smtps://a:b@one.example" };

  it("makes fallback1, fallback2, … in order, whatever separates them", () => {
    const SMTP_FALLBACK_URIS = "smtps://c:d@two.example,\n smtp://three.example:2525  smtp://[::1]";
    expect(load({ ...first, SMTP_FALLBACK_URIS }).transports).toMatchObject([
      { name: "primary", host: "one.example", dialect: "uri" },
      { name: "fallback1", host: "two.example", dialect: "fallback", security: "tls" },
      { name: "fallback2", host: "three.example", port: 2525, security: "opportunistic" },
      { name: "fallback3", host: "::1" },
    ]);
  });

  it("a fault names the entry and shows nothing of it", () => {
    const [fault] = faultsOf({
      ...first,
      SMTP_FALLBACK_URIS: "smtp://two.example smtps://canary:c,ret@three.example",
    });
    expect(fault).toMatch(/^SMTP_FALLBACK_URIS: expected in entry 2 .*%2C/);
    expect(fault).not.toMatch(/canary|ret@/);
  });
});
