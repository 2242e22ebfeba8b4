import { describe, expect, it } from 'vitest';
import { logSumExp, mean, oneHot } from '../../models/graph/functions.ts';
import * as g from '../../models/graph/tensor.ts';
import { evaluate } from '../support/evaluate.ts';

const x = g.input('x', [2, 3]);
const numbers = { x: [1, -2, 3, 0.5, 0, -1] };

async function value(tensor: g.Tensor): Promise<number[]> {
  const { y } = await evaluate({ y: tensor }, tensor.inputs.length === 0 ? {} : numbers);
  return y ?? [];
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  for (const [i, number] of want.entries()) expect(got[i]).toBeCloseTo(number, 12);
}

describe('operations give what plain arithmetic gives', () => {
  const cases: [string, g.Tensor, number[]][] = [
    ['neg', g.neg(x), [-1, 2, -3, -0.5, -0, 1]],
    ['exp', g.exp(x), numbers.x.map(Math.exp)],
    ['log', g.log(g.add(g.abs(x), 1)), numbers.x.map((v) => Math.log(Math.abs(v) + 1))],
    ['tanh', g.tanh(x), numbers.x.map(Math.tanh)],
    ['relu', g.relu(x), [1, 0, 3, 0.5, 0, 0]],
    ['sqrt', g.sqrt(g.abs(x)), numbers.x.map((v) => Math.sqrt(Math.abs(v)))],
    ['sub of a scalar', g.sub(10, x), [9, 12, 7, 9.5, 10, 11]],
    ['mul with a row', g.mul(x, g.constant([1, 10, 100], [1, 3])), [1, -20, 300, 0.5, 0, -100]],
    ['add of a column', g.add(x, g.constant([10, 20], [2, 1])), [11, 8, 13, 20.5, 20, 19]],
    ['div by a vector of lower rank', g.div(x, g.constant([1, 2, 4])), [1, -1, 0.75, 0.5, 0, -0.25]],
    ['max', g.max(x, 0.5), [1, 0.5, 3, 0.5, 0.5, 0.5]],
    ['min', g.min(x, 0.5), [0.5, -2, 0.5, 0.5, 0, -1]],
    ['clip', g.clip(x, -1, 1), [1, -1, 1, 0.5, 0, -1]],
    ['where greater', g.where(g.greater(x, 0), x, -9), [1, -9, 3, 0.5, -9, -9]],
    ['equal', g.toFloat(g.equal(x, 0.5)), [0, 0, 0, 1, 0, 0]],
    ['greaterOrEqual', g.toFloat(g.greaterOrEqual(x, 0.5)), [1, 0, 1, 1, 0, 0]],
    ['matmul', g.matmul(x, g.constant([1, 2, 3, 4, 5, 6], [3, 2])), [1 - 6 + 15, 2 - 8 + 18, 0.5 - 5, 1 - 6]],
    ['matmul, second transposed', g.matmul(x, x, { transposeB: true }), [14, -2.5, -2.5, 1.25]],
    ['matmul, first transposed', g.matmul(x, x, { transposeA: true }), [1.25, -2, 2.5, -2, 4, -6, 2.5, -6, 10]],
    ['sum of rows', g.sum(x, [1]), [2, -0.5]],
    ['sum of columns', g.sum(x, [0]), [1.5, -2, 2]],
    ['sum of all', g.sum(x), [1.5]],
    ['mean', mean(x, [-1]), [2 / 3, -0.5 / 3]],
    ['largest', g.largest(x, [1]), [3, 0.5]],
    ['argmax', g.argmax(x, 1), [2, 0]],
    ['reshape', g.reshape(x, [3, 2]), numbers.x],
    ['broadcast', g.broadcast(g.sum(x, [1]), [2, 2]), [2, 2, -0.5, -0.5]],
    ['transpose', g.transpose(x), [1, 0.5, -2, 0, 3, -1]],
    ['slice', g.slice(x, { axis: 1, start: 1, end: 3 }), [-2, 3, 0, -1]],
    ['concat', g.concat([x, g.slice(x, { axis: 1, start: 0, end: 1 })], 1), [1, -2, 3, 1, 0.5, 0, -1, 0.5]],
    ['gather', g.gather(g.constant([1, 2, 3, 4, 5, 6], [3, 2]), g.argmax(x, 1)), [5, 6, 1, 2]],
    ['one-hot', oneHot(g.slice(g.abs(x), { axis: 1, start: 1, end: 2 }), 3), [0, 0, 1, 1, 0, 0]],
    ['logSumExp', logSumExp(g.mul(x, 1000), 1), [3000, 500]],
  ];

  it.each(cases)('%s', async (_, tensor, want) => expectClose(await value(tensor), want));
});

describe('what does not fit is refused when it is written, not when it runs', () => {
  const row = g.input('row', ['n', 3]);
  const cases: [string, () => unknown, string][] = [
    ['add', () => g.add(x, g.constant([1, 2])), '[2, 3] and [2] do not broadcast'],
    ['matmul', () => g.matmul(x, x), '3 is not 2'],
    ['matmul of vectors', () => g.matmul(g.constant([1]), x), 'matmul of [1] and [2, 3]'],
    ['reshape', () => g.reshape(x, [4]), 'reshape [2, 3] to [4]'],
    ['broadcast', () => g.broadcast(x, [2, 4]), 'do not broadcast'],
    ['broadcast over an open axis', () => g.broadcast(g.constant([1], [1, 1]), ['n', 1]), 'broadcast [1, 1] to [n, 1]'],
    ['slice', () => g.slice(x, { axis: 1, start: 2, end: 4 }), 'slice 2 to 4 of axis 1'],
    ['slice of an open axis', () => g.slice(row, { axis: 0, start: 0, end: 1 }), 'slice 0 to 1 of axis 0'],
    ['concat', () => g.concat([x, g.constant([1, 2], [1, 2])], 0), 'concat of [2, 3], [1, 2] along axis 0'],
    ['concat of nothing', () => g.concat([], 0), 'concat of nothing'],
    ['transpose', () => g.transpose(x, [0, 0]), 'does not permute'],
    ['axis', () => g.sum(x, [2]), 'no axis 2'],
    ['clip', () => g.clip(x, 1, Number.NaN), 'clip from 1 to NaN'],
    ['constant', () => g.constant([1, 2, 3], [2]), 'a constant of 3 values does not fill [2]'],
    ['arithmetic with truth values', () => g.add(g.greater(x, 0), 1), 'greater gives bool, wanted is float'],
    ['size of an open axis', () => mean(row), 'the axis "n" of [n, 3] has no fixed length'],
  ];

  it.each(cases)('%s', (_, build, reason) => {
    expect(build).toThrow(
      expect.objectContaining({ code: 'ASSAY_GRAPH_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});

it('an expression cannot be changed after it is made', () => {
  expect(() => Object.assign(x, { shape: [6] })).toThrow(TypeError);
});
