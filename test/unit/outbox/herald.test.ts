/** Facts about telling the mesh what became of messages: at least once, and again where nobody could hear. */
import { describe, expect, it } from "@jest/globals";
import { startHerald } from "../../../lib/outbox/herald.ts";
import { memoryStore } from "../../../lib/outbox/memory.ts";
import type { MailRecord } from "../../../lib/outbox/record.ts";
import { entry } from "../../contract/outbox-store.ts";

const NOW = Date.parse("2026-11-01T00:00:00Z");

async function bench() {
  const store = memoryStore();
  const mesh = { isThere: true };
  const events: string[] = [];
  const errors: unknown[] = [];
  const herald = startHerald({
    store,
    emit: (name) => void events.push(name),
    flushed: async () => {
      if (!mesh.isThere) throw new Error("away");
    },
    now: () => NOW,
    onError: (error) => errors.push(error),
  });
  const put = async (change: Partial<MailRecord> = {}): Promise<MailRecord> => {
    const message = entry(change);
    await store.enqueue(message, { now: NOW, open: 1000, keepBodies: false });
    return message.record;
  };
  return { store, mesh, events, errors, herald, put };
}

describe("the herald", () => {
  it("tells a message once, and the store knows", async () => {
    const { herald, put, events, store } = await bench();
    herald.tell(await put());
    await herald.close();
    expect(events).toEqual(["mail.queued"]);
    expect(await store.untold(10)).toEqual([]);
  });

  it("tells again what was told while nobody could hear, once the mesh is there", async () => {
    const { herald, put, events, store, mesh, errors } = await bench();
    mesh.isThere = false;
    herald.tell(await put());
    await herald.catchUp();
    expect(await store.untold(10)).toHaveLength(1);
    mesh.isThere = true;
    await herald.catchUp();
    expect(await store.untold(10)).toEqual([]);
    expect(new Set(events)).toEqual(new Set(["mail.queued"]));
    expect(errors).toEqual([]);
  });

  it("tells at start what an earlier process could not", async () => {
    const { herald, put, events } = await bench();
    for (let n = 0; n < 250; n += 1) await put();
    await herald.catchUp();
    expect(events).toHaveLength(250);
  });

  it("keeps the news of what is on the wire for when it comes back", async () => {
    const { herald, put, events, store } = await bench();
    await put();
    const wanted = { now: NOW, until: NOW + 1, limit: 1, transport: "primary", interrupted: 0, holding: [] };
    await store.claim({ ...wanted, expiredOnly: false });
    await herald.catchUp();
    expect(events).toEqual([]);
    expect(await store.untold(10)).toHaveLength(1);
  });

  it("leaves untold what nobody could be told, and says so", async () => {
    const { store, put } = await bench();
    const errors: unknown[] = [];
    const herald = startHerald({
      store,
      emit: () => Promise.reject(new Error("no")),
      now: () => NOW,
      onError: (error) => errors.push(error),
    });
    herald.tell(await put());
    await herald.close();
    expect(errors).toHaveLength(1);
    expect(await store.untold(10)).toHaveLength(1);
  });
});
