import { describe, expect, it } from "@jest/globals";
import type { ApiKey } from "../../../lib/config/config.ts";
import { openKeys, type Scope } from "../../../lib/http/keys.ts";
import { Secret } from "../../../lib/secret.ts";

const key = (name: string, secret: string, ...scopes: ApiKey["scopes"]): ApiKey => ({
  name,
  secret: new Secret(secret),
  scopes,
});
const keys = openKeys([
  key("web", "secret-of-the-web", "send"),
  key("ops", "secret-of-ops", "send", "read", "manage"),
]);

function check(authorization: string | undefined, scope: Scope): string | undefined {
  const name = keys.recognize(authorization);
  keys.demand(scope, name, authorization);
  return name;
}

describe("a key", () => {
  it.each([
    ["Bearer secret-of-the-web", "send", "web"],
    ["bearer secret-of-ops", "manage", "ops"],
    ["Bearer   secret-of-ops ", "read", "ops"],
  ] as const)("%j may %s: it is %s", (authorization, scope, name) => {
    expect(check(authorization, scope)).toBe(name);
  });

  it.each([
    undefined,
    "",
    "Bearer",
    "Bearer ",
    "secret-of-ops",
    "Basic secret-of-ops",
    "Bearer secret-of-op",
    "Bearer secret-of-opsx",
    "Bearer SECRET-OF-OPS",
    "Bearer secret-of-ops secret-of-the-web",
    "Bearer secret-of-ops, Bearer secret-of-ops",
    "Bearer ops",
    "Bearer ***",
  ])("%j is nobody's: 401, and not a word of it in the answer", (authorization) => {
    expect(() => check(authorization, "send")).toThrow(
      expect.objectContaining({
        type: "HTTP_UNAUTHORIZED",
        code: 401,
        message: expect.not.stringContaining("secret"),
      }),
    );
  });

  it.each([
    [undefined, "This needs an API key."],
    ["Bearer old", "This API key is not known here."],
  ])("of %j it is said %s", (authorization, sentence) => {
    expect(() => check(authorization, "send")).toThrow(sentence);
  });

  it.each(["read", "manage"] as const)(
    "without the scope %s gets 403 with its name and what is missing",
    (scope) => {
      expect(() => check("Bearer secret-of-the-web", scope)).toThrow(
        expect.objectContaining({
          type: "HTTP_FORBIDDEN",
          code: 403,
          message: `The key web has no scope ${scope}.`,
        }),
      );
    },
  );

  it("is not asked for where none are set", () => {
    const none = openKeys([]);
    expect(none.areSet).toBe(false);
    expect(() => none.demand("manage", none.recognize("Bearer x"), "Bearer x")).not.toThrow();
  });
});
