/** Requests that are wrong in every way, made from one seed: letters with a fault at any depth, and bytes that are hardly HTTP. */
import fc from "fast-check";

export interface FuzzedRequest {
  bytes: Buffer;
  isHead: boolean;
  /** Its end can be found: the connection may be used for the next one. Otherwise our side ends with it */
  isWhole: boolean;
}

const letter = {
  to: ["Ann <ann@example.com>", { name: "Bob", address: "bob@example.com" }],
  cc: "cid@example.com",
  from: "Shop <user@example.com>",
  replyTo: "help@example.com",
  subject: "Hello",
  text: "It works.",
  html: "<p>It <b>works</b>.</p>",
  attachments: [
    { filename: "a.txt", content: "YQ==", encoding: "base64", contentType: "text/plain", cid: "a1" },
  ],
  headers: { "X-Order": "7", References: "<a@example.com>" },
  tags: ["order"],
  metadata: { order: "7" },
  locale: "en",
  priority: "high",
  ambiguous: "retry",
  wait: false,
};

type Path = readonly (string | number)[];

/** The ways to every value in it, inner ones too. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return [at, ...inner];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, i) => (i === key ? replaced(item, rest, by) : (item as unknown)));
  const fields = Object.entries(value as object).map(
    ([name, item]) => [name, name === key ? replaced(item, rest, by) : (item as unknown)] as const,
  );
  return Object.fromEntries(fields);
}

const nested = (depth: number, list: boolean): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = list ? [value] : { a: value };
  return value;
};

const oddText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "",
    " ",
    "\0",
    "\r\nBcc: evil@example.com",
    "\ud800",
    "\u202e\u200b\ufeff",
    "a@b@c",
    '"<(@',
    "__proto__",
    "constructor",
    "../../etc/passwd",
    "file:///etc/passwd",
    "http://169.254.169.254/",
    "{{x}}",
    "%00%0d%0a",
    "\u001b[2J",
    "-1",
    "NaN",
    "9".repeat(400),
    "2026-13-45T99:99:99Z",
  ),
  fc.integer({ min: 250, max: 3000 }).map((length) => "x".repeat(length)),
);

const oddValue = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    0.1,
    1e308,
    2 ** 53,
    -(2 ** 63),
    [],
    {},
    [[]],
    [null],
    [{}],
  ),
  fc.double(),
  fc.jsonValue({ maxDepth: 4 }),
  fc.tuple(fc.integer({ min: 2, max: 3000 }), fc.boolean()).map(([depth, list]) => nested(depth, list)),
  fc.integer({ min: 0, max: 2000 }).map((length) => Array.from({ length }, () => "ann@example.com")),
  fc.constant({ type: "Buffer", data: [300, -1, "x", null] }),
  fc.constant({ path: "/etc/passwd", href: "http://127.0.0.1/" }),
);

const faultyLetter = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...pathsOf(letter)), oddValue), { maxLength: 2 }),
    fc.option(
      fc.tuple(fc.oneof(oddText, fc.constantFrom("data", "template", "sendAt", "expiresAt")), oddValue),
      { freq: 1 },
    ),
    fc.uniqueArray(fc.constantFrom(...Object.keys(letter)), { maxLength: 4 }),
  )
  .map(([faults, more, without]) => {
    let value: unknown = letter;
    for (const [path, by] of faults) if (isThere(value, path)) value = replaced(value, path, by);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const left = Object.entries(value).filter(([name]) => !without.includes(name));
    return Object.fromEntries(more ? [...left, more] : left);
  });

function isThere(value: unknown, [key, ...rest]: Path): boolean {
  if (key === undefined) return true;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return false;
  return isThere((value as Record<string | number, unknown>)[key], rest);
}

/** What JSON.stringify would not write. */
const spoiled = fc
  .tuple(
    faultyLetter,
    fc.nat(),
    fc.constantFrom("cut", "twice", "byte", "number", "escape", "utf16", "bom"),
    fc.nat(255),
  )
  .map(([value, at, how, byte]) => {
    const text = JSON.stringify(value) ?? "";
    const bytes = Buffer.from(text);
    const place = bytes.length === 0 ? 0 : at % bytes.length;
    switch (how) {
      case "cut":
        return bytes.subarray(0, place);
      case "twice":
        return Buffer.concat([bytes, bytes]);
      case "byte":
        return Buffer.from(bytes.map((old, i) => (i === place ? byte : old)));
      case "number":
        return Buffer.from(text.replace(/"[^"]*"/, `1${"0".repeat(place % 5000)}e${place}`));
      case "escape":
        return Buffer.from(text.replace(/"([^"]*)"$/, '"\\ud800\\u0000$1"'));
      case "utf16":
        return Buffer.from(text, "utf16le");
      default:
        return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    }
  });

const body = fc.oneof(
  { weight: 5, arbitrary: faultyLetter.map((value) => Buffer.from(JSON.stringify(value) ?? "")) },
  { weight: 2, arbitrary: spoiled },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 6 }).map((value) => Buffer.from(JSON.stringify(value))) },
);

