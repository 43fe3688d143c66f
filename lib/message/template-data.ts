/** Data of a template: plain JSON, small and shallow, copied value by value. */
import { types } from "node:util";
import type { FieldFault } from "../errors.ts";
import { type Faults, isRecord, kindOf, ownFields, printable, refuse } from "./faults.ts";
import { limits } from "./limits.ts";

/** Names that lead to an object's prototype: no letter needs them, and every template engine has had a hole there. */
export const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** The size as JSON is counted on the way, so that the walk ends where the limit is; so does the first fault. */
interface Walk {
  bytes: number;
  fault?: FieldFault;
}

/**
 * Copies `data`: what `JSON.stringify` would keep of it, dates as ISO 8601.
 * @returns undefined where a fault was told
 */
export function readData(value: object, faults: Faults): Record<string, unknown> | undefined {
  const walk: Walk = { bytes: 0 };
  const copied = copyFields(value, "data", 1, walk);
  if (!walk.fault) return copied;
  refuse(faults, walk.fault.field, walk.fault.message);
  return undefined;
}

function copy(value: unknown, path: string, depth: number, walk: Walk): unknown {
  if (types.isDate(value) && !Number.isNaN(value.getTime())) {
    return copy(value.toISOString(), path, depth, walk);
  }
  if (typeof value === "string") {
    count(value.length > limits.data ? value.length : Buffer.byteLength(JSON.stringify(value)), walk);
    return value;
  }
  if (value === null || typeof value === "boolean" || Number.isFinite(value)) {
    count(String(value).length, walk);
    return value;
  }
  if (!Array.isArray(value) && !isRecord(value)) {
    const kind = typeof value === "number" ? "no finite number" : kindOf(value);
    return fail(path, `expected what JSON can hold, got ${kind}`, walk);
  }
  if (depth > limits.dataDepth) return fail(path, `expected data at most ${limits.dataDepth} deep`, walk);
  return Array.isArray(value) ? copyList(value, path, depth, walk) : copyFields(value, path, depth, walk);
}

function copyList(list: readonly unknown[], path: string, depth: number, walk: Walk): unknown[] {
  if (list.length > limits.dataList) {
    fail(path, `expected a list of at most ${limits.dataList}, got ${list.length}`, walk);
  }
  count(list.length + 1, walk);
  const copied: unknown[] = [];
  for (const [index, item] of list.entries()) {
    if (walk.fault) break;
    copied.push(copy(item, `${path}[${index}]`, depth + 1, walk));
  }
  return copied;
}

function copyFields(value: object, path: string, depth: number, walk: Walk): Record<string, unknown> {
  const names = Object.keys(value);
  count(1, walk);
  const copied: Record<string, unknown> = {};
  for (const name of names) {
    const item = ownFields(value, [name])[name];
    if (walk.fault) break;
    if (item === undefined) continue;
    const at = `${path}.${printable(name)}`;
    count(2 + Buffer.byteLength(JSON.stringify(name)), walk);
    if (FORBIDDEN.has(name)) fail(at, "is a name that data may not have", walk);
    else copied[name] = copy(item, at, depth + 1, walk);
  }
  return copied;
}

function count(bytes: number, walk: Walk): void {
  walk.bytes += bytes;
  if (walk.bytes > limits.data) fail("data", `expected at most ${limits.data} bytes as JSON, got more`, walk);
}

function fail(field: string, message: string, walk: Walk): void {
  walk.fault ??= { field, message };
}
