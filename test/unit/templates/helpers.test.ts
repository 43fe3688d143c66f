/** What templates do besides printing their data. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DataFault } from "../../../lib/templates/faults.ts";
import { type HelperContext, helpers } from "../../../lib/templates/helpers.ts";

const BASE = "https://app.example.com";

function run(
  name: string,
  params: readonly unknown[],
  named: Record<string, unknown> = {},
  context: Partial<HelperContext> = {},
): unknown {
  return helpers[name]?.run(params, named, { locale: "en", adminWebUrl: BASE, ...context });
}

/** The message of the refusal. */
function fault(...call: Parameters<typeof run>): string {
  try {
    run(...call);
  } catch (error) {
    if (error instanceof DataFault) return error.message;
    throw error;
  }
  throw new Error("expected a refusal");
}

describe("date", () => {
  const noon = "2026-11-21T12:00:00Z";

  it.each([
    ["en", "November 21, 2026"],
    ["zh-CN", "2026年11月21日"],
    ["de", "21. November 2026"],
  ])("prints the day in %s", (locale, printed) => {
    expect(run("date", [noon], {}, { locale })).toBe(printed);
  });

  it("prints day and time of the zone in the style that is asked for", () => {
    expect(run("date", [noon], { style: "short", time: "short", zone: "Asia/Shanghai" })).toBe(
      "11/21/26, 8:00 PM",
    );
    expect(run("date", ["2026-11-21T23:30:00-05:00"])).toBe("November 22, 2026");
  });

  it("takes epoch milliseconds, and moments before 1970", () => {
    expect(run("date", [Date.parse(noon)])).toBe("November 21, 2026");
    expect(run("date", ["1969-07-20T20:17:00Z"])).toBe("July 20, 1969");
  });

  it.each([
    [{}, "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got an object"],
    ["2026-11-21T12:00:00", "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got a string"],
    ["2026-02-30T12:00:00Z", "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got a string"],
    [undefined, "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got nothing"],
    [8.64e15 + 1, "expected a moment (ISO 8601 with a zone, or epoch milliseconds), got a number"],
    [1_795_262_400, "expected epoch milliseconds, got what looks like seconds"],
  ])("refuses %j", (value, message) => {
    expect(fault("date", [value])).toBe(message);
  });

  it("refuses styles and zones that there are not, again and again", () => {
    expect(fault("date", [noon], { style: "tiny" })).toBe(
      "style: expected full, long, medium, short, got a string",
    );
    expect(fault("date", [noon], { time: true })).toBe(
      "time: expected full, long, medium, short, got a boolean",
    );
    for (let i = 0; i < 2; i++) {
      expect(fault("date", [noon], { zone: "Mars/Olympus" })).toBe(
        "zone: expected a time zone such as Asia/Shanghai, got a string",
      );
    }
  });
});

describe("number", () => {
  it.each<[string, number, Record<string, unknown>, string]>([
    ["en", 1234.5, {}, "1,234.5"],
    ["de", 1234.5, {}, "1.234,5"],
    ["en", 0.255, { style: "percent", digits: 1 }, "25.5%"],
    ["en", 1234.5, { style: "currency", currency: "EUR" }, "€1,234.50"],
    ["ja", 1234, { style: "currency", currency: "JPY" }, "￥1,234"],
    ["en", 2, { digits: 2 }, "2.00"],
    ["en", -0.4, { digits: 0 }, "0"],
  ])("prints in %s %p with %j", (locale, value, named, printed) => {
    expect(run("number", [value], named, { locale })).toBe(printed);
  });

  it.each<[unknown, Record<string, unknown>, string]>([
    ["12", {}, "expected a number, got a string"],
    [Number.NaN, {}, "expected a number, got a number"],
    [1, { digits: 21 }, "digits: expected a whole number from 0 to 20, got a number"],
    [1, { digits: 1.5 }, "digits: expected a whole number from 0 to 20, got a number"],
    [1, { style: "money" }, "style: expected decimal, percent, currency, got a string"],
    [1, { style: "currency" }, 'style="currency" and currency="…" need each other'],
    [1, { currency: "EUR" }, 'style="currency" and currency="…" need each other'],
    [
      1,
      { style: "currency", currency: "€" },
      "currency: expected a code of ISO 4217 such as EUR, got a string",
    ],
  ])("refuses %j with %j", (value, named, message) => {
    expect(fault("number", [value], named)).toBe(message);
  });
});

