/** The distributions a person asks for first, each with how far the simulated market is from the capture's. */
import type { Grid } from '../market/estimators/grid.ts';
import type { Law } from '../market/profile.ts';

const PROBABILITIES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/** What a law is read off a grid. */
interface LawSource {
  readonly name: string;
  readonly unit: string;
  readonly of: (grid: Grid) => number[];
}

const SOURCES: readonly LawSource[] = [
  { name: 'touchMove', unit: 'ticks, absolute', of: (grid) => moves(grid).map(({ ticks }) => Math.abs(ticks)) },
  {
    name: 'timeBetweenMoves',
    unit: 'ms',
    of: (grid) =>
      moves(grid)
        .slice(1)
        .map(({ afterMs }) => afterMs),
  },
  { name: 'touchSize', unit: 'lots', of: (grid) => sampled(grid).flatMap((k) => [grid.bidLots[k], grid.askLots[k]]) },
  { name: 'tradeSize', unit: 'lots in a reaction step', of: (grid) => trades(grid).map(({ lots }) => lots) },
  {
    name: 'timeBetweenTrades',
    unit: 'ms',
    of: (grid) =>
      trades(grid)
        .slice(1)
        .map(({ afterMs }) => afterMs),
  },
];

/** @param simulated a long recording of the simulated market on the same clock. */
export function estimateLaws(capture: Grid, simulated: Grid): Law[] {
  return SOURCES.map(({ name, unit, of }) => {
    const sample = of(capture).sort((a, b) => a - b);
    const other = of(simulated).sort((a, b) => a - b);
    return {
      name,
      unit,
      quantiles: PROBABILITIES.map((p) => ({ p, value: sample[Math.round(p * (sample.length - 1))] })),
      samples: sample.length,
      ksDistance: kolmogorovSmirnov(sample, other),
      // Smirnov's asymptotic 5 % point; neighbours depend on one another, so it is stricter than its level.
      ksCritical: 1.3581 * Math.sqrt((sample.length + other.length) / (sample.length * other.length)),
    };
  });
}

/** Largest distance of two empirical distribution functions; both samples sorted. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number {
  let i = 0;
  let j = 0;
  let most = 0;
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i], b[j]);
    while (i < a.length && a[i] === x) i++;
    while (j < b.length && b[j] === x) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

function moves(grid: Grid): { ticks: number; afterMs: number }[] {
  const found = [];
  let last = 0;
  for (let k = 1; k < grid.length; k++) {
    const ticks = (grid.bidTicks[k] + grid.askTicks[k] - grid.bidTicks[k - 1] - grid.askTicks[k - 1]) / 2;
    if (ticks === 0) continue;
    found.push({ ticks, afterMs: (k - last) * grid.stepMs });
    last = k;
  }
  return found;
}

function trades(grid: Grid): { lots: number; afterMs: number }[] {
  const found = [];
  let last = 0;
  for (let k = 1; k < grid.length; k++) {
    const lots = grid.soldLots[k] + grid.boughtLots[k];
    if (lots === 0) continue;
    found.push({ lots, afterMs: (k - last) * grid.stepMs });
    last = k;
  }
  return found;
}

function sampled(grid: Grid): number[] {
  const every = Math.round(500 / grid.stepMs);
  return Array.from({ length: Math.floor(grid.length / every) }, (_, i) => (i + 1) * every - 1);
}
