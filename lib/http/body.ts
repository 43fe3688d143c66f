/** Reads a JSON body, with everything that can be refused refused before its first byte is read. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { MailError } from "../errors.ts";
import { printable } from "../message/faults.ts";
import { type Excess, excessIn } from "./outline.ts";
import { httpError } from "./problem.ts";

export interface BodyOptions {
  /** Bytes */
  limit: number;
  /** Told when the headers are in order and reading begins: the place for `100 Continue` */
  proceed?: () => void;
  /** Takes it for JSON whatever its Content-Type says. @default false */
  anyType?: boolean | undefined;
}

/** How large a body may be for a message of `maxSize` bytes: base64, and what JSON puts around and in place of characters. */
export function bodyLimit(maxSize: number): number {
  return Math.ceil((maxSize * 4) / 3) + 4 * 1024 * 1024;
}

/** True when the request says that a body follows (RFC 9112 section 6.3). */
export function hasBody({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * The body as a JSON object. Of duplicate keys the last one counts, as JSON.parse has it.
 * @throws MailError HTTP_UNSUPPORTED_TYPE, MAIL_TOO_LARGE, HTTP_BAD_JSON, or MAIL_INVALID_MESSAGE for a field nested too deep or of too many parts;
 *   never with a piece of the body in it
 */
export async function readJson(
  request: IncomingMessage,
  { limit, proceed, anyType = false }: BodyOptions,
): Promise<Record<string, unknown>> {
  if (!anyType) checkType(request.headers);
  checkHeaders(request.headers, limit);
  proceed?.();
  const bytes = await readBytes(request, limit);
  const excess = excessIn(bytes);
  if (excess) throw tooMuch(excess);
  const value = parse(bytes);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badJson("The body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}

function checkType(headers: IncomingHttpHeaders): void {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  // JSON is UTF-8 (RFC 8259 section 8.1); a parameter that says so does no harm
  const isUtf8 = parameters.every((parameter) => /^\s*(charset="?utf-8"?\s*)?$/.test(parameter));
  if (type.trim() !== "application/json" || !isUtf8) {
    const detail = "The body must be JSON in UTF-8.";
    throw httpError("HTTP_UNSUPPORTED_TYPE", detail, "Send `Content-Type: application/json`.");
  }
}

function checkHeaders(headers: IncomingHttpHeaders, limit: number): void {
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    const detail = "Compressed bodies are not taken.";
    throw httpError("HTTP_UNSUPPORTED_TYPE", detail, "Send the body as it is, without Content-Encoding.");
  }
  if (Number(headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else refuse(tooLarge(limit));
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("close", () => {
      // nobody is left to read this one
      if (!request.complete) refuse(badJson("The connection ended within the body."));
    });
    request.on("error", () => {}); // tells the same

    function refuse(error: MailError): void {
      chunks.length = 0;
      reject(error);
    }
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // the position helps, but V8 quotes the text around it as well
    const [, position] = /at position (\d+)/.exec((error as Error).message) ?? [];
    throw badJson(`The body is not valid JSON in UTF-8${position ? ` (near character ${position})` : ""}.`);
  }
}

function badJson(detail: string): MailError {
  return httpError("HTTP_BAD_JSON", detail, "Send one JSON object, e.g. made by JSON.stringify.");
}

function tooMuch({ field, message }: Excess): MailError {
  if (field === undefined) return badJson(`The body ${message}.`);
  const fields = [{ field: printable(field), message }];
  const remedy = "Send flatter data, and less of it.";
  return new MailError("MAIL_INVALID_MESSAGE", `A field ${message}.`, { fields, remedy });
}

function tooLarge(limit: number): MailError {
  const remedy = "Send a link instead of the attachment, or raise MAIL_MAX_SIZE.";
  return new MailError("MAIL_TOO_LARGE", `The body is larger than ${limit} bytes.`, { remedy });
}
