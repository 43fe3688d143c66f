/** Moleculer's tracing: attempts as spans of the trace that their message came from, and errors in spans by their words alone. */
import type { Context, Service, Span } from "moleculer";
import type { OutboxObserver } from "../lib/outbox/observer.ts";
import type { Trace } from "../lib/outbox/record.ts";

/** Where the attempts of what this call brings will belong; undefined: it is not traced, or was left out of the sample. */
export function traceOf({ span }: Pick<Context, "span">): Trace | undefined {
  return span?.sampled ? { id: span.traceID, parent: span.id } : undefined;
}

/** A span for each attempt, whenever it is made, in whatever process: the record says where it belongs. */
export function attemptSpans({ broker, fullName }: Service): OutboxObserver {
  return {
    accepted() {},
    ended() {},
    attempting({ id, trace }, transport) {
      if (!trace || !broker.isTracingEnabled()) return () => {};
      const span = broker.tracer.startSpan("mail.attempt", {
        traceID: trace.id,
        parentID: trace.parent,
        sampled: true,
        service: fullName,
        tags: { id, transport },
      });
      return ({ attempts, status, problem }) => {
        span.addTags({ attempts, status, ...(problem !== undefined && { problem }) });
        if (problem !== undefined) span.setError(wordsOf({ name: problem, type: problem }));
        span.finish();
      };
    },
  };
}

/** Exporters show an error's message and data, and those can hold addresses and what the SMTP server said to them. */
export function hushSpan({ span }: Pick<Context, "span">, error: unknown): void {
  if (!span) return;
  const words = wordsOf(Object(error) as Error);
  span.setError = function setError(this: Span) {
    this.error = words;
    return this;
  };
}

function wordsOf({ name, type, code }: { name?: string; type?: string; code?: unknown }): Error {
  // no Error, whose stack would be ours
  return { name: name ?? "Error", message: type ?? name ?? "Error", type, code } as unknown as Error;
}
