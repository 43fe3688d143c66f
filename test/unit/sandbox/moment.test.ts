import { describe, expect, it } from "@jest/globals";
import { isTimeZone, readMoment } from "../../../lib/sandbox/moment.ts";

describe("the date of a search", () => {
  it.each([
    ["2026-11-21", "2026-11-21T00:00:00Z"],
    ["2026/11/21", "2026-11-21T00:00:00Z"],
    ["2026.1.2", "2026-01-02T00:00:00Z"],
    ["11/21/2026", "2026-11-21T00:00:00Z"],
    ["20261121", "2026-11-21T00:00:00Z"],
    ["2026-11", "2026-11-01T00:00:00Z"],
    ["2026", "2026-01-01T00:00:00Z"],
    ["2026/11/21 10:30", "2026-11-21T10:30:00Z"],
    ["2026/11/21 10:30:05 pm", "2026-11-21T22:30:05Z"],
    ["2026/11/21 12:30am", "2026-11-21T00:30:00Z"],
    ["2026-11-21t10:30:05.123z", "2026-11-21T10:30:05Z"],
    ["2026-11-21T10:30:00+08:00", "2026-11-21T02:30:00Z"],
    ["2026-11-21T10:30:00-0330", "2026-11-21T14:00:00Z"],
    ["1795255200", "2026-11-21T10:00:00Z"],
    ["1795255200000", "2026-11-21T10:00:00Z"],
  ])("%s is %s", (text, iso) => {
    expect(readMoment(text, "UTC")).toBe(Date.parse(iso));
  });

  it.each([
    "",
    "soon",
    "2026-13-01",
    "2026-04-31",
    "2026-11-21 25:00",
    "2026-11-21 10:61",
    "21/11/2026",
    "2026-11-21x",
  ])("%j is none", (text) => {
    expect(readMoment(text, "UTC")).toBeUndefined();
  });

  it.each([
    ["2026-11-21", "Asia/Shanghai", "2026-11-20T16:00:00Z"],
    ["2026-11-21", "America/Los_Angeles", "2026-11-21T08:00:00Z"],
    ["2026-07-01", "America/Los_Angeles", "2026-07-01T07:00:00Z"],
    ["2026-03-29 01:30", "Europe/Berlin", "2026-03-29T00:30:00Z"],
    ["2026-03-29 03:30", "Europe/Berlin", "2026-03-29T01:30:00Z"],
    ["2026-11-21", "Pacific/Auckland", "2026-11-20T11:00:00Z"],
  ])("%s begins in %s at %s", (text, zone, iso) => {
    expect(readMoment(text, zone)).toBe(Date.parse(iso));
  });

  it("is meant by the system's zone where none is named", () => {
    expect(readMoment("2026-11-21 10:00")).toBe(new Date(2026, 10, 21, 10).getTime());
  });

  it("knows a time zone when it sees one", () => {
    expect(["Europe/Berlin", "UTC", "Mars/Base", ""].map(isTimeZone)).toEqual([true, true, false, false]);
  });
});
