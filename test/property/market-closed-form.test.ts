import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { almgrenChrissPlan, costOfHoldings, evenPlan, immediatePlan } from '../../market/closed-form/almgren-chriss.ts';
import { expTimes, solve, symmetricEigenvalues, toeplitz } from '../../market/closed-form/linear-algebra.ts';
import { litPlusDark } from '../../market/closed-form/lit-plus-dark.ts';
import { obizhaevaWang } from '../../market/closed-form/obizhaeva-wang.ts';
import { propagatorPlan } from '../../market/closed-form/propagator.ts';

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const model = fc.record({
  quantity: between(1, 1e6),
  horizon: between(0.5, 10),
  periods: fc.integer({ min: 1, max: 30 }),
  volatility: between(0.01, 3),
  halfSpread: between(0, 0.2),
  permanentImpact: between(0, 2e-7),
  temporaryImpact: between(2e-6, 1e-5),
  riskAversion: between(0, 1e-4),
});

describe('Almgren-Chriss', () => {
  it('no schedule beside it is cheaper: utility rises in every direction', () => {
    fc.assert(
      fc.property(model, fc.array(between(-0.1, 0.1), { minLength: 30, maxLength: 30 }), (given, nudges) => {
        const best = almgrenChrissPlan(given);
        expect(best.holdings[0]).toBe(given.quantity);
        expect(Math.abs(best.holdings.at(-1)!)).toBe(0);
        const nudged = best.holdings.map((left, j) =>
          j === 0 || j === given.periods ? left : left + nudges[j] * given.quantity,
        );
        const slack = 1e-9 * best.utility;
        for (const other of [costOfHoldings(given, nudged), evenPlan(given), immediatePlan(given)])
          expect(best.utility).toBeLessThanOrEqual(other.utility + slack);
      }),
    );
  });

  it('tends to even trades without risk aversion, and to all at once with a great deal', () => {
    const given = {
      quantity: 1000,
      horizon: 1,
      periods: 10,
      volatility: 1,
      halfSpread: 0,
      permanentImpact: 0,
      temporaryImpact: 1e-3,
    };
    const calm = almgrenChrissPlan({ ...given, riskAversion: 1e-18 });
    for (const [j, left] of calm.holdings.entries()) expect(left).toBeCloseTo(1000 * (1 - j / 10), 6);
    const urgent = almgrenChrissPlan({ ...given, riskAversion: 1e12 });
    expect(urgent.trades[0]).toBeCloseTo(1000, 6);
    expect(urgent.holdings.every(Number.isFinite)).toBe(true);
  });

  it('refuses impact that is not positive', () => {
    const given = {
      quantity: 1,
      horizon: 1,
      periods: 1,
      volatility: 1,
      halfSpread: 0,
      permanentImpact: 1,
      temporaryImpact: 0.1,
      riskAversion: 1,
    };
    expect(() => almgrenChrissPlan(given)).toThrow(expect.objectContaining({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' }));
  });
});

describe('transient impact', () => {
  it('Obizhaeva-Wang is the limit of the discrete exponential kernel', () => {
    const order = { quantity: 1000, horizon: 2, trades: 401 };
    const discrete = propagatorPlan((t) => 0.01 * Math.exp(-1.5 * t), order);
    const continuous = obizhaevaWang({ quantity: 1000, horizon: 2, resilience: 1.5, impact: 0.01 });
    expect(discrete.cost / continuous.cost).toBeCloseTo(1, 4);
    expect(discrete.trades[0] / continuous.block).toBeCloseTo(1, 2);
  });

  it('series near 0: the even cost is continuous', () => {
    const at = (resilience: number) => obizhaevaWang({ quantity: 1, horizon: 1, resilience, impact: 1 }).evenCost;
    expect(at(0.000999999)).toBeCloseTo(at(0.00100001), 8);
  });
});

it('lit plus dark: the dark pool never hurts, and its optimum satisfies dC/du = alpha - C^2/L - theta C', () => {
  const dark = fc.record({
    darkIntensity: between(0, 5),
    litCost: between(1e-4, 1e-2),
    risk: between(0, 1e-2),
    horizon: between(0.5, 4),
  });
  fc.assert(
    fc.property(dark, (given) => {
      const value = (left: number) => litPlusDark({ ...given, horizon: left, quantity: 1 }, 0).coefficient;
      const c = value(given.horizon);
      const step = 1e-4 * given.horizon;
      const slope = (value(given.horizon + step) - value(given.horizon - step)) / (2 * step);
      const size = given.risk + (c * c) / given.litCost + given.darkIntensity * c;
      expect(Math.abs(slope - (given.risk - c ** 2 / given.litCost - given.darkIntensity * c))).toBeLessThan(
        1e-5 * size,
      );
      expect(litPlusDark({ ...given, quantity: 1 }, 0).saving).toBeGreaterThanOrEqual(-1e-12);
    }),
  );
});

describe('linear algebra', () => {
  const rows = fc.array(between(-1, 1), { minLength: 2, maxLength: 9 });
  it('solves, and the eigenvalues of a symmetric matrix add up to its trace and square sum', () => {
    fc.assert(
      fc.property(rows, ([first, ...rest]) => {
        const row = [rest.length + 1 + Math.abs(first), ...rest];
        const matrix = toeplitz(row);
        const x = solve(matrix, row);
        for (const [i, line] of matrix.entries())
          expect(line.reduce((sum, value, j) => sum + value * x[j], 0)).toBeCloseTo(row[i], 9);
        const eigenvalues = symmetricEigenvalues(matrix);
        expect(eigenvalues.reduce((a, b) => a + b)).toBeCloseTo(row[0] * row.length, 8);
        expect(eigenvalues.reduce((a, b) => a + b * b, 0)).toBeCloseTo(
          matrix.flat().reduce((a, b) => a + b * b, 0),
          6,
        );
      }),
    );
  });

  it('the exponential: of a diagonal matrix, and a singular system is refused', () => {
    const [x, y] = expTimes(
      [
        [-30, 0],
        [0, 2],
      ],
      [1, 1],
    );
    expect(x / Math.exp(-30)).toBeCloseTo(1, 9);
    expect(y).toBeCloseTo(Math.exp(2), 9);
    expect(() =>
      solve(
        [
          [1, 1],
          [1, 1],
        ],
        [1, 2],
      ),
    ).toThrow(expect.objectContaining({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' }));
  });
});
