/**
 * The moments by which a simulated market is held against a capture: how the imbalance predicts the mid, what passive
 * orders meet, spread, depth, volatility and volume. One implementation for both sides.
 */
import { randomStream } from '../../core/random.ts';
import type { Estimate } from '../profile.ts';
import type { Grid } from './grid.ts';
import { MARKOUT_SECONDS, passiveOrders } from './passive.ts';

export interface Moment {
  readonly name: string;
  readonly unit: string;
  /** One row an observation: the moment is a function of column means. */
  readonly rows: readonly Float64Array[];
  /** Block of each row. */
  readonly block: Int32Array;
  readonly of: (means: readonly number[]) => number;
}

export const CORRELATION_SECONDS = [1, 2, 5, 10, 30] as const;
export const VOLATILITY_SECONDS = [1, 5, 10, 30] as const;
/** Bootstrap blocks are as long as the longest horizon looked at. */
export const BLOCK_MS = 30_000;
const SAMPLE_MS = 500;

/** All moments of a grid at the reaction clock, ready to be averaged or resampled. */
export function moments(grid: Grid): Moment[] {
  return [
    ...CORRELATION_SECONDS.map((seconds) => correlationMoment(grid, seconds)),
    ...VOLATILITY_SECONDS.map((seconds) => volatilityMoment(grid, seconds)),
    ...touchMoments(grid),
    ...passiveMoments(grid),
  ];
}

export function momentValue(moment: Moment): number {
  return moment.of(moment.rows.map((column) => column.reduce((sum, x) => sum + x, 0) / column.length));
}

/** Value with a 95 % interval from resampling whole blocks (percentile). */
export function momentEstimate(moment: Moment, seed: number | string, resamples = 1000): Estimate {
  const blocks = moment.block.reduce((top, b) => Math.max(top, b), 0) + 1;
  const sums = moment.rows.map(() => new Float64Array(blocks));
  const counts = new Float64Array(blocks);
  for (let i = 0; i < moment.block.length; i++) {
    counts[moment.block[i]]++;
    for (let c = 0; c < sums.length; c++) sums[c][moment.block[i]] += moment.rows[c][i];
  }
  const random = randomStream(seed, 'moment', moment.name);
  const values = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    const total = new Float64Array(sums.length);
    let count = 0;
    for (let b = 0; b < blocks; b++) {
      const pick = random.below(blocks);
      count += counts[pick];
      for (let c = 0; c < total.length; c++) total[c] += sums[c][pick];
    }
    values[r] = count > 0 ? moment.of(Array.from(total, (sum) => sum / count)) : Number.NaN;
  }
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.round(p * (sorted.length - 1)))];
  return { value: momentValue(moment), low: at(0.025), high: at(0.975) };
}

function correlationMoment(grid: Grid, seconds: number): Moment {
  const mid = mids(grid);
  const { picks, block } = samples(grid, seconds * 1000);
  const x = picks.map((k) => imbalanceAt(grid, k));
  const y = picks.map((k) => changeBps(mid, k, (seconds * 1000) / grid.stepMs));
  const products = (a: Float64Array, b: Float64Array) => a.map((value, i) => value * b[i]);
  return {
    name: `imbalanceToMid${seconds}s`,
    unit: 'correlation',
    rows: [x, y, products(x, x), products(y, y), products(x, y)],
    block,
    of: ([mx, my, mxx, myy, mxy]) => (mxy - mx * my) / Math.sqrt((mxx - mx * mx) * (myy - my * my)),
  };
}

function volatilityMoment(grid: Grid, seconds: number): Moment {
  const mid = mids(grid);
  const { picks, block } = samples(grid, seconds * 1000);
  const y = picks.map((k) => changeBps(mid, k, (seconds * 1000) / grid.stepMs));
  return {
    name: `volatility${seconds}s`,
    unit: 'basis points',
    rows: [y, y.map((value) => value * value)],
    block,
    of: ([my, myy]) => Math.sqrt(myy - my * my),
  };
}

function touchMoments(grid: Grid): Moment[] {
  const { picks, block } = samples(grid, 0);
  const perSample = SAMPLE_MS / grid.stepMs;
  // Averages over the half second before each sample, so that a spread that is wide for milliseconds counts for them.
  const average = (of: (j: number) => number) =>
    picks.map((k) => {
      let sum = 0;
      for (let j = k - perSample + 1; j <= k; j++) sum += of(j);
      return sum / perSample;
    });
  const spread = average((j) => grid.askTicks[j] - grid.bidTicks[j]);
  const depth = average((j) => (grid.bidLots[j] + grid.askLots[j]) / 2);
  const volume = average((j) => (grid.soldLots[j] + grid.boughtLots[j]) * (1000 / grid.stepMs));
  const mean = ([m]: readonly number[]) => m;
  return [
    { name: 'spread', unit: 'ticks', rows: [spread], block, of: mean },
    {
      name: 'touchDepth',
      unit: 'lots a side',
      rows: [depth],
      block,
      of: mean,
    },
    { name: 'tradedVolume', unit: 'lots a second', rows: [volume], block, of: mean },
  ];
}

function passiveMoments(grid: Grid): Moment[] {
  const orders = passiveOrders(grid);
  const block = Int32Array.from(orders.startMs, (ms) => Math.floor(ms / BLOCK_MS));
  const within = orders.seconds.map((s, i) => (orders.filled[i] === 1 && s <= 10 ? 1 : 0));
  const mean = ([m]: readonly number[]) => m;
  const ratio = ([a, b]: readonly number[]) => a / b;
  const filled = Float64Array.from(orders.filled);
  return [
    { name: 'timeToFill', unit: 'seconds, at most 30', rows: [orders.seconds], block, of: mean },
    { name: 'filledWithin10s', unit: 'fraction', rows: [within], block, of: mean },
    ...MARKOUT_SECONDS.map((seconds, h) => ({
      name: `passiveMarkout${seconds}s`,
      unit: 'basis points',
      rows: [orders.markoutBps[h].map((value) => (Number.isNaN(value) ? 0 : value)), filled],
      block,
      of: ratio,
    })),
  ];
}

function mids(grid: Grid): Float64Array {
  const mid = new Float64Array(grid.length);
  for (let k = 0; k < grid.length; k++) mid[k] = (grid.bidTicks[k] + grid.askTicks[k]) / 2;
  return mid;
}

function changeBps(mid: Float64Array, k: number, steps: number): number {
  return ((mid[k + steps] - mid[k]) / mid[k]) * 1e4;
}

function imbalanceAt(grid: Grid, k: number): number {
  return (grid.bidLots[k] - grid.askLots[k]) / (grid.bidLots[k] + grid.askLots[k]);
}

/** Every half second, as long as `aheadMs` of the grid follow. */
function samples(grid: Grid, aheadMs: number): { picks: Float64Array; block: Int32Array } {
  const every = SAMPLE_MS / grid.stepMs;
  const count = Math.max(0, Math.floor((grid.length - 1 - aheadMs / grid.stepMs) / every));
  const picks = Float64Array.from({ length: count }, (_, i) => (i + 1) * every - 1);
  return { picks, block: Int32Array.from(picks, (k) => Math.floor((k * grid.stepMs) / BLOCK_MS)) };
}
