import { describe, expect, it } from "@jest/globals";
import { corsHeaders, isAllowedOrigin } from "../../../lib/http/cors.ts";

const origins = ["https://example.com", "http://localhost:5173"];
const from = (origin?: string, more = {}) => ({
  headers: { ...(origin !== undefined && { origin }), ...more },
});

describe("an origin", () => {
  it.each(origins)("%s is allowed, for it is named", (origin) => {
    expect(isAllowedOrigin(origins, from(origin))).toBe(true);
  });

  it.each([
    undefined,
    "",
    "null",
    "https://example.co",
    "https://e",
    "https://example.com.evil.example",
    "https://evil-example.com",
    "https://sub.example.com",
    "http://example.com",
    "https://example.com:8443",
    "https://EXAMPLE.com",
    "HTTPS://EXAMPLE.COM",
    "https://example.com.",
    "https://user@example.com",
    "https://example.com/",
    "https://example.com, http://localhost:5173",
    "*",
  ])("%s is not", (origin) => {
    expect(isAllowedOrigin(origins, from(origin))).toBe(false);
    expect(corsHeaders(origins, from(origin))).toEqual({ Vary: "Origin" });
    const preflight = from(origin, { "access-control-request-method": "POST" });
    expect(corsHeaders(origins, preflight, ["POST"])).toEqual({ Vary: "Origin" });
  });

  it("that is allowed may read the answer, and what is of use in its headers", () => {
    expect(corsHeaders(origins, from("https://example.com"))).toEqual({
      Vary: "Origin",
      "Access-Control-Allow-Origin": "https://example.com",
      "Access-Control-Expose-Headers": "Retry-After, X-Request-ID",
    });
  });

  it("that is allowed hears in a preflight what it may send, never with cookies", () => {
    const preflight = from("https://example.com", { "access-control-request-method": "POST" });
    expect(corsHeaders(origins, preflight, ["OPTIONS", "POST"])).toEqual({
      Vary: "Origin",
      "Access-Control-Allow-Origin": "https://example.com",
      "Access-Control-Allow-Methods": "OPTIONS, POST",
      "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-ID",
      "Access-Control-Max-Age": "600",
    });
  });

  it("changes nothing where none are named", () => {
    expect(corsHeaders([], from("https://example.com"))).toEqual({});
  });
});
