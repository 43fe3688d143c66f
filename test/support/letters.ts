/** Letters that can be told apart: recipient and key are another one for each. */
import type { KeptOutbox } from "./kept-outbox.ts";
import { type MailRecord, statusOf } from "../../lib/outbox/record.ts";
import type { Phoenix } from "./phoenix.ts";

export interface Letter {
  to: string;
  idempotencyKey: string;
  wait: false;
}

let letters = 0;

export function newLetter(name = "ann"): Letter {
  const address = `${name}${++letters}@example.com`;
  return { to: address, idempotencyKey: address, wait: false };
}

export function recordOf({ records }: KeptOutbox, { to }: Letter): MailRecord | undefined {
  return records.find(({ recipients }) => recipients[0]?.address === to);
}

/** The record as soon as it is in this state and nobody holds it. */
export async function comesTo(phoenix: Phoenix, status: string, letter: Letter): Promise<MailRecord> {
  const found = (kept: KeptOutbox): MailRecord | undefined => {
    const record = recordOf(kept, letter);
    const isThere = record && !kept.claimed.includes(record.id) && statusOf(record, 0) === status;
    return isThere ? record : undefined;
  };
  const record = found(await phoenix.until((kept) => found(kept) !== undefined));
  if (!record) throw new Error("it was there a moment ago");
  return record;
}
