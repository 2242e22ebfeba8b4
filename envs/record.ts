/** A simulated market written down as a grid, for the estimators. */
import { streamKey } from '../core/random.ts';
import { allocateGrid, type Grid } from '../market/estimators/grid.ts';
import type { FeedListener } from '../market/view.ts';
import type { SimulatedMarket } from './simulated-market.ts';

export interface RecordOptions {
  readonly seed: number | string;
  readonly stream: string;
  readonly seconds: number;
  readonly stepMs: number;
}

export function recordGrid(market: SimulatedMarket, { seed, stream, seconds, stepMs }: RecordOptions): Grid {
  const grid = allocateGrid(Math.round((seconds * 1000) / stepMs), stepMs);
  market.reset(streamKey(seed, stream), 0);
  const recorder = new Recorder(grid);
  for (let k = 0; k < grid.length; k++) {
    recorder.step = k;
    market.advance((k + 1) * stepMs, recorder);
    grid.bidTicks[k] = market.bidTicks;
    grid.askTicks[k] = market.askTicks;
    grid.bidLots[k] = market.bidLots;
    grid.askLots[k] = market.askLots;
  }
  return grid;
}

class Recorder implements FeedListener {
  step = 0;
  readonly #grid: Grid;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  onTrade(ticks: number, lots: number): void {
    const { soldLots, boughtLots, lowTicks, highTicks } = this.#grid;
    const k = this.step;
    if (lots < 0) {
      soldLots[k] -= lots;
      lowTicks[k] = lowTicks[k] === 0 ? ticks : Math.min(lowTicks[k], ticks);
    } else {
      boughtLots[k] += lots;
      highTicks[k] = Math.max(highTicks[k], ticks);
    }
  }

  onQuote(): void {}
  onClock(): void {}
}
