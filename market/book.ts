/**
 * An aggregated order book (L2) in integer ticks and lots. Each side keeps its levels sorted with the best last, so that
 * the many changes near the touch move little memory.
 */

/** +1 bid, -1 ask: as in LevelChanges. A taker's side, where one is meant, is +1 to buy (from the asks). */
export type Side = 1 | -1;

export class L2Book {
  readonly #bids = new Levels();
  readonly #asks = new Levels();

  /** Set the level of `side` (+1 bid, -1 ask) at `ticks` to `lots`; 0 or less removes it. */
  apply(side: number, ticks: number, lots: number): void {
    if (side > 0) this.#bids.set(ticks, lots);
    else this.#asks.set(-ticks, lots);
  }

  clear(): void {
    this.#bids.length = 0;
    this.#asks.length = 0;
  }

  /** Highest bid, ticks; 0 when there is none. */
  get bestBid(): number {
    return this.#bids.length > 0 ? this.#bids.keys[this.#bids.length - 1] : 0;
  }

  /** Lowest ask, ticks; 0 when there is none. */
  get bestAsk(): number {
    return this.#asks.length > 0 ? -this.#asks.keys[this.#asks.length - 1] : 0;
  }

  /** Lots at one price; 0 where there is no level. */
  lotsAt(side: number, ticks: number): number {
    return side > 0 ? this.#bids.get(ticks) : this.#asks.get(-ticks);
  }

  /** Number of levels of a side (+1 bid, -1 ask). */
  levels(side: number): number {
    return (side > 0 ? this.#bids : this.#asks).length;
  }

  /** Lots of `side` (+1 bid, -1 ask) at the touch and up to `ticks` behind it. */
  depthWithin(side: number, ticks: number): number {
    const { keys, lots, length } = side > 0 ? this.#bids : this.#asks;
    let sum = 0;
    for (let i = length - 1; i >= 0 && keys[length - 1] - keys[i] <= ticks; i--) sum += lots[i];
    return sum;
  }

  /**
   * Ticks beyond the touch that a market order of `lots` pays on average: `taker` +1 buys from the asks. What the book
   * cannot fill is charged at its last level. NaN when that side is empty or `lots` is not positive.
   */
  slippageTicks(taker: Side, lots: number): number {
    const { keys, lots: sizes, length } = taker > 0 ? this.#asks : this.#bids;
    if (length === 0 || !(lots > 0)) return Number.NaN;
    const touch = keys[length - 1];
    let left = lots;
    let paid = 0;
    for (let i = length - 1; i >= 0 && left > 0; i--) {
      const part = i === 0 ? left : Math.min(left, sizes[i]);
      paid += part * (touch - keys[i]);
      left -= part;
    }
    return paid / lots;
  }

  /** Every level from the best outwards: bids first, then asks. */
  *entries(): Generator<{ readonly side: Side; readonly ticks: number; readonly lots: number }> {
    for (let i = this.#bids.length - 1; i >= 0; i--)
      yield { side: 1, ticks: this.#bids.keys[i], lots: this.#bids.lots[i] };
    for (let i = this.#asks.length - 1; i >= 0; i--)
      yield { side: -1, ticks: -this.#asks.keys[i], lots: this.#asks.lots[i] };
  }
}

/** Levels by ascending key, the best last; an ask's key is its negative price. */
class Levels {
  length = 0;
  keys = new Int32Array(1024);
  lots = new Float64Array(1024);

  get(key: number): number {
    const at = this.#find(key);
    return at < this.length && this.keys[at] === key ? this.lots[at] : 0;
  }

  set(key: number, lots: number): void {
    const at = this.#find(key);
    const present = at < this.length && this.keys[at] === key;
    if (present && lots > 0) this.lots[at] = lots;
    else if (present) this.#remove(at);
    else if (lots > 0) this.#insert(at, key, lots);
  }

  #insert(at: number, key: number, lots: number): void {
    if (this.length === this.keys.length) this.#grow();
    this.keys.copyWithin(at + 1, at, this.length);
    this.lots.copyWithin(at + 1, at, this.length);
    this.keys[at] = key;
    this.lots[at] = lots;
    this.length++;
  }

  #remove(at: number): void {
    this.keys.copyWithin(at, at + 1, this.length);
    this.lots.copyWithin(at, at + 1, this.length);
    this.length--;
  }

  /** First index whose key is not below `key`. */
  #find(key: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const keys = new Int32Array(this.keys.length * 2);
    const lots = new Float64Array(this.keys.length * 2);
    keys.set(this.keys);
    lots.set(this.lots);
    this.keys = keys;
    this.lots = lots;
  }
}
