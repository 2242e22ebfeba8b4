/** The book behind the touch: what a market order pays beyond it, and how fast the touch fills up again after a move. */
import { randomStream } from '../../core/random.ts';
import type { Estimate } from '../profile.ts';
import { ReplayFeed } from '../replay.ts';
import type { BookTape } from '../tape.ts';
import type { Grid } from './grid.ts';
import { BLOCK_MS } from './moments.ts';

/** Sizes at which the depth curve is measured, lots. */
export const DEPTH_LOTS = [0, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000] as const;
const SAMPLE_MS = 1000;

export interface DepthCurve {
  readonly lots: readonly number[];
  /** Mean slippage beyond the touch, ticks, both sides pooled. */
  readonly slippageTicks: readonly number[];
  readonly intervals: readonly Estimate[];
  /** Ticks by which a lot displaces the price in a linear book of this depth: twice the mean slippage over the size. */
  readonly ticksPerLot: Estimate;
}

/** Size at which the slope of the curve is read: several touches, well inside what the book shows. */
const SLOPE_AT = DEPTH_LOTS.indexOf(5000);

export function depthCurve(source: BookTape, seed: number | string): DepthCurve {
  const feed = new ReplayFeed(source);
  const samples: number[][] = [];
  const block: number[] = [];
  for (let ms = feed.originMs; ms <= feed.endMs; ms += SAMPLE_MS) {
    feed.advance(ms, null);
    samples.push(DEPTH_LOTS.map((lots) => (feed.slippageTicks(1, lots) + feed.slippageTicks(-1, lots)) / 2));
    block.push(Math.floor((ms - feed.originMs) / BLOCK_MS));
  }
  const intervals = DEPTH_LOTS.map((lots, i) =>
    blockMean({ values: samples.map((row) => row[i]), block, seed: `${seed}/depth/${lots}` }),
  );
  const slope = 2 / DEPTH_LOTS[SLOPE_AT];
  const { value, low, high } = intervals[SLOPE_AT];
  return {
    lots: DEPTH_LOTS,
    slippageTicks: intervals.map((estimate) => estimate.value),
    intervals,
    ticksPerLot: { value: value * slope, low: low * slope, high: high * slope },
  };
}

/**
 * Resilience: after the touch has moved, its size grows back towards its usual one; the time by which 1 - 1/e of the gap is
 * closed, ms. Both sides pooled; the interval is from resampled blocks.
 */
export function resilienceMs(grid: Grid, seed: number | string): Estimate {
  const perBin = Math.max(1, Math.round(BIN_MS / grid.stepMs));
  const bins = 60;
  const blocks = Math.floor((grid.length * grid.stepMs) / BLOCK_MS) + 1;
  const sums = Array.from({ length: blocks }, () => new Float64Array(bins));
  const counts = Array.from({ length: blocks }, () => new Float64Array(bins));
  let since = Number.POSITIVE_INFINITY;
  for (let k = 1; k < grid.length; k++) {
    const moved = grid.bidTicks[k] !== grid.bidTicks[k - 1] || grid.askTicks[k] !== grid.askTicks[k - 1];
    since = moved ? 0 : since + 1;
    const bin = Math.min(bins - 1, Math.floor(since / perBin));
    const b = Math.floor((k * grid.stepMs) / BLOCK_MS);
    sums[b][bin] += (grid.bidLots[k] + grid.askLots[k]) / 2;
    counts[b][bin]++;
  }
  const time = (picks: readonly number[]) =>
    recoveryMs(
      Array.from({ length: bins }, (_, bin) => {
        const total = picks.reduce((sum, b) => sum + sums[b][bin], 0);
        const count = picks.reduce((sum, b) => sum + counts[b][bin], 0);
        return count > 0 ? total / count : Number.NaN;
      }),
    );
  const random = randomStream(seed, 'resilience');
  const all = Array.from({ length: blocks }, (_, b) => b);
  const resampled = Array.from({ length: 400 }, () => time(all.map(() => random.below(blocks)))).filter(
    Number.isFinite,
  );
  resampled.sort((a, b) => a - b);
  const at = (p: number) => resampled[Math.round(p * (resampled.length - 1))];
  return { value: time(all), low: at(0.025), high: at(0.975) };
}

const BIN_MS = 100;

/** Where the mean size by age first reaches 1 - 1/e of the way from its first to its last bin. */
function recoveryMs(bySince: readonly number[]): number {
  const first = bySince[0];
  const target = first + (1 - Math.exp(-1)) * (bySince[bySince.length - 1] - first);
  const bin = bySince.findIndex((size) => size >= target);
  return bin < 0 ? Number.NaN : (bin + 0.5) * BIN_MS;
}

interface Blocked {
  readonly values: readonly number[];
  readonly block: readonly number[];
  readonly seed: number | string;
}

/** Mean with a 95 % interval from resampling whole blocks. */
export function blockMean({ values, block, seed }: Blocked): Estimate {
  const blocks = Math.max(...block) + 1;
  const sums = new Float64Array(blocks);
  const counts = new Float64Array(blocks);
  values.forEach((value, i) => {
    sums[block[i]] += value;
    counts[block[i]]++;
  });
  const random = randomStream(seed);
  const means = Array.from({ length: 1000 }, () => {
    let sum = 0;
    let count = 0;
    for (let b = 0; b < blocks; b++) {
      const pick = random.below(blocks);
      sum += sums[pick];
      count += counts[pick];
    }
    return sum / count;
  }).sort((a, b) => a - b);
  const value = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { value, low: means[25], high: means[974] };
}
