/** The table of variables and .env.example say the same, and the table is sound. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { parseDotenv } from "../../../lib/config/environment.ts";
import { loadConfig } from "../../../lib/config/load.ts";
import { groups, type Variable, variableNames, variables } from "../../../lib/config/variables.ts";

const example = readFileSync(join(import.meta.dirname, "../../../.env.example"), "utf8");
const table = Object.entries<Variable>(variables);

describe("the table", () => {
  it.each(table)(
    "%s: its default is of its kind, its meaning one sentence",
    (_name, { kind, meaning, ...variable }) => {
      if (variable.default !== undefined) expect(kind.parse(variable.default)).toHaveProperty("value");
      expect(meaning).toMatch(/^[^.].*[^.]\.$/);
    },
  );

  it("every secret masks its refusals", () => {
    const names = table.filter(([, { secret }]) => secret).map(([name]) => name);
    expect(names).toEqual([
      "SMTP_URI",
      "SMTP_USERNAME",
      "SMTP_PASSWORD",
      "SMTP_FALLBACK_URIS",
      "SMTP_OAUTH2_CLIENT_SECRET",
      "SMTP_OAUTH2_REFRESH_TOKEN",
      "MAIL_DKIM_KEY",
      "GATEWAY_API_KEYS",
      "MESHMAIL_API_KEY",
    ]);
  });
});

describe(".env.example", () => {
  const lines = example.split("\n");
  const assignments = lines.flatMap((line, index) => {
    const [, name, value] = /^#?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value, index }];
  });

  it("has every variable of the table once, in its order, and no other", () => {
    expect(assignments.map(({ name }) => name)).toEqual(variableNames);
  });

  it.each(table)(
    "%s: meaning and default are those of the table",
    (name, { meaning, otherwise, ...variable }) => {
      const { index = -1, value } = assignments.find((assignment) => assignment.name === name) ?? {};
      const comments = lines.slice(lines.lastIndexOf("", index) + 1, index);
      expect(comments).toEqual([`# ${meaning}`, ...(otherwise ? [`# Default: ${otherwise}`] : [])]);
      if (variable.default !== undefined) expect(value).toBe(variable.default);
    },
  );

  it("has the groups as headings", () => {
    expect(lines.filter((line) => line.startsWith("## "))).toEqual(
      Object.values(groups).map((title) => `## ${title}`),
    );
  });

  it("copied as it is, it configures nothing and finds nothing odd", () => {
    expect(loadConfig(parseDotenv(example))).toMatchObject({ transports: [], findings: [] });
  });

  it("with every line switched on, each value is read as its kind", () => {
    const needsWorld = ["SMTP_TLS_CA_FILE", "MAIL_TEMPLATES", "MAIL_DKIM_KEY"];
    for (const [name, { value }] of parseDotenv(example.replace(/^#(?=[A-Z])/gm, ""))) {
      const variable = table.find(([known]) => known === name)?.[1];
      if (value !== "" && !needsWorld.includes(name))
        expect([name, variable?.kind.parse(value)]).toEqual([
          name,
          expect.objectContaining({ value: expect.anything() }),
        ]);
    }
  });
});
