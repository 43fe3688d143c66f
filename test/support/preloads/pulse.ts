/** Preload for a node under test: asked over IPC, it tells how long its main thread worked without a pause, and what memory it held. */
import { isMainThread } from "node:worker_threads";

/** Since it was asked last. */
export interface Pulse {
  /**
   * Milliseconds of processor time between two ticks of a timer: while one piece of work runs, the timer cannot tick. Processor
   * time, because the clock's would count what other programs of a busy machine take, too.
   */
  longestWork: number;
  /** Bytes in memory, now and at most */
  rss: number;
  peakRss: number;
  /** What every object has inherited since somebody wrote to a prototype; empty as long as nobody could */
  inherited: string[];
}

const TICK_MS = 10;

function watch(): void {
  let { user, system } = process.threadCpuUsage();
  let longestWork = 0;
  let peakRss = 0;
  setInterval(() => {
    const now = process.threadCpuUsage();
    longestWork = Math.max(longestWork, (now.user - user + now.system - system) / 1000);
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
    ({ user, system } = now);
  }, TICK_MS).unref();

  process.on("message", () => {
    const inherited: string[] = [];
    for (const key in {}) inherited.push(key);
    const rss = process.memoryUsage.rss();
    process.send?.({ longestWork, rss, peakRss: Math.max(peakRss, rss), inherited } satisfies Pulse);
    longestWork = 0;
    peakRss = 0;
  });
  // nobody may have to wait for the end of this
  process.channel?.unref();
}

if (isMainThread) watch();
