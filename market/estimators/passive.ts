/**
 * What befalls a small passive order: posted at the near touch behind everything displayed, following the touch, until it
 * fills or 30 s have passed. Measured by the execution session itself, so that captures and simulations are judged by the
 * same queue and fill rules that policies meet.
 */
import { ExecutionSession } from '../session.ts';
import type { MarketView } from '../view.ts';
import { type Grid, mirrorGrid } from './grid.ts';

const PATIENCE_MS = 30_000;
const EVERY_MS = 2_000;
export const MARKOUT_SECONDS = [1, 5, 10] as const;

export interface PassiveOrders {
  /** Start of each order, ms since the grid's start; both sides of the market in turn. */
  readonly startMs: Float64Array;
  /** Time until the fill, s; PATIENCE when it did not fill. */
  readonly seconds: Float64Array;
  readonly filled: Uint8Array;
  /** By horizon: mid after the fill minus the price paid, basis points, positive is a gain; NaN when unknown. */
  readonly markoutBps: readonly Float64Array[];
}

export function passiveOrders(grid: Grid): PassiveOrders {
  const steps = PATIENCE_MS / grid.stepMs;
  const tail = (1000 * MARKOUT_SECONDS[MARKOUT_SECONDS.length - 1]) / grid.stepMs;
  const every = EVERY_MS / grid.stepMs;
  const perSide = Math.max(0, Math.ceil((grid.length - steps - tail) / every));
  const result = {
    startMs: new Float64Array(2 * perSide),
    seconds: new Float64Array(2 * perSide),
    filled: new Uint8Array(2 * perSide),
    markoutBps: MARKOUT_SECONDS.map(() => new Float64Array(2 * perSide).fill(Number.NaN)),
  };
  const sides = [grid, mirrorGrid(grid, grid.bidTicks[0])];
  for (const [side, market] of sides.entries()) {
    for (let n = 0; n < perSide; n++) {
      const start = n * every;
      const i = side * perSide + n;
      const fill = workOne(market, start, steps);
      result.startMs[i] = start * grid.stepMs;
      result.seconds[i] = ((fill?.step ?? start + steps) - start) * (grid.stepMs / 1000);
      if (fill === null) continue;
      result.filled[i] = 1;
      for (const [h, seconds] of MARKOUT_SECONDS.entries()) {
        const k = fill.step + (seconds * 1000) / grid.stepMs;
        const mid = (market.bidTicks[k] + market.askTicks[k]) / 2;
        result.markoutBps[h][i] = ((mid - fill.ticks) / fill.ticks) * 1e4;
      }
    }
  }
  return result;
}

function workOne(grid: Grid, start: number, steps: number): { step: number; ticks: number } | null {
  const view = new GridView(grid);
  view.show(start);
  let ticks = 0;
  const session = new ExecutionSession(view, FREE, { onFill: (fill) => (ticks = fill.ticks) });
  session.start({ side: 1, lots: 1, horizonMs: PATIENCE_MS });
  session.act(1, 0, 1);
  for (let k = start + 1; k <= start + steps; k++) {
    if (!view.show(k)) continue;
    if (grid.soldLots[k] > 0) session.onTrade(grid.lowTicks[k], -grid.soldLots[k]);
    if (grid.boughtLots[k] > 0) session.onTrade(grid.highTicks[k], grid.boughtLots[k]);
    session.onQuote();
    session.onClock();
    if (session.finished) return { step: k, ticks };
  }
  return null;
}

const FREE = { makerFeeBps: 0, takerFeeBps: 0, transientTicksPerLot: 0, impactDecayMs: 1, permanentTicksPerLot: 0 };

/** A grid as a market view. */
class GridView implements MarketView {
  timeMs = 0;
  bidTicks = 0;
  askTicks = 0;
  bidLots = 0;
  askLots = 0;
  readonly #grid: Grid;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Show step k; false when nothing happened in it. */
  show(k: number): boolean {
    const grid = this.#grid;
    const same =
      grid.bidTicks[k] === this.bidTicks &&
      grid.askTicks[k] === this.askTicks &&
      grid.bidLots[k] === this.bidLots &&
      grid.askLots[k] === this.askLots &&
      grid.soldLots[k] === 0 &&
      grid.boughtLots[k] === 0;
    this.timeMs = k * grid.stepMs;
    this.bidTicks = grid.bidTicks[k];
    this.askTicks = grid.askTicks[k];
    this.bidLots = grid.bidLots[k];
    this.askLots = grid.askLots[k];
    return !same;
  }

  /** Nothing but the touch is known; a small order never reaches beyond it. */
  slippageTicks(): number {
    return 0;
  }
}
