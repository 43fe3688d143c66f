/** The id under which logs, answers and further calls speak of one request. */
import { randomUUID } from "node:crypto";

/** The caller's X-Request-ID where it is a decent word, else a new one: it is printed in places where a line break would forge. */
export function requestIdOf(header: string | string[] | undefined, newId: () => string = randomUUID): string {
  return typeof header === "string" && /^[\w.-]{1,64}$/.test(header) ? header : newId();
}
