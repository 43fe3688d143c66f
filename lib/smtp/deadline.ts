/** A time after which something is broken off, unless it is cleared: `AbortSignal.timeout` would be kept for its whole time. */

/** @param signal breaks off as well, for its own reason */
export function startDeadline(ms: number, signal?: AbortSignal): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const forward = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(new DOMException("too late", "TimeoutError")), ms);
  signal?.addEventListener("abort", forward, { once: true });
  if (signal?.aborted) forward();
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
    },
  };
}
