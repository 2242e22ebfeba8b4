/** The book law of a tape: the steps of its grid in which anything happened. */
import type { BookLaw } from '../profile.ts';
import type { Grid } from './grid.ts';

/** Classes chosen so that each holds a fair share of the capture; the fidelity gate judges the choice. */
const SIZE_EDGES = [60, 200, 500, 1000, 1700, 2500];
const AGE_EDGES_MS = [100, 1000];
const SPREAD_EDGES = [2, 10];
const HOLD_EDGES_MS = [50, 150, 400, 1000, 2500];

/** @param grid at the resolution of the reaction clock. */
export function estimateBookLaw(grid: Grid, reversion: BookLaw['reversion']): BookLaw {
  const dwellSteps: number[] = [];
  const moveHalfTicks: number[] = [];
  const spreadTicks: number[] = [];
  const bidLots: number[] = [];
  const askLots: number[] = [];
  const soldLots: number[] = [];
  const soldReachTicks: number[] = [];
  const boughtLots: number[] = [];
  const boughtReachTicks: number[] = [];
  let last = 0;
  for (let k = 1; k < grid.length; k++) {
    if (!changed(grid, k)) continue;
    dwellSteps.push(k - last);
    last = k;
    moveHalfTicks.push(grid.bidTicks[k] + grid.askTicks[k] - grid.bidTicks[k - 1] - grid.askTicks[k - 1]);
    spreadTicks.push(grid.askTicks[k] - grid.bidTicks[k]);
    bidLots.push(grid.bidLots[k]);
    askLots.push(grid.askLots[k]);
    soldLots.push(grid.soldLots[k]);
    soldReachTicks.push(grid.soldLots[k] > 0 ? Math.max(0, grid.bidTicks[k - 1] - grid.lowTicks[k]) : 0);
    boughtLots.push(grid.boughtLots[k]);
    boughtReachTicks.push(grid.boughtLots[k] > 0 ? Math.max(0, grid.highTicks[k] - grid.askTicks[k - 1]) : 0);
  }
  const events = {
    dwellSteps,
    moveHalfTicks,
    spreadTicks,
    bidLots,
    askLots,
    soldLots,
    soldReachTicks,
    boughtLots,
    boughtReachTicks,
  };
  return {
    stepMs: grid.stepMs,
    sizeEdges: SIZE_EDGES,
    ageEdgesMs: AGE_EDGES_MS,
    spreadEdges: SPREAD_EDGES,
    holdEdgesMs: HOLD_EDGES_MS,
    events,
    reversion,
  };
}

function changed(grid: Grid, k: number): boolean {
  return (
    grid.bidTicks[k] !== grid.bidTicks[k - 1] ||
    grid.askTicks[k] !== grid.askTicks[k - 1] ||
    grid.bidLots[k] !== grid.bidLots[k - 1] ||
    grid.askLots[k] !== grid.askLots[k - 1] ||
    grid.soldLots[k] > 0 ||
    grid.boughtLots[k] > 0
  );
}
