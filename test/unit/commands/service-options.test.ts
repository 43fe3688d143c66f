/** Which running service is asked. */
import { describe, expect, it } from "@jest/globals";
import type { Input } from "../../../lib/commands/command.ts";
import { gather } from "../../../lib/commands/gather.ts";
import { serviceOf, serviceOptions } from "../../../lib/commands/service-options.ts";
import { environmentOf } from "../../../lib/config/environment.ts";

async function chosen(given: Input, settings: Record<string, string>) {
  const { environment } = await gather(serviceOptions, given, environmentOf(settings));
  const service = serviceOf(environment);
  return service.kind === "mesh" ? service.shown : `${service.url} ${service.key?.reveal() ?? "no key"}`;
}

const mesh = { TRANSPORTER: "nats://me:secret@nats.example:4222" };
const gateway = { MESHMAIL_URL: "https://mail.example.com/", MESHMAIL_API_KEY: "key" };

describe("the service asked", () => {
  it.each<[Input, Record<string, string>, string]>([
    [{}, {}, "http://127.0.0.1:3000 no key"],
    [{}, { GATEWAY_PORT: "8080" }, "http://127.0.0.1:8080 no key"],
    [{}, { GATEWAY_PORT: "0" }, "http://127.0.0.1:3000 no key"],
    [{}, { GATEWAY_HOST: "0.0.0.0" }, "http://127.0.0.1:3000 no key"],
    [{}, { GATEWAY_HOST: "192.168.1.5" }, "http://192.168.1.5:3000 no key"],
    [{}, { GATEWAY_HOST: "::1" }, "http://[::1]:3000 no key"],
    [{}, mesh, "nats://***@nats.example:4222"],
    [{}, gateway, "https://mail.example.com key"],
    [{}, { ...mesh, ...gateway }, "https://mail.example.com key"],
    [{ url: "http://a.example:1" }, mesh, "http://a.example:1 no key"],
    [{ url: "http://a.example/mail" }, gateway, "http://a.example/mail key"],
    [{ transporter: "nats://b.example" }, { ...mesh, ...gateway }, "nats://b.example"],
    [{ key: "other" }, mesh, "http://127.0.0.1:3000 other"],
    [{ key: "other" }, gateway, "https://mail.example.com other"],
  ])("with %j and %j is %s", async (given, settings, expected) => {
    expect(await chosen(given, settings)).toBe(expected);
  });

  it("needs no other setting to be usable", async () => {
    expect(await chosen({}, { SMTP_PORT: "abc", MAIL_SEND_WAIT: "soon" })).toBe(
      "http://127.0.0.1:3000 no key",
    );
  });

  it.each([
    [{ url: "mail.example.com" }, "MESHMAIL_URL"],
    [{ url: "http://me:hunter2@mail.example.com" }, "MESHMAIL_URL"],
    [{ key: "hunter2 with spaces" }, "MESHMAIL_API_KEY"],
  ])("is refused by name where %j is no such thing, without the value", async (given, variable) => {
    const refusal = chosen(given, {});
    await expect(refusal).rejects.toMatchObject({ faults: [{ variable }] });
    await expect(refusal).rejects.not.toThrow("hunter2");
  });
});
