/** Facts about the transporter's URL. */
import { describe, expect, it } from "@jest/globals";
import { natsTransporter } from "../../../lib/config/nats.ts";

const read = (TRANSPORTER?: string) => {
  const env = { TRANSPORTER };
  return { ...natsTransporter(env), left: env.TRANSPORTER };
};

describe("a NATS URL", () => {
  it("has its user and password decoded, and is not left for the Runner to read again", () => {
    expect(read("nats://me:p%23s%2Fs@nats:4222")).toEqual({
      transporter: { type: "NATS", options: { servers: ["nats:4222"], user: "me", pass: "p#s/s" } },
      left: undefined,
    });
  });

  it("may shout", () => {
    expect(read("NATS://me:secret@nats:4222")).toMatchObject({
      transporter: { options: { user: "me", pass: "secret" } },
    });
  });

  it("may name several servers", () => {
    expect(read("nats://me:secret@a:4222,nats://b:4222,c:4222")).toMatchObject({
      transporter: { options: { servers: ["a:4222", "b:4222", "c:4222"], user: "me", pass: "secret" } },
    });
  });

  it.each([
    ["nats://me:raw#canary@host"],
    ["nats://me:%canary@host"],
    ["nats:me:canary@host"],
    ["tls://me:canary@host"],
    ["me:canary@host:4222"],
    ["nats://"],
    ["nats://host:4222,"],
  ])("that is none (%s) is refused without being shown", (url) => {
    expect(() => read(url)).toThrow(/^TRANSPORTER: expected nats:.*percent-encoded/);
    expect(() => read(url)).not.toThrow(/canary/);
  });
});

it.each([["redis://redis:6379"], ["TCP"], [""], [undefined]])("leaves %j to Moleculer", (transporter) => {
  expect(read(transporter)).toEqual({ left: transporter });
});
