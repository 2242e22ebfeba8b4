/** One child order over several books: the cheapest all-in price first, which equalises marginal prices net of fees. */
import type { PricedQuantity, Side } from '../cost.ts';

export interface VenueLadder {
  readonly name: string;
  /** Taker fee, basis points of the traded notional. */
  readonly feeBps: number;
  /** Best first. */
  readonly levels: readonly PricedQuantity[];
}

export interface VenueSplit {
  /** Quantity by venue, every venue named. */
  readonly allocated: Readonly<Record<string, number>>;
  /** Money paid (a buy) or received (a sell), fees included. */
  readonly cash: number;
  /** What the ladders cannot fill. */
  readonly unfilled: number;
  /** All-in price of the last unit; null when nothing fills. */
  readonly marginalPrice: number | null;
}

/** The exact optimum by merging the ladders; ties go to the venue listed first. */
export function splitAcrossVenues(venues: readonly VenueLadder[], side: Side, quantity: number): VenueSplit {
  const merged = venues
    .flatMap(({ name, feeBps, levels }) =>
      levels.map((level) => ({ name, quantity: level.quantity, allIn: level.price * (1 + (side * feeBps) / 1e4) })),
    )
    .sort((x, y) => side * (x.allIn - y.allIn));
  const allocated: Record<string, number> = Object.fromEntries(venues.map(({ name }) => [name, 0]));
  let left = quantity;
  let cash = 0;
  let marginalPrice: number | null = null;
  for (const level of merged) {
    if (!(left > 0)) break;
    const part = Math.min(left, level.quantity);
    if (!(part > 0)) continue;
    allocated[level.name] += part;
    cash += part * level.allIn;
    marginalPrice = level.allIn;
    left = part === left ? 0 : left - part;
  }
  return { allocated, cash, unfilled: left, marginalPrice };
}
