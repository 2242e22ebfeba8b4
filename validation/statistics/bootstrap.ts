/**
 * Paired bootstrap of the difference of two cost series. Pairs are resampled, never arms, in blocks where neighbours
 * depend on one another: circular blocks (Politis and Romano 1992) or stationary ones (Politis and Romano 1994).
 */
import { randomStream, type Xoshiro128 } from '../../core/random.ts';
import { studentQuantile } from './distributions.ts';
import { differences, mean, quantileOfSorted, requireThat, type Sample, stdev } from './sample.ts';
import { cvar, tailWeight } from './tail-risk.ts';

export interface BootstrapOptions {
  readonly seed: number | string;
  /** @default 10000 */
  readonly resamples?: number;
  /** Consecutive pairs that stay together (stationary: on average). 1 where pairs are independent. @default 1 */
  readonly blockLength?: number;
  /** @default 'circular' */
  readonly scheme?: 'circular' | 'stationary';
  /** Of each bound. With `sides` 1 each end is a one-sided bound of this confidence; with 2 the two share the error. @default 0.95 */
  readonly confidence?: number;
  /** @default 1 */
  readonly sides?: 1 | 2;
  /** Level of CVaR. @default 0.95 */
  readonly alpha?: number;
  /** False leaves the CVaR out, which costs most of the time: its interval is then unbounded. The mean's stays the same. @default true */
  readonly withCvar?: boolean;
}

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Infinite when a single block is all there is. */
  readonly standardError: number;
  readonly method: 'studentised bootstrap' | 'percentile bootstrap' | 'Student t over blocks';
}

export interface PairedBootstrap {
  /** mean(candidate - baseline) */
  readonly mean: Interval;
  /** CVaR(candidate) - CVaR(baseline) */
  readonly cvar: Interval;
  /** Pairs that are worth as much as independent ones: the number of whole blocks. */
  readonly blocks: number;
}

/** Below this many blocks a bootstrap distribution says too little; Student's t over blocks is used instead. */
const fewBlocks = 10;

/**
 * Intervals of the difference in mean and in CVaR. The mean's is studentised (bootstrap-t) with circular blocks,
 * percentile with stationary ones, and Student's t over block means where there are fewer than 10 blocks. CVaR's is percentile.
 * @throws ASSAY_NOT_FINITE for a NaN, an infinity or series of unequal length; ASSAY_CONFIG_OUT_OF_BOUNDS for odd options
 */
export function pairedBootstrap(candidate: Sample, baseline: Sample, options: BootstrapOptions): PairedBootstrap {
  const gaps = differences(candidate, baseline);
  const n = gaps.length;
  const {
    resamples = 10_000,
    blockLength = 1,
    scheme = 'circular',
    confidence = 0.95,
    sides = 1,
    alpha = 0.95,
    withCvar = true,
  } = options;
  requireThat(
    Number.isInteger(resamples) && resamples >= 100,
    'bootstrap',
    `${resamples} resamples are fewer than 100`,
  );
  requireThat(
    Number.isInteger(blockLength) && blockLength >= 1,
    'bootstrap',
    `block length ${blockLength} is not >= 1`,
  );
  requireThat(confidence > 0.5 && confidence < 1, 'bootstrap', `confidence ${confidence} is not in (0.5, 1)`);
  const length = Math.min(blockLength, n);
  const blocks = Math.max(1, Math.round(n / length));
  const tail = (1 - confidence) / sides;
  const plan: Plan = { n, length, blocks, scheme };

  const draw = new Resample(plan, randomStream(options.seed, 'bootstrap'));
  const tails = withCvar ? [new Tail(candidate, alpha), new Tail(baseline, alpha)] : [];
  const means = new Float64Array(resamples);
  const statistics = new Float64Array(resamples);
  const tailGaps = new Float64Array(resamples);
  const centre = mean(gaps);
  for (let b = 0; b < resamples; b++) {
    const { mean: drawn, standardError } = withCvar ? draw.next(gaps) : draw.nextMean(gaps);
    means[b] = drawn;
    statistics[b] = studentise(drawn - centre, standardError);
    if (withCvar) tailGaps[b] = tails[0].of(draw.counts, draw.size) - tails[1].of(draw.counts, draw.size);
  }
  const tailEstimate = cvar(candidate, alpha) - cvar(baseline, alpha);
  return {
    mean: meanInterval({ gaps, means, statistics, plan, tail }),
    cvar: withCvar && blocks > 1 ? percentile(tailEstimate, tailGaps, tail) : unbounded(tailEstimate),
    blocks,
  };
}

interface Plan {
  readonly n: number;
  readonly length: number;
  readonly blocks: number;
  readonly scheme: 'circular' | 'stationary';
}

interface MeanParts {
  readonly gaps: Float64Array;
  readonly means: Float64Array;
  readonly statistics: Float64Array;
  readonly plan: Plan;
  readonly tail: number;
}

