/** Who gets a letter is decided here, by one strict reading: what could be read in two ways is refused. */
import { domainToASCII, domainToUnicode } from "node:url";
import { hasInvisible, hasUnprintable, isAscii } from "./characters.ts";
import { type Faults, isRecord, kindOf, refuse } from "./faults.ts";
import { limits } from "./limits.ts";
import type { Mailbox } from "./message.ts";
import { type Rules, shape } from "./shape.ts";

const EXAMPLE = '"ann@example.com", "Ann <ann@example.com>" or { name, address }';

/** Longest spelling of one mailbox in a string: every character of the name escaped, quotes, brackets, spaces. */
const MAILBOX_LENGTH = 2 * limits.displayName + limits.address + 16;

/**
 * Reads `to`, `cc`, `bcc` or `replyTo`: one mailbox, several separated by commas, `{ name?, address }`, or a list of these.
 * Lengths are looked at first, so that no input is worth sending for the time that it takes.
 * @param max how many mailboxes the field may hold
 * @returns what could be read; everything else is told to `faults`, by field, without the value
 */
export function readMailboxes(value: unknown, field: string, max: number, faults: Faults): Mailbox[] {
  if (value === undefined) return [];
  const several = Array.isArray(value);
  const entries: unknown[] = several ? value : [value];
  if (entries.length > max) {
    refuse(faults, field, `expected at most ${max} addresses, got ${entries.length}`);
    return [];
  }
  const mailboxes = Array.from(entries, (entry, index) => {
    const at = several ? `${field}[${index}]` : field;
    return typeof entry === "string" ? readList(entry, at, max, faults) : [readMailbox(entry, at, faults)];
  }).flat();
  if (mailboxes.length > max) {
    refuse(faults, field, `expected at most ${max} addresses, got ${mailboxes.length}`);
  }
  return mailboxes.filter((mailbox) => mailbox !== undefined);
}

/** Reads exactly one mailbox: a string or `{ name?, address }`. */
export function readMailbox(value: unknown, field: string, faults: Faults): Mailbox | undefined {
  if (typeof value === "string") return told(parseMailbox(value), field, faults);
  if (!isRecord(value)) {
    refuse(faults, field, `expected ${EXAMPLE}, got ${kindOf(value)}`);
    return undefined;
  }
  const { name = "", address } = mailboxShape(value, field, faults) ?? {};
  const fault = faultOfName(name);
  if (fault) refuse(faults, `${field}.name`, fault);
  if (fault || address === undefined) return undefined;
  const parsed = told(parseAddress(address), `${field}.address`, faults);
  return parsed && named(name, parsed.address);
}

export const mailboxRules = {
  name: {
    type: "string",
    doc: { description: "Shown to the reader; without @ and line breaks.", maxLength: limits.displayName },
  },
  address: {
    type: "string",
    optional: false,
    doc: { description: "One plain address with a domain.", maxLength: limits.address },
  },
} as const satisfies Rules;

const mailboxShape = shape(mailboxRules, { email: "address", mail: "address", value: "address" });

/**
 * Checks an `addr-spec` (RFC 5321 section 4.1.2) in the only form that every program reads alike: a dot-atom, `@`, a domain
 * name with a dot. Refused although the RFC has them: quoted local parts (CVE-2025-13033), address literals, comments,
 * source routes with `%`, `!` or `@`, a leading dash (`-oQ/tmp` has been an option to sendmail).
 * A local part may have letters of other scripts (RFC 6531): whether the server can take it, the attempt tells.
 * @returns the address, its domain in lower case and as A-labels (RFC 5890)
 */
export function parseAddress(written: string): { address: string } | { fault: string } {
  if (written.length > limits.address) {
    return { fault: `expected at most ${limits.address} characters in an address, got ${written.length}` };
  }
  const text = trimmed(written);
  if (text === "") return { fault: "expected an address, got nothing" };
  if (/[,;:()]/.test(text)) {
    return { fault: "expected one address; commas separate several, groups and comments are refused" };
  }
  if (text.includes(" ")) return { fault: "expected an address without spaces" };
  const at = text.indexOf("@");
  if (at < 0 || at !== text.lastIndexOf("@")) {
    return { fault: "expected one address with exactly one @, such as ann@example.com" };
  }
  const local = text.slice(0, at);
  const fault = faultOfLocalPart(local);
  if (fault) return { fault };
  const domain = normalDomain(text.slice(at + 1));
  if ("fault" in domain) return domain;
  const address = `${local}@${domain.name}`;
  const octets = Buffer.byteLength(address);
  if (octets > limits.address) {
    return {
      fault: `expected at most ${limits.address} characters in an address, got ${octets} as it is sent`,
    };
  }
  return { address };
}

function readList(written: string, field: string, max: number, faults: Faults): (Mailbox | undefined)[] {
  if (written.length > max * MAILBOX_LENGTH) {
    refuse(faults, field, `expected at most ${max} addresses, got a string of ${written.length} characters`);
    return [];
  }
  const entries = splitAtCommas(written, max + 1);
  if (entries.length > max) {
    refuse(faults, field, `expected at most ${max} addresses, got more`);
    return [];
  }
  return entries.map((entry, index) =>
    told(parseMailbox(entry), entries.length > 1 ? `${field}[${index}]` : field, faults),
  );
}

