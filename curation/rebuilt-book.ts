/** Rebuilds the whole book from its changes, and compares its touch with the quotes that the exchange published beside it. */
import { L2Book } from '../market/book.ts';
import type { Columns } from './dataset.ts';

export interface BookFindings {
  /** Depth messages after which a published quote was known. */
  readonly updates: number;
  /** Of these, after how many the rebuilt best prices, and prices and sizes, were those of the last quote up to that update. */
  readonly samePrices: number;
  readonly sameTouch: number;
  /** How often and for how long the rebuilt book was crossed (bid above ask) or locked (equal), ms. */
  readonly crossed: number;
  readonly crossedMs: number;
  readonly longestCrossedMs: number;
  /** Published quotes that were crossed or locked. */
  readonly crossedQuotes: number;
  readonly quotes: number;
  /** Levels of either side at the end. */
  readonly bidLevels: number;
  readonly askLevels: number;
  /** From the first to the last depth message, ms. */
  readonly spanMs: number;
}

/** Columns as in the tables. Both are numbered by the exchange's update ids, so neither clock nor order of arrival matters. */
export function rebuildBook(deltas: Columns, quotes: Columns): BookFindings {
  const book = new L2Book();
  const found = { updates: 0, samePrices: 0, sameTouch: 0, crossed: 0, crossedMs: 0, longestCrossedMs: 0 };
  const { ordinal, update_id: update, event_ms: time } = deltas;
  let crossedSince = Number.NaN;
  let quote = -1;
  for (let i = 0; i < ordinal.length; ) {
    const at = i;
    for (; i < ordinal.length && ordinal[i] === ordinal[at]; i++)
      book.apply(deltas.side[i], deltas.ticks[i], deltas.lots[i]);
    while (quote + 1 < quotes.update_id.length && quotes.update_id[quote + 1] <= update[at]) quote++;
    const { bestBid, bestAsk } = book;
    if (!Number.isNaN(crossedSince)) {
      const lastedMs = time[at] - crossedSince;
      found.longestCrossedMs = Math.max(found.longestCrossedMs, lastedMs);
      found.crossedMs += time[at] - time[at - 1];
    }
    if (bestBid > 0 && bestAsk > 0 && bestBid >= bestAsk) {
      found.crossed++;
      if (Number.isNaN(crossedSince)) crossedSince = time[at];
    } else crossedSince = Number.NaN;
    if (quote < 0) continue;
    found.updates++;
    if (bestBid !== quotes.bid_ticks[quote] || bestAsk !== quotes.ask_ticks[quote]) continue;
    found.samePrices++;
    if (book.lotsAt(1, bestBid) === quotes.bid_lots[quote] && book.lotsAt(-1, bestAsk) === quotes.ask_lots[quote])
      found.sameTouch++;
  }
  return {
    ...found,
    quotes: quotes.bid_ticks.length,
    crossedQuotes: quotes.bid_ticks.reduce((sum, bid, i) => sum + (bid >= quotes.ask_ticks[i] ? 1 : 0), 0),
    bidLevels: book.levels(1),
    askLevels: book.levels(-1),
    spanMs: time.length > 0 ? time[time.length - 1] - time[0] : 0,
  };
}
