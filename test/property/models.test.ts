import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainedVariance, generalisedAdvantages, normaliseAdvantages } from '../../models/gae.ts';
import { logSoftmax, mean } from '../../models/graph/functions.ts';
import * as g from '../../models/graph/tensor.ts';
import { gradientError } from '../support/finite-differences.ts';

const reward = fc.integer({ min: -50, max: 50 }).map((n) => n / 10);
/** An episode's steps, and how it ends: by termination, by truncation, or not at all. */
const episode = fc.record({
  steps: fc.array(fc.record({ reward, value: reward }), { minLength: 6, maxLength: 6 }),
  end: fc.constantFrom('terminated', 'truncated', 'none'),
  at: fc.integer({ min: 0, max: 5 }),
  last: reward,
});
type Episode = typeof episode extends fc.Arbitrary<infer T> ? T : never;

function advantagesOf(episodes: readonly Episode[], gamma: number, lambda: number): Float64Array {
  const count = episodes.length;
  const rows = (f: (e: Episode, t: number) => number): number[] =>
    Array.from({ length: 6 * count }, (_, at) => f(episodes[at % count], Math.floor(at / count)));
  const out = new Float64Array(6 * count);
  generalisedAdvantages(
    {
      rewards: rows((e, t) => Number(e.steps[t]?.reward)),
      values: rows((e, t) => Number(e.steps[t]?.value)),
      nextValues: rows((e, t) => e.steps[t + 1]?.value ?? e.last),
      terminated: rows((e, t) => (e.end === 'terminated' && t === e.at ? 1 : 0)),
      truncated: rows((e, t) => (e.end === 'truncated' && t === e.at ? 1 : 0)),
      count,
      gamma,
      lambda,
    },
    out,
  );
  return out;
}

describe('advantages', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });

  it('of lambda 1 are the discounted return to the end minus the value', () => {
    fc.assert(
      fc.property(episode, unit, (e, gamma) => {
        const length = e.end === 'none' ? 6 : e.at + 1;
        const got = advantagesOf([e], gamma, 1);
        for (let t = 0; t < length; t++) {
          let total = 0;
          for (let k = t; k < length; k++) total += gamma ** (k - t) * Number(e.steps[k]?.reward);
          if (e.end !== 'terminated') total += gamma ** (length - t) * (e.steps[length]?.value ?? e.last);
          expect(got[t]).toBeCloseTo(total - Number(e.steps[t]?.value), 9);
        }
      }),
    );
  });

  it('of episodes side by side are those of each alone', () => {
    fc.assert(
      fc.property(fc.array(episode, { minLength: 2, maxLength: 5 }), unit, unit, (episodes, gamma, lambda) => {
        const together = advantagesOf(episodes, gamma, lambda);
        for (const [i, e] of episodes.entries())
          expect(together.filter((_, at) => at % episodes.length === i)).toEqual(advantagesOf([e], gamma, lambda));
      }),
    );
  });

  it('normalised have mean 0 and standard deviation 1, and do not change with scale or offset', () => {
    const numbers = fc.array(reward, { minLength: 3, maxLength: 40 }).filter((xs) => new Set(xs).size > 1);
    fc.assert(
      fc.property(numbers, reward, (xs, offset) => {
        const [a, b] = [Float64Array.from(xs), Float64Array.from(xs, (x) => 7 * x + offset)];
        normaliseAdvantages(a);
        normaliseAdvantages(b);
        const squares = a.reduce((total, x) => total + x * x, 0);
        expect(a.reduce((total, x) => total + x, 0)).toBeCloseTo(0, 9);
        expect(squares / (a.length - 1)).toBeCloseTo(1, 5);
        for (const [i, x] of a.entries()) expect(b[i]).toBeCloseTo(x, 5);
      }),
    );
  });

  it('a perfect critic explains 1, a constant one 0', () => {
    fc.assert(
      fc.property(fc.array(reward, { minLength: 2, maxLength: 30 }), (returns) => {
        const varies = new Set(returns).size > 1;
        expect(explainedVariance(returns, returns)).toBe(varies ? 1 : null);
        const constant = explainedVariance(
          returns.map(() => 3),
          returns,
        );
        if (varies) expect(constant).toBeCloseTo(0, 9);
        else expect(constant).toBeNull();
      }),
    );
  });
});

describe('gradients', () => {
  /** Smooth functions of two 2 x 3 tensors, grown at random. */
  const { tree } = fc.letrec<{ tree: (x: g.Tensor, y: g.Tensor) => g.Tensor }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constant((x: g.Tensor) => x),
      fc.constant((_: g.Tensor, y: g.Tensor) => y),
      fc
        .tuple(
          fc.constantFrom(
            g.tanh,
            g.neg,
            (x: g.Tensor) => logSoftmax(x, 1),
            (x: g.Tensor) => g.exp(g.tanh(x)),
            (x: g.Tensor) => g.log(g.add(g.mul(x, x), 1)),
            (x: g.Tensor) => g.broadcast(mean(x, [0]), [2, 3]),
            (x: g.Tensor) => g.reshape(g.transpose(x), [2, 3]),
            (x: g.Tensor) => g.matmul(g.matmul(x, x, { transposeB: true }), x),
          ),
          tie('tree'),
        )
        .map(
          ([f, inner]) =>
            (x: g.Tensor, y: g.Tensor) =>
              f(g.tanh(inner(x, y))),
        ),
      fc.tuple(fc.constantFrom(g.add, g.sub, g.mul), tie('tree'), tie('tree')).map(
        ([f, left, right]) =>
          (x: g.Tensor, y: g.Tensor) =>
            f(left(x, y), right(x, y)),
      ),
    ),
  }));
  const six = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });

  it('of random smooth expressions agree with central differences', async () => {
    await fc.assert(
      fc.asyncProperty(tree, six, six, async (build, a, b) => {
        const shapes = [
          [2, 3],
          [2, 3],
        ];
        const error = await gradientError({
          build: (x, y) => build(x, y),
          shapes,
          values: [a, b],
        });
        expect(error).toBeLessThan(1e-6);
      }),
      { numRuns: 60 },
    );
  });
});
