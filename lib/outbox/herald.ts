/** Tells the mesh what became of messages, at least once: what was not told is remembered by the store. */
import { eventOf } from "./receipt.ts";
import type { MailRecord } from "./record.ts";
import type { OutboxStore } from "./store.ts";

export interface HeraldOptions {
  store: OutboxStore;
  /** Rejects or throws where nobody could be told */
  emit: (event: string, payload: unknown) => unknown;
  /** Resolves once everything emitted so far has left this process. @default at once */
  flushed?: () => Promise<void>;
  now: () => number;
  onError: (error: unknown) => void;
}

export interface Herald {
  tell: (record: MailRecord) => void;
  /** Tells again what was not told: at start, and when the mesh is back. */
  catchUp(): Promise<void>;
  /** Writes down what was told. Harmless when called twice. */
  close(): Promise<void>;
}

/** Told events are written down together: it is no harm to tell one twice, but each write costs a sync. */
const TOGETHER_MS = 200;
const BATCH = 100;
/** How long a mesh that is away is left alone, and how long it may hold up the end. */
const AWAY_MS = 5000;
const END_MS = 1000;

export function startHerald({ store, emit, flushed = async () => {}, now, onError }: HeraldOptions): Herald {
  let told = new Map<string, MailRecord>();
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isMute = false;

  /** False: the mesh is away, which is no error here. */
  const write = async (): Promise<boolean> => {
    const batch = [...told.values()];
    if (batch.length === 0) return true;
    try {
      await flushed();
    } catch {
      return false;
    }
    await store.told(batch.map(({ id, revision }) => ({ id, revision })));
    for (const record of batch) if (told.get(record.id) === record) told.delete(record.id);
    return true;
  };

  const writeSoon = (ms = TOGETHER_MS): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      writing = writing
        .then(write)
        .catch(onError)
        .then((isDone) => {
          if (isDone === false) writeSoon(AWAY_MS);
        });
    }, ms).unref();
  };

  /** False: nobody has been told, and it is to be tried again some time. */
  const tell = async (record: MailRecord): Promise<boolean> => {
    const event = eventOf(record, now());
    // on the wire: its news come, and are more than what could be told now
    if (!event) return false;
    try {
      await emit(event.name, event.payload);
    } catch (error) {
      // said once: while the mesh is away every message has news
      if (!isMute) onError(error);
      isMute = true;
      return false;
    }
    isMute = false;
    told.set(record.id, record);
    writeSoon();
    return true;
  };

  return {
    tell: (record) => void tell(record),

    async catchUp() {
      await writing;
      told = new Map();
      for (;;) {
        const records = await store.untold(BATCH);
        let heard = 0;
        for (const record of records) if (await tell(record)) heard += 1;
        if (!(await write()) || heard === 0 || records.length < BATCH) return;
      }
    },

    async close() {
      clearTimeout(timer);
      const last = writing.then(write).catch(onError);
      await Promise.race([last, new Promise((resolve) => setTimeout(resolve, END_MS).unref())]);
    },
  };
}
