/** Facts about reading SMTP replies. */
import { describe, expect, it } from "@jest/globals";
import { cpuMs } from "../../support/cpu.ts";
import { presentReply, ReplyReader } from "../../../lib/smtp/reply.ts";

const read = (...chunks: (string | Buffer)[]) => {
  const reader = new ReplyReader();
  const trouble = chunks.map((chunk) => reader.push(Buffer.from(chunk))).find(Boolean);
  return { ...(trouble && { trouble }), replies: reader.replies, quiet: reader.quiet };
};
const plain = (text: string) => text;

describe("the reply reader", () => {
  it("reads a reply of one line", () => {
    expect(read("250 ok\r\n").replies).toEqual([{ code: 250, lines: ["ok"], consistent: true }]);
  });

  it("joins the lines of a long reply", () => {
    expect(read("250-a\r\n250-b\r\n250 c\r\n").replies).toEqual([
      { code: 250, lines: ["a", "b", "c"], consistent: true },
    ]);
  });

  it("does not care where the network cuts", () => {
    const text = "250-smtp.example.com\r\n250 SIZE 1000\r\n";
    for (let cut = 1; cut < text.length; cut++) {
      expect(read(text.slice(0, cut), text.slice(cut)).replies).toEqual(read(text).replies);
    }
  });

  it("takes a bare LF and a code without text", () => {
    expect(read("220\n").replies).toEqual([{ code: 220, lines: [""], consistent: true }]);
  });

  it("sees lines that do not agree on their code", () => {
    expect(read("250-ok\r\n550 no\r\n").replies).toMatchObject([{ code: 550, consistent: false }]);
  });

  it("keeps two replies apart", () => {
    expect(read("250 ok\r\n550 surplus\r\n").replies).toHaveLength(2);
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\n"],
    ["hello\r\n"],
    ["99 x\r\n"],
    ["2500 x\r\n"],
    ["150 x\r\n"],
    ["\r\n"],
  ])("calls %j garbage", (line) => {
    expect(read(line).trouble).toBe("GARBAGE");
  });

  it("stops at a megabyte, in one line or in many", () => {
    expect(read(`250 ${"x".repeat(1024 * 1024)}`).trouble).toBe("REPLY_TOO_LARGE");
    expect(read("250-x\r\n".repeat(160_000)).trouble).toBe("REPLY_TOO_LARGE");
  });

  it("reads 900 KB of spaces without effort", () => {
    const line = `250-AUTH${" ".repeat(900_000)}PLAIN\r\n250 ok\r\n`;
    expect(read(line).replies).toHaveLength(1);
    expect(cpuMs(() => read(line))).toBeLessThan(1000);
  });

  it("is quiet only when nothing is left over", () => {
    expect(read("").quiet).toBe(true);
    expect(read("250 ok\r\n").quiet).toBe(false);
    expect(read("2").quiet).toBe(false);
    expect(read("250-ok\r\n").quiet).toBe(false);
  });
});

describe("a reply for people", () => {
  const present = (lines: string[], redact = plain) =>
    presentReply({ code: 535, lines, consistent: true }, redact);

  it("has the enhanced status code, and says it once", () => {
    expect(present(["5.7.8 Bad credentials.", "5.7.8 Learn more"])).toEqual({
      code: 535,
      enhancedCode: "5.7.8",
      text: "5.7.8 Bad credentials. Learn more",
    });
  });

  it("shows no control characters and no more than 500 characters", () => {
    expect(present(["a\u001b[31mb\u0000\u00e9"]).text).toBe("a?[31mb??");
    expect(present(["x".repeat(2000)]).text).toHaveLength(500);
  });

  it("masks what the server echoes", () => {
    expect(present(["secret is wrong"], (text) => text.replace("secret", "***")).text).toBe("*** is wrong");
  });
});
