/** Attachments: bytes that the caller hands over, never a path, a URL or a stream that we would have to fetch. */
import { types } from "node:util";
import { hasInvisible, hasUnprintable } from "./characters.ts";
import { type Faults, isRecord, kindOf, ownFields, refuse } from "./faults.ts";
import { limits } from "./limits.ts";
import type { Attachment } from "./message.ts";
import { type Rules, shape } from "./shape.ts";

const HAND_OVER = "an attachment's bytes come in content; paths, URLs and streams are never fetched";

export const attachmentRules = {
  filename: {
    type: "string",
    optional: false,
    doc: {
      description:
        "As the recipient sees it; folders are taken off. No line breaks, no invisible characters.",
      minLength: 1,
      maxLength: limits.filename,
    },
  },
  content: {
    type: "any",
    doc: {
      description:
        "The bytes: text, base64 (say so in `encoding`), or what JSON makes of a Node.js Buffer. Never a path or a URL.",
      anyOf: [
        { type: "string" },
        {
          type: "object",
          properties: {
            type: { const: "Buffer" },
            data: { type: "array", items: { type: "integer", minimum: 0, maximum: 255 } },
          },
          required: ["type", "data"],
          additionalProperties: false,
        },
      ],
    },
  },
  encoding: {
    type: "enum",
    values: ["base64", "utf8", "utf-8"],
    doc: {
      description:
        "How a string in `content` is to be read. base64 is that of RFC 4648 section 4, with padding and without line breaks.",
      default: "utf8",
    },
  },
  contentType: {
    type: "string",
    max: limits.contentType,
    doc: {
      description:
        "A media type, `application/pdf` for instance; by the filename where it is missing. No multipart.",
    },
  },
  cid: {
    type: "string",
    min: 1,
    max: limits.contentId,
    doc: {
      description:
        'To show it within the html: `<img src="cid:…">`. Printable ASCII without spaces, quotes and <>; each one once.',
    },
  },
} as const satisfies Rules;

const attachmentShape = shape(attachmentRules, {
  path: HAND_OVER,
  href: HAND_OVER,
  url: HAND_OVER,
  file: HAND_OVER,
  stream: HAND_OVER,
  raw: HAND_OVER,
  data: "content",
  name: "filename",
  mimetype: "contentType",
  type: "contentType",
  contentid: "cid",
});

/**
 * Reads the list of attachments.
 * @param room how many bytes all of them may have together; what does not fit is not even decoded
 */
export function readAttachments(list: readonly unknown[], room: number, faults: Faults): Attachment[] {
  const read = Array.from(list, (entry, index) =>
    readAttachment(entry, `attachments[${index}]`, room, faults),
  );
  const seen = new Set<string>();
  for (const [index, attachment] of read.entries()) {
    if (attachment?.cid === undefined) continue;
    if (seen.has(attachment.cid)) {
      refuse(faults, `attachments[${index}].cid`, "expected a cid of its own; another attachment has it");
    }
    seen.add(attachment.cid);
  }
  return read.filter((attachment) => attachment !== undefined);
}

function readAttachment(value: unknown, at: string, room: number, faults: Faults): Attachment | undefined {
  const given = attachmentShape(value, at, faults);
  if (!given) return undefined;
  const { filename: written, contentType, cid } = given;
  const filename = written === undefined ? undefined : readFilename(written, `${at}.filename`, faults);
  const content = readContent(given.content, given.encoding ?? "utf8", `${at}.content`, room, faults);
  if (contentType !== undefined && !MEDIA_TYPE.test(contentType)) {
    refuse(
      faults,
      `${at}.contentType`,
      "expected a media type such as application/pdf; multipart types are refused",
    );
  }
  if (cid !== undefined && !CONTENT_ID.test(cid)) {
    refuse(
      faults,
      `${at}.cid`,
      "expected printable ASCII characters without spaces, quotes and <>, such as logo@example.com",
    );
  }
  if (filename === undefined || content === undefined) return undefined;
  return {
    filename,
    content,
    ...(contentType !== undefined && { contentType }),
    ...(cid !== undefined && { cid }),
  };
}

/** RFC 2045 section 5.1. Our own multiparts are the only ones: a foreign boundary could not be trusted. */
const MEDIA_TYPE =
  /^(?!multipart\/)[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=(?:[\w.+-]+|"[\x20\x21\x23-\x5b\x5d-\x7e]*"))*$/i;

const CONTENT_ID = /^[!#-'*-;=?-[\]-~]+$/;

/** Directories are taken off, for both kinds of slash: the recipient's disk has its own. */
function readFilename(written: string, field: string, faults: Faults): string | undefined {
  const filename = (written.split(/[/\\]/).at(-1) ?? "").replace(/ +/g, " ").trim();
  const fault = faultOfFilename(written, filename);
  if (fault) refuse(faults, field, fault);
  return fault ? undefined : filename;
}

function faultOfFilename(written: string, filename: string): string | undefined {
  if (written.length > limits.filename) {
    return `expected at most ${limits.filename} characters, got ${written.length}`;
  }
  if (hasUnprintable(written)) return "expected a name without line breaks and control characters";
  if (hasInvisible(written)) return "expected a name without invisible or direction-changing characters";
  return /^\.{0,2}$/.test(filename) ? "expected a file name, such as invoice.pdf" : undefined;
}

/** Bytes in the forms in which they cross a mesh: themselves, what JSON makes of a Buffer, base64, text. */
function readContent(
  value: unknown,
  encoding: "base64" | "utf8" | "utf-8",
  field: string,
  room: number,
  faults: Faults,
): Uint8Array | undefined {
  if (types.isUint8Array(value)) return fitting(value.byteLength, room, field, faults) ? value : undefined;
  if (isRecord(value)) return readJsonBuffer(value, field, room, faults);
  if (typeof value !== "string") {
    refuse(faults, field, `expected a string or bytes, got ${kindOf(value)}`);
    return undefined;
  }
  if (encoding !== "base64") {
    return fitting(Buffer.byteLength(value), room, field, faults) ? Buffer.from(value) : undefined;
  }
  if (!fitting(Math.floor((value.length * 3) / 4) - 2, room, field, faults)) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") !== value) {
    refuse(faults, field, "expected base64 (RFC 4648 section 4) with its padding and without line breaks");
    return undefined;
  }
  return fitting(bytes.length, room, field, faults) ? bytes : undefined;
}

/** `{ type: "Buffer", data: [bytes] }`, and nothing else in it. */
function readJsonBuffer(value: object, field: string, room: number, faults: Faults): Uint8Array | undefined {
  const { type, data, ...others } = ownFields(value);
  if (type !== "Buffer" || !Array.isArray(data) || Object.keys(others).length > 0) {
    const fetched = ["path", "href", "raw", "pipe"].find((name) => name in value);
    const expected = 'expected a string, bytes or { type: "Buffer", data: [bytes] }, got another object';
    refuse(faults, fetched ? `${field}.${fetched}` : field, fetched ? HAND_OVER : expected);
    return undefined;
  }
  if (!fitting(data.length, room, field, faults)) return undefined;
  if (data.every((byte: unknown) => Number.isInteger(byte) && Number(byte) >= 0 && Number(byte) <= 255)) {
    return Uint8Array.from(data as number[]);
  }
  refuse(faults, `${field}.data`, "expected whole numbers from 0 to 255");
  return undefined;
}

function fitting(bytes: number, room: number, field: string, faults: Faults): boolean {
  if (bytes <= room) return true;
  faults.tooLarge.push({ field, message: `expected at most ${room} bytes, got ${bytes}` });
  return false;
}
