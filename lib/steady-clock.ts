/** Wall-clock time that never goes back: what is due stays due when somebody sets the clock. */

/**
 * Follows the wall clock, in whole epoch ms. Where that goes back, this one goes on at the machine's own pace, until the wall
 * clock has caught up or the process ends.
 */
export function steadyClock(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): () => number {
  let at = wall();
  let since = elapsed();
  return () => {
    const passed = elapsed() - since;
    const told = wall();
    if (told < at + passed) return Math.floor(at + passed);
    at = told;
    since += passed;
    return told;
  };
}

/** Between two clocks that both are right, in ms */
const TOLERANCE_MS = 60_000;

/**
 * Watches from now on whether the wall clock goes as the machine's own does.
 * @returns whether it has for at least so many ms
 */
export function clockWatch(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): (atLeastMs: number) => boolean {
  const from = { wall: wall(), elapsed: elapsed() };
  return (atLeastMs) => {
    const lived = elapsed() - from.elapsed;
    return lived >= atLeastMs && Math.abs(wall() - from.wall - lived) < TOLERANCE_MS;
  };
}
