/** One conversation of the scripted server: the script's step where there is one, else what a correct server does. */
import { type Rules, pathOf, rightAnswer, sizeLimit, tooLarge } from "./answers.ts";
import { mechanisms } from "./mechanisms.ts";
import { type Context, type Moment, type ReceivedMessage, type Session, choose } from "./script.ts";
import { type Step, play, replyCode } from "./step.ts";
import type { Wire } from "./wire.ts";

/** Where a conversation tells what it saw. */
export interface Observer {
  connection: number;
  command(line: string, secure: boolean): void;
  message(message: ReceivedMessage): void;
  /** Counts a moment over all connections */
  count(moment: Moment): number;
}

/** Talks until the client has hung up. */
export async function converse(wire: Wire, rules: Rules, observer: Observer): Promise<void> {
  const seen = new Map<Moment, number>();
  let session: Session = { authenticated: false, to: [] };

  function context(moment: Moment, argument: string): Context {
    const nth = (seen.get(moment) ?? 0) + 1;
    seen.set(moment, nth);
    return {
      moment,
      argument,
      secure: wire.secure,
      connection: observer.connection,
      nth,
      total: observer.count(moment),
      session: { ...session, to: [...session.to] },
    };
  }

  async function say(step: Step): Promise<number | undefined> {
    await play(step, wire);
    return replyCode(step);
  }

  /** Says the script's answer, else the other; true when the answer was a yes (2xx, 3xx). */
  async function agreed(
    moment: Exclude<Moment, "body">,
    argument: string,
    otherwise: Step,
  ): Promise<boolean> {
    const code = await say(choose(rules.script[moment], context(moment, argument)) ?? otherwise);
    return code !== undefined && code < 400;
  }

  async function nextLine(): Promise<string | undefined> {
    const line = await wire.line();
    if (line !== undefined) observer.command(line, wire.secure);
    return line;
  }

  async function greet(): Promise<void> {
    const opening = choose(rules.script.connect, context("connect", ""));
    if (opening !== undefined) await say(opening);
    if (!wire.silent && rules.tls === "implicit") await wire.startTls(rules.tlsOptions);
    if (!wire.silent) await agreed("greeting", "", "220 mail.test ESMTP");
  }

  async function obey(line: string): Promise<void> {
    const [, verb = "", argument = ""] = /^(\S*)\s*(.*)$/s.exec(line) ?? [];
    const command = verb.toLowerCase();
    const answer = rightAnswer(command, argument, session, wire.secure, rules);
    switch (command) {
      case "ehlo":
      case "helo":
        if (await agreed(command, argument, answer)) {
          session = { ...session, hello: argument, from: undefined, to: [] };
        }
        return;
      case "starttls":
        if (await agreed(command, argument, answer)) {
          await wire.startTls(rules.tlsOptions);
          session = { authenticated: false, to: [] };
        }
        return;
      case "auth":
        return authenticate(argument, answer);
      case "mail":
        if (await agreed(command, argument, answer)) session.from = pathOf(argument) ?? argument;
        return;
      case "rcpt":
        if (await agreed(command, argument, answer)) session.to.push(pathOf(argument) ?? argument);
        return;
      case "data":
        if (await agreed(command, argument, answer)) await takeMessage();
        return;
      case "rset":
        if (await agreed(command, argument, answer)) session = { ...session, from: undefined, to: [] };
        return;
      case "noop":
        await agreed(command, argument, answer);
        return;
      case "quit":
        if (await agreed(command, argument, answer)) await say("drop");
        return;
      default:
        await say(answer);
    }
  }

  async function authenticate(argument: string, answer: string): Promise<void> {
    const step = choose(rules.script.auth, context("auth", argument)) ?? (answer === "" ? undefined : answer);
    if (step !== undefined) {
      session.authenticated = (await say(step)) === 235;
      return;
    }
    const [name = "", initialResponse] = argument.split(" ");
    const dialog = mechanisms[name.toUpperCase()]?.(rules.users, decode(initialResponse));
    let turn = dialog?.next();
    while (turn && !turn.done) {
      await say(`334 ${Buffer.from(turn.value).toString("base64")}`);
      const response = await nextLine();
      if (response === undefined) return;
      if (response === "*") {
        await say("501 5.7.0 Authentication cancelled");
        return;
      }
      turn = dialog?.next(decode(response) ?? "");
    }
    const user = turn?.value;
    const verdict = user === undefined ? "535 5.7.8 Authentication failed" : "235 2.7.0 Accepted";
    if (await agreed("credentials", user ?? "", verdict)) {
      session.authenticated = true;
      session.user = user;
    }
  }

  async function takeMessage(): Promise<void> {
    const fault = choose(rules.script.body, context("body", ""));
    let data = await wire.body(fault?.afterBytes);
    if (data === "reached" && fault) {
      await say(fault.step);
      data = await wire.body(); // what still comes is no command
    }
    if (!Buffer.isBuffer(data) || wire.silent) return;
    const { from = "", to, user } = session;
    const message = { from, to, data, connection: observer.connection, secure: wire.secure, user };
    const otherwise = data.length > sizeLimit(rules) ? tooLarge : "250 2.0.0 Ok: queued";
    const step = choose(rules.script.dot, { ...context("dot", ""), message }) ?? otherwise;
    session = { ...session, from: undefined, to: [] };
    // Told before the answer: when the client has its reply, tests find the message. A lost reply is a message all the same.
    if ((replyCode(step) ?? 250) < 400) observer.message(message);
    await say(step);
  }

  await greet();
  for (let line = await nextLine(); line !== undefined; line = await nextLine()) {
    if (!wire.silent) await obey(line);
  }
  wire.drop();
}

/** RFC 4954: an initial response of "=" is the empty one. */
function decode(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString();
}
