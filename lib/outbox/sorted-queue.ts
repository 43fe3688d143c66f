/** Ids by rank and time, for the store in memory: what is due comes out first, by binary search, without a scan. */

interface Place {
  rank: number;
  at: number;
  /** Ties go in the order of arrival */
  order: number;
  id: string;
}

export class SortedQueue {
  readonly #lanes = new Map<number, Place[]>();
  readonly #places = new Map<string, Place>();
  #order = 0;

  get size(): number {
    return this.#places.size;
  }

  add(id: string, rank: number, at: number): void {
    this.remove(id);
    const place = { id, rank, at, order: this.#order++ };
    const lane = this.#lanes.get(rank) ?? [];
    lane.splice(position(lane, place), 0, place);
    this.#lanes.set(rank, lane);
    this.#places.set(id, place);
  }

  remove(id: string): void {
    const place = this.#places.get(id);
    if (!place) return;
    const lane = this.#lanes.get(place.rank) ?? [];
    lane.splice(position(lane, place), 1);
    this.#places.delete(id);
  }

  /** The first that is due, taken out: lowest rank, then earliest time. */
  take(now: number): string | undefined {
    for (const rank of [...this.#lanes.keys()].sort((a, b) => a - b)) {
      const first = this.#lanes.get(rank)?.[0];
      if (first && first.at <= now) {
        this.remove(first.id);
        return first.id;
      }
    }
    return undefined;
  }

  /** When the next one is due; null: there is none. */
  nextAt(): number | null {
    const firsts = [...this.#lanes.values()].flatMap((lane) => lane[0]?.at ?? []);
    return firsts.length > 0 ? Math.min(...firsts) : null;
  }
}

function position(lane: readonly Place[], place: Place): number {
  let low = 0;
  let high = lane.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = lane[middle];
    const before = other && (other.at < place.at || (other.at === place.at && other.order < place.order));
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}
