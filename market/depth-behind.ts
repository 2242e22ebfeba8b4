/**
 * What a recorded book shows behind the touch. The best quotes and the levels come in separate messages, so the walk takes
 * the touch from the quote in force and only the levels strictly beyond it from here: neither can be counted twice.
 */
import type { MarketView } from './view.ts';

export class DepthBehind {
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();
  /** Farthest price that ever had a level, per side; a bound for the walk. */
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;

  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = Number.NEGATIVE_INFINITY;
  }

  /** A level's new size; 0 removes it. `side` +1 bid, -1 ask. */
  set(side: number, ticks: number, lots: number): void {
    const levels = side > 0 ? this.#bids : this.#asks;
    if (lots <= 0) {
      levels.delete(ticks);
      return;
    }
    levels.set(ticks, lots);
    if (side > 0) this.#lowest = Math.min(this.#lowest, ticks);
    else this.#highest = Math.max(this.#highest, ticks);
  }

  /**
   * Ticks beyond the touch of `view` that a market order of `lots` pays on average: `side` +1 buys from the asks. What the
   * recorded book cannot fill is charged at the farthest level the walk met, the touch itself where nothing lies behind it.
   */
  slippageTicks(view: MarketView, side: 1 | -1, lots: number): number {
    const touch = side > 0 ? view.askTicks : view.bidTicks;
    const levels = side > 0 ? this.#asks : this.#bids;
    const depth = side > 0 ? this.#highest - touch : touch - this.#lowest;
    let left = lots - (side > 0 ? view.askLots : view.bidLots);
    let paid = 0;
    let farthest = 0;
    for (let beyond = 1; left > 0 && beyond <= depth; beyond++) {
      const level = levels.get(touch + side * beyond);
      if (level === undefined) continue;
      const part = Math.min(left, level);
      paid += part * beyond;
      left -= part;
      farthest = beyond;
    }
    if (left > 0) paid += left * farthest;
    return lots > 0 ? paid / lots : 0;
  }
}
