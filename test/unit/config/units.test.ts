/** The kinds of values: what is read, and what is refused. */
import { describe, expect, it } from "@jest/globals";
import {
  boolean,
  color,
  duration,
  durations,
  folder,
  host,
  integer,
  type Kind,
  listOf,
  oneOf,
  origin,
  port,
  quote,
  size,
  text,
  webUrl,
} from "../../../lib/config/units.ts";

const DAY = 86_400_000;

const read: [name: string, kind: Kind<unknown>, written: string, value: unknown][] = [
  ["boolean", boolean, "true", true],
  ["boolean", boolean, "ON", true],
  ["boolean", boolean, "yes", true],
  ["boolean", boolean, "1", true],
  ["boolean", boolean, "no", false],
  ["boolean", boolean, "Off", false],
  ["boolean", boolean, "0", false],
  ["word", oneOf("password", "oauth2"), "OAuth2", "oauth2"],
  ["integer", integer(1, 50), "50", 50],
  ["port", port(), "65535", 65_535],
  ["port", port(0), "0", 0],
  ["duration", duration("0", "30d"), "500ms", 500],
  ["duration", duration("0", "30d"), "5s", 5000],
  ["duration", duration("0", "30d"), "2 m", 120_000],
  ["duration", duration("0", "30d"), "1.5h", 5_400_000],
  ["duration", duration("0", "30d"), "30D", 30 * DAY],
  ["duration", duration("0", "30d"), "0", 0],
  ["durations", durations, "30s, 2m 1h,12h*2", [30_000, 120_000, 3_600_000, DAY / 2, DAY / 2]],
  ["durations", durations, "10ms * 3", [10, 10, 10]],
  ["size", size("1b", "1gb"), "25mb", 26_214_400],
  ["size", size("1b", "1gb"), "100 KB", 102_400],
  ["size", size("1b", "1gb"), "1000", 1000],
  ["host", host, "SMTP.QQ.com.", "smtp.qq.com"],
  ["host", host, "my_mail", "my_mail"],
  ["host", host, "bücher.example", "xn--bcher-kva.example"],
  ["host", host, "127.0.0.1", "127.0.0.1"],
  ["host", host, "[2001:DB8::1]", "2001:db8::1"],
  ["host", host, "::1", "::1"],
  ["address", webUrl, "https://app.example.com/base/", "https://app.example.com/base"],
  [
    "origins",
    listOf(origin, "origins"),
    "https://a.example, http://localhost:8080",
    ["https://a.example", "http://localhost:8080"],
  ],
  ["colour", color, "#0A7CFF", "#0a7cff"],
  ["folder", folder, ".", "."],
];

const refused: [name: string, kind: Kind<unknown>, written: string][] = [
  ["boolean", boolean, "maybe"],
  ["word", oneOf("password", "oauth2"), "ntlm"],
  ["integer", integer(1, 50), "51"],
  ["integer", integer(1, 50), "0"],
  ["integer", integer(1, 50), "1e1"],
  ["integer", integer(1, 50), "-1"],
  ["integer", integer(1, 50), "5.0"],
  ["port", port(), "0"],
  ["port", port(), "65536"],
  ["port", port(), "tcp://10.0.0.5:25"],
  ["duration", duration("0", "30d"), "5"],
  ["duration", duration("0", "30d"), "5 weeks"],
  ["duration", duration("0", "30d"), "31d"],
  ["duration", duration("1s", "30d"), "999ms"],
  ["duration", duration("0", "30d"), "-5s"],
  ["duration", duration("0", "30d"), "5s5s"],
  ["durations", durations, "30s, soon"],
  ["durations", durations, "30s*0"],
  ["durations", durations, "*2"],
  ["durations", durations, ","],
  ["size", size("1kb", "1gb"), "10"],
  ["size", size("1kb", "1gb"), "2gb"],
  ["size", size("1kb", "1gb"), "25 mails"],
  ["host", host, "smtp.qq.com:465"],
  ["host", host, "smtps://smtp.qq.com"],
  ["host", host, "a b"],
  ["host", host, "25"],
  ["host", host, "127.1"],
  ["host", host, "0x7f.1"],
  ["host", host, "-a.example"],
  ["host", host, "a..b"],
  ["host", host, `${"a".repeat(64)}.example`],
  ["address", webUrl, "javascript:alert(1)"],
  ["address", webUrl, "https://me:pw@app.example.com"],
  ["address", webUrl, "https://app.example.com/?a=b"],
  ["address", webUrl, "app.example.com"],
  ["origin", origin, "*"],
  ["origin", origin, "null"],
  ["origin", origin, "https://*.example.com"],
  ["origin", origin, "https://app.example.com/path"],
  ["origin", origin, "app.example.com"],
  ["colour", color, "red; background: url(x)"],
  ["folder", folder, "./no-such-folder"],
  ["text", text, "two\nlines"],
];

describe("kinds of values", () => {
  it.each(read)("%s: reads %3$j", (_name, kind, written, value) => {
    expect(kind.parse(written)).toEqual({ value });
  });

  it.each(refused)("%s: refuses %3$j", (_name, kind, written) => {
    expect(kind.parse(written)).toHaveProperty("refused");
  });

  it("a port that Kubernetes set for a Service of that name is told as such", () => {
    expect(port().parse("tcp://10.0.0.5:25")).toMatchObject({
      refused: { came: expect.stringContaining("Kubernetes") },
    });
  });

  it("what came is quoted on one line, in bearable length, without the user and password of a URI", () => {
    expect(quote("a\nb")).toBe('"a\\nb"');
    expect(quote("x".repeat(500)).length).toBeLessThan(70);
    expect(quote("https://me:secret@h/?x@y")).toBe('"https://***@y"');
  });
});
