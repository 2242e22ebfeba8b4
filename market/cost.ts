/**
 * Transaction-cost analysis: what an order cost against its benchmarks. Positive is a cost, negative a gain.
 * `side` is +1 for a buy and -1 for a sell.
 */
import { AssayError } from '../core/errors.ts';

export type Side = 1 | -1;

export interface PricedQuantity {
  readonly quantity: number;
  readonly price: number;
}

export interface ShortfallInput {
  readonly side: Side;
  readonly ordered: number;
  /** Prices at the decision, at the release to the market, and at the end. */
  readonly decisionPrice: number;
  readonly releasePrice: number;
  readonly endPrice: number;
  readonly fills: readonly PricedQuantity[];
  /** Cash. */
  readonly fees: number;
  /**
   * Where the delay of what never filled is counted. `filled-delay` (CFA, Wagner): in opportunity, from the decision price;
   * `expanded` (Kissell): in delay, so that opportunity begins at the release price. Both have one total.
   */
  readonly convention: 'filled-delay' | 'expanded';
}

export interface Shortfall {
  /** Profit of the paper portfolio and of the real one. */
  readonly paper: number;
  readonly actual: number;
  readonly delay: number;
  readonly trading: number;
  readonly opportunity: number;
  readonly fees: number;
  /** delay + trading + opportunity + fees, which equals paper - actual. */
  readonly total: number;
  /** Of the ordered quantity at the decision price, percent. */
  readonly percent: Readonly<Record<'delay' | 'trading' | 'opportunity' | 'fees' | 'total', number>>;
}

/** Implementation shortfall (Perold 1988) of an order in a linear instrument. @throws ASSAY_NOT_FINITE */
export function implementationShortfall(input: ShortfallInput): Shortfall {
  const { side, ordered, decisionPrice, releasePrice, endPrice, fills, fees, convention } = input;
  for (const [what, value] of Object.entries({ ordered, decisionPrice, releasePrice, endPrice, fees }))
    requireFinite(what, value);
  for (const { quantity, price } of fills) requireFinite('a fill', quantity * price);
  const filled = sumOf(fills, (fill) => fill.quantity);
  const expanded = convention === 'expanded';
  const delay = side * (expanded ? ordered : filled) * (releasePrice - decisionPrice);
  const trading = side * sumOf(fills, (fill) => fill.quantity * (fill.price - releasePrice));
  const opportunity = side * (ordered - filled) * (endPrice - (expanded ? releasePrice : decisionPrice));
  const total = delay + trading + opportunity + fees;
  const percentOf = (cash: number) => (100 * cash) / (ordered * decisionPrice);
  return {
    paper: side * ordered * (endPrice - decisionPrice),
    actual: side * sumOf(fills, (fill) => fill.quantity * (endPrice - fill.price)) - fees,
    delay,
    trading,
    opportunity,
    fees,
    total,
    percent: {
      delay: percentOf(delay),
      trading: percentOf(trading),
      opportunity: percentOf(opportunity),
      fees: percentOf(fees),
      total: percentOf(total),
    },
  };
}

/** What is left of a shortfall when the market's own move is taken out. All in percent. */
export function marketAdjusted(shortfall: number, side: Side, market: { beta: number; return: number }): number {
  return shortfall - side * market.beta * market.return;
}

/** Cost of waiting between decision and release on what filled, percent of the ordered value. */
export function delayPercent(order: {
  readonly side: Side;
  readonly ordered: number;
  readonly filled: number;
  readonly decisionPrice: number;
  readonly releasePrice: number;
}): number {
  const { side, ordered, filled, decisionPrice, releasePrice } = order;
  return (100 * side * (filled / ordered) * (releasePrice - decisionPrice)) / decisionPrice;
}

export interface SpreadInput {
  readonly side: Side;
  readonly bid: number;
  readonly ask: number;
  readonly fill: number;
  /** Mid some time after the fill. */
  readonly midLater: number;
}

/** Effective spread = realised spread + price impact, and effective over quoted (SEC Rule 605). In price; E/Q null in a locked market. */
export function spreads({ side, bid, ask, fill, midLater }: SpreadInput): {
  effective: number;
  quoted: number;
  realised: number;
  impact: number;
  effectiveOverQuoted: number | null;
} {
  const effective = 2 * side * (fill - (bid + ask) / 2);
  const quoted = ask - bid;
  const realised = 2 * side * (fill - midLater);
  const impact = effective - realised;
  return { effective, quoted, realised, impact, effectiveOverQuoted: quoted > 0 ? effective / quoted : null };
}

/** A fill and the mids at each of some horizons after it; null where there is none. */
export interface MarkedFill extends PricedQuantity {
  readonly midsLater: readonly (number | null)[];
}

