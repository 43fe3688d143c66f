/** HTTP for tests that must be able to say anything: raw bytes, and answers that are read strictly. */
import { once } from "node:events";
import { type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { opened } from "./open.ts";
import { createWatch } from "./watch.ts";

export interface HttpAnswer {
  status: number;
  /** Names in lower case; of several lines with one name all, joined by a comma */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Where it says that it is JSON */
  json?: Record<string, unknown>;
}

export interface Question {
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  /** Where the client sits: any address of 127/8 */
  from?: string;
}

/** One request on a connection of its own. Unlike fetch it can lie about its Host, and its method may be anything. */
export async function ask(
  port: number,
  method: string,
  path: string,
  { headers = {}, body, from }: Question = {},
): Promise<HttpAnswer> {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  const all = { ...length, ...headers };
  const asking = request({
    host: "127.0.0.1",
    port,
    method,
    path,
    headers: all,
    localAddress: from,
    agent: false,
  });
  asking.end(body);
  const [response] = await once(asking, "response");
  const said = await text(response);
  return answerOf(Number(response.statusCode), response.headers as Record<string, string>, said);
}

export function askJson(
  port: number,
  method: string,
  path: string,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
) {
  const all = { "content-type": "application/json", ...headers };
  return ask(port, method, path, { headers: all, body: JSON.stringify(body) });
}

function answerOf(status: number, headers: Record<string, string>, body: string): HttpAnswer {
  const isJson = /^application\/(problem\+)?json\b/.test(headers["content-type"] ?? "") && body !== "";
  return { status, headers, body, ...(isJson && { json: JSON.parse(body) as Record<string, unknown> }) };
}

/**
 * The first answer of these bytes (Latin-1) and what comes after it; undefined as long as it is not whole.
 * @throws Error for what is no answer of HTTP/1.1, or one whose end nobody could know
 */
function readAnswer(said: string, isHead = false): { answer: HttpAnswer; rest: string } | undefined {
  const end = said.indexOf("\r\n\r\n");
  if (end < 0) {
    if (said !== "" && !/^H(T(T(P(\/(1(\.(1( .*)?)?)?)?)?)?)?)?$/s.test(said)) throw noAnswer(said);
    return undefined;
  }
  const [first = "", ...lines] = said.slice(0, end).split("\r\n");
  const [, code] = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/.exec(first) ?? [];
  if (code === undefined) throw noAnswer(said);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value = ""] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined) throw noAnswer(said);
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`;
  }
  const status = Number(code);
  const after = said.slice(end + 4);
  if (isHead || status === 204 || status < 200) return { answer: answerOf(status, headers, ""), rest: after };
  const whole = headers["transfer-encoding"] === "chunked" ? readChunks(after) : readLength(after, headers);
  if (whole === undefined) return undefined;
  const decoded = Buffer.from(whole.body, "latin1").toString();
  return { answer: answerOf(status, headers, decoded), rest: whole.rest };
}

function readLength(
  said: string,
  headers: Record<string, string>,
): { body: string; rest: string } | undefined {
  const length =
    headers["content-length"] ?? (headers["connection"] === "close" && said === "" ? "0" : "none");
  if (!/^\d+$/.test(length)) throw noAnswer(said);
  if (said.length < Number(length)) return undefined;
  return { body: said.slice(0, Number(length)), rest: said.slice(Number(length)) };
}

function readChunks(said: string): { body: string; rest: string } | undefined {
  let body = "";
  for (let rest = said; ;) {
    const [line, size] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
    const length = Number.parseInt(size ?? "", 16);
    const end = (line?.length ?? 0) + length + 2;
    if (line === undefined || rest.length < end) return undefined;
    body += rest.slice(line.length, line.length + length);
    rest = rest.slice(end);
    if (length === 0) return { body, rest };
  }
}

function noAnswer(said: string): Error {
  return new Error(`this is no answer of HTTP/1.1: ${JSON.stringify(said.slice(0, 500))}`);
}

/** All answers in these bytes. @throws Error when there is anything else */
export function readAnswers(said: string): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  for (let rest = said; rest !== "";) {
    const read = readAnswer(rest);
    if (read === undefined) throw noAnswer(rest);
    answers.push(read.answer);
    rest = read.rest;
  }
  return answers;
}

export interface Exchange {
  /** Ends our side after the last byte: nothing more will come. @default false */
  half?: boolean;
  from?: string;
  /** @default 10,000 */
  withinMs?: number;
}

/** Says these bytes on a connection of its own, and returns what came until the server closed it. Rejects when it does not. */
export async function exchange(
  port: number,
  bytes: string | Buffer,
  { half = false, from, withinMs = 10_000 }: Exchange = {},
): Promise<HttpAnswer[]> {
  const line = await openLine(port, { from });
  line.say(bytes);
  if (half) line.socket.end();
  await line.closed(withinMs);
  return readAnswers(line.heard);
}

export type Line = Awaited<ReturnType<typeof openLine>>;

/** A connection that is used for one request after the other, each said in whatever bytes. */
export async function openLine(port: number, { from }: { from?: string | undefined } = {}) {
  const socket = connect({ port, host: "127.0.0.1", ...(from && { localAddress: from }) });
  let heard = "";
  let isOver = false;
  const watch = createWatch(
    () => `heard ${JSON.stringify(heard.slice(-500))}${isOver ? ", then the end" : ""}`,
  );
  const closed = opened("HTTP client", async () => void socket.destroy());
  const over = () => {
    isOver = true;
    closed();
    watch.changed();
  };
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    watch.changed();
  });
  socket.on("end", over);
  socket.on("error", over);
  socket.on("close", over);
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  return {
    socket,
    get heard() {
      return heard;
    },
    get isOver() {
      return isOver;
    },
    say: (bytes: string | Buffer) => void socket.write(bytes),
    /** The next answer, taken off what was heard; undefined when the server closed the line instead */
    async answer({ isHead = false, withinMs = 10_000 } = {}): Promise<HttpAnswer | undefined> {
      await watch.until(() => isOver || readAnswer(heard, isHead) !== undefined, withinMs, "an answer");
      const read = readAnswer(heard, isHead);
      heard = read?.rest ?? heard;
      return read?.answer;
    },
    closed: (withinMs = 10_000) => watch.until(() => isOver, withinMs, "the end of the connection"),
    close: () => void socket.destroy(),
  };
}
