/** Descriptive tables of a market: how spread and depth come in regimes, and what the imbalance is followed by. */
import type { Grid } from '../market/estimators/grid.ts';

const IMBALANCE_EDGES = [-0.95, -0.7, -0.3, 0.3, 0.7, 0.95];
const AHEAD_MS = [100, 1000, 5000];
const SPREAD_CLASSES = [
  { name: 'one tick', holds: (ticks: number) => ticks <= 1 },
  { name: '2 to 10 ticks', holds: (ticks: number) => ticks > 1 && ticks <= 10 },
  { name: 'over 10 ticks', holds: (ticks: number) => ticks > 10 },
];

export function regimeTables(grid: Grid) {
  return { spreadRegimes: spreadRegimes(grid), imbalanceResponse: imbalanceResponse(grid) };
}

/** Share of the time, mean size of a touch and traded volume, by class of the spread. */
function spreadRegimes(grid: Grid) {
  return SPREAD_CLASSES.map(({ name, holds }) => {
    let steps = 0;
    let lots = 0;
    let traded = 0;
    for (let k = 0; k < grid.length; k++) {
      if (!holds(grid.askTicks[k] - grid.bidTicks[k])) continue;
      steps++;
      lots += (grid.bidLots[k] + grid.askLots[k]) / 2;
      traded += grid.soldLots[k] + grid.boughtLots[k];
    }
    const seconds = (steps * grid.stepMs) / 1000;
    return {
      spread: name,
      shareOfTime: steps / grid.length,
      touchLots: steps > 0 ? lots / steps : 0,
      lotsPerSecond: seconds > 0 ? traded / seconds : 0,
    };
  });
}

/** Mean move of the mid after each class of imbalance, basis points, by horizon. */
function imbalanceResponse(grid: Grid) {
  const classes = Array.from({ length: IMBALANCE_EDGES.length + 1 }, () => ({
    samples: 0,
    moves: AHEAD_MS.map(() => 0),
  }));
  const ahead = AHEAD_MS.map((ms) => ms / grid.stepMs);
  const last = grid.length - Math.max(...ahead);
  for (let k = 0; k < last; k += 10) {
    const imbalance = (grid.bidLots[k] - grid.askLots[k]) / (grid.bidLots[k] + grid.askLots[k]);
    let c = 0;
    while (c < IMBALANCE_EDGES.length && imbalance >= IMBALANCE_EDGES[c]) c++;
    const mid = grid.bidTicks[k] + grid.askTicks[k];
    classes[c].samples++;
    for (const [h, steps] of ahead.entries()) {
      classes[c].moves[h] += ((grid.bidTicks[k + steps] + grid.askTicks[k + steps] - mid) / mid) * 1e4;
    }
  }
  return classes.map(({ samples, moves }, c) => ({
    from: c === 0 ? -1 : IMBALANCE_EDGES[c - 1],
    to: IMBALANCE_EDGES[c] ?? 1,
    samples,
    moveBps: moves.map((sum) => (samples > 0 ? sum / samples : 0)),
  }));
}
