/** Messages of the sandbox in a browser: what strangers wrote, on our own origin, where the console and its keys live. */
import type { MessageDetail, Part } from "../sandbox/message.ts";
import type { Answer } from "./answer.ts";

const noReferrer = { "Referrer-Policy": "no-referrer" } as const;

/**
 * No script runs: `sandbox` withholds that, and `default-src` once more. The origin stays ours, for else the browser would
 * fetch the message's images as another site's page does, which the gateway refuses. Nothing is fetched from elsewhere: a
 * picture that counts its readers is not to learn of this machine. Links lead out of all this, as they do in a mail program.
 */
const htmlPolicy = [
  "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
  "default-src 'none'",
  "img-src 'self' data:",
  "font-src data:",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A part needs nothing of our origin: this makes it a stranger, without scripts all the same. */
const partPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** Pictures that cannot hold more than a picture. SVG can. */
const picture = /^image\/(png|jpe?g|gif|webp|avif|bmp)$/;
const properType = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}$/;

/** The html as it came, but with `cid:` links turned to the parts that they mean, as Mailpit has it. */
export function htmlAnswer({ ID, HTML, Inline, Attachments }: MessageDetail): Answer {
  const parts = new Map(
    [...Attachments, ...Inline].map(({ ContentID, PartID }) => [
      ContentID.toLowerCase(),
      `/api/v1/message/${ID}/part/${PartID}`,
    ]),
  );
  const body = HTML.replace(
    /((?:=|url\()\s*["']?)cid:([^\s"'()<>]+)/gi,
    (link, start: string, id: string) => {
      const path = parts.get(decoded(id).toLowerCase());
      return path === undefined ? link : start + path;
    },
  );
  const headers = { ...noReferrer, "Content-Security-Policy": htmlPolicy };
  return { status: 200, body, type: "text/html; charset=utf-8", headers };
}

/** A part as it is. Browsers show pictures and text, and save the rest. */
export function partAnswer({ FileName, ContentType }: Omit<Part, "content">, content: Uint8Array): Answer {
  const isHarmless = picture.test(ContentType) || ContentType === "text/plain";
  return {
    status: 200,
    body: Buffer.from(content),
    type: properType.test(ContentType) ? ContentType : "application/octet-stream",
    headers: {
      ...noReferrer,
      "Content-Security-Policy": partPolicy,
      "Content-Disposition": disposition(isHarmless ? "inline" : "attachment", FileName),
    },
  };
}

export function isPicture(type: string): boolean {
  return picture.test(type);
}

/** RFC 6266: a name in ASCII for old clients, and the real one beside it. */
export function disposition(kind: "inline" | "attachment", fileName: string): string {
  // by way of bytes, so that no half character is left at the cut
  const name = Buffer.from(fileName.slice(0, 255)).toString();
  const ascii = name.replace(/[^\x20-\x7E]|["\\%]/g, "_");
  const full = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${full}`;
}

/** Html writes ids as URLs do (RFC 2392). */
function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