const segment = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "",
    "%2e%2e",
    "%00",
    "%E0%A4%A",
    "~node",
    "$node",
    "send",
    "m1",
    ";x",
    "*",
    ":id",
    "latest",
  ),
  fc.webSegment({ size: "small" }),
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constant("/api/mail/send") },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "/api/mail/messages",
      "/api/mail/messages/m1",
      "/api/mail/messages/m1/retry",
      "/api/mail/messages/m1/cancel",
      "/api/mail/stats",
      "/api/mail/providers",
      "/api/mail/probe",
      "/api/mail/templates",
      "/api/mail/templates/verification/render",
      "/health/live",
      "/",
    ),
  },
  { weight: 2, arbitrary: fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`) },
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom(
            "limit",
            "cursor",
            "since",
            "until",
            "status",
            "recipient",
            "tag",
            "locale",
            "to",
            "__proto__",
            "a[b]",
          ),
          oddText,
        ),
        { maxLength: 4 },
      )
      .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${encoded(value)}`).join("&")}`),
  },
  { weight: 1, arbitrary: fc.webQueryParameters().map((text) => `?${text}`) },
);

/** `encodeURIComponent` refuses lone surrogates. */
const encoded = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, "?")).slice(0, 1000);

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant("POST") },
  { weight: 3, arbitrary: fc.constantFrom("GET", "HEAD") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "LINK"),
  },
);

const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 80,
});
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "Accept",
      "Authorization",
      "Content-Encoding",
      "Cookie",
      "Expect",
      "Forwarded",
      "Idempotency-Key",
      "If-None-Match",
      "Meshmail-Scope",
      "Origin",
      "Range",
      "Upgrade",
      "X-Correlation-ID",
      "X-Forwarded-For",
      "X-HTTP-Method-Override",
      "X-Request-ID",
    ),
    fc.oneof(
      visible,
      fc.constantFrom(
        "identity",
        "gzip",
        "null",
        "100-continue",
        "x".repeat(3000),
        "Bearer x",
        "::1, 1.2.3.4",
      ),
    ),
  ),
  fc.tuple(fc.stringMatching(/^X-[A-Za-z]{1,10}$/), visible),
);
const type = fc.oneof(
  { weight: 8, arbitrary: fc.constant("application/json") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "application/json; charset=utf-8",
      "application/json; charset=utf-16le",
      "text/plain",
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "",
      ";",
      "application/json;;;",
    ),
  },
);

const whole: fc.Arbitrary<FuzzedRequest> = fc
  .record({
    method,
    path,
    query,
    type,
    headers: fc.array(header, { maxLength: 5 }),
    body,
    isChunked: fc.boolean(),
  })
  .map((request) => {
    const lines = [
      `${request.method} ${request.path}${request.query} HTTP/1.1`,
      "Host: localhost",
      `Content-Type: ${request.type}`,
      ...request.headers.map(([name, value]) => `${name}: ${value.trim()}`),
      request.isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${request.body.length}`,
    ];
    const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    const content = request.isChunked ? chunksOf(request.body) : [request.body];
    return { bytes: Buffer.concat([head, ...content]), isHead: request.method === "HEAD", isWhole: true };
  });

function chunksOf(bytes: Buffer): Buffer[] {
  const half = Math.ceil(bytes.length / 2);
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)].filter((piece) => piece.length > 0);
  const framed = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from("\r\n"),
  ]);
  return [...framed, Buffer.from("0\r\n\r\n")];
}

/** A request with some of its bytes changed, left out or doubled. */
const broken: fc.Arbitrary<FuzzedRequest> = fc
  .tuple(
    whole,
    fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "insert", "cut")), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([{ bytes }, changes]) => {
    let spoilt = bytes;
    for (const [at, byte, how] of changes) {
      const place = at % (Math.min(spoilt.length, 400) || 1);
      const rest = spoilt.subarray(how === "set" ? place + 1 : place);
      spoilt =
        how === "cut"
          ? spoilt.subarray(0, place)
          : Buffer.concat([spoilt.subarray(0, place), Buffer.from([byte]), rest]);
    }
    return { bytes: spoilt, isHead: /^HEAD /i.test(spoilt.toString("latin1")), isWhole: false };
  });

/** The same for the same seed. */
export function fuzzedRequests(count: number, seed: number): FuzzedRequest[] {
  const any = fc.oneof({ weight: 4, arbitrary: whole }, { weight: 1, arbitrary: broken });
  return fc.sample(any, { numRuns: count, seed });
}
