import { describe, expect, it } from 'vitest';
import { entropyOf, logSoftmax, logSumExp, mean, oneHot, square } from '../../models/graph/functions.ts';
import { grad } from '../../models/graph/gradient.ts';
import * as g from '../../models/graph/tensor.ts';
import { evaluate } from '../support/evaluate.ts';
import { type GradientCase, gradientError } from '../support/finite-differences.ts';

/** Away from the kinks of relu, abs, clip, max and min. */
const a = [0.9, -1.7, 0.35, 2.4, -0.6, 1.3];
const b = [1.4, 0.7, -2.2, 0.25, 1.9, -0.8];
const positive = b.map(Math.abs);
const matrix = { shapes: [[2, 3]], values: [a] };
const pair = {
  shapes: [
    [2, 3],
    [2, 3],
  ],
  values: [a, b],
};

describe('each rule agrees with central differences', () => {
  const cases: [string, GradientCase][] = [
    ['neg', { build: (x) => g.neg(x), ...matrix }],
    ['exp', { build: (x) => g.exp(x), ...matrix }],
    ['log', { build: (x) => g.log(x), shapes: [[2, 3]], values: [positive] }],
    ['tanh', { build: (x) => g.tanh(x), ...matrix }],
    ['relu', { build: (x) => g.relu(x), ...matrix }],
    ['sqrt', { build: (x) => g.sqrt(x), shapes: [[2, 3]], values: [positive] }],
    ['abs', { build: (x) => g.abs(x), ...matrix }],
    ['clip', { build: (x) => g.clip(x, -1, 1), ...matrix }],
    ['add', { build: (x, y) => g.add(x, y), ...pair }],
    ['sub', { build: (x, y) => g.sub(x, y), ...pair }],
    ['mul', { build: (x, y) => g.mul(x, y), ...pair }],
    ['div', { build: (x, y) => g.div(x, y), ...pair }],
    ['max', { build: (x, y) => g.max(x, y), ...pair }],
    ['min', { build: (x, y) => g.min(x, y), ...pair }],
    ['where', { build: (x, y) => g.where(g.greater(x, y), square(x), y), ...pair }],
    ['the same tensor twice', { build: (x) => g.mul(x, g.tanh(x)), ...matrix }],
    [
      'add of a row',
      {
        build: (x, y) => g.mul(x, g.add(x, y)),
        shapes: [
          [2, 3],
          [1, 3],
        ],
        values: [a, [1, 2, 3]],
      },
    ],
    [
      'mul by a column',
      {
        build: (x, y) => g.mul(x, y),
        shapes: [
          [2, 3],
          [2, 1],
        ],
        values: [a, [3, -2]],
      },
    ],
    ['div of lower rank', { build: (x, y) => g.div(x, y), shapes: [[2, 3], [3]], values: [a, [3, -2, 0.5]] }],
    ['sub of a scalar', { build: (x, y) => g.sub(y, x), shapes: [[2, 3], []], values: [a, [0.3]] }],
    [
      'outer sum',
      {
        build: (x, y) => g.mul(g.add(x, y), x),
        shapes: [
          [3, 1],
          [1, 2],
        ],
        values: [
          [1, 2, 3],
          [4, 5],
        ],
      },
    ],
    ['sum of rows', { build: (x) => square(g.sum(x, [1])), ...matrix }],
    ['sum of columns', { build: (x) => square(g.sum(x, [0])), ...matrix }],
    ['mean', { build: (x) => square(mean(x)), ...matrix }],
    ['broadcast', { build: (x) => square(g.broadcast(x, [4, 2, 3])), ...matrix }],
    ['reshape', { build: (x) => square(g.reshape(x, [3, 2])), ...matrix }],
    ['transpose', { build: (x) => square(g.transpose(x)), ...matrix }],
    ['transpose of three axes', { build: (x) => square(g.transpose(x, [2, 0, 1])), shapes: [[1, 2, 3]], values: [a] }],
    ['slice', { build: (x) => square(g.slice(x, { axis: 1, start: 1, end: 2 })), ...matrix }],
    ['concat', { build: (x, y) => square(g.concat([x, g.mul(x, y), y], 1)), ...pair }],
    ['logSumExp', { build: (x) => logSumExp(x, 1), ...matrix }],
    ['logSoftmax', { build: (x) => logSoftmax(x, 1), ...matrix }],
    ['entropy', { build: (x) => entropyOf(logSoftmax(x, 1)), ...matrix }],
    ['one-hot', { build: (x) => g.mul(x, oneHot(g.constant([2, 0], [2, 1]), 3)), ...matrix }],
    ...[false, true].flatMap((transposeA) =>
      [false, true].map((transposeB): [string, GradientCase] => [
        `matmul, transposed ${transposeA}, ${transposeB}`,
        {
          build: (x, y) => square(g.matmul(x, y, { transposeA, transposeB })),
          shapes: [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4]],
          values: [a, Array.from({ length: 12 }, (_, i) => Math.cos(i))],
        },
      ]),
    ),
  ];

  it.each(cases)('%s', async (_, given) => expect(await gradientError(given)).toBeLessThan(1e-7));
});

describe('conventions where a gradient is not unique', () => {
  const x = g.input('x', [3]);
  const gradientAt = async (y: g.Tensor, numbers: number[]): Promise<number[] | undefined> => {
    const [dx] = grad(g.sum(y), [x]) as [g.Tensor];
    return (await evaluate({ dx }, { x: numbers })).dx;
  };

  it('clip passes the gradient on its limits', async () =>
    expect(await gradientAt(g.clip(x, -1, 1), [-1, 1, 1.01])).toEqual([1, 1, 0]));
  it('max and min of equals: all of it to the first', async () => {
    expect(await gradientAt(g.max(x, g.mul(x, 1)), [1, 2, 3])).toEqual([1, 1, 1]);
    expect(await gradientAt(g.min(g.mul(2, x), g.mul(x, x)), [2, 1, 3])).toEqual([2, 2, 2]);
  });
  it('relu has none at zero', async () => expect(await gradientAt(g.relu(x), [0, 1, -1])).toEqual([0, 1, 0]));
  it('nothing flows through stopGradient', async () =>
    expect(await gradientAt(g.mul(x, g.stopGradient(x)), [2, 3, 4])).toEqual([2, 3, 4]));
  it('what the loss does not depend on gets zeros', async () => {
    const other = g.input('other', [2]);
    const [, none] = grad(g.sum(x), [x, other]) as [g.Tensor, g.Tensor];
    expect((await evaluate({ none })).none).toEqual([0, 0]);
  });
  it('what lies behind a target counts as constant', async () => {
    const half = g.mul(x, 0.5);
    const [dHalf, dx] = grad(g.sum(g.mul(half, half)), [half, x]) as [g.Tensor, g.Tensor];
    const got = await evaluate({ dHalf, dx }, { x: [2, 4, 6] });
    expect(got).toEqual({ dHalf: [2, 4, 6], dx: [0, 0, 0] });
  });
  it.each([
    ['a loss of several elements', () => grad(x, [x])],
    ['a maximum', () => grad(g.sum(g.largest(x, [0])), [x])],
    ['a gathered table', () => grad(g.sum(g.gather(x, g.argmax(x, 0))), [x])],
  ])('%s is refused', (_, build) => expect(build).toThrow(expect.objectContaining({ code: 'ASSAY_GRAPH_INVALID' })));
});
