import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/random.ts';
import { initialParameters, type NetworkSpec, orthogonal, parameterCount } from '../../models/network.ts';
import { drawAction } from '../../models/rollout.ts';

const spec: NetworkSpec = { observationSize: 6, actionCount: 3, hidden: [8, 5], scaling: null };

describe('starting parameters', () => {
  it('have as many elements as both networks need', () =>
    expect(parameterCount(spec)).toBe(7 * 8 + 9 * 5 + 6 * 3 + (7 * 8 + 9 * 5 + 6 * 1)));

  it('are the same for the same seed and others for another', () => {
    expect(initialParameters(spec, 4)).toEqual(initialParameters(spec, 4));
    expect(initialParameters(spec, 4)).not.toEqual(initialParameters(spec, 5));
  });

  it('have rows or columns of the wanted length, at right angles, and no bias', () => {
    const theta = initialParameters(spec, 1);
    let offset = 0;
    for (const [rows, columns, gain] of [
      [6, 8, Math.SQRT2],
      [8, 5, Math.SQRT2],
      [5, 3, 0.01],
      [6, 8, Math.SQRT2],
      [8, 5, Math.SQRT2],
      [5, 1, 1],
    ] as const) {
      const weights = theta.subarray(offset, offset + rows * columns);
      expectOrthogonal(weights, { rows, columns, gain });
      offset += rows * columns;
      expect([...theta.subarray(offset, offset + columns)]).toEqual(Array(columns).fill(0));
      offset += columns;
    }
    expect(offset).toBe(theta.length);
  });

  it('are orthogonal for a wide and a large matrix, too', () => {
    for (const [rows, columns] of [
      [3, 40],
      [64, 64],
    ] as const) {
      const random = randomStream(1, 'orthogonal');
      expectOrthogonal(
        orthogonal(rows, columns, () => random.normal()),
        { rows, columns, gain: 1 },
      );
    }
  });
});

describe('drawing an action', () => {
  it('follows the probabilities', () => {
    const probabilities = [0.1, 0.6, 0, 0.3];
    const random = randomStream(1, 'draw');
    const counts = [0, 0, 0, 0];
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const action = drawAction(probabilities.map(Math.log), random.uniform());
      counts[action] = counts[action] + 1;
    }
    expect(counts[2]).toBe(0);
    // Pearson's chi-squared with 2 degrees of freedom: 13.8 is exceeded once in a thousand.
    const chi = probabilities.reduce(
      (t, p, i) => (p === 0 ? t : t + (Number(counts[i]) - draws * p) ** 2 / (draws * p)),
      0,
    );
    expect(chi).toBeLessThan(13.8);
  });

  it('never takes an impossible one, whatever rounding does at the end', () => {
    expect(drawAction([Math.log(0.5), Math.log(0.49999), -1e8], 0.999999999)).toBe(1);
    expect(drawAction([-1e8, 0, -1e8], 0)).toBe(1);
    expect(drawAction([-1e8, 0, -1e8], 0.999999999)).toBe(1);
  });
});

function expectOrthogonal(
  weights: ArrayLike<number>,
  { rows, columns, gain }: { rows: number; columns: number; gain: number },
): void {
  const byRow = rows < columns;
  const [count, length] = byRow ? [rows, columns] : [columns, rows];
  const at = (vector: number, i: number): number =>
    Number(weights[byRow ? vector * columns + i : i * columns + vector]);
  for (let a = 0; a < count; a++)
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < length; i++) product += at(a, i) * at(b, i);
      expect(product / gain ** 2).toBeCloseTo(a === b ? 1 : 0, 5);
    }
}
