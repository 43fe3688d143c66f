/** Addresses in letters: nothing that data says can make a link run a script or lead to another server. */
import { wellFormed } from "../message/characters.ts";
import { isRecord } from "../message/faults.ts";
import { expected, scalarOf, textOf } from "./expected.ts";
import { DataFault } from "./faults.ts";

/** Programs skip them, or read a backslash as a slash: what is read is then not what was checked. */
const UNSAFE = /[\s\\\p{Cc}]/u;

/**
 * @param address https:, http: or mailto:, absolute; its query and fragment are kept
 * @param query added to the query
 * @throws DataFault for any other address, and for one with a user name or password in it
 */
export function printAddress(address: unknown, query: Readonly<Record<string, unknown>>): string {
  const text = textOf(address);
  const url = UNSAFE.test(text) ? null : URL.parse(text);
  if (!url || !/^(https?|mailto):$/.test(url.protocol)) {
    throw expected("an absolute address (https:, http: or mailto:)", address);
  }
  if (url.username || url.password) throw expected("an address without user and password", address);
  return addQuery(url, query);
}

/**
 * @param base ADMIN_WEB_URL, which may have a path
 * @param path below it, begins with `/`; may have a fragment, and be a route in one (`/#/invite`)
 * @throws DataFault for a path that leads elsewhere, and where there is no base
 */
export function printLink(
  base: string | undefined,
  path: unknown,
  query: Readonly<Record<string, unknown>>,
): string {
  if (base === undefined) {
    const remedy = "Set ADMIN_WEB_URL to the address of the site that the link leads to.";
    throw new DataFault(
      "ADMIN_WEB_URL is not set: it says where the links in letters begin",
      undefined,
      remedy,
    );
  }
  const below = new URL(base.replace(/\/*$/, "/"));
  const text = textOf(path);
  const url =
    text.startsWith("/") && !text.includes("?") && !UNSAFE.test(text)
      ? URL.parse(below.href.slice(0, -1) + text)
      : null;
  // `/../admin` would leave the base's path.
  if (!url?.href.startsWith(below.href)) throw expected("a path (/…, without ? and spaces)", path);
  return addQuery(url, query);
}

/** @returns the fields of the query; none where none is given */
export function queryOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw expected("an object of texts", value, "query");
  return value;
}

/** Percent-encodes for any part of an address (RFC 3986): all but letters, digits and `-._~`. */
export function encode(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Programs with routes in the fragment (`#/invite`) look for the query there, all others before it. */
function addQuery(url: URL, query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encode(name)}=${encode(scalarOf(value, name))}`,
  );
  const part = /^#!?\//.test(url.hash) ? "hash" : "search";
  if (pairs.length > 0) url[part] += (url[part].includes("?") ? "&" : "?") + pairs.join("&");
  return url.href;
}
