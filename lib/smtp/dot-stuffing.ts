/** Transparency of the message body (RFC 5321 section 4.5.2): a line that begins with a dot gets a second one. */

const DOT = 0x2e;
const LF = 0x0a;
const CRLF = Buffer.from("\r\n");

/** The bytes as they go on the wire, ending in CRLF, without the final dot. `bytes` must use CRLF throughout. */
export function dotStuff(bytes: Uint8Array): Buffer {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  let start = 0;
  for (let dot = body.indexOf(DOT); dot >= 0; dot = body.indexOf(DOT, dot + 1)) {
    if (dot > 0 && body[dot - 1] !== LF) continue;
    parts.push(body.subarray(start, dot + 1));
    start = dot;
  }
  parts.push(body.subarray(start));
  if (body.length > 0 && !body.subarray(-2).equals(CRLF)) parts.push(CRLF);
  return parts.length === 1 ? body : Buffer.concat(parts);
}
