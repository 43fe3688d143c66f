/** TRANSPORTER=nats://user:password@host:4222 in the shape that Moleculer's NATS transporter needs. */
import { ConfigError } from "./faults.ts";

/**
 * Moleculer hands a NATS URL on without decoding it, so a password with `%23` in it would never fit. User and password go
 * into the transporter's options, decoded, and the variable is taken out of `env`, for the Runner would lay its raw text
 * over them. Anything but a NATS URL is Moleculer's own business.
 * @throws ConfigError for what is no URL; it shows no part of it
 */
export function natsTransporter(env: NodeJS.ProcessEnv): { transporter?: object } {
  const written = env["TRANSPORTER"]?.trim();
  if (!written) return {};
  if (!/^nats:\/\//i.test(written)) {
    // Moleculer would print what it does not know, password included
    if (written.includes("@") && !others.test(written)) throw refused();
    return {};
  }
  delete env["TRANSPORTER"];
  const urls = written
    .split(",")
    .map((server) => parse(server.includes("://") ? server : `nats://${server}`));
  const account = urls.find(({ user }) => user !== "");
  return {
    transporter: {
      type: "NATS",
      options: {
        servers: urls.map(({ host }) => host),
        ...(account && { user: account.user, pass: account.pass }),
      },
    },
  };
}

/** The other URLs that Moleculer's transporters take. */
const others = /^(mqtts?|rediss?|amqps?|amqp10|kafka|tcp):\/\//;

function parse(server: string): { host: string; user: string; pass: string } {
  try {
    const { host, username, password } = new URL(server);
    if (host === "") throw refused();
    return { host, user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  } catch {
    // no cause: the errors of both hold the URL, password included
    throw refused();
  }
}

function refused(): ConfigError {
  const expected = "nats://user:password@host:4222, user and password percent-encoded (# is %23, / is %2F)";
  return new ConfigError([{ variable: "TRANSPORTER", expected, came: "something that is no such URL" }]);
}
