import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import { send } from "../../../lib/http/answer.ts";
import { type HttpServer, openHttpServer } from "../../../lib/http/server.ts";
import { urlOf } from "../../../lib/url.ts";

const open: HttpServer[] = [];
afterEach(() => Promise.all(open.splice(0).map((http) => http.close())));

async function serve(handle: RequestListener, requestTimeout?: number): Promise<HttpServer> {
  const http = await openHttpServer({ host: "127.0.0.1", port: 0, requestTimeout }, handle);
  open.push(http);
  return http;
}

describe("an answer", () => {
  it.each([
    [{ a: 1 }, "application/json; charset=utf-8", '{"a":1}'],
    ["ok", "text/plain; charset=utf-8", "ok"],
    [Buffer.from("raw"), "text/plain; charset=utf-8", "raw"],
    [undefined, "application/json; charset=utf-8", "null"],
  ])("%j is sent by its kind, and never cached or guessed at", async (body, type, sent) => {
    const http = await serve((_request, response) => send(response, { status: 202, body }));
    const response = await fetch(urlOf(http));
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await response.text()).toBe(sent);
  });

  it("of bytes is not copied: the same file may be on its way many times", async () => {
    const body = Buffer.alloc(1000, "x");
    const written: unknown[] = [];
    const http = await serve((_request, response) => {
      const write = response.write.bind(response) as (chunk: unknown) => boolean;
      response.write = ((chunk: unknown) => {
        written.push(chunk);
        return write(chunk);
      }) as typeof response.write;
      send(response, { status: 200, body });
    });
    await (await fetch(urlOf(http))).arrayBuffer();
    expect(written[0]).toBe(body);
  });

  it("ends at once for a client that waits to be told to go on, and is not", async () => {
    const http = await serve((_request, response) => send(response, { status: 401, body: "no" }));
    const socket = connect(http.port, http.host);
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it("is sent once, and to nobody who has gone", async () => {
    const http = await serve((_request, response) => {
      send(response, { status: 200, body: "first" });
      send(response, { status: 500, body: "second" });
    });
    expect(await (await fetch(urlOf(http))).text()).toBe("first");
  });
});

describe("the server", () => {
  it.each([
    ["headers", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "],
    ["a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"],
  ])("cuts off %s that do not come in time", async (_what, said) => {
    const http = await serve(() => {}, 100);
    const socket = connect(http.port, http.host);
    socket.write(said);
    const [head, body] = (await text(socket)).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: application\/problem\+json\r\n/);
    expect(JSON.parse(body ?? "")).toMatchObject({ type: "HTTP_REQUEST_TIMEOUT", status: 408 });
  });

  it.each([
    ["headers beyond 16 KB", `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    [
      "a length beside chunks",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    ["an escape in the path", "GET /a\u001b[31m HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["letters beyond ASCII in the path", "GET /\u009b31m HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a line break in the path", "GET /a\nb HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  ])("never shows %s to the handler", async (_what, said, status) => {
    let asked = 0;
    const http = await serve(() => asked++);
    const socket = connect(http.port, http.host);
    socket.write(said);
    const answer = await text(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).not.toContain(said.slice(0, 30));
    expect(asked).toBe(0);
  });

  it.each([
    ["no HTTP", "EHLO x\r\n\r\n", 400, "HTTP_BAD_REQUEST"],
    ["a TLS handshake", Buffer.from("16030100a5010000a10303", "hex"), 400, "HTTP_BAD_REQUEST"],
    [
      "headers beyond 16 KB",
      `GET / HTTP/1.1\r\nX-Long: ${"x".repeat(20_000)}`,
      431,
      "HTTP_HEADERS_TOO_LARGE",
    ],
  ])("answers %s with a problem, and ends the connection", async (_what, said, status, type) => {
    const http = await serve(() => {});
    const socket = connect(http.port, http.host);
    socket.write(said);
    const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n");
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\nConnection: close$`, "s"));
    const problem = JSON.parse(body) as { requestId: string; remedy: string };
    expect(problem).toMatchObject({ type, status, remedy: expect.any(String) });
    expect(head).toContain(`X-Request-ID: ${problem.requestId}\r\n`);
  });

  it("does not write into the midst of an answer when what follows it is no HTTP", async () => {
    const http = await serve((_request, response) => {
      response.write("half");
    });
    const socket = connect(http.port, http.host);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
    socket.write("nonsense\r\n\r\n");
    expect(await text(socket)).not.toContain("HTTP/1.1");
  });

  it("tells a taken port in one sentence", async () => {
    const { port } = await serve(() => {});
    await expect(openHttpServer({ host: "127.0.0.1", port }, () => {})).rejects.toThrow(
      `The gateway cannot listen on 127.0.0.1:${port}: another program listens there already. Stop that program, or set GATEWAY_HOST and GATEWAY_PORT.`,
    );
  });

  it("tells an address that is not ours", async () => {
    await expect(openHttpServer({ host: "192.0.2.1", port: 0 }, () => {})).rejects.toThrow(
      /has no such address/,
    );
  });

  it("cuts a client that sends ahead more than any does", async () => {
    let asked = 0;
    const http = await serve(() => asked++);
    const socket = connect(http.port, http.host);
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
    await once(socket, "close");
    expect(asked).toBe(32);
  });

  it("when it is to end soon, takes no more connections, finishes what runs, and cuts who does not read", async () => {
    const running: ServerResponse[] = [];
    const http = await serve(({ url }, response) => {
      if (url === "/large") send(response, { status: 200, body: Buffer.alloc(20_000_000) });
      else running.push(response);
    });
    const unread = connect(http.port, http.host);
    unread.pause().on("error", () => {});
    unread.write("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    const answer = fetch(`${urlOf(http)}/`);
    while (running.length === 0) await new Promise(setImmediate);
    http.quiesce();
    await expect(fetch(urlOf(http))).rejects.toThrow();
    await new Promise<void>((resolve) => unread.resume().once("close", () => resolve()));
    const [first] = running;
    if (first) send(first, { status: 200, body: "done" });
    expect(await (await answer).text()).toBe("done");
    await http.close();
  });

  it("finishes running requests when it is closed, and takes no more", async () => {
    const http = await serve((_request, response) => {
      void http.close();
      setImmediate(() => response.end("done"));
    });
    expect(await (await fetch(urlOf(http))).text()).toBe("done");
    await http.close();
    await expect(fetch(urlOf(http))).rejects.toThrow();
  });
});
