/**
 * The loss of proximal policy optimisation for discrete actions (Schulman et al. 2017, equations 7 and 9; the details are
 * CleanRL's `ppo.py`), as expressions. Every mean is weighted: `weights` sum to one, and a row of weight zero counts for nothing.
 */
import { entropyOf, oneHot, square } from './graph/functions.ts';
import {
  abs,
  add,
  clip,
  exp,
  greater,
  max,
  mul,
  neg,
  stopGradient,
  sub,
  sum,
  type Tensor,
  toFloat,
} from './graph/tensor.ts';

/** One minibatch. All [n, 1] except the first. */
export interface PpoBatch {
  /** Log-probabilities of all actions under the current policy [n, actions]. */
  readonly logProbs: Tensor;
  /** Value estimates of the current critic. */
  readonly values: Tensor;
  /** Numbers of the actions taken. */
  readonly actions: Tensor;
  /** Log-probabilities of those actions when they were taken. */
  readonly oldLogProbs: Tensor;
  readonly oldValues: Tensor;
  readonly advantages: Tensor;
  readonly returns: Tensor;
  readonly weights: Tensor;
}

export interface PpoLossOptions {
  readonly clip: number;
  readonly clipValueLoss: boolean;
  readonly valueCoef: number;
  readonly entropyCoef: number;
}

/** Each with one element. */
export interface PpoLoss {
  readonly loss: Tensor;
  readonly policyLoss: Tensor;
  readonly valueLoss: Tensor;
  readonly entropy: Tensor;
  /** mean(-log ratio), unbiased for the KL divergence but noisy. */
  readonly oldApproxKl: Tensor;
  /** mean(ratio - 1 - log ratio), never negative (Schulman 2020, "Approximating KL Divergence", k3). */
  readonly approxKl: Tensor;
  /** Share of samples whose ratio lies outside the clip range. */
  readonly clipFraction: Tensor;
}

export function ppoLoss(batch: PpoBatch, options: PpoLossOptions): PpoLoss {
  const average = (x: Tensor): Tensor => sum(mul(batch.weights, x));
  const { logProbs, advantages, returns } = batch;
  const actionCount = logProbs.shape[1] as number;

  const logProb = sum(mul(logProbs, oneHot(batch.actions, actionCount)), [1]);
  const logRatio = sub(logProb, batch.oldLogProbs);
  const ratio = exp(logRatio);
  const clippedRatio = clip(ratio, 1 - options.clip, 1 + options.clip);
  const policyLoss = average(max(neg(mul(advantages, ratio)), neg(mul(advantages, clippedRatio))));

  const error = square(sub(batch.values, returns));
  const moved = add(batch.oldValues, clip(sub(batch.values, batch.oldValues), -options.clip, options.clip));
  const worst = options.clipValueLoss ? max(error, square(sub(moved, returns))) : error;
  const valueLoss = mul(0.5, average(worst));

  const entropy = average(entropyOf(logProbs));
  const loss = add(sub(policyLoss, mul(options.entropyCoef, entropy)), mul(options.valueCoef, valueLoss));

  const observed = stopGradient(logRatio);
  return {
    loss,
    policyLoss,
    valueLoss,
    entropy,
    oldApproxKl: average(neg(observed)),
    approxKl: average(sub(sub(exp(observed), 1), observed)),
    clipFraction: average(toFloat(greater(abs(sub(exp(observed), 1)), options.clip))),
  };
}
