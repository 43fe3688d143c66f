/**
 * One SMTP conversation (RFC 5321), a step at a time: delivery takes all steps in a row, verification looks at each.
 * It is ours and not a library's because it must know exactly how far it came: what may be sent again, and who is to
 * blame, depends on that (docs/architecture.md).
 */
import { lookup as systemLookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { hostname } from "node:os";
import type { TLSSocket } from "node:tls";
import type { TransportConfig } from "../config/config.ts";
import { isAscii } from "../message/characters.ts";
import { redactor } from "../redact.ts";
import { chooseMechanism } from "./auth.ts";
import { dotStuff } from "./dot-stuffing.ts";
import { unreachable } from "./patterns.ts";
import type { Fault, Reply, Stage } from "./problem.ts";
import { presentReply, type RawReply, ReplyReader } from "./reply.ts";
import { encryptionFacts, type EncryptionFacts, serverName, speaksTls, startTls } from "./tls.ts";

/** A step that did not come out as it must. Carries facts, no judgement: see `classify`. */
export class SmtpFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.stage}: ${fault.reply ? `${fault.reply.code} ${fault.reply.text}` : fault.cause}`);
    this.name = "SmtpFault";
    this.fault = fault;
  }
}

export interface Address {
  address: string;
  family: number;
}

export interface SessionOptions {
  /** @default the system's resolver */
  lookup?: (host: string) => Promise<Address[]>;
  /**
   * Silence before the greeting after which a second connection asks whether the port speaks TLS, in ms
   * @default 1000
   */
  askTlsAfter?: number;
  /** @default Date.now */
  now?: () => number;
}

/** Time for one of several addresses, so that a dead one does not eat the whole connect time (RFC 8305). */
const ADDRESS_ATTEMPT_MS = 2000;
const BODY_CHUNK = 64 * 1024;

export class SmtpSession {
  /** How far it came; where a fault happens, this is what it says. */
  stage: Stage = "dns";
  readonly transport: TransportConfig;
  /** EHLO keywords in capitals with their parameters, e.g. `SIZE` -> `["35882577"]` */
  capabilities = new Map<string, string[]>();
  secure = false;
  /** Messages that were accepted for this connection's life, for `maxMessages` */
  transactions = 0;

  readonly #options: SessionOptions;
  readonly #redact: (text: string) => string;
  #addresses: Address[] = [];
  #socket: Socket | undefined;
  #reader = new ReplyReader();
  /** DATA has gone out, and its reply has not been read */
  #dataAsked = false;
  #broken: { cause: string; detail?: string } | undefined;
  #wake: (() => void) | undefined;
  #detach = (): void => {};
  #unguard = (): void => {};

  constructor(transport: TransportConfig, options: SessionOptions = {}) {
    this.transport = transport;
    this.#options = options;
    this.#redact = redactor(transport.password ? [transport.password.reveal()] : [], transport.username);
  }

  /** From now on this signal ends whatever is under way: the overall deadline of an attempt, or shutdown. */
  guard(signal: AbortSignal | undefined): void {
    this.#unguard();
    if (!signal) return;
    const onAbort = () => {
      const timedOut = (signal.reason as { name?: string } | undefined)?.name === "TimeoutError";
      this.#break(timedOut ? "TIMEOUT" : "ABORTED", timedOut ? "the whole attempt took too long" : undefined);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#unguard = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  }

  /** Nothing arrived that nobody asked for, and the line is up: the next command may go out. */
  get reusable(): boolean {
    return this.#broken === undefined && this.#reader.quiet;
  }

  /** The host's addresses, as the system resolves it. */
  async resolve(): Promise<Address[]> {
    this.stage = "dns";
    const { host, timeouts } = this.transport;
    const family = isIP(host);
    if (family !== 0) return (this.#addresses = [{ address: host, family }]);
    const lookup = this.#options.lookup ?? ((name) => systemLookup(name, { all: true }));
    this.#addresses = await this.#within(timeouts.dns, lookup(host));
    if (this.#addresses.length === 0) throw this.#fault({ cause: "ENOTFOUND" });
    return this.#addresses;
  }

  /** TCP, to the first of the addresses that answers. */
  async connect(): Promise<{ address: string; port: number }> {
    this.stage = "connect";
    const { host, port, timeouts } = this.transport;
    const lookup: LookupFunction = (_host, _options, callback) => callback(null, this.#addresses);
    const socket = connectTcp({
      host,
      port,
      lookup,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: Math.min(
        ADDRESS_ATTEMPT_MS,
        Math.ceil(timeouts.connect / Math.max(1, this.#addresses.length)),
      ),
    });
    socket.setNoDelay(true);
    this.#attach(socket);
    await this.#event(socket, "connect", timeouts.connect);
    return { address: socket.remoteAddress ?? host, port };
  }

  /**
   * The banner. A server that stays silent on a plain connection may be waiting for TLS: that is told as soon as a second
   * connection has proved it, instead of after the whole greeting time.
   */
  async greet(): Promise<Reply> {
    this.stage = "greeting";
    const asking = new AbortController();
    const timer = setTimeout(() => void this.#askTls(asking.signal), this.#options.askTlsAfter ?? 1000);
    try {
      return await this.#expect([220], this.transport.timeouts.greeting);
    } finally {
      clearTimeout(timer);
      asking.abort();
    }
  }

  /**
   * EHLO. HELO only where clear text is allowed anyway and nothing needs an extension: falling back to it with credentials
   * would be the downgrade that an attacker wants (RFC 3207 section 6).
   */
  async hello(): Promise<void> {
    this.stage = "ehlo";
    const name = this.transport.ehloName ?? ownName(this.#socket?.localAddress);
    const reply = await this.#ask("EHLO", name);
    if (reply.code === 250) {
      this.capabilities = new Map(
        reply.lines.slice(1).map((line) => {
          // "AUTH=PLAIN" is how servers said it before RFC 2554; some still do
          const [keyword = "", ...parameters] = line
            .trim()
            .toUpperCase()
            .replace(/^AUTH=/, "AUTH ")
            .split(/\s+/);
          return [keyword, parameters];
        }),
      );
      return;
    }
    const needsExtensions = this.secure || this.transport.security === "starttls" || this.#hasCredentials;
    if (needsExtensions || ![500, 502, 504].includes(reply.code)) throw this.#refused("EHLO", reply);
    this.capabilities = new Map();
    const helo = await this.#ask("HELO", name);
    if (helo.code !== 250) throw this.#refused("HELO", helo);
  }

  /** TLS from the first byte; comes before the greeting. */
  async handshake(command?: "STARTTLS"): Promise<EncryptionFacts> {
    this.stage = "tls";
    if (!this.#socket) throw this.#fault({ cause: "CLOSED" });
    this.#detach();
    this.#socket.on("error", () => {}); // the TLS socket reports it
    this.#reader = new ReplyReader();
    const socket = startTls(this.#socket, this.transport);
    this.#attach(socket);
    await this.#event(socket, "secureConnect", this.transport.timeouts.connect, command);
    this.secure = true;
    return encryptionFacts(socket, (this.#options.now ?? Date.now)());
  }

  /**
   * STARTTLS (RFC 3207) as the transport demands it, and EHLO again, for nothing said in clear may be believed.
   * Returns undefined where the way stays in clear and that is allowed.
   */
  async upgrade(): Promise<EncryptionFacts | undefined> {
    this.stage = "tls";
    const { security } = this.transport;
    const offered = this.capabilities.has("STARTTLS");
    if (security === "none" || (security === "opportunistic" && !offered)) return undefined;
    if (!offered) throw this.#fault({ command: "STARTTLS", cause: "STARTTLS_NOT_OFFERED" });
    await this.#command("STARTTLS", "", [220]);
    // what came in the same breath as the 220 was injected before TLS: it must not be read as if it were protected
    if (!this.reusable) throw this.#fault({ command: "STARTTLS", cause: "REPLY_INCONSISTENT" });
    const facts = await this.handshake("STARTTLS");
    await this.hello();
    return facts;
  }

  /** AUTH, with the best mechanism offered. Returns its name; undefined without credentials. */
  async authenticate(): Promise<string | undefined> {
    this.stage = "auth";
    const { auth, username, password, allowCleartextAuth } = this.transport;
    if (auth === "oauth2") {
      // going on without logging in would send unauthenticated mail
      throw this.#fault({
        command: "AUTH",
        cause: "AUTH_MECHANISM_NOT_OFFERED",
        detail: "this version of Meshmail cannot log in with OAuth2 yet",
      });
    }
    if (username === undefined || password === undefined) return undefined;
    // the session's own lock, whatever the settings made of `security`
    if (!this.secure && !allowCleartextAuth) {
      throw this.#fault({ stage: "tls", command: "STARTTLS", cause: "STARTTLS_NOT_OFFERED" });
    }
    const offered = this.capabilities.get("AUTH");
    if (!offered || offered.length === 0) throw this.#fault({ command: "AUTH", cause: "AUTH_NOT_OFFERED" });
    const mechanism = chooseMechanism(offered);
    if (!mechanism) {
      throw this.#fault({
        command: "AUTH",
        cause: "AUTH_MECHANISM_NOT_OFFERED",
        detail: `offered: ${this.#redact(offered.join(" ")).slice(0, 100)}`,
      });
    }
    const credentials = { username, password: password.reveal() };
    let reply = await this.#ask(
      "AUTH",
      mechanism.initial ? `${mechanism.name} ${base64(mechanism.initial(credentials))}` : mechanism.name,
    );
    for (const answer of mechanism.answers) {
      if (reply.code !== 334) break;
      const challenge = Buffer.from(reply.lines.join(""), "base64").toString("utf8");
      this.#write(`${base64(answer(credentials, challenge))}\r\n`);
      reply = await this.#read(this.transport.timeouts.command, "AUTH");
    }
    if (reply.code !== 235) throw this.#refused("AUTH", reply);
    return mechanism.name;
  }

  /**
   * MAIL FROM. `parameters` such as `SIZE=1234` only where the server offered them; SMTPUTF8 is seen to here, where it is
   * the sender that needs it (RFC 6531 section 3.4).
   */
  async mail(from: string, parameters: readonly string[] = []): Promise<void> {
    this.stage = "mail";
    await this.#command("MAIL FROM", this.#pathOf(from, parameters), [250]);
  }

  /**
   * MAIL FROM and every RCPT TO. A refused recipient is an answer here, not a fault: others may still be accepted.
   * Where the server allows it (RFC 2920) all of it goes out in one go, and DATA with it if `thenData`: each wait for a reply
   * costs the whole way there and back. Replies are told apart by their order, so `data` must come next, or `withoutData`.
   */
  async envelope(
    from: string,
    to: readonly string[],
    { parameters = [], thenData = false }: { parameters?: readonly string[]; thenData?: boolean } = {},
  ): Promise<{ accepted: boolean; reply: Reply }[]> {
    const answers: { accepted: boolean; reply: Reply }[] = [];
    if (!this.capabilities.has("PIPELINING")) {
      await this.mail(from, parameters);
      for (const address of to) {
        this.stage = "rcpt";
        answers.push(this.#answer(await this.#ask("RCPT TO", `:<${address}>`)));
      }
      return answers;
    }
    this.stage = "mail";
    this.#send(
      ["MAIL FROM", this.#pathOf(from, parameters)],
      ...to.map((address) => ["RCPT TO", `:<${address}>`] as const),
      ...(thenData ? [["DATA", ""] as const] : []),
    );
    const { command: patience } = this.transport.timeouts;
    const reply = await this.#read(patience, "MAIL FROM");
    if (reply.code !== 250) {
      await this.#skip(reply.code === 421 ? 0 : to.length + (thenData ? 1 : 0));
      throw this.#fault({ stage: "mail", command: "MAIL FROM", reply: this.#present(reply) });
    }
    while (answers.length < to.length) {
      this.stage = "rcpt";
      answers.push(this.#answer(await this.#read(patience, "RCPT TO")));
    }
    this.#dataAsked = thenData;
    return answers;
  }

  /**
   * Where `envelope` has asked for DATA and there is nobody to have it. A server that agrees all the same would take an empty
   * message (RFC 2920 section 3.1); it gets none, and the line ends.
   */
  async withoutData(): Promise<void> {
    if (!this.#dataAsked) return;
    this.#dataAsked = false;
    const reply = await this.#read(this.transport.timeouts.command, "DATA");
    if (reply.code === 354) this.#break("ABORTED");
  }

  /** Waits for somebody else's word before DATA, as long as for a command, and only while the line is up. */
  async meanwhile<T>(word: Promise<T>): Promise<T> {
    this.stage = "data";
    return this.#within(this.transport.timeouts.command, word);
  }

  /**
   * DATA: the message, dot-stuffed, and its final dot. `bytes` must use CRLF. From the moment the dot is handed to the
   * socket (`stage` is `reply`) a missing answer is ambiguous: the server may have taken the message.
   */
  async data(bytes: Uint8Array): Promise<Reply> {
    this.stage = "data";
    const go = this.#dataAsked
      ? await this.#read(this.transport.timeouts.command, "DATA")
      : await this.#ask("DATA", "");
    this.#dataAsked = false;
    if (go.code !== 354) throw this.#refused("DATA", go);
    this.stage = "body";
    const stuffed = dotStuff(bytes);
    for (let start = 0; start < stuffed.length; start += BODY_CHUNK) {
      await this.#flush(stuffed.subarray(start, start + BODY_CHUNK));
    }
    this.#heed();
    if (!this.reusable) throw this.#fault(this.#broken ?? { cause: "REPLY_INCONSISTENT" });
    this.stage = "reply";
    this.#write(".\r\n");
    const reply = await this.#read(this.transport.timeouts.afterDot, "DATA");
    if (reply.code >= 400) throw this.#refused("DATA", reply);
    // taken only if the server says exactly that, and nothing else; but it may say good-bye at any time (RFC 5321 3.8)
    const surplus = !this.#reader.quiet && this.#reader.replies[0]?.code !== 421;
    if (reply.code !== 250 || surplus) throw this.#fault({ command: "DATA", cause: "REPLY_INCONSISTENT" });
    this.transactions += 1;
    return this.#present(reply);
  }

  /** RSET: takes back a transaction that was begun. */
  async reset(): Promise<void> {
    this.stage = "mail";
    await this.#command("RSET", "", [250]);
  }

  /** Says QUIT and hangs up without waiting for the answer. Harmless when called twice. */
  close(): void {
    const socket = this.#socket;
    if (!socket || this.#broken || socket.connecting) return this.destroy();
    this.#broken = { cause: "ABORTED" };
    this.#unguard();
    this.#detach();
    socket.on("error", () => {}).resume();
    socket.end("QUIT\r\n");
    // a server that never hangs up must not keep the connection, nor the process
    setTimeout(() => socket.destroy(), 1000).unref();
    socket.unref();
  }

  /** The end of the connection, at once. */
  destroy(): void {
    this.#unguard();
    this.#break("ABORTED");
  }

  get #hasCredentials(): boolean {
    return this.transport.username !== undefined && this.transport.password !== undefined;
  }

  #attach(socket: Socket | TLSSocket): void {
    this.#socket = socket;
    const onData = (chunk: Buffer): void => {
      const nonsense = this.#reader.push(chunk);
      if (nonsense) this.#break(nonsense, this.#reader.garbage && `received: ${this.#reader.garbage}`);
      this.#wake?.();
    };
    const onError = (error: Error): void => this.#break(...reasonOf(error));
    const onEnd = (): void => this.#break("CLOSED");
    socket.on("data", onData).on("error", onError).on("end", onEnd).on("close", onEnd);
    this.#detach = () => {
      socket.off("data", onData).off("error", onError).off("end", onEnd).off("close", onEnd);
    };
  }

  /** The line is dead, for this reason; the first one counts. */
  #break(cause: string, detail?: string): void {
    this.#broken ??= { cause, ...(detail && { detail: oneLine(this.#redact(detail)) }) };
    this.#wake?.();
    this.#socket?.destroy();
  }

  async #askTls(signal: AbortSignal): Promise<void> {
    const host = this.#socket?.remoteAddress;
    if (this.secure || host === undefined || this.#broken || !this.#reader.quiet) return;
    if (await speaksTls({ host, port: this.transport.port }, serverName(this.transport), signal)) {
      this.#break("TLS_MODE");
    }
  }

  #fault(fault: Partial<Fault>): SmtpFault {
    return new SmtpFault({ stage: this.stage, ...fault });
  }

  #refused(command: string, reply: RawReply): SmtpFault {
    return this.#fault({ command, reply: this.#present(reply) });
  }

  #present(reply: RawReply): Reply {
    return presentReply(reply, this.#redact);
  }

  /** A command whose reply must be one of these. */
  async #command(command: string, argument: string, codes: readonly number[]): Promise<RawReply> {
    const reply = await this.#ask(command, argument);
    if (!codes.includes(reply.code)) throw this.#refused(command, reply);
    return reply;
  }

  async #ask(command: string, argument: string): Promise<RawReply> {
    this.#send([command, argument]);
    return this.#read(this.transport.timeouts.command, command);
  }

  /** Commands with their arguments, in one write. */
  #send(...commands: readonly (readonly [command: string, argument: string])[]): void {
    const lines = commands.map(([command, argument]) => {
      if (/[\r\n\0]/.test(argument)) throw new TypeError(`a line break in the argument of ${command}`);
      const space = argument === "" || argument.startsWith(":") ? "" : " ";
      return `${command}${space}${argument}\r\n`;
    });
    // an unread reply belongs to no command of ours: answering the next one with it would be a lie
    if (!this.reusable) {
      const [command = ""] = commands[0] ?? [];
      throw this.#fault({ command, ...(this.#broken ?? { cause: "REPLY_INCONSISTENT" }) });
    }
    this.#write(lines.join(""));
  }

  /** What follows MAIL FROM. */
  #pathOf(from: string, parameters: readonly string[]): string {
    const utf8 = isAscii(from) ? [] : ["SMTPUTF8"];
    if (utf8.length > 0 && !this.capabilities.has("SMTPUTF8")) {
      throw this.#fault({ command: "MAIL FROM", cause: "SMTPUTF8_NOT_OFFERED" });
    }
    return [`:<${from}>`, ...new Set([...parameters, ...utf8])].join(" ");
  }

  /** To RCPT TO. */
  #answer(reply: RawReply): { accepted: boolean; reply: Reply } {
    if (reply.code === 421) throw this.#refused("RCPT TO", reply);
    return { accepted: reply.code === 250 || reply.code === 251, reply: this.#present(reply) };
  }

  /** Reads the replies to what went out together with a refused command, so that the line can be used again. */
  async #skip(count: number): Promise<void> {
    try {
      for (let left = count; left > 0; left -= 1) {
        const reply = await this.#read(this.transport.timeouts.command);
        // it now takes whatever comes for a message
        if (reply.code === 354) return this.#break("ABORTED");
      }
    } catch (error) {
      if (!(error instanceof SmtpFault)) throw error;
    }
  }

  async #expect(codes: readonly number[], timeout: number): Promise<Reply> {
    const reply = await this.#read(timeout);
    if (!codes.includes(reply.code)) throw this.#fault({ reply: this.#present(reply) });
    return this.#present(reply);
  }

  #write(text: string): void {
    this.#socket?.write(text);
  }

  /** Hands bytes to the socket and waits until the system has taken them. */
  async #flush(bytes: Uint8Array): Promise<void> {
    let taken = false;
    this.#socket?.write(bytes, () => {
      taken = true;
      this.#wake?.();
    });
    await this.#wait(() => taken || !this.#reader.quiet, this.transport.timeouts.command, "DATA");
    this.#heed();
  }

  /**
   * A server that has seen enough answers before the final dot; its words say more than the broken line after them. What it
   * would hear next on this line is still the message to it, so there is no next.
   */
  #heed(): void {
    const reply = this.#reader.replies.shift();
    if (!reply) return;
    this.#break("ABORTED");
    throw this.#refused("DATA", reply);
  }

  /** The next reply. The time is for the whole reply: a byte now and then does not prolong it. */
  async #read(timeout: number, command?: string): Promise<RawReply> {
    await this.#wait(() => this.#reader.replies.length > 0, timeout, command);
    const reply = this.#reader.replies.shift();
    if (reply?.consistent !== true)
      throw this.#fault({ cause: "REPLY_INCONSISTENT", ...(command && { command }) });
    return reply;
  }

  /** Waits for the event that opens a socket, or for what breaks it. */
  async #event(
    socket: Socket,
    event: "connect" | "secureConnect",
    timeout: number,
    command?: string,
  ): Promise<void> {
    let happened = false;
    socket.once(event, () => {
      happened = true;
      this.#wake?.();
    });
    await this.#wait(() => happened, timeout, command);
  }

  /** Waits until `ready`, the line breaks or the time is up. What had already come in counts before what broke. */
  async #wait(ready: () => boolean, timeout: number, command?: string): Promise<void> {
    const deadline = setTimeout(() => this.#break("TIMEOUT"), timeout);
    try {
      while (!ready()) {
        if (this.#broken) throw this.#fault({ ...this.#broken, ...(command && { command }) });
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
      this.#wake = undefined;
    }
  }

  /** A promise of somebody else's, within a time and while the session lives. */
  async #within<T>(timeout: number, promise: Promise<T>): Promise<T> {
    let settled = false;
    let failure: unknown;
    let value: T | undefined;
    promise.then(
      (result) => {
        value = result;
        settled = true;
        this.#wake?.();
      },
      (error: unknown) => {
        failure = error;
        settled = true;
        this.#wake?.();
      },
    );
    await this.#wait(() => settled, timeout);
    if (failure !== undefined) {
      const { code = "EAI_FAIL", message } = failure as NodeJS.ErrnoException;
      throw this.#fault({ cause: code, detail: message });
    }
    return value as T;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** What EHLO says of us: a domain name, else the address literal (RFC 5321 section 4.1.4). */
function ownName(address = "127.0.0.1"): string {
  const name = hostname();
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(name)) return name;
  return address.includes(":") ? `[IPv6:${address}]` : `[${address}]`;
}

/**
 * Why a socket broke. Where several addresses were tried, each has its reason; a missing route to one, as a machine
 * without IPv6 has none to an IPv6 address, counts only if there is nothing else to blame.
 */
function reasonOf(error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }): [string, string] {
  const { errors = [error] } = error;
  const telling = errors.find(({ code = "" }) => !unreachable.test(code)) ?? error;
  return [telling.code ?? "CLOSED", errors.map(({ message }) => message).join("; ")];
}

/** For reports and logs: one printable line of bearable length, whatever server or certificate say. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, 300);
}
