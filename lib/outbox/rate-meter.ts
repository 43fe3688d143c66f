/** How many messages went out in the last minute, by transport. */

export function rateMeter(now: () => number): {
  count(transport: string): void;
  of(transport: string): number;
} {
  let sent: { transport: string; at: number }[] = [];
  const forget = () => {
    const from = sent.findIndex(({ at }) => at > now() - 60_000);
    sent = from < 0 ? [] : sent.slice(from);
  };
  return {
    count(transport) {
      sent.push({ transport, at: now() });
      if (sent.length % 1000 === 0) forget();
    },
    of(transport) {
      forget();
      return sent.filter((one) => one.transport === transport).length;
    },
  };
}