function meanInterval({ gaps, means, statistics, plan, tail }: MeanParts): Interval {
  const estimate = mean(gaps);
  if (plan.blocks < 2) return unbounded(estimate);
  const standardError = blockStandardError(gaps, plan.length);
  if (plan.blocks < fewBlocks) {
    const reach = studentQuantile(1 - tail, plan.blocks - 1) * standardError;
    return { estimate, low: estimate - reach, high: estimate + reach, standardError, method: 'Student t over blocks' };
  }
  if (plan.scheme === 'stationary') return percentile(estimate, means, tail);
  statistics.sort();
  return {
    estimate,
    low: estimate - quantileOfSorted(statistics, 1 - tail) * standardError,
    high: estimate - quantileOfSorted(statistics, tail) * standardError,
    standardError,
    method: 'studentised bootstrap',
  };
}

function percentile(estimate: number, draws: Float64Array, tail: number): Interval {
  const standardError = stdev(draws);
  draws.sort();
  const [low, high] = [quantileOfSorted(draws, tail), quantileOfSorted(draws, 1 - tail)];
  return { estimate, low, high, standardError, method: 'percentile bootstrap' };
}

function unbounded(estimate: number): Interval {
  return { estimate, low: -Infinity, high: Infinity, standardError: Infinity, method: 'Student t over blocks' };
}

/** A resample without spread that misses the centre is as far out as one can be. */
function studentise(gap: number, standardError: number): number {
  return standardError > 0 ? gap / standardError : gap === 0 ? 0 : gap * Infinity;
}

/** Standard error of the mean from the spread of all n circular block means; stdev / sqrt(n) for blocks of one. */
export function blockStandardError(series: Sample, blockLength: number): number {
  const n = series.length;
  const blocks = Math.max(1, Math.round(n / blockLength));
  if (blocks < 2) return Infinity;
  const centre = mean(series);
  let sum = 0;
  for (let i = 0; i < blockLength; i++) sum += series[i % n];
  let squares = 0;
  for (let start = 0; start < n; start++) {
    squares += (sum / blockLength - centre) ** 2;
    sum += series[(start + blockLength) % n] - series[start];
  }
  return Math.sqrt(squares / n / (blocks - 1));
}

/** One resample after another, in place: how often each pair was drawn. */
class Resample {
  readonly counts: Uint32Array;
  size = 0;
  readonly #plan: Plan;
  readonly #random: Xoshiro128;

  constructor(plan: Plan, random: Xoshiro128) {
    this.counts = new Uint32Array(plan.n);
    this.#plan = plan;
    this.#random = random;
  }

  /** Draw, and return the mean of `gaps` over the draw with its standard error (NaN with stationary blocks). */
  next(gaps: Float64Array): { mean: number; standardError: number } {
    this.counts.fill(0);
    return this.#plan.scheme === 'circular' ? this.#circular(gaps) : this.#stationary(gaps);
  }

  /** As `next`, but without counting what was drawn where that saves anything: blocks of one. */
  nextMean(gaps: Float64Array): { mean: number; standardError: number } {
    const { n, length, blocks, scheme } = this.#plan;
    if (scheme !== 'circular' || length !== 1) return this.next(gaps);
    let [sum, squares] = [0, 0];
    for (let k = 0; k < blocks; k++) {
      const gap = gaps[this.#random.below(n)];
      sum += gap;
      squares += gap * gap;
    }
    this.size = blocks;
    const spread = Math.max(0, squares - (sum * sum) / blocks) / (blocks - 1);
    return { mean: sum / blocks, standardError: Math.sqrt(spread / blocks) };
  }

  #circular(gaps: Float64Array): { mean: number; standardError: number } {
    const { n, length, blocks } = this.#plan;
    let [sum, squares] = [0, 0];
    for (let k = 0; k < blocks; k++) {
      let block = 0;
      let i = this.#random.below(n);
      for (let j = 0; j < length; j++) {
        this.counts[i]++;
        block += gaps[i];
        if (++i === n) i = 0;
      }
      sum += block;
      squares += block * block;
    }
    this.size = blocks * length;
    const spread = Math.max(0, squares - (sum * sum) / blocks) / (blocks - 1);
    return { mean: sum / this.size, standardError: Math.sqrt(spread / blocks) / length };
  }

  #stationary(gaps: Float64Array): { mean: number; standardError: number } {
    const { n, length } = this.#plan;
    let sum = 0;
    let i = 0;
    for (let drawn = 0; drawn < n; drawn++) {
      if (drawn === 0 || this.#random.uniform() * length < 1) i = this.#random.below(n);
      else if (++i === n) i = 0;
      this.counts[i]++;
      sum += gaps[i];
    }
    this.size = n;
    return { mean: sum / n, standardError: Number.NaN };
  }
}

/** CVaR of resamples of one series: sorted once, then only the tail is walked. */
class Tail {
  readonly #descending: Uint32Array;
  readonly #values: Sample;
  readonly #alpha: number;

  constructor(values: Sample, alpha: number) {
    this.#values = values;
    this.#alpha = alpha;
    this.#descending = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[b] - values[a]);
  }

  of(counts: Uint32Array, size: number): number {
    const weight = tailWeight(size, this.#alpha);
    let left = weight;
    let sum = 0;
    for (let rank = 0; left > 0 && rank < this.#descending.length; rank++) {
      const i = this.#descending[rank];
      const taken = Math.min(counts[i], left);
      sum += taken * this.#values[i];
      left -= taken;
    }
    return sum / weight;
  }
}
