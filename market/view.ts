/**
 * The market as an execution session sees it at one moment. A feed (simulated or replayed) owns one view, changes it
 * in place event by event and tells the session; the session never looks anywhere else, so training and serving
 * cannot see different things.
 */
export interface MarketView {
  timeMs: number;
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
  /**
   * Ticks beyond the touch that a market order of `lots` pays on average, from the book or the calibrated depth curve.
   * `side` +1 buys from the asks, -1 sells to the bids. 0 while the order fits into the touch.
   */
  slippageTicks(side: 1 | -1, lots: number): number;
}

/** What a feed tells a session, in event order. */
export interface FeedListener {
  /** A trade printed. `lots` positive when the buyer was the aggressor. */
  onTrade(ticks: number, lots: number): void;
  /** The best quote changed; the view already shows the new one. */
  onQuote(): void;
  /** The reaction clock ticked: orders can be placed, moved and withdrawn now. */
  onClock(): void;
}

/**
 * Our own orders reach the market this long after what they answer: a co-located gateway's round trip. It is the
 * resolution of the simulated market and of every reaction in a replay.
 */
export const REACTION_MS = 10;
