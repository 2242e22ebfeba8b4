import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/random.ts';
import { blockStandardError, pairedBootstrap } from '../../validation/statistics/bootstrap.ts';
import { longRunVariance } from '../../validation/statistics/dependence.ts';
import { studentCdf, studentQuantile } from '../../validation/statistics/distributions.ts';
import { mean, stdev } from '../../validation/statistics/sample.ts';
import { cvar } from '../../validation/statistics/tail-risk.ts';

const costs = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 60 });
const level = fc.double({ min: 0, max: 0.99, noNaN: true });

describe('CVaR', () => {
  it('is the least of z + mean((loss - z)+) / (1 - alpha) over z (Rockafellar and Uryasev)', () => {
    fc.assert(
      fc.property(costs, level, (losses, alpha) => {
        const at = (z: number) => z + mean(losses.map((loss) => Math.max(0, loss - z))) / (1 - alpha);
        // The function is convex and bends only at the losses.
        expect(cvar(losses, alpha)).toBeCloseTo(Math.min(...losses.map(at)), 8);
      }),
    );
  });

  it('is coherent: monotone, translation and scale, subadditive, between mean and maximum', () => {
    fc.assert(
      fc.property(costs, level, fc.double({ min: 0, max: 9, noNaN: true }), (losses, alpha, by) => {
        const own = cvar(losses, alpha);
        const other = losses.toReversed();
        expect(
          cvar(
            losses.map((x) => x + by),
            alpha,
          ),
        ).toBeCloseTo(own + by, 8);
        expect(
          cvar(
            losses.map((x) => x * by),
            alpha,
          ),
        ).toBeCloseTo(own * by, 7);
        expect(
          cvar(
            losses.map((x, i) => x + other[i]),
            alpha,
          ),
        ).toBeLessThanOrEqual(2 * own + 1e-8);
        expect(own).toBeGreaterThanOrEqual(mean(losses) - 1e-9);
        expect(own).toBeLessThanOrEqual(Math.max(...losses) + 1e-9);
      }),
    );
  });
});

/** Share of `runs` intervals, one-sided at 95 %, whose upper end is above the truth and whose lower end is below it. */
function coverage(runs: number, one: (run: number) => { low: number; high: number; truth: number }) {
  let [above, below] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const { low, high, truth } = one(run);
    if (high >= truth) above++;
    if (low <= truth) below++;
  }
  return { above: above / runs, below: below / runs };
}

describe('coverage of one-sided 95 % bounds (400 seeded samples; three standard errors of a share are 0.033)', () => {
  const resamples = 400;

  it('the mean of skewed, independent pairs', () => {
    const { above, below } = coverage(400, (run) => {
      const random = randomStream(run, 'skewed');
      const baseline = Float64Array.from({ length: 60 }, () => 5 * random.normal());
      const candidate = baseline.map((x) => x + random.exponential());
      return { ...pairedBootstrap(candidate, baseline, { seed: run, resamples }).mean, truth: 1 };
    });
    expect(Math.abs(above - 0.95)).toBeLessThan(0.033);
    expect(Math.abs(below - 0.95)).toBeLessThan(0.033);
  });

  it('the difference in CVaR95 of independent pairs', () => {
    const { above, below } = coverage(400, (run) => {
      const random = randomStream(run, 'tails');
      const path = Float64Array.from({ length: 600 }, () => 3 * random.normal());
      const candidate = path.map((x) => x + random.normal());
      const baseline = path.map((x) => x + random.normal());
      return { ...pairedBootstrap(candidate, baseline, { seed: run, resamples }).cvar, truth: 0 };
    });
    expect(Math.abs(above - 0.95)).toBeLessThan(0.033);
    expect(Math.abs(below - 0.95)).toBeLessThan(0.033);
  });

  /** Moving average of 10 normals: neighbours overlap as replay starts do. */
  const overlapping = (run: number, n: number) => {
    const random = randomStream(run, 'overlap');
    const noise = Float64Array.from({ length: n + 10 }, () => random.normal());
    return Float64Array.from({ length: n }, (_, i) => mean(noise.subarray(i, i + 10)));
  };
  const covers = (n: number, blockLength: number, scheme: 'circular' | 'stationary' = 'circular') =>
    coverage(400, (run) => {
      const gaps = overlapping(run, n);
      const options = { seed: run, resamples, blockLength, scheme };
      return { ...pairedBootstrap(gaps, new Float64Array(n), options).mean, truth: 0 };
    });

  it('overlapping starts need blocks: without them a 95 % bound holds far less often', () => {
    expect(covers(300, 1).above).toBeLessThan(0.8);
    const { above, below } = covers(300, 20);
    expect(above).toBeGreaterThan(0.9);
    expect(below).toBeGreaterThan(0.9);
    expect(covers(300, 20, 'stationary').above).toBeGreaterThan(0.88);
  });

  it('three blocks: Student over blocks does not promise more than it holds', () => {
    const { above, below } = covers(30, 10);
    expect(above).toBeGreaterThan(0.92);
    expect(below).toBeGreaterThan(0.92);
  });
});

