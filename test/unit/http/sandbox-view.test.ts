import { describe, expect, it } from "@jest/globals";
import { disposition, htmlAnswer, partAnswer } from "../../../lib/http/sandbox-view.ts";
import { readMessage } from "../../../lib/sandbox/message.ts";
import { cpuMs } from "../../support/cpu.ts";

/** A message with this html and an inline picture `logo@example.com`. */
async function messageOf(html: string) {
  const lines = [
    'Content-Type: multipart/related; boundary="b"',
    "",
    "--b",
    "Content-Type: text/html; charset=utf-8",
    "",
    html,
    "--b",
    "Content-Type: image/png",
    "Content-ID: <Logo@example.com>",
    "",
    "x",
    "--b--",
  ];
  return readMessage(Buffer.from(lines.join("\r\n")), { from: "", to: [] }, { id: "m1", at: new Date() });
}

describe("a message's html", () => {
  const path = "/api/v1/message/m1/part/1";

  it.each([
    ['<img src="cid:logo@example.com">', `<img src="${path}">`],
    ["<img src='CID:Logo@Example.com'/>", `<img src='${path}'/>`],
    ["<img src=cid:logo@example.com>", `<img src=${path}>`],
    ['<img src = "cid:logo%40example.com">', `<img src = "${path}">`],
    ['<td background="cid:logo@example.com">', `<td background="${path}">`],
    ["<p style=\"background:url('cid:logo@example.com')\">", `<p style="background:url('${path}')">`],
    ["<p style='background:url(cid:logo@example.com)'>", `<p style='background:url(${path})'>`],
    ['<img src="cid:other">', '<img src="cid:other">'],
    ['<img src="cid:%E0%A4%A">', '<img src="cid:%E0%A4%A">'],
    ["<p>cid:logo@example.com</p>", "<p>cid:logo@example.com</p>"],
  ])("%s becomes %s", async (html, shown) => {
    expect(String(htmlAnswer(await messageOf(html)).body).trim()).toBe(shown);
  });

  it("is served so that no script runs, no form is sent and nothing is fetched from elsewhere", async () => {
    const { type, headers } = htmlAnswer(await messageOf("<script>alert(1)</script>"));
    expect(type).toBe("text/html; charset=utf-8");
    const policy = new Map(
      headers?.["Content-Security-Policy"]?.split("; ").map((rule) => {
        const [name = "", ...values] = rule.split(" ");
        return [name, values];
      }),
    );
    expect(policy.get("sandbox")).not.toContain("allow-scripts");
    expect(policy.get("sandbox")).not.toContain("allow-forms");
    expect(policy.get("sandbox")).not.toContain("allow-top-navigation");
    expect(policy.get("default-src")).toEqual(["'none'"]);
    expect(policy.get("img-src")).toEqual(["'self'", "data:"]);
    expect(policy.get("form-action")).toEqual(["'none'"]);
    expect(policy.get("base-uri")).toEqual(["'none'"]);
    expect(policy.has("script-src")).toBe(false);
    expect(headers).toMatchObject({ "Referrer-Policy": "no-referrer" });
  });

  it("takes no time to speak of where somebody is up to something", async () => {
    const message = await messageOf(
      `${"url(".repeat(100_000)}${"= ".repeat(100_000)}${"cid:".repeat(100_000)}`,
    );
    expect(cpuMs(() => htmlAnswer(message))).toBeLessThan(1000);
  });
});

describe("a part", () => {
  const bytes = new TextEncoder().encode("x");

  it.each([
    ["image/png", "image/png", "inline"],
    ["image/jpeg", "image/jpeg", "inline"],
    ["text/plain", "text/plain", "inline"],
    ["image/svg+xml", "image/svg+xml", "attachment"],
    ["text/html", "text/html", "attachment"],
    ["application/xhtml+xml", "application/xhtml+xml", "attachment"],
    ["text/xml", "text/xml", "attachment"],
    ["application/pdf", "application/pdf", "attachment"],
    ["application/javascript", "application/javascript", "attachment"],
    ["text/html\r\nX-Evil: 1", "application/octet-stream", "attachment"],
    ["text/html; charset=utf-7", "application/octet-stream", "attachment"],
    ["ein Bild", "application/octet-stream", "attachment"],
    ["", "application/octet-stream", "attachment"],
  ])("of type %j is served as %s, %s, and as a stranger", (ContentType, type, kind) => {
    const answer = partAnswer({ FileName: "a.b", ContentType }, bytes);
    expect(answer).toMatchObject({ status: 200, type, body: Buffer.from("x") });
    expect(answer.headers).toEqual({
      "Content-Security-Policy": expect.stringMatching(/^sandbox; default-src 'none';/),
      "Content-Disposition": expect.stringMatching(new RegExp(`^${kind}; filename="a\\.b"`)),
      "Referrer-Policy": "no-referrer",
    });
  });
});

describe("the name of a file", () => {
  it.each([
    ["bill.pdf", `filename="bill.pdf"; filename*=UTF-8''bill.pdf`],
    ["Rechnung März.pdf", `filename="Rechnung M_rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`],
    ["发票.pdf", `filename="__.pdf"; filename*=UTF-8''%E5%8F%91%E7%A5%A8.pdf`],
    [`a"b\\c%d\r\ne'f.txt`, `filename="a_b_c_d__e'f.txt"; filename*=UTF-8''a%22b%5Cc%25d%0D%0Ae%27f.txt`],
    ["\uD83D", `filename="_"; filename*=UTF-8''%EF%BF%BD`],
    ["", `filename=""; filename*=UTF-8''`],
  ])("%j is written as %s", (name, written) => {
    expect(disposition("attachment", name)).toBe(`attachment; ${written}`);
  });

  it("is cut where it is longer than any disk takes it", () => {
    expect(disposition("inline", "x".repeat(100_000)).length).toBeLessThan(600);
  });
});
