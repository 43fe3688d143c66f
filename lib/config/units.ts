/** How values are written: each kind reads a text into a value, or refuses it and says what it expected. */
import { statSync } from "node:fs";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { languageTag } from "../templates/locale.ts";
import type { Finding } from "./config.ts";

/** A remark on a value that is accepted all the same. */
export type Note = Omit<Finding, "variable">;

/** Why a text is refused, where there is more to say than the kind does; see `ConfigFault`. Shows no secret. */
export interface Refusal {
  expected?: string;
  came?: string;
}

export type Parsed<T> = { value: T; notes?: readonly Note[] } | { refused: Refusal };

/** A kind of value. */
export interface Kind<T> {
  /** Completes "expected …" */
  expected: string;
  parse(text: string): Parsed<T>;
  /** An accepted value for people to read; default: the text as written, `***` for a secret */
  show?(value: T): string;
}

export const refuse = (expected?: string, came?: string): { refused: Refusal } => ({
  refused: { expected, came },
});

/** Line breaks in a value would end up in headers and commands. */
export const hasControls = (text: string): boolean => /[\p{Cc}\u2028\u2029]/u.test(text);

/** What came, for a fault's line: on one line, of bearable length, and without the user and password of a URI. */
export function quote(text: string): string {
  const shown = text.replace(/\/\/.*@/s, "//***@");
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown);
}

export const text: Kind<string> = {
  expected: "one line of text",
  parse: (written) =>
    hasControls(written)
      ? refuse(undefined, "a value with line breaks or control characters")
      : { value: written },
};

/** One of a few words, in any case. */
export function oneOf<W extends string>(...words: readonly W[]): Kind<W> {
  return {
    expected: words.join(" or "),
    parse(written) {
      const value = words.find((word) => word === written.toLowerCase());
      return value === undefined ? refuse() : { value };
    },
  };
}

export const boolean: Kind<boolean> = {
  expected: "true or false (1/0, yes/no, on/off)",
  parse(written) {
    const word = written.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return { value: true };
    if (["false", "0", "no", "off"].includes(word)) return { value: false };
    return refuse();
  },
};

export function integer(min: number, max: number, what = "a whole number"): Kind<number> {
  const expected = `${what} from ${min} to ${max}`;
  return {
    expected,
    parse(written) {
      const value = /^\d{1,15}$/.test(written) ? Number(written) : Number.NaN;
      return value >= min && value <= max ? { value } : refuse();
    },
  };
}

