/** The load: the same letters for everyone, so many at a time. */

export interface Letter {
  to: string;
  subject: string;
  text: string;
  html: string;
}

const paragraph =
  "Your order has left our warehouse in Zürich and will be with you within two working days. You can follow it at " +
  "https://shop.example.com/orders/481516 or answer this letter, and somebody will read it.";

/** About 2 KB on the wire. */
export function letter(n: number): Letter {
  const lines = [`Dear customer ${n},`, paragraph, paragraph, "With kind regards, the shop"];
  return {
    to: `customer-${n}@example.com`,
    subject: `Your order ${n} is on its way`,
    text: lines.join("\n\n"),
    html: `<html><body>${lines.map((line) => `<p>${line}</p>`).join("\n")}</body></html>`,
  };
}

/** Sends letters, `atATime` under way at any moment; returns the Message-IDs that `send` resolves with. */
export async function sendAll(
  count: number,
  atATime: number,
  send: (letter: Letter) => Promise<string>,
): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const sendOneByOne = async () => {
    while (next < count) ids.push(await send(letter(next++)));
  };
  await Promise.all(Array.from({ length: atATime }, sendOneByOne));
  return ids;
}

/** User and system time of this process so far, in ms. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
