/** What a correct SMTP server answers (RFC 5321, with AUTH of RFC 4954, STARTTLS of RFC 3207 and SIZE of RFC 1870). */
import type { TLSSocketOptions } from "node:tls";
import type { Users } from "./mechanisms.ts";
import type { Script, Session } from "./script.ts";

/** What kind of server this is. */
export interface Rules {
  tls: "implicit" | "starttls" | "none";
  tlsOptions: TLSSocketOptions;
  /** EHLO keywords other than STARTTLS and AUTH */
  capabilities: readonly string[];
  mechanisms: readonly string[];
  users: Users;
  authRequired: boolean;
  authInClear: boolean;
  script: Script;
}

export const tooLarge = "552 5.3.4 Message size exceeds fixed limit";

/** The answer to a command; empty for an AUTH that may begin. */
export function rightAnswer(
  command: string,
  argument: string,
  session: Session,
  secure: boolean,
  rules: Rules,
): string {
  const transaction = session.from !== undefined;
  const authOffered = rules.mechanisms.length > 0 && (secure || rules.authInClear);
  switch (command) {
    case "ehlo": {
      const keywords = [...rules.capabilities];
      if (rules.tls === "starttls" && !secure) keywords.push("STARTTLS");
      if (authOffered) keywords.push(`AUTH ${rules.mechanisms.join(" ")}`);
      const lines = [`mail.test greets ${argument}`, ...keywords];
      return lines.map((text, at) => `250${at < lines.length - 1 ? "-" : " "}${text}`).join("\n");
    }
    case "helo":
      return "250 mail.test";
    case "starttls":
      if (rules.tls !== "starttls") return "502 5.5.1 Command not implemented";
      if (secure) return "503 5.5.1 TLS already active";
      return "220 2.0.0 Ready to start TLS";
    case "auth": {
      if (rules.mechanisms.length === 0) return "502 5.5.1 Command not implemented";
      if (!authOffered) return "538 5.7.11 Encryption required";
      if (session.hello === undefined || session.authenticated || transaction) return badSequence;
      const name = argument.split(" ", 1)[0]?.toUpperCase() ?? "";
      return rules.mechanisms.includes(name) ? "" : "504 5.5.4 Unrecognized authentication type";
    }
    case "mail":
      if (session.hello === undefined || transaction) return badSequence;
      if (rules.authRequired && !session.authenticated) return "530 5.7.0 Authentication required";
      if (pathOf(argument) === undefined) return "501 5.5.4 Syntax: MAIL FROM:<address>";
      if (Number(/ SIZE=(\d+)/i.exec(argument)?.[1] ?? 0) > sizeLimit(rules)) return tooLarge;
      return "250 2.1.0 Ok";
    case "rcpt":
      if (!transaction) return badSequence;
      return pathOf(argument) ? "250 2.1.5 Ok" : "501 5.5.4 Syntax: RCPT TO:<address>";
    case "data":
      if (!transaction) return badSequence;
      return session.to.length > 0 ? "354 End data with <CR><LF>.<CR><LF>" : "554 5.5.1 No valid recipients";
    case "rset":
    case "noop":
      return "250 2.0.0 Ok";
    case "quit":
      return "221 2.0.0 Bye";
    default:
      return "500 5.5.2 Command not recognized";
  }
}

const badSequence = "503 5.5.1 Bad sequence of commands";

/** In bytes, as announced. */
export function sizeLimit(rules: Rules): number {
  const size = rules.capabilities.find((keyword) => /^SIZE \d+$/i.test(keyword));
  return size === undefined ? Infinity : Number(size.slice("SIZE ".length));
}

/** The address between the angle brackets of MAIL and RCPT. */
export function pathOf(argument: string): string | undefined {
  return /^(?:FROM|TO):\s*<([^>]*)>/i.exec(argument)?.[1];
}
