/** SMTP_SENDER: one mailbox, in the forms that the manuals teach. */
import { isIP } from "node:net";
import type { Mailbox } from "../message/message.ts";
import { hasControls, type Kind, normalHost, type Note, type Parsed, refuse } from "./units.ts";

/** `me@example.com`, `"My Name" <me@example.com>`; without the angle brackets it is read all the same, with a note. */
export const sender: Kind<Mailbox> = {
  expected: '"My Name" <me@example.com> or me@example.com',
  parse: parseSender,
  show: printMailbox,
};

const atom = String.raw`[^\s\p{C}"(),:;<>@[\]\\.]+`;
const dotAtom = new RegExp(`^${atom}(\\.${atom})*$`, "u");

/** The address with its domain in lower case and as A-labels; undefined where the text is no address. */
export function normalAddress(written: string): string | undefined {
  const at = written.lastIndexOf("@");
  const local = written.slice(0, at);
  const domain = normalHost(written.slice(at + 1));
  if (at < 1 || local.length > 64 || !dotAtom.test(local)) return undefined;
  if (domain === undefined || isIP(domain) !== 0 || local.length + domain.length > 253) return undefined;
  return `${local}@${domain}`;
}

/** `"My Name" <me@example.com>`, quoted as RFC 5322 section 3.2.4 wants it. */
export function printMailbox({ name, address }: Mailbox): string {
  return name === undefined ? address : `"${name.replace(/["\\]/g, "\\$&")}" <${address}>`;
}

function parseSender(written: string): Parsed<Mailbox> {
  if (hasControls(written)) return refuse(undefined, "a value with line breaks or control characters");
  const bracketed = /^(.*)<([^<>]*)>$/su.exec(written.trim());
  const [, before = "", inner = ""] = bracketed ?? /^(.*\s)?(\S+)$/su.exec(written.trim()) ?? [];
  const address = normalAddress(inner.trim());
  const name = displayName(before.trim());
  if (address === undefined || name === undefined) return refuse();
  const mailbox: Mailbox = name === "" ? { address } : { name, address };
  const notes: Note[] = [];
  if (name !== "" && !bracketed) {
    notes.push({
      message: "the sender's address is not in angle brackets, as RFC 5322 asks; it is read as if it were",
      remedy: `Write ${printMailbox(mailbox)}; in .env put single quotes around the whole.`,
      fix: { variable: "SMTP_SENDER", value: printMailbox(mailbox) },
    });
  }
  if (!address.includes(".", address.lastIndexOf("@"))) {
    notes.push({
      message: "the sender's domain has no dot, and servers on the Internet refuse such an address",
      remedy: "Use an address at your own domain, unless all mail stays in a local network.",
    });
  }
  return { value: mailbox, notes };
}

/** The name with its quotes taken off; empty for none, undefined where it is no name. */
function displayName(written: string): string | undefined {
  const [, quoted] = /^"((?:[^"\\]|\\.)*)"$/su.exec(written) ?? [];
  if (quoted !== undefined) return quoted.replace(/\\(.)/gsu, "$1").trim();
  return /["<>@,;:]/.test(written) ? undefined : written;
}
