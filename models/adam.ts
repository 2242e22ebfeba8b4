/** Adam (Kingma and Ba 2015, algorithm 1) and clipping by the global norm, as expressions over flat vectors. */
import { square } from './graph/functions.ts';
import { add, div, min, mul, type Operand, sqrt, sub, sum, type Tensor } from './graph/tensor.ts';

export interface AdamState {
  readonly theta: Tensor;
  /** First moment. */
  readonly m: Tensor;
  /** Second moment. */
  readonly v: Tensor;
}

export interface AdamOptions {
  /** Learning rate of this step. */
  readonly learningRate: Operand;
  /** 1 - beta1^t and 1 - beta2^t for step t = 1, 2, ...: a float32 graph must not raise them to a power itself. */
  readonly correction1: Operand;
  readonly correction2: Operand;
  readonly epsilon: number;
}

export const beta1 = 0.9;
export const beta2 = 0.999;

/** One step. Epsilon is added after the square root of the corrected second moment. */
export function adamStep(state: AdamState, gradient: Tensor, options: AdamOptions): AdamState {
  const m = add(mul(beta1, state.m), mul(1 - beta1, gradient));
  const v = add(mul(beta2, state.v), mul(1 - beta2, square(gradient)));
  const direction = div(div(m, options.correction1), add(sqrt(div(v, options.correction2)), options.epsilon));
  return { theta: sub(state.theta, mul(options.learningRate, direction)), m, v };
}

/** `gradient` scaled by min(1, limit / (norm + 1e-6)), and its L2 norm [1] before that. `limit` null: no clipping. */
export function clipByGlobalNorm(gradient: Tensor, limit: number | null): { gradient: Tensor; norm: Tensor } {
  const norm = sqrt(sum(square(gradient)));
  if (limit === null) return { gradient, norm };
  return { gradient: mul(gradient, min(1, div(limit, add(norm, 1e-6)))), norm };
}