describe("plural", () => {
  const files = { one: "# file", other: "# files" };

  it.each([
    [0, "0 files"],
    [1, "1 file"],
    [1.5, "1.5 files"],
    [12345, "12,345 files"],
  ])("counts %p", (count, printed) => {
    expect(run("plural", [count], files)).toBe(printed);
  });

  it("knows the categories of the language, and takes other for those that are not given", () => {
    const arabic = { zero: "z", one: "o", two: "t", few: "f", many: "m", other: "x" };
    const print = (count: number, named: object) => run("plural", [count], { ...named }, { locale: "ar" });
    expect([0, 1, 2, 3, 11, 100].map((count) => print(count, arabic)).join("")).toBe("zotfmx");
    expect([0, 3].map((count) => print(count, { other: "x" })).join("")).toBe("xx");
    expect(run("plural", [1], files, { locale: "ja" })).toBe("1 files");
  });

  it("counts places", () => {
    const places = { type: "ordinal", one: "#st", two: "#nd", few: "#rd", other: "#th" };
    expect([1, 2, 3, 4, 11, 22].map((place) => run("plural", [place], places)).join(" ")).toBe(
      "1st 2nd 3rd 4th 11th 22nd",
    );
  });

  it("refuses what cannot be counted, and a count without other", () => {
    expect(fault("plural", ["3"], files)).toBe("expected a number, got a string");
    expect(fault("plural", [1], { one: "# file" })).toBe("other: expected a text, got nothing");
    expect(fault("plural", [1], { ...files, one: 1 })).toBe("one: expected a text, got a number");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 minutes"],
    [1, "1 minute"],
    [10, "10 minutes"],
    [60, "1 hour"],
    [90, "90 minutes"],
    [1440, "1 day"],
    [1500, "25 hours"],
    [10_080, "7 days"],
  ])("says %p minutes as %s", (minutes, printed) => {
    expect(run("duration", [minutes])).toBe(printed);
  });

  it("says it in the language of the letter", () => {
    expect(run("duration", [10], {}, { locale: "zh-CN" })).toBe("10分钟");
    expect(run("duration", [2880], {}, { locale: "ja" })).toBe("2 日");
  });

  it("refuses what is no length of time", () => {
    expect(fault("duration", [-1])).toBe("expected minutes, 0 or more, got fewer");
    expect(fault("duration", ["10"])).toBe("expected a number, got a string");
  });
});

describe("url", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["https://x.test/a?b=1#c", {}, "https://x.test/a?b=1#c"],
    ["https://x.test/a?b=1#c", { d: "e&f=g", n: 2 }, "https://x.test/a?b=1&d=e%26f%3Dg&n=2#c"],
    ["https://x.test/??", { d: 1 }, "https://x.test/??&d=1"],
    ["https://x.test?", { d: true }, "https://x.test/?d=true"],
    ["https://x.test/#/route?b=1", { d: "e" }, "https://x.test/#/route?b=1&d=e"],
    ["mailto:a@x.test", { subject: "Hello you" }, "mailto:a@x.test?subject=Hello%20you"],
    ["HTTP://X.test:80", {}, "http://x.test/"],
    ["https://münchen.test/ä", {}, "https://xn--mnchen-3ya.test/%C3%A4"],
  ])("prints %s with %j", (address, named, printed) => {
    expect(run("url", [address], named)).toBe(printed);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://x.test/",
    "//x.test/",
    "/path",
    "x.test",
    "https://",
    "https:\\\\x.test",
    "https://x.test/a b",
    "https://x.test/\0",
    "",
  ])("refuses %j", (address) => {
    expect(fault("url", [address])).toBe(
      "expected an absolute address (https:, http: or mailto:), got a string",
    );
  });

  it("refuses an address with a password in it, without saying it", () => {
    expect(fault("url", ["https://me:secret@x.test/"])).toBe(
      "expected an address without user and password, got a string",
    );
  });

  it("refuses what is no text, by name", () => {
    expect(fault("url", [undefined])).toBe("expected a text, got nothing");
    expect(fault("url", ["https://x.test"], { q: {} })).toBe(
      "q: expected a text, a number, true or false, got an object",
    );
  });

  it("gives back what went into the query, and keeps what was there", () => {
    const addresses = fc
      .webUrl({ withQueryParameters: true, withFragments: true })
      .filter((address) => !/#!?\//.test(address));
    fc.assert(
      fc.property(addresses, queries, (address, query) => {
        const before = new URL(address);
        const after = new URL(String(run("url", [address], query)));
        expect([...after.searchParams]).toEqual([...before.searchParams, ...written(query)]);
        expect(after.origin + after.pathname + after.hash).toBe(
          before.origin + before.pathname + before.hash,
        );
      }),
      { numRuns: 500 },
    );
  });

  it("prints an https:, http: or mailto: address or nothing, whatever comes", () => {
    const schemes = fc.constantFrom("", "https:", "https://", "http://", "mailto:", "javascript:", "//");
    fc.assert(
      fc.property(fc.tuple(schemes, anyText), ([scheme, rest]) => {
        const printed = orRefused(() => run("url", [scheme + rest]));
        expect(printed ?? "https://").toMatch(/^(https?:\/\/|mailto:)[^\s]*$/);
      }),
    );
  });
});

