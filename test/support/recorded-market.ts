/** Small markets for tests: a random book tape, a synthetic profile, and a simulated path written down as a tape. */
import { randomStream } from '../../core/random.ts';
import { SimulatedMarket } from '../../envs/simulated-market.ts';
import { bookChain } from '../../market/book-chain.ts';
import { estimateBookLaw } from '../../market/estimators/book-law.ts';
import { gridTape } from '../../market/estimators/grid.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import type { MarketProfile } from '../../market/profile.ts';
import { allocateTape, type BookTape, QUOTE, TRADE } from '../../market/tape.ts';
import type { FeedListener } from '../../market/view.ts';

export const noChanges = {
  length: 0,
  row: new Int32Array(0),
  side: new Int8Array(0),
  ticks: new Int32Array(0),
  lots: new Int32Array(0),
};

/** Irregular events: quotes that wander, trades at and through the touch, levels that come and go behind it. */
export function randomBookTape(seed: number, events: number, startMs = 0): BookTape {
  const random = randomStream(seed, 'test/book-tape');
  const tape = allocateTape(events);
  const changes: [row: number, side: number, ticks: number, lots: number][] = [];
  let [timeMs, bid, ask, bidLots, askLots] = [startMs, 1000, 1002, 50, 50];
  for (let i = 0; i < events; i++) {
    timeMs += [0, 0.25, 3, 7, 10, 40, 250][random.below(7)];
    tape.timeMs[i] = timeMs;
    const trade = random.below(3) === 0;
    tape.kind[i] = trade ? TRADE : QUOTE;
    if (trade) {
      const buyer = random.below(2) === 0;
      const lots = 1 + random.below(40);
      tape.tradeTicks[i] = buyer ? ask + random.below(2) : bid - random.below(2);
      tape.tradeLots[i] = buyer ? lots : -lots;
    } else {
      const move = random.below(8) === 0 ? random.below(3) - 1 : 0;
      bid += move;
      ask = bid + (move === 0 ? ask - bid : 1 + random.below(3));
      bidLots = 1 + random.below(80);
      askLots = 1 + random.below(80);
    }
    tape.bidTicks[i] = bid;
    tape.askTicks[i] = ask;
    tape.bidLots[i] = bidLots;
    tape.askLots[i] = askLots;
    for (let n = random.below(4); n > 0; n--) {
      const side = random.below(2) === 0 ? 1 : -1;
      const ticks = (side > 0 ? bid : ask) - side * random.below(30);
      changes.push([i, side, ticks, random.below(3) === 0 ? 0 : 1 + random.below(60)]);
    }
  }
  return {
    tape,
    changes: {
      length: changes.length,
      row: Int32Array.from(changes, (change) => change[0]),
      side: Int8Array.from(changes, (change) => change[1]),
      ticks: Int32Array.from(changes, (change) => change[2]),
      lots: Int32Array.from(changes, (change) => change[3]),
    },
  };
}

/** A profile whose book law is that of a random tape; nothing lies behind its touch. */
export function syntheticProfile(seed: number): MarketProfile {
  const grid = gridTape(randomBookTape(seed, 5000).tape, 10);
  const measured = (value: number) => ({ value, low: value, high: value });
  const input = (value: number) => ({ value, source: 'synthetic' });
  return {
    version: 1,
    instrument: btcusdPerp,
    dataset: '',
    segment: 'synthetic',
    seconds: grid.length / 100,
    referenceTicks: 600_000,
    fees: { makerBps: input(2), takerBps: input(5) },
    book: estimateBookLaw(grid, { strength: 0, timeMs: 1000, scaleTicks: 1 }),
    depth: { lots: [0, 1], slippageTicks: [0, 0] },
    impact: {
      transientTicksPerLot: measured(0.01),
      decayMs: measured(1000),
      permanentTicksPerLot: input(0.001),
    },
    lotsPerSecond: measured(1),
    volumeCurve: [0, 1],
    volatilityBps: measured(1),
    moments: {},
    laws: [],
    tables: {},
  };
}

/** `seconds` of a simulated market, event by event; the market is left at their end. */
export function recordBookTape(market: SimulatedMarket, seconds: number): BookTape {
  const rows: number[][] = [];
  const write = (kind: number, ticks: number, lots: number) =>
    rows.push([market.timeMs, kind, market.bidTicks, market.bidLots, market.askTicks, market.askLots, ticks, lots]);
  write(QUOTE, 0, 0);
  const recorder: FeedListener = {
    onTrade: (ticks, lots) => write(TRADE, ticks, lots),
    onQuote: () => write(QUOTE, 0, 0),
    onClock: () => {},
  };
  market.advance(seconds * 1000, recorder);
  write(QUOTE, 0, 0);
  const tape = allocateTape(rows.length);
  for (const [i, row] of rows.entries()) {
    const { timeMs, kind, bidTicks, bidLots, askTicks, askLots, tradeTicks, tradeLots } = tape;
    const columns = [timeMs, kind, bidTicks, bidLots, askTicks, askLots, tradeTicks, tradeLots];
    for (const [c, column] of columns.entries()) column[i] = row[c];
  }
  return { tape, changes: noChanges };
}

export function simulatedMarket(profile: MarketProfile): SimulatedMarket {
  return new SimulatedMarket(profile, bookChain(profile.book));
}
