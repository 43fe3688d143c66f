/** What the outbox tells of its work while it does it, for metrics and traces. Nothing in here changes what becomes of a message. */
import type { MailRecord, MessageStatus, RecipientStatus } from "./record.ts";

/** How an attempt ended, in words and figures: nothing of what the message or the server says. */
export interface AttemptOutcome {
  /** Attempts made by now, this one too */
  attempts: number;
  status: MessageStatus;
  /** The word of the problem that speaks for the whole attempt */
  problem?: string;
  /** One for each recipient that took part; `problem`: the word, where it was not sent */
  recipients: readonly { status: RecipientStatus; problem?: string }[];
}

export interface OutboxObserver {
  /** A message was made safe, so many milliseconds after it was asked for. */
  accepted(durationMs: number): void;
  /** An attempt begins; the function is told how it ended, unless a mistake of ours broke it off. */
  attempting(record: MailRecord, transport: string): (outcome: AttemptOutcome) => void;
  /** A message came to its end; again, where an operator had it tried once more. */
  ended(status: MessageStatus): void;
}

/** Several as one. What throws in an observer is told to `onError`, and harms neither the others nor the mail. */
export function together(
  observers: readonly OutboxObserver[],
  onError: (error: unknown) => void,
): OutboxObserver {
  const each = <Listener, Result>(
    listeners: readonly Listener[],
    tell: (listener: Listener) => Result,
  ): Result[] =>
    listeners.flatMap((listener) => {
      try {
        return [tell(listener)];
      } catch (error) {
        onError(error);
        return [];
      }
    });
  return {
    accepted: (durationMs) => void each(observers, (observer) => observer.accepted(durationMs)),
    ended: (status) => void each(observers, (observer) => observer.ended(status)),
    attempting(record, transport) {
      const listening = each(observers, (observer) => observer.attempting(record, transport));
      return (outcome) => void each(listening, (listener) => listener(outcome));
    },
  };
}
