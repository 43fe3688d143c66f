/** Whether two calls with the same idempotency key mean the same message. */
import { createHash, type Hash } from "node:crypto";
import { types } from "node:util";
import type { SendRequest } from "./message.ts";

/**
 * SHA-256, in hex, of what a request asks for: everything but `wait`, `dryRun` and the key. The order of an object's keys
 * does not matter, nor does the spelling that the check has brought into one form (`"Ann <a@b.c>"` and `{ name, address }`).
 */
export function fingerprint(request: SendRequest): string {
  const { wait: _wait, dryRun: _dryRun, idempotencyKey: _key, ...content } = request;
  const hash = createHash("sha256");
  feed(hash, content);
  return hash.digest("hex");
}

/** Each value with its type and length before it, so that no two contents make the same bytes. */
function feed(hash: Hash, value: unknown): void {
  if (types.isUint8Array(value)) {
    hash.update(`bytes ${value.byteLength}:`).update(value);
  } else if (typeof value === "string") {
    hash.update(`string ${Buffer.byteLength(value)}:`).update(value);
  } else if (Array.isArray(value)) {
    hash.update(`list ${value.length}:`);
    for (const item of value) feed(hash, item);
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`object ${entries.length}:`);
    for (const [name, item] of entries) {
      feed(hash, name);
      feed(hash, item);
    }
  } else {
    hash.update(`${String(value)};`);
  }
}
