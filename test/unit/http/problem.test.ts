import { describe, expect, it } from "@jest/globals";
import { MailError } from "../../../lib/errors.ts";
import { httpErrors, httpError, problemOf } from "../../../lib/http/problem.ts";

describe("an error of ours", () => {
  it("shows its word, its sentence and what to do", () => {
    const fields = [{ field: "to", message: "is required" }];
    const error = new MailError("MAIL_INVALID_MESSAGE", "`to` is required", {
      fields,
      remedy: "Give it.",
      inner: "no",
    });
    expect(problemOf(error, "r1")).toEqual({
      type: "MAIL_INVALID_MESSAGE",
      title: "Mail invalid message",
      status: 422,
      detail: "`to` is required",
      remedy: "Give it.",
      fields,
      requestId: "r1",
    });
  });

  it("is known by its type, for it may have crossed the mesh as plain data", () => {
    const error = {
      name: "Error",
      type: "SMTP_RECIPIENT_REJECTED",
      code: 422,
      message: "refused",
      data: { id: "m1" },
    };
    expect(problemOf(error, "r1")).toEqual({
      type: "SMTP_RECIPIENT_REJECTED",
      title: "SMTP recipient rejected",
      status: 422,
      detail: "refused",
      id: "m1",
      requestId: "r1",
    });
  });

  it.each(Object.entries(httpErrors))("%s keeps its status", (type, { code }) => {
    const error = httpError(type as keyof typeof httpErrors, "a", "b");
    expect(problemOf(error, "r1")).toMatchObject({ type, status: code, detail: "a", remedy: "b" });
  });
});

describe("an error of the mesh", () => {
  it.each([
    ["SERVICE_NOT_FOUND", 404, "HTTP_UNAVAILABLE", 503],
    ["SERVICE_NOT_AVAILABLE", 404, "HTTP_UNAVAILABLE", 503],
    ["REQUEST_REJECTED", 503, "HTTP_UNAVAILABLE", 503],
    ["BAD_GATEWAY", 502, "HTTP_UNAVAILABLE", 503],
    ["REQUEST_TIMEOUT", 504, "HTTP_TIMEOUT", 504],
    ["UNABLE_DECODE_PARAM", 400, "HTTP_NOT_FOUND", 404],
  ])("%s is said in our words", (type, code, word, status) => {
    const message = "Service 'mail.send' is not found on 'node-17'";
    const problem = problemOf(
      Object.assign(new Error(message), { type, code, data: { nodeID: "node-17" } }),
      "r1",
    );
    expect(problem).toMatchObject({ type: word, status });
    expect(JSON.stringify(problem)).not.toContain("node-17");
  });
});

describe("any other error", () => {
  const secret = "smtps://me:hunter2@10.1.2.3";
  it.each([
    ["an Error", new Error(secret)],
    ["one with a status", Object.assign(new Error(secret), { code: 404, type: "NOT_OURS" })],
    [
      "one with our prefix and no status",
      Object.assign(new Error(secret), { code: "EAUTH", type: "SMTP_AUTH_FAILED" }),
    ],
    [
      "one with our prefix and a status that is none",
      Object.assign(new Error(secret), { code: 99, type: "MAIL_X" }),
    ],
    ["a string", secret],
    ["an object", { message: secret, data: { secret } }],
    ["null", null],
    ["undefined", undefined],
  ])("%s is 500 with the same sentence and nothing of its own", (_what, error) => {
    expect(problemOf(error, "r1")).toEqual({
      type: "HTTP_INTERNAL_ERROR",
      title: "Internal error",
      status: 500,
      detail: expect.not.stringContaining("hunter2"),
      remedy: expect.any(String),
      requestId: "r1",
    });
  });
});