describe("link", () => {
  it.each<[string, unknown, Record<string, unknown>, string]>([
    ["/", undefined, {}, `${BASE}/`],
    ["/invite", undefined, { code: "a b" }, `${BASE}/invite?code=a%20b`],
    ["/invite", { token: "x" }, { code: 7 }, `${BASE}/invite?token=x&code=7`],
    ["/invite", { code: "x" }, { code: "y" }, `${BASE}/invite?code=y`],
    ["/a/ü#part", undefined, { q: 1 }, `${BASE}/a/%C3%BC?q=1#part`],
    ["/#/invite", undefined, { q: "(*')!" }, `${BASE}/#/invite?q=%28%2A%27%29%21`],
    ["//evil.test/", null, {}, `${BASE}//evil.test/`],
    ["/@evil.test", undefined, {}, `${BASE}/@evil.test`],
  ])("to %s with %j and %j", (path, query, named, printed) => {
    expect(run("link", [path, query], named)).toBe(printed);
  });

  it.each([`${BASE}/web`, `${BASE}/web/`])("keeps the path of %s", (adminWebUrl) => {
    expect(run("link", ["/invite"], {}, { adminWebUrl })).toBe(`${BASE}/web/invite`);
    expect(fault("link", ["/../admin"], {}, { adminWebUrl })).toBe(
      "expected a path (/…, without ? and spaces), got a string",
    );
  });

  it.each([
    "invite",
    "",
    "https://evil.test/",
    "@evil.test",
    ".evil.test",
    "/a?b",
    "/a b",
    "/\\evil.test",
    "/\t/x",
  ])("refuses the path %j", (path) => {
    expect(fault("link", [path])).toBe("expected a path (/…, without ? and spaces), got a string");
  });

  it("refuses queries that hold more than text, by name", () => {
    expect(fault("link", ["/", "a=b"])).toBe("query: expected an object of texts, got a string");
    expect(fault("link", ["/", ["a"]])).toBe("query: expected an object of texts, got a list");
    expect(fault("link", ["/", { token: null }])).toBe(
      "token: expected a text, a number, true or false, got null",
    );
    expect(fault("link", ["/"], { token: undefined })).toBe(
      "token: expected a text, a number, true or false, got nothing",
    );
  });

  it("says that ADMIN_WEB_URL is not set", () => {
    expect(fault("link", ["/"], {}, { adminWebUrl: undefined })).toBe(
      "ADMIN_WEB_URL is not set: it says where the links in letters begin",
    );
  });

  it("gives back what went into the query, at the origin of the base", () => {
    const bases = fc.constantFrom(BASE, "http://localhost:3000/web", "https://xn--mnchen-3ya.test/a/b/");
    const paths = anyText.map((text) => `/${text.replace(/[\s?\\\p{Cc}]/gu, "")}`);
    fc.assert(
      fc.property(bases, paths, queries, (adminWebUrl, path, query) => {
        const printed = orRefused(() => run("link", [path, query], {}, { adminWebUrl }));
        if (printed === undefined) return;
        const url = new URL(printed);
        expect(url.href.startsWith(adminWebUrl)).toBe(true);
        expect(url.origin).toBe(new URL(adminWebUrl).origin);
        const inRoute = /^#!?\//.test(url.hash) && url.hash.includes("?");
        const search = inRoute ? url.hash.slice(url.hash.indexOf("?")) : url.search;
        expect([...new URLSearchParams(search)]).toEqual(written(query));
      }),
      { numRuns: 500 },
    );
  });
});

describe("encode", () => {
  it("leaves nothing that means something in an address", () => {
    expect(run("encode", ["a/b?c=d&e#f%(')*!~ü"])).toBe("a%2Fb%3Fc%3Dd%26e%23f%25%28%27%29%2A%21~%C3%BC");
    expect(run("encode", [12])).toBe("12");
    fc.assert(
      fc.property(anyText, (text) => {
        const encoded = String(run("encode", [text]));
        expect(encoded).toMatch(/^[A-Za-z0-9%._~-]*$/);
        expect(decodeURIComponent(encoded)).toBe(inUtf8(text));
      }),
    );
  });

  it("refuses what cannot be written as text", () => {
    expect(fault("encode", [["a"]])).toBe("expected a text, a number, true or false, got a list");
  });
});

describe("eq", () => {
  it("compares strictly", () => {
    expect(run("eq", ["pro", "pro"])).toBe(true);
    expect(run("eq", ["1", 1])).toBe(false);
    expect(run("eq", [undefined, null])).toBe(false);
  });
});

/** Half surrogate pairs, controls and all. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom("/", "#", "?", "&", "=", ".", "@", ":", "%", "\\", "\n", "\ud800"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
});
const queries = fc.dictionary(anyText, fc.oneof(anyText, fc.integer(), fc.boolean()), {
  noNullPrototype: true,
});

/** The pairs of a query as a reader of the address gets them. */
function written(query: Record<string, unknown>): [string, string][] {
  return Object.entries(query).map(([name, value]) => [inUtf8(name), inUtf8(String(value))]);
}

/** Without half surrogate pairs. */
const inUtf8 = (text: string): string => Buffer.from(text).toString();

function orRefused(make: () => unknown): string | undefined {
  try {
    return String(make());
  } catch (error) {
    if (error instanceof DataFault) return undefined;
    throw error;
  }
}
