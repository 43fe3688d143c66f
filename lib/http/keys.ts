/** Who may do what: API keys as bearer tokens (RFC 6750), compared in a time that tells nothing about them. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiKey } from "../config/config.ts";
import { httpError } from "./problem.ts";

export type Scope = ApiKey["scopes"][number];

export interface Keys {
  /** False where none are set: then everything passes, and {@link refuseStrangers} guards the door. */
  readonly areSet: boolean;
  /** The name of the key in this Authorization header; undefined for none and for one that is not known here. */
  recognize(authorization: string | undefined): string | undefined;
  /**
   * @param name           as `recognize` returned it
   * @param authorization  the header, only to say whether one came
   * @throws MailError HTTP_UNAUTHORIZED, HTTP_FORBIDDEN
   */
  demand(scope: Scope, name: string | undefined, authorization: string | undefined): void;
}

export function openKeys(keys: readonly ApiKey[]): Keys {
  const known = keys.map((key) => ({ ...key, digest: digestOf(key.secret.reveal()) }));
  return {
    areSet: known.length > 0,

    recognize(authorization = "") {
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization.trim()) ?? [];
      if (token === undefined) return undefined;
      const digest = digestOf(token);
      // no early end: the time must not say at which key the search stopped
      const [key] = known.filter((candidate) => timingSafeEqual(candidate.digest, digest));
      return key?.name;
    },

    demand(scope, name, authorization) {
      if (known.length === 0) return;
      const key = known.find((candidate) => candidate.name === name);
      if (!key) {
        throw httpError(
          "HTTP_UNAUTHORIZED",
          authorization ? "This API key is not known here." : "This needs an API key.",
          "Send the header `Authorization: Bearer <secret>` with a secret out of GATEWAY_API_KEYS.",
        );
      }
      if (key.scopes.includes(scope)) return;
      throw httpError(
        "HTTP_FORBIDDEN",
        `The key ${key.name} has no scope ${scope}.`,
        `Use another key, or add the scope to this one in GATEWAY_API_KEYS.`,
      );
    },
  };
}

/** Digests are of one length, which timingSafeEqual wants, and hide how long a secret is. */
function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
