import { describe, expect, it } from "@jest/globals";
import { readListUnsubscribe } from "../../../lib/sandbox/list-unsubscribe.ts";

describe("List-Unsubscribe", () => {
  it.each<[string, string[], RegExp]>([
    ["<mailto:off@example.com>", ["mailto:off@example.com"], /^$/],
    ["<https://example.com/off?u=1>", ["https://example.com/off?u=1"], /^$/],
    [
      "(by mail) <mailto:off@example.com> , <HTTPS://example.com/off>",
      ["mailto:off@example.com", "HTTPS://example.com/off"],
      /^$/,
    ],
    ["<https://a.example/>, <http://b.example/>", ["https://a.example/"], /one http: link/],
    ["https://example.com/off", [], /angle brackets/],
    ["<mailto:a@example.com> <https://example.com>", [], /separated by commas/],
    ["<ftp://example.com/off>", [], /mailto: and http/],
    ["<https://example.com/a b>", [], /mailto: and http/],
    ["<>", [], /mailto: and http/],
  ])("%s offers %j", (header, links, errors) => {
    const read = readListUnsubscribe(header, "List-Unsubscribe=One-Click");
    expect(read).toMatchObject({ Header: header, HeaderPost: "List-Unsubscribe=One-Click", Links: links });
    expect(read.Errors).toMatch(errors);
  });

  it("is empty where there is none", () => {
    expect(readListUnsubscribe()).toEqual({ Header: "", HeaderPost: "", Links: [], Errors: "" });
  });
});
