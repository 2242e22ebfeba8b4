/** Functions composed of the operations in `tensor.ts`; they need no gradient rule of their own. */
import {
  add,
  constant,
  type Dim,
  div,
  equal,
  exp,
  largest,
  log,
  mul,
  neg,
  size,
  stopGradient,
  sub,
  sum,
  type Tensor,
  toFloat,
} from './tensor.ts';

/** Arithmetic mean over `axes` (default: all), which keep length 1. */
export function mean(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  return div(sum(x, axes), size(axes.map((axis) => x.shape.at(axis) as Dim)));
}

export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** log(sum(exp(x))) along `axis`, which keeps length 1. The maximum is taken out first, so that nothing overflows. */
export function logSumExp(x: Tensor, axis: number): Tensor {
  const peak = stopGradient(largest(x, [axis]));
  return add(log(sum(exp(sub(x, peak)), [axis])), peak);
}

/** Logarithm of the softmax along `axis`. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  return sub(x, logSumExp(x, axis));
}

/** Entropy in nats of each row of log-probabilities [n, width]: [n, 1]. An impossible outcome adds nothing. */
export function entropyOf(logProbs: Tensor): Tensor {
  return neg(sum(mul(exp(logProbs), logProbs), [1]));
}

/** 1 in the column whose number is in `column` ([n, 1], whole numbers as floats), 0 elsewhere: [n, width]. */
export function oneHot(column: Tensor, width: number): Tensor {
  return toFloat(equal(column, constant([...Array(width).keys()], [1, width])));
}