describe('the bootstrap', () => {
  const samples = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 2,
    maxLength: 40,
  });

  it('brackets its estimate, repeats itself for a seed, and changes sign when the arms are swapped', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 8 }), (pairs, blockLength) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        const options = { seed: 3, resamples: 200, blockLength };
        const one = pairedBootstrap(a, b, options);
        expect(pairedBootstrap(a, b, options)).toEqual(one);
        const swapped = pairedBootstrap(b, a, options);
        for (const figure of ['mean', 'cvar'] as const) {
          expect(swapped[figure].estimate).toBeCloseTo(-one[figure].estimate, 9);
          expect(one[figure].low).toBeLessThanOrEqual(one[figure].high);
        }
        if (one.mean.method === 'Student t over blocks') {
          expect(one.mean.low).toBeLessThanOrEqual(one.mean.estimate);
          expect(one.mean.high).toBeGreaterThanOrEqual(one.mean.estimate);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('pairs, not arms: a path that both share cancels', () => {
    const random = randomStream(1, 'paths');
    const path = Float64Array.from({ length: 200 }, () => 100 * random.normal());
    const { mean: interval } = pairedBootstrap(
      path.map((x) => x + 1),
      path,
      { seed: 1, resamples: 200 },
    );
    expect(interval.high - interval.low).toBeLessThan(1e-9);
  });

  it('the block standard error is stdev / sqrt(n) for blocks of one, and the long-run one for long series', () => {
    const random = randomStream(2, 'series');
    const white = Float64Array.from({ length: 500 }, () => random.normal());
    expect(blockStandardError(white, 1)).toBeCloseTo(stdev(white) / Math.sqrt(500), 12);
    let state = 0;
    const persistent = Float64Array.from({ length: 4000 }, () => (state = 0.6 * state + random.normal()));
    const newey = Math.sqrt(longRunVariance(persistent, 40) / 4000);
    expect(Math.abs(blockStandardError(persistent, 40) / newey - 1)).toBeLessThan(0.1);
  });

  it('refuses odd options', () => {
    const refuses = (options: object) =>
      expect(() => pairedBootstrap([1, 2], [1, 2], { seed: 1, ...options })).toThrow(
        expect.objectContaining({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' }),
      );
    refuses({ resamples: 10 });
    refuses({ blockLength: 0 });
    refuses({ blockLength: 1.5 });
    refuses({ confidence: 1 });
    refuses({ alpha: 1 });
  });
});

describe("Student's quantile", () => {
  it('inverts the distribution function', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (p, degrees) => {
          expect(studentCdf(studentQuantile(p, degrees), degrees)).toBeCloseTo(p, 9);
        },
      ),
    );
  });
});
