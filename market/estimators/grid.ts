/**
 * A tape sampled on a clock. Between two ticks of the clock only the traded volume is kept; that is the resolution at
 * which the simulated market lives and at which any order of ours can react, so both sides of every comparison use it.
 */
import { type Tape, TRADE } from '../tape.ts';

export interface Grid {
  readonly stepMs: number;
  readonly length: number;
  /** Best quote in force at the end of the step. */
  readonly bidTicks: Int32Array;
  readonly askTicks: Int32Array;
  readonly bidLots: Int32Array;
  readonly askLots: Int32Array;
  /** Lots sold into bids and bought from asks during the step. */
  readonly soldLots: Float64Array;
  readonly boughtLots: Float64Array;
  /** Lowest price sold at and highest price bought at during the step, ticks; 0 when nothing traded. */
  readonly lowTicks: Int32Array;
  readonly highTicks: Int32Array;
}

/** Sample `tape` every `stepMs` milliseconds from its first complete quote on. */
export function gridTape(tape: Tape, stepMs: number): Grid {
  let row = 0;
  while (row < tape.length && (tape.bidTicks[row] <= 0 || tape.askTicks[row] <= 0)) row++;
  const start = row < tape.length ? tape.timeMs[row] : 0;
  const length = row < tape.length ? Math.floor((tape.timeMs[tape.length - 1] - start) / stepMs) : 0;
  const grid = allocateGrid(length, stepMs);
  for (let k = 0; k < length; k++) {
    const end = start + (k + 1) * stepMs;
    let last = row;
    for (; row < tape.length && tape.timeMs[row] <= end; row++) {
      last = row;
      if (tape.kind[row] === TRADE) addTrade(grid, k, { tape, row });
    }
    if (row > 0) last = row - 1;
    grid.bidTicks[k] = tape.bidTicks[last];
    grid.askTicks[k] = tape.askTicks[last];
    grid.bidLots[k] = tape.bidLots[last];
    grid.askLots[k] = tape.askLots[last];
  }
  return grid;
}

export function allocateGrid(length: number, stepMs: number): Grid {
  return {
    stepMs,
    length,
    bidTicks: new Int32Array(length),
    askTicks: new Int32Array(length),
    bidLots: new Int32Array(length),
    askLots: new Int32Array(length),
    soldLots: new Float64Array(length),
    boughtLots: new Float64Array(length),
    lowTicks: new Int32Array(length),
    highTicks: new Int32Array(length),
  };
}

/** The same market seen from the other side: bids become asks, and prices are reflected about `pivotTicks`. */
export function mirrorGrid(grid: Grid, pivotTicks: number): Grid {
  const reflect = (ticks: Int32Array) => ticks.map((t) => (t === 0 ? 0 : 2 * pivotTicks - t));
  return {
    ...grid,
    bidTicks: reflect(grid.askTicks),
    askTicks: reflect(grid.bidTicks),
    bidLots: grid.askLots,
    askLots: grid.bidLots,
    soldLots: grid.boughtLots,
    boughtLots: grid.soldLots,
    lowTicks: reflect(grid.highTicks),
    highTicks: reflect(grid.lowTicks),
  };
}

/** Count the trade of row `row` to step k. */
function addTrade(grid: Grid, k: number, { tape, row }: { readonly tape: Tape; readonly row: number }): void {
  const [ticks, lots] = [tape.tradeTicks[row], tape.tradeLots[row]];
  if (lots < 0) {
    grid.soldLots[k] -= lots;
    grid.lowTicks[k] = grid.lowTicks[k] === 0 ? ticks : Math.min(grid.lowTicks[k], ticks);
  } else {
    grid.boughtLots[k] += lots;
    grid.highTicks[k] = Math.max(grid.highTicks[k], ticks);
  }
}
