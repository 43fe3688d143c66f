/** Waiting for something to become true without polling: looked at again whenever something has happened. */

export interface Watch {
  /** Call when something has happened */
  changed: () => void;
  /** Resolves as soon as the condition holds; rejects after `withinMs` (5,000), naming what was awaited and what was seen */
  until: (condition: () => boolean, withinMs?: number, what?: string) => Promise<void>;
  /** Rejects all that still wait */
  giveUp: (reason: string) => void;
}

/** `seen` tells in words what was seen so far. */
export function createWatch(seen: () => string): Watch {
  const waiting = new Set<{ look: () => void; giveUp: (reason: string) => void }>();
  return {
    changed() {
      for (const waiter of waiting) waiter.look();
    },
    giveUp(reason) {
      for (const waiter of waiting) waiter.giveUp(reason);
    },
    until(condition, withinMs = 5000, what = String(condition)) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => waiter.giveUp(`within ${withinMs} ms`), withinMs);
        const waiter = {
          look() {
            if (condition()) settle(resolve);
          },
          giveUp(reason: string) {
            settle(() => reject(new Error(`not seen ${reason}: ${what}\nbut ${seen()}`)));
          },
        };
        function settle(end: () => void): void {
          clearTimeout(timer);
          waiting.delete(waiter);
          end();
        }
        waiting.add(waiter);
        waiter.look();
      });
    },
  };
}
