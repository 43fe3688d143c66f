/** Reads SMTP replies (RFC 5321 section 4.2) from a stream of bytes: complete, bounded and never guessed at. */
import type { Reply } from "./problem.ts";

/** One reply as it came: every line's text without its code. */
export interface RawReply {
  code: number;
  lines: string[];
  /** False: the lines do not share one code, so the reply means nothing */
  consistent: boolean;
}

/** A server may talk for long, but not for ever. */
const MAX_REPLY_BYTES = 1024 * 1024;
const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s;
const LF = 0x0a;

/** Why a stream of bytes is of no further use. */
type Nonsense = "GARBAGE" | "REPLY_TOO_LARGE";

/** Cuts incoming bytes into replies: `push` takes what the socket gives, complete replies wait in `replies`. */
export class ReplyReader {
  readonly replies: RawReply[] = [];
  /** The line that made `push` say GARBAGE */
  garbage = "";
  #chunks: Buffer[] = [];
  #lines: { code: number; text: string }[] = [];
  #bytes = 0;

  push(chunk: Buffer): Nonsense | undefined {
    let rest = chunk;
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      this.#bytes += end + 1;
      const line = Buffer.concat([...this.#chunks, rest.subarray(0, end)]);
      this.#chunks = [];
      rest = rest.subarray(end + 1);
      if (!this.#line(line)) return "GARBAGE";
      if (this.#bytes > MAX_REPLY_BYTES) return "REPLY_TOO_LARGE";
      if (this.#lines.length === 0) this.#bytes = 0;
    }
    if (rest.length > 0) this.#chunks.push(rest);
    this.#bytes += rest.length;
    return this.#bytes > MAX_REPLY_BYTES ? "REPLY_TOO_LARGE" : undefined;
  }

  /** Nothing read is unanswered and nothing half read: the only state in which a command may follow. */
  get quiet(): boolean {
    return this.replies.length === 0 && this.#lines.length === 0 && this.#chunks.length === 0;
  }

  #line(bytes: Buffer): boolean {
    const text = bytes.toString("utf8").replace(/\r$/, "");
    const match = LINE.exec(text);
    if (!match) {
      this.garbage = text;
      return false;
    }
    const code = Number(match[1]);
    this.#lines.push({ code, text: match[3] ?? "" });
    if (match[2] === "-") return true;
    this.replies.push({
      code,
      lines: this.#lines.map((line) => line.text),
      consistent: this.#lines.every((line) => line.code === code),
    });
    this.#lines = [];
    return true;
  }
}

const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?=\s|$)/;
const MAX_TEXT = 500;

/**
 * A reply for people and records: printable ASCII, at most 500 characters, whatever the server sent, with every secret
 * that it echoed masked.
 */
export function presentReply(raw: RawReply, redact: (text: string) => string): Reply {
  const enhancedCode = raw.lines.map((line) => ENHANCED.exec(line)?.[1]).find(Boolean);
  const text = raw.lines
    .map((line, index) => (index > 0 ? line.replace(ENHANCED, "").trim() : line))
    .join(" ");
  return {
    code: raw.code,
    ...(enhancedCode && { enhancedCode }),
    text: redact(text)
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, MAX_TEXT),
  };
}
