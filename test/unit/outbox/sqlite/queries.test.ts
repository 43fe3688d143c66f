/** Facts about how SQLite finds what the outbox asks for: by an index, in the order wanted, whatever has piled up. */
import { afterAll, describe, expect, it } from "@jest/globals";
import { ended } from "../../../../lib/outbox/record.ts";
import { keeper } from "../../../../lib/outbox/sqlite/keeper.ts";
import { listFilters, listQuery, queries, type QueryName } from "../../../../lib/outbox/sqlite/queries.ts";
import type { ListQuery } from "../../../../lib/outbox/store.ts";
import { NOW, rules } from "../../../contract/outbox-store.ts";
import { closeEverything } from "../../../support/open.ts";
import { outboxDatabase, packed } from "../../../support/scratch.ts";

const db = outboxDatabase();
const verbs = keeper(db);
db.exec("BEGIN");
for (let at = 0; at < 300; at += 1) {
  const { record, ...rest } = packed({ createdAt: NOW + at, tags: ["shop"], template: "welcome" });
  verbs.enqueue({ ...rest, record }, rules);
  if (at % 2 === 0) {
    const change = { record: ended(record, NOW, "canceled"), dueAt: null, dropContent: true, news: true };
    verbs.revise(record.id, 1, change);
  }
}
db.exec("COMMIT");
afterAll(async () => {
  await closeEverything();
});

/** The plan's lines, as EXPLAIN QUERY PLAN prints them. */
function planOf(sql: string): string[] {
  const lines = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
  // the ids that somebody holds come as JSON, and are a handful
  const isList = (line: string) => /^(LIST SUBQUERY|SCAN json_each|CREATE BLOOM FILTER)/.test(line);
  return lines.map(({ detail }) => detail).filter((line) => !isList(line));
}

/** What holds nothing but what is wanted may be walked from its beginning: a partial index, a count that stops, nine lines. */
const isWalk = (line: string) =>
  /^SCAN \w+ USING (COVERING )?INDEX/.test(line) || /^SCAN (counts|\(subquery-\d\))/.test(line);
const fullScans = (plan: string[]) => plan.filter((line) => line.startsWith("SCAN") && !isWalk(line));
const sorting = (plan: string[]) => plan.filter((line) => line.includes("TEMP B-TREE"));

describe("the plan of", () => {
  it.each(Object.keys(queries) as QueryName[])(
    "%s reads no table from end to end, and sorts nothing",
    (name) => {
      const plan = planOf(queries[name]);
      // the newest message is the last line of the table: the walk ends at its first step
      const scans = fullScans(plan).filter((line) => name !== "newest" || line !== "SCAN messages");
      expect(scans).toEqual([]);
      expect(sorting(plan)).toEqual([]);
    },
  );

  it.each([
    ["due", "SEARCH messages USING INDEX due (rank=? AND due_at>? AND due_at<?)"],
    ["nextDue", "SEARCH messages USING INDEX due (rank=? AND due_at>?)"],
    ["expired", "SEARCH messages USING INDEX expiring (expires_at>? AND expires_at<?)"],
    ["byKey", "SEARCH messages USING INDEX idempotent (idempotency_key=?)"],
    ["replaceable", "SEARCH messages USING INDEX replaceable (replace_key=?)"],
    ["forgettable", "SEARCH messages USING INDEX finished (updated_at<?)"],
    ["untold", "SCAN messages USING INDEX untold"],
    ["abandoned", "SCAN messages USING INDEX claimed"],
  ] as const)("%s is found in its own index", (name, line) => {
    expect(planOf(queries[name])).toEqual([line]);
  });

  const subsets = Array.from({ length: 2 ** listFilters.length }, (_, bits) =>
    listFilters.filter((__, at) => bits & (1 << at)),
  );
  const variants = subsets.flatMap((filters) =>
    (filters.length > 0 ? filters : [undefined]).flatMap((by) =>
      [false, true].map((cursor) => ({ filters, by, cursor, name: filters.join(" and ") || "nothing" })),
    ),
  );
  it.each(variants)(
    "a list by $name, along $by, cursor $cursor, follows an index",
    ({ filters, by, cursor }) => {
      const plan = planOf(listQuery(filters, by, cursor));
      expect(fullScans(plan)).toEqual([]);
      expect(sorting(plan)).toEqual([]);
      const isPlace = by === "recipient" || by === "tag";
      const first = isPlace ? "SEARCH place USING PRIMARY KEY" : `USING INDEX ${by ? `by_${by}` : "listed"}`;
      expect(plan[0]).toContain(first);
    },
  );
});

it("a list follows the filter that gives the fewest messages", () => {
  const executed: string[] = [];
  const watched = new Proxy(db, {
    get(target, name) {
      if (name !== "prepare") return Reflect.get(target, name) as unknown;
      return (sql: string) => {
        executed.push(sql);
        return target.prepare(sql);
      };
    },
  });
  const path = (query: Partial<ListQuery>) => {
    executed.length = 0;
    keeper(watched).list({ limit: 10, now: NOW, ...query });
    return executed
      .find((sql) => sql.startsWith("SELECT messages.*"))
      ?.split(" FROM ")[1]
      ?.split(" WHERE ")[0];
  };
  expect(path({ tag: "shop", status: "failed" })).toBe("messages INDEXED BY by_status");
  expect(path({ tag: "shop", status: "queued" })).toBe("messages INDEXED BY by_status");
  expect(path({ tag: "rare", status: "canceled" })).toMatch(/^tags AS place/);
  expect(path({ tag: "shop", recipient: "nobody@example.com", template: "welcome" })).toMatch(
    /^recipients AS place/,
  );
});
