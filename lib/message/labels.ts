/** Tags, metadata and keys: what stands in logs, events and lists, on one line and looking like what it is. */
import { hasInvisible, hasUnprintable, wellFormed } from "./characters.ts";
import { type Faults, kindOf, ownFields, printable, refuse } from "./faults.ts";
import { limits } from "./limits.ts";

export function readTags(list: readonly unknown[], faults: Faults): string[] {
  return Array.from(list, (tag, index) => {
    const field = `tags[${index}]`;
    if (typeof tag !== "string" || tag === "" || tag.length > limits.tag) {
      const got = typeof tag === "string" ? `${tag.length}` : kindOf(tag);
      refuse(faults, field, `expected a string of 1 to ${limits.tag} characters, got ${got}`);
      return "";
    }
    return readLine(tag, field, faults) ?? "";
  });
}

export const METADATA_NAME = /^[\w.:-]+$/;

export function readMetadata(value: object, faults: Faults): Record<string, string> {
  const names = Object.keys(value);
  if (names.length > limits.metadata) {
    refuse(faults, "metadata", `expected at most ${limits.metadata} entries, got ${names.length}`);
    return {};
  }
  const entries = Object.entries(ownFields(value)).map(([name, text]): [string, string] => {
    const field = `metadata.${printable(name)}`;
    if (!METADATA_NAME.test(name) || name.length > limits.metadataKey || name === "__proto__") {
      refuse(faults, field, `expected a name of letters, digits and . _ : -, at most ${limits.metadataKey}`);
    } else if (typeof text !== "string") refuse(faults, field, `expected a string, got ${kindOf(text)}`);
    else if (text.length > limits.metadataValue) {
      refuse(faults, field, `expected at most ${limits.metadataValue} characters, got ${text.length}`);
    }
    return [name, typeof text === "string" ? wellFormed(text) : ""];
  });
  return Object.fromEntries(entries);
}

/** A key as it is, if it stands on one line. */
export function readLine(line: string | undefined, field: string, faults: Faults): string | undefined {
  if (line !== undefined && (hasUnprintable(line) || hasInvisible(line))) {
    refuse(faults, field, "expected no line breaks, control characters or invisible characters");
  }
  return line;
}
