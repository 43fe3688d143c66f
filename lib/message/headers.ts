/** Own headers: the few that are the caller's business. Everything that steers mail stays ours. */
import { hasUnprintable, isAscii } from "./characters.ts";
import { type Faults, kindOf, ownFields, printable, refuse } from "./faults.ts";
import { limits } from "./limits.ts";

const MESSAGE_IDS = /^<[^<>\s]+>(?: <[^<>\s]+>)*$/;

/** Lower-case name: how it is written, and what its value looks like. */
const STRUCTURED: Readonly<Record<string, { name: string; value: RegExp; expected: string }>> = {
  "list-unsubscribe": {
    name: "List-Unsubscribe",
    value: /^<(?:https?|mailto):[^<>\s]+>(?:, ?<(?:https?|mailto):[^<>\s]+>)*$/i,
    expected: "<https://…> or <mailto:…>, several separated by commas (RFC 2369)",
  },
  "list-unsubscribe-post": {
    name: "List-Unsubscribe-Post",
    value: /^List-Unsubscribe=One-Click$/,
    expected: "List-Unsubscribe=One-Click (RFC 8058)",
  },
  "in-reply-to": { name: "In-Reply-To", value: MESSAGE_IDS, expected: "<message-id>" },
  references: {
    name: "References",
    value: MESSAGE_IDS,
    expected: "<message-id> <message-id>",
  },
  "auto-submitted": {
    name: "Auto-Submitted",
    value: /^(?:no|auto-generated|auto-replied|auto-notified)(?:; ?[\w-]+=[^\s;]+)*$/i,
    expected: "auto-generated, auto-replied or no (RFC 3834)",
  },
};

/** What each header with rules of its own looks like, by the usual spelling of its name. */
export const headerFormats: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(STRUCTURED).map(({ name, expected }) => [name, expected]),
);

const ALLOWED = `${Object.keys(headerFormats).join(", ")} and X-… are allowed`;

/** Reads `headers`: an object of strings. Names keep the caller's case for `X-…`, and get the usual one otherwise. */
export function readHeaders(value: object, faults: Faults): Record<string, string> {
  const names = Object.keys(value);
  if (names.length > limits.headers) {
    refuse(faults, "headers", `expected at most ${limits.headers} headers, got ${names.length}`);
    return {};
  }
  const headers = new Map<string, [name: string, value: string]>();
  for (const [name, text] of Object.entries(ownFields(value))) {
    const field = `headers.${printable(name)}`;
    const key = name.toLowerCase();
    const known = Object.hasOwn(STRUCTURED, key) ? STRUCTURED[key] : undefined;
    if (!known && (!/^x-[a-z0-9_-]+$/.test(key) || name.length > limits.headerName)) {
      refuse(faults, field, `is not one of the headers that a call may set: ${ALLOWED}`);
    } else if (headers.has(key)) {
      refuse(faults, field, "is given twice");
    } else if (typeof text !== "string") {
      refuse(faults, field, `expected a string, got ${kindOf(text)}`);
    } else {
      const fault = faultOfValue(text, known);
      if (fault) refuse(faults, field, fault);
      else headers.set(key, [known?.name ?? name, text]);
    }
  }
  return Object.fromEntries(headers.values());
}

function faultOfValue(
  text: string,
  known: { value: RegExp; expected: string } | undefined,
): string | undefined {
  if (text.length > limits.headerValue) {
    return `expected at most ${limits.headerValue} characters, got ${text.length}`;
  }
  if (hasUnprintable(text)) return "expected no line breaks or control characters";
  if (text.trim() === "") return "expected a value that is not empty";
  if (!known) return undefined;
  if (!isAscii(text) || !known.value.test(text)) return `expected ${known.expected}`;
  const longest = Math.max(...text.split(" ").map((word) => word.length));
  return longest > limits.headerWord
    ? `expected no more than ${limits.headerWord} characters without a space: a line of a message holds 998`
    : undefined;
}
