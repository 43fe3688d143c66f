/** Who may do what: API keys as bearer tokens (RFC 6750), compared in a time that tells nothing about them. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../config/config.ts";
import { httpError } from "./problem.ts";

export type Scope = ApiKey["scopes"][number];

/** @throws MailError HTTP_UNAUTHORIZED, HTTP_FORBIDDEN. Returns the name of the key; undefined where there are no keys */
export type KeyCheck = (authorization: string | undefined, scope: Scope) => string | undefined;

/** Without keys it lets everything pass: then {@link refuseStrangers} guards the door. */
export function keyCheck(keys: readonly ApiKey[]): KeyCheck {
  const known = keys.map((key) => ({ ...key, digest: digestOf(key.secret.reveal()) }));
  return (authorization = "", scope) => {
    if (known.length === 0) return undefined;
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization.trim()) ?? [];
    const remedy = "Send the header `Authorization: Bearer <secret>` with a secret out of GATEWAY_API_KEYS.";
    if (token === undefined) throw httpError("HTTP_UNAUTHORIZED", "This needs an API key.", remedy);
    const digest = digestOf(token);
    // no early end: the time must not say at which key the search stopped
    const [key] = known.filter((candidate) => timingSafeEqual(candidate.digest, digest));
    if (!key) throw httpError("HTTP_UNAUTHORIZED", "This API key is not known here.", remedy);
    if (key.scopes.includes(scope)) return key.name;
    throw httpError(
      "HTTP_FORBIDDEN",
      `The key ${key.name} has no scope ${scope}.`,
      `Use another key, or add the scope to this one in GATEWAY_API_KEYS.`,
    );
  };
}

/** Digests are of one length, which timingSafeEqual wants, and hide how long a secret is. */
function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
