/** A node that is killed and rises again on the same outbox, as often as a test wants. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { type KeptOutbox, openOutboxReader, type OutboxReader } from "./kept-outbox.ts";
import { type Program, runProgram } from "./node.ts";
import { opened } from "./open.ts";
import type { KillPoint } from "./preloads/kill-point.ts";
import { createWatch } from "./watch.ts";

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

export interface Phoenix {
  /** The life that it is in, or that ended last */
  readonly node: Program;
  /** Where it keeps its messages */
  readonly file: string;
  /** Where its gateway listens in this life */
  readonly port: number;
  /** The next life: resolves once the node is ready, or killed before that. @param env laid over what all lives have */
  rise(env?: Record<string, string>): Promise<void>;
  /** From now on the node kills itself as soon as it comes to this point; `undefined`: no more. Also for a life to come */
  arm(point: KillPoint | undefined): void;
  /** SIGKILL, at once */
  kill: () => void;
  /** Resolves when it has died of SIGKILL; rejects when it has ended in any other way. Disarms. */
  killed(): Promise<void>;
  /** Asks for a message to be sent; undefined where no answer came. */
  send(letter: object): Promise<Reply | undefined>;
  /** What is on the disk */
  kept(): KeptOutbox;
  /** What is wrong with it */
  faults(): string[];
  /** What is on the disk, as soon as the condition holds; rejects after `withinMs` (10,000) */
  until(condition: (kept: KeptOutbox) => boolean, withinMs?: number): Promise<KeptOutbox>;
  /** Resolves as soon as every message is at its end */
  quiet(withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

const LOOK_MS = 20;
const root = join(__dirname, "..", "..");
const preload = (name: string): string => `--import=${join(__dirname, "preloads", `${name}.ts`)}`;

/**
 * Each life runs `start.ts`. The next process loads its modules while the one before still lives, and starts when told to.
 * @param env settings of every life; with `BRISK: "1"` housekeeping is done all the time
 */
export function openPhoenix(env: Record<string, string>): Phoenix {
  const folder = mkdtempSync(join(tmpdir(), "meshmail-phoenix-"));
  const file = join(folder, "outbox", "meshmail.db");
  const order = join(folder, "kill-at");
  let port = 0;

  const spawnNext = (): Program =>
    runProgram("start.ts", {
      NODE_OPTIONS: ["kill-point", "brisk", "standby"].map(preload).join(" "),
      NODE_COMPILE_CACHE: join(root, "node_modules/.cache/meshmail/compiled"),
    });
  let next = spawnNext();
  let node = next;

  const reading = <T>(look: (reader: OutboxReader) => T): T => {
    const reader = openOutboxReader(file);
    try {
      return look(reader);
    } finally {
      reader.close();
    }
  };

  /** Nothing tells of another process's commit: a change of the file comes before its readers can see it. */
  const watching = async <T>(
    look: (reader: OutboxReader) => T,
    condition: (seen: T) => boolean,
    withinMs = 10_000,
  ): Promise<T> => {
    const reader = openOutboxReader(file);
    let seen = look(reader);
    const watch = createWatch(() => JSON.stringify(seen));
    const timer = setInterval(() => {
      seen = look(reader);
      watch.changed();
    }, LOOK_MS);
    try {
      await watch.until(() => condition(seen), withinMs, String(condition));
      return seen;
    } finally {
      clearInterval(timer);
      reader.close();
    }
  };

  const close = async (): Promise<void> => {
    await Promise.all([node.close(), next.close()]);
    rmSync(folder, { recursive: true, force: true });
    closed();
  };
  const closed = opened("phoenix", close);

  return {
    get node() {
      return node;
    },
    file,
    get port() {
      return port;
    },

    async rise(more = {}) {
      if (node !== next) await node.close();
      node = next;
      const settings = { MAIL_OUTBOX: `sqlite:${file}`, GATEWAY_PORT: "0", KILL_AT: order };
      node.tell(JSON.stringify({ ...settings, ...env, ...more }));
      next = spawnNext();
      await node.says(/ServiceBroker with \d+ service/, 60_000).catch((error: unknown) => {
        if (node.process.signalCode !== "SIGKILL") throw error;
      });
      port = Number(/listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(node.output)?.[1] ?? 0);
    },

    arm(point) {
      writeFileSync(order, point ?? "");
    },

    kill: () => void node.process.kill("SIGKILL"),

    async killed() {
      const end = await node.ended;
      if (end !== "SIGKILL") throw new Error(`it ended with ${end}:\n${node.output}`);
      writeFileSync(order, "");
    },

    async send(letter) {
      try {
        return await post(port, { subject: "Hello", text: "It works.", ...letter });
      } catch {
        return undefined;
      }
    },

    kept: () => reading((reader) => reader.read()),
    faults: () => reading((reader) => reader.faults()),

    until: (condition, withinMs) => watching((reader) => reader.read(), condition, withinMs),

    async quiet(withinMs) {
      await watching(
        (reader) => reader.open(),
        (open) => open === 0,
        withinMs,
      );
    },

    close,
  };
}

async function post(port: number, body: object): Promise<Reply> {
  const call = request({
    port,
    host: "127.0.0.1",
    path: "/api/mail/send",
    method: "POST",
    agent: false,
    headers: { "Content-Type": "application/json" },
  });
  call.end(JSON.stringify(body));
  const [response] = (await once(call, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: (await json(response)) as Record<string, unknown> };
}