/** Quantity-weighted markout by horizon, basis points: positive means the price moved the trader's way. Null where no fill has a mid. */
export function markoutsBps(side: Side, fills: readonly MarkedFill[], horizons: number): (number | null)[] {
  return Array.from({ length: horizons }, (_, h) => {
    let [sum, weight] = [0, 0];
    for (const { quantity, price, midsLater } of fills) {
      const mid = midsLater[h];
      if (mid === null || mid === undefined) continue;
      sum += (quantity * 1e4 * side * (mid - price)) / price;
      weight += quantity;
    }
    return weight > 0 ? sum / weight : null;
  });
}

/** Volume-weighted average price; null of nothing. */
export function averagePrice(trades: readonly PricedQuantity[]): number | null {
  const quantity = sumOf(trades, (trade) => trade.quantity);
  return quantity > 0 ? sumOf(trades, (trade) => trade.quantity * trade.price) / quantity : null;
}

/** How much worse than a benchmark, basis points of the benchmark. */
export function slippageBps(side: Side, price: number, benchmark: number): number {
  return (1e4 * side * (price - benchmark)) / benchmark;
}

export interface BookSide {
  /** Best first. */
  readonly bids: readonly PricedQuantity[];
  readonly asks: readonly PricedQuantity[];
}

export interface BookWalk {
  readonly filled: number;
  readonly unfilled: number;
  /** Over what filled; null when nothing did. */
  readonly average: number | null;
  /** Against the mid before the order. */
  readonly slippageBps: number | null;
  readonly levelsTouched: number;
}

/** What a market order of `quantity` takes from a book, best level first; what the book cannot fill stays unfilled. */
export function walkBook(book: BookSide, side: Side, quantity: number): BookWalk {
  const taken: PricedQuantity[] = [];
  let left = quantity;
  for (const level of side > 0 ? book.asks : book.bids) {
    if (left <= 0) break;
    const part = Math.min(left, level.quantity);
    taken.push({ quantity: part, price: level.price });
    left -= part;
  }
  const average = averagePrice(taken);
  const mid = book.bids.length > 0 && book.asks.length > 0 ? (book.bids[0].price + book.asks[0].price) / 2 : null;
  return {
    filled: quantity - left,
    unfilled: left,
    average,
    slippageBps: average === null || mid === null ? null : slippageBps(side, average, mid),
    levelsTouched: taken.length,
  };
}

/** Square-root law of impact: prefactor * sigma * sqrt(quantity / volume), basis points; sigma and volume over one period. */
export function squareRootImpactBps(order: {
  readonly prefactor: number;
  readonly volatility: number;
  readonly quantity: number;
  readonly volume: number;
}): number {
  return 1e4 * order.prefactor * order.volatility * Math.sqrt(order.quantity / order.volume);
}

/**
 * Pre-trade cost of Almgren, Thum, Hauptmann and Li (2005, "Direct estimation of equity market impact"), basis points:
 * permanent impact I, temporary cost K, expected cost I/2 + K.
 */
export function almgren2005Bps(order: {
  readonly dailyVolatility: number;
  readonly orderOverDailyVolume: number;
  /** Shares outstanding over daily volume. */
  readonly inverseTurnover: number;
  readonly durationDays: number;
}): { permanent: number; temporary: number; cost: number } {
  const { dailyVolatility, orderOverDailyVolume: size, inverseTurnover, durationDays } = order;
  const permanent = 1e4 * 0.314 * dailyVolatility * size * inverseTurnover ** 0.25;
  const temporary = 1e4 * 0.142 * dailyVolatility * Math.abs(size / durationDays) ** 0.6;
  return { permanent, temporary, cost: permanent / 2 + temporary };
}

/** One leg of a coin-settled options package; prices and fee in coin. */
export interface CoinLeg {
  readonly side: Side;
  readonly contracts: number;
  readonly arrival: number;
  readonly fill: number;
  readonly fee: number;
}

/** Its futures hedge in an inverse contract: notional in USD, prices in USD, fee in coin. */
export interface InverseHedge {
  readonly side: Side;
  readonly notionalUsd: number;
  readonly arrival: number;
  readonly fill: number;
  readonly fee: number;
}

/** Cost in coin of each leg of a package, the hedge last, and each one's share; shares are null when the sum is 0. */
export function coinPackageCost(
  legs: readonly CoinLeg[],
  hedge: InverseHedge | null,
): { legs: number[]; total: number; shares: (number | null)[] } {
  const costs = legs.map((leg) => leg.side * leg.contracts * (leg.fill - leg.arrival) + leg.fee);
  if (hedge) costs.push(hedge.side * hedge.notionalUsd * (1 / hedge.arrival - 1 / hedge.fill) + hedge.fee);
  const total = sumOf(costs, (cost) => cost);
  return { legs: costs, total, shares: costs.map((cost) => (total === 0 ? null : cost / total)) };
}

function sumOf<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function requireFinite(what: string, value: number): void {
  if (!Number.isFinite(value)) throw new AssayError('ASSAY_NOT_FINITE', { what: `${what} (${value})` });
}