/** The first `most` entries. A comma inside a quoted name separates nothing. */
function splitAtCommas(written: string, most: number): string[] {
  const entries: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < written.length && entries.length < most; i++) {
    const character = written[i];
    if (quoted && character === "\\") i++;
    else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      entries.push(written.slice(start, i));
      start = i + 1;
    }
  }
  entries.push(written.slice(start));
  return entries;
}

/** `ann@example.com`, `<ann@example.com>`, `Ann <ann@example.com>`, `"Ann, B." <ann@example.com>`. */
function parseMailbox(written: string): Parsed {
  if (written.length > MAILBOX_LENGTH) {
    return { fault: `expected at most ${MAILBOX_LENGTH} characters for one address, got ${written.length}` };
  }
  if (hasUnprintable(written)) return { fault: "expected no line breaks or control characters" };
  const text = trimmed(written);
  const open = text.endsWith(">") ? text.lastIndexOf("<") : -1;
  if (open < 0) return parseAddress(text);
  const name = unquoted(trimmed(text.slice(0, open)));
  if (name === undefined) {
    return { fault: 'expected a name without <>()[]\\,;:@ and " before the <, or one in double quotes' };
  }
  const fault = faultOfName(name);
  if (fault) return { fault };
  const parsed = parseAddress(text.slice(open + 1, -1));
  return "fault" in parsed ? parsed : named(name, parsed.address);
}

/** Without its quotes (RFC 5322 section 3.2.4); undefined where specials stand outside of quotes. */
function unquoted(name: string): string | undefined {
  if (/^"(?:[^"\\]|\\["\\])*"$/.test(name)) return name.slice(1, -1).replace(/\\(["\\])/g, "$1");
  return /["<>()[\]\\,;:@]/.test(name) ? undefined : name;
}

/** An address in the name shows the reader another sender or recipient than the real one; so does an encoded word. */
function faultOfName(name: string): string | undefined {
  if (name.length > limits.displayName) {
    return `expected a name of at most ${limits.displayName} characters, got ${name.length}`;
  }
  if (hasUnprintable(name)) return "expected a name without line breaks or control characters";
  if (hasInvisible(name)) return "expected a name without invisible or direction-changing characters";
  if (name.includes("@")) return "expected a name without @: it could be taken for another address";
  if (name.includes("=?")) return "expected a name as it reads, not as an encoded word (RFC 2047)";
  return undefined;
}

/** `atext` of RFC 5322 section 3.2.3 without `%` and `!`; beyond ASCII letters, marks and digits only. */
const ATOM = /^[\w#$&'*+/=?^`{|}~\-\p{L}\p{M}\p{Nd}]+$/u;

function faultOfLocalPart(local: string): string | undefined {
  if (local === "") return "expected something before the @";
  if (Buffer.byteLength(local) > limits.localPart) {
    return `expected at most ${limits.localPart} characters before the @`;
  }
  if (local.startsWith("-")) return "expected an address that does not begin with a dash";
  if (local.includes('"')) return "expected an address without quotes";
  if (/[%!]/.test(local)) return "expected an address without % and !, which route mail elsewhere";
  if (!local.split(".").every((atom) => ATOM.test(atom)) || /\p{DI}/u.test(local)) {
    return "expected letters, digits and .#$&'*+/=?^_`{|}~- before the @, dots only between them";
  }
  return undefined;
}

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

function normalDomain(written: string): { name: string } | { fault: string } {
  const labels = written.normalize("NFC").toLowerCase().split(".");
  const name = domainToASCII(labels.join("."));
  const ascii = name.split(".");
  const faithful = written.split(".").every((label, index) => isFaithful(label, ascii[index] ?? ""));
  if (!faithful || ascii.length !== labels.length || !ascii.every((label) => LABEL.test(label))) {
    return { fault: "expected a domain name such as example.com after the @" };
  }
  if (ascii.length < 2 || !/^[a-z]/.test(ascii.at(-1) ?? "")) {
    return {
      fault: "expected a domain name with a dot, such as example.com, after the @; no IP address",
    };
  }
  if (name.length > limits.domain) {
    return { fault: `expected a domain of at most ${limits.domain} characters` };
  }
  return { name };
}

/**
 * Whether this A-label is what was written: soft hyphens, zero-width, fullwidth and compatibility characters would be
 * mapped away, and the letter would go to a domain that nobody wrote.
 */
function isFaithful(written: string, ascii: string): boolean {
  if (!ascii.startsWith("xn--")) return ascii === written.toLowerCase() && isAscii(written);
  const decoded = domainToUnicode(ascii);
  return !isAscii(decoded) && (isAscii(written) || decoded === written.normalize("NFC").toLowerCase());
}

type Parsed = Mailbox | { fault: string };

function told(parsed: Parsed, field: string, faults: Faults): Mailbox | undefined {
  if (!("fault" in parsed)) return parsed;
  refuse(faults, field, parsed.fault);
  return undefined;
}

/** Runs of spaces in a name are one: folding a header could make a line of nothing but spaces. */
function named(written: string, address: string): Mailbox {
  const name = trimmed(written.replace(/ +/g, " "));
  return name === "" ? { address } : { name, address };
}

/** Without the spaces around it; a tab is a control character, and stays to be refused. */
function trimmed(text: string): string {
  return text.replace(/^ +| +$/g, "");
}