/** A port; 0 as `min` lets the system choose. */
export function port(min: 0 | 1 = 1): Kind<number> {
  const number = integer(min, 65_535, "a port");
  return {
    expected: number.expected,
    parse(written) {
      // Kubernetes gives every pod NAME_PORT=tcp://… for each Service: one called "smtp" or "gateway" hits our variables.
      if (!/^(tcp|udp):\/\//.test(written)) return number.parse(written);
      const remedy = "set the variable in the pod, or enableServiceLinks: false";
      return refuse(
        number.expected,
        `${quote(written)}, the address of a Kubernetes Service of that name (${remedy})`,
      );
    },
  };
}

/** A number with a unit, in the smallest of the units; undefined for anything else. */
function amount(written: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(written) ?? [];
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}

const toMilliseconds = (written: string): number | undefined =>
  written === "0" ? 0 : amount(written, { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 });

const toBytes = (written: string): number | undefined =>
  amount(written, { "": 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 });

function between(min: string, max: string, read: typeof toBytes, expected: string): Kind<number> {
  const [least = 0, most = 0] = [read(min), read(max)];
  return {
    expected,
    parse(written) {
      const value = read(written);
      return value !== undefined && value >= least && value <= most ? { value } : refuse();
    },
  };
}

/** Milliseconds, written `500ms`, `5s`, `2m`, `1h`, `30d`, or `0`; the bounds are written so, too. */
export const duration = (min: string, max: string): Kind<number> =>
  between(min, max, toMilliseconds, `a duration from ${min} to ${max}, such as 500ms, 5s, 2m, 1h or 30d`);

/** Bytes, written `100kb`, `25mb` (of 1024 each) or as a bare number. */
export const size = (min: string, max: string): Kind<number> =>
  between(min, max, toBytes, `a size from ${min} to ${max}, such as 100kb or 25mb`);

/** A list of durations, comma- or space-separated; `12h*2` repeats one. */
export const durations: Kind<readonly number[]> = {
  expected: "durations from 1ms to 365d such as 30s, 2m, 1h, 12h*2",
  parse(written) {
    const one = duration("1ms", "365d");
    const list: number[] = [];
    for (const item of words(written.replace(/\s*\*\s*/g, "*"))) {
      const [, delay = "", times = "1"] = /^([^*]+)(?:\*(\d{1,3}))?$/.exec(item) ?? [];
      const parsed = one.parse(delay);
      if ("refused" in parsed || Number(times) < 1) return refuse(undefined, quote(item));
      list.push(...Array.from({ length: Number(times) }, () => parsed.value));
    }
    return list.length > 0 ? { value: list } : refuse();
  },
};

/** The items of a comma- or space-separated list. */
export const words = (written: string): string[] => written.split(/[\s,]+/).filter(Boolean);

/** A list of one kind, comma- or space-separated. Refuses with the words of the first item that is refused. */
export function listOf<T>(kind: Kind<T>, expected: string): Kind<readonly T[]> {
  return {
    expected,
    parse(written) {
      const values: T[] = [];
      for (const item of words(written)) {
        const parsed = kind.parse(item);
        if ("refused" in parsed)
          return refuse(parsed.refused.expected ?? kind.expected, parsed.refused.came ?? quote(item));
        values.push(parsed.value);
      }
      return values.length > 0 ? { value: values } : refuse();
    },
  };
}

/**
 * A host as sockets want it: an IP address without brackets, or a name in lower case and as A-labels. Undefined for
 * anything else, also for the short forms of IPv4 (`25` would become 0.0.0.25).
 */
export function normalHost(written: string): string | undefined {
  const bare = written.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) === 6 || isIP(written) === 4) return bare.toLowerCase();
  if (/[\s/\\%@:?#[\]]/.test(written)) return undefined;
  const name = domainToASCII(written.replace(/\.$/, ""));
  const isName =
    name.length <= 253 && name.split(".").every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label));
  return isName && isIP(name) === 0 && !/(^|\.)\d+$/.test(name) ? name : undefined;
}

export const host: Kind<string> = {
  expected: "a host name or an IP address",
  parse(written) {
    if (written.includes("://")) return refuse("a host name alone (a whole URI belongs in SMTP_URI)");
    if (/^[^:]+:\d+$/.test(written)) return refuse("a host name alone (the port has a variable of its own)");
    const value = normalHost(written);
    return value === undefined ? refuse() : { value };
  },
};

/** A web address without user, query and fragment, without a slash at its end. */
export const webUrl: Kind<string> = {
  expected: "a web address such as https://app.example.com",
  parse(written) {
    const url = URL.parse(written);
    if (!url || !/^https?:$/.test(url.protocol)) return refuse();
    if (url.username || url.password) return refuse("a web address without user and password", "***");
    if (url.search || url.hash) return refuse("a web address without ? and #");
    return { value: url.href.replace(/\/+$/, "") };
  },
};

/** An origin exactly as browsers send it (RFC 6454 section 6.2). */
export const origin: Kind<string> = {
  expected: "an origin such as https://app.example.com (each by name: no *)",
  parse(written) {
    const url = URL.parse(written);
    const isOrigin =
      url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !/[?#*]/.test(written);
    return isOrigin ? { value: url.origin } : refuse();
  },
};

export const color: Kind<string> = {
  expected: "a colour such as #0a7cff",
  parse: (written) =>
    /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(written) ? { value: written.toLowerCase() } : refuse(),
};

/** A BCP 47 tag, in its usual case. */
export const locale: Kind<string> = {
  expected: "a language (BCP 47) such as en or zh-CN",
  parse(written) {
    const value = languageTag(written);
    return value === undefined ? refuse() : { value };
  },
};

export const folder: Kind<string> = {
  expected: "an existing folder",
  parse: (written) =>
    statSync(written, { throwIfNoEntry: false })?.isDirectory() ? { value: written } : refuse(),
};
