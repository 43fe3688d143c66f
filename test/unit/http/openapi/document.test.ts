/** Facts about the OpenAPI document: it is valid, it has every route and nothing else, and its examples are what it describes. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";
import { mailErrors } from "../../../../lib/errors.ts";
import { components } from "../../../../lib/http/openapi/pointers.ts";
import { httpErrors } from "../../../../lib/http/problem.ts";
import { refusedForGood } from "../../../../lib/outbox/refusals.ts";
import { version } from "../../../../lib/version.ts";
import { described, describedRoutes, judgeOf, operationsOf } from "../../../support/openapi.ts";
import { closeEverything } from "../../../support/open.ts";
import { scratchFolder } from "../../../support/scratch.ts";

afterAll(async () => {
  await closeEverything();
});

const document = described();
const operations = operationsOf(document);

describe("the document", () => {
  it("is valid OpenAPI 3.1", async () => {
    const file = join(scratchFolder(), "openapi.json");
    writeFileSync(file, JSON.stringify(document));
    const root = join(import.meta.dirname, "../../../..");
    const validator = "node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js";
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, validator), file]);
    expect(JSON.parse(stdout)).toEqual({ valid: true });
  });

  it("has an operation for every route, and no other", () => {
    const routes = describedRoutes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(operations.map(([method, path]) => `${method} ${path}`).toSorted()).toEqual(routes.toSorted());
  });

  it("gives each operation a name of its own, a tag that there is, and a word on what it does", () => {
    const ids = operations.map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, , { operationId, tags, summary, description, parameters }] of operations) {
      expect(operationId).toMatch(/^[a-z][a-zA-Z]+$/);
      expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(tags));
      expect([summary, description, ...parameters.map((one) => one.description)]).not.toContain(undefined);
      expect(summary.length).toBeLessThan(50);
    }
  });

  it("says which scope each route needs, and the answers to a key without it", () => {
    for (const { method, path, scope } of describedRoutes) {
      const found = operations.find(([m, p]) => m === method && p === path.replace(/:(\w+)/g, "{$1}"));
      const { security, responses } = found?.[2] ?? { security: [], responses: {} };
      expect(security).toEqual(scope ? [{ apiKey: [scope] }] : []);
      expect("401" in responses && "429" in responses).toBe(scope !== undefined);
      expect(responses).toHaveProperty("403");
    }
  });

  it("leaves the key to whoever asks where the gateway has none", () => {
    for (const [, , { security, operationId }] of operationsOf(described(false))) {
      const needsNone = security.length === 0 || security.some((one) => Object.keys(one).length === 0);
      expect({ operationId, needsNone }).toEqual({ operationId, needsNone: true });
    }
  });

  it("names every part of a path as a parameter", () => {
    for (const [, path, { parameters }] of operations) {
      const named = parameters.filter((one) => one.in === "path");
      expect(named.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      for (const one of named) expect(one).toMatchObject({ required: true, example: expect.any(String) });
    }
  });

  it("speaks of each word at its own status, and sends Retry-After where waiting helps", () => {
    const codes: Record<string, number> = {
      ...Object.fromEntries(Object.entries(mailErrors).map(([type, { code }]) => [type, code])),
      ...Object.fromEntries(Object.entries(httpErrors).map(([type, { code }]) => [type, code])),
      ...refusedForGood,
    };
    for (const [, , { responses }] of operations) {
      for (const [status, { description, headers, content }] of Object.entries(responses)) {
        expect(headers).toHaveProperty("X-Request-ID");
        if (Number(status) < 400) continue;
        const types = [...description.matchAll(/^- `([A-Z_]+)`/gm)].map(([, type = ""]) => type);
        expect(types.map((type) => codes[type])).toEqual(types.map(() => Number(status)));
        expect(types.length).toBeGreaterThan(0);
        expect(Object.keys(content)).toEqual(["application/problem+json"]);
        expect("Retry-After" in headers).toBe(status === "429" || status === "503");
        expect("WWW-Authenticate" in headers).toBe(status === "401");
      }
    }
  });

  it("has every word that a message can be refused with", () => {
    const send = JSON.stringify(document.paths["/api/mail/send"]);
    const ofOthers = /NOT_FOUND|CANCELABLE|RETRYABLE|PROBE/;
    const words = [...Object.keys(mailErrors), ...Object.keys(refusedForGood)];
    for (const type of words.filter((word) => !ofOthers.test(word))) expect(send).toContain(type);
  });

  it("states the version, and whether keys are needed", () => {
    expect(document.info.version).toBe(version());
    expect(document.info.description).not.toContain("own machine only");
    expect(described(false).info.description).toContain("This gateway has none");
  });

  it("tells nothing of settings, and refers to nothing outside of itself", () => {
    const pointers = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, pointer]) => pointer,
    );
    expect(pointers.filter((pointer) => !pointer?.startsWith("#/components/"))).toEqual([]);
  });
});

describe("its examples", () => {
  const rows = operations.flatMap(([method, path, { requestBody, responses }]) =>
    [requestBody, ...Object.values(responses)].flatMap((part) =>
      Object.values(part?.content ?? {}).flatMap(({ schema, examples = {} }) =>
        Object.entries(examples).map(([name, { value }]) => ({ method, path, name, schema, value })),
      ),
    ),
  );

  it("are there for every body and every answer in JSON", () => {
    for (const [, , { requestBody, responses }] of operations) {
      const contents = [requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.entries(part?.content ?? {}).flatMap(([type, content]) =>
          type === "text/plain" ? [] : [content],
        ),
      );
      const bare = contents.filter(({ examples = {} }) => Object.keys(examples).length === 0);
      expect(bare).toEqual([]);
    }
  });

  it("are what the schema beside them describes, with nothing more in them", () => {
    for (const { method, path, name, schema, value } of rows) {
      const faults = judgeOf(document, schema, { closed: true })(value);
      // the one request that shows what is refused
      const isWrong = name === "misspelt" && !("status" in (value as object));
      expect({ method, path, name, faults }).toEqual({
        method,
        path,
        name,
        faults: isWrong ? [expect.stringContaining("subjet")] : [],
      });
    }
  });
});

describe("pointers", () => {
  it("refuse two schemas of one name", () => {
    const { written } = components();
    written({ $ref: { title: "Thing", type: "string" } });
    expect(() => written({ $ref: { title: "Thing", type: "number" } })).toThrow(/called Thing/);
  });

  it("are written once for each", () => {
    const thing = { title: "Thing", type: "string" } as const;
    const found = components();
    expect(found.written({ items: { $ref: thing, description: "One." } })).toEqual({
      items: { $ref: "#/components/schemas/Thing", description: "One." },
    });
    expect(found.written({ $ref: thing })).toEqual({ $ref: "#/components/schemas/Thing" });
    expect(found.schemas).toEqual({ Thing: thing });
  });
});
