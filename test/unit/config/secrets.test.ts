/** No secret of the settings is ever shown: not by an error, not by the Config, its rows or its findings. */
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { variableNames, variables } from "../../../lib/config/variables.ts";
import { errorOf, load, type Written } from "./settings.ts";

const CANARY = "Kanarienvogel";
const secrets = variableNames.filter((name) => "secret" in variables[name]);

/** Everything that a log, a console or a mesh could come to show. */
function shown(value: unknown): string {
  return [JSON.stringify(value), inspect(value, { depth: Infinity, showHidden: true }), String(value)].join(
    "\n",
  );
}

const loaded: Written[] = [
  { SMTP_URI: `smtps://me%40qq.com:${CANARY}@smtp.qq.com:587/?pool=true` },
  { SMTP_URI: `smtps://me:${CANARY}%x@smtp.qq.com`, SMTP_PASSWORD: CANARY, SMTP_HOST: "h.example" },
  {
    SMTP_URI: "smtp://h.example",
    SMTP_FALLBACK_URIS: `smtps://me:${CANARY}@a.example smtp://u:${CANARY}@b.example:465`,
  },
  { SMTP_HOST: "h.example", SMTP_USERNAME: "me", SMTP_PASSWORD: ` ${CANARY} `, SMTP_TLS: "true" },
  { SMTP_PROVIDER: "outlook", SMTP_USERNAME: "me", SMTP_PASSWORD: CANARY, SMTP_AUTH: "oauth2" },
  { SMTP_OAUTH2_CLIENT_ID: "app", SMTP_OAUTH2_CLIENT_SECRET: CANARY, SMTP_OAUTH2_REFRESH_TOKEN: CANARY },
  { GATEWAY_API_KEYS: `a:${CANARY}1,b:${CANARY}:manage` },
  { TRANSPORTER: `nats://me:${CANARY}@nats.example:4222` },
  { TRANSPORTER: `nats://me:${CANARY}@a.example:4222,nats://me:${CANARY}@b.example:4222` },
];

describe("a canary", () => {
  it.each(loaded)("in settings that load is not shown: %#", (settings) => {
    expect(shown(load(settings))).not.toContain(CANARY);
  });

  it.each(secrets)("in %s that does not load is not shown", (name) => {
    const broken = [
      `${CANARY}\n`,
      `\u0000${CANARY}`,
      `x://u:${CANARY}@h`,
      `smtps://u:${CANARY}@h:x`,
      `app:${CANARY}:sned`,
    ];
    for (const written of broken) {
      const error = errorOf({ [name]: written, GATEWAY: "perhaps" });
      expect(error.faults.map(({ variable }) => variable)).toContain("GATEWAY");
      expect(shown(error) + error.message + (error.stack ?? "")).not.toContain(CANARY);
      expect(error.cause).toBeUndefined();
    }
  });

  it("in a URI that stands in the wrong place is not shown", () => {
    const uri = `smtps://me:${CANARY}@smtp.qq.com`;
    for (const name of ["SMTP_HOST", "SMTP_PORT", "ADMIN_WEB_URL", "SMTP_PROVIDER", "SMTP_TLS"]) {
      expect(shown(errorOf({ [name]: uri }))).not.toContain(CANARY);
    }
  });
});

it("the user's name is shown by its first letter and its domain only", () => {
  const { settings } = load({ SMTP_URI: "smtps://token-of-postmark:pw@h.example" });
  expect(JSON.stringify(settings)).not.toContain("token-of-postmark");
});
