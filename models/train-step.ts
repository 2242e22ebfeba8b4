/**
 * One PPO training step as one ONNX graph: scale, forward, loss, gradient, clipping by the global norm, Adam.
 * Parameters and Adam's moments go in and come out as flat vectors, so that a checkpoint is three arrays.
 */
import { adamStep, clipByGlobalNorm } from './adam.ts';
import { grad } from './graph/gradient.ts';
import { concat, input, reshape, type Tensor } from './graph/tensor.ts';
import {
  type NetworkSpec,
  parameterCount,
  parametersOf,
  perceptron,
  policyLogProbabilities,
  scaled,
} from './network.ts';
import { encodeModel, type Precision } from './onnx/encode.ts';
import { type PpoLossOptions, ppoLoss } from './ppo-loss.ts';

export interface TrainStepOptions extends PpoLossOptions {
  /** Largest global gradient norm; null: no clipping. */
  readonly maxGradNorm: number | null;
  readonly adamEpsilon: number;
}

/** Order of the elements of the output `metrics`. */
export const stepMetrics = [
  'loss',
  'policy_loss',
  'value_loss',
  'entropy',
  'old_approx_kl',
  'approx_kl',
  'clipfrac',
  'grad_norm',
] as const;

/**
 * Inputs: theta, m, v [parameters]; observation [batch, features], mask [batch, actions]; action, oldLogProb, oldValue,
 * advantage, return, weight [batch, 1]; learningRate, correction1, correction2 [1].
 * Outputs: nextTheta, nextM, nextV [parameters]; metrics [8], in the order of `stepMetrics`, of the loss before the step.
 */
export function trainStepOutputs(spec: NetworkSpec, batch: number, options: TrainStepOptions): Record<string, Tensor> {
  const flat = (name: string): Tensor => input(name, [parameterCount(spec)]);
  const column = (name: string): Tensor => input(name, [batch, 1]);
  const scalar = (name: string): Tensor => input(name, [1]);
  const [theta, m, v] = [flat('theta'), flat('m'), flat('v')];
  const network = parametersOf(spec, theta);

  const observation = scaled(input('observation', [batch, spec.observationSize]), spec.scaling);
  const logits = perceptron(network.actor, observation);
  const terms = ppoLoss(
    {
      logProbs: policyLogProbabilities(logits, input('mask', [batch, spec.actionCount])),
      values: perceptron(network.critic, observation),
      actions: column('action'),
      oldLogProbs: column('oldLogProb'),
      oldValues: column('oldValue'),
      advantages: column('advantage'),
      returns: column('return'),
      weights: column('weight'),
    },
    options,
  );

  const parameters = [...network.actor, ...network.critic].flatMap(({ weights, bias }) => [weights, bias]);
  const gradients = grad(terms.loss, parameters);
  const raw = concat(gradients.map(flatten), 0);
  const { gradient, norm } = clipByGlobalNorm(raw, options.maxGradNorm);
  const next = adamStep({ theta, m, v }, gradient, {
    learningRate: scalar('learningRate'),
    correction1: scalar('correction1'),
    correction2: scalar('correction2'),
    epsilon: options.adamEpsilon,
  });
  const { loss, policyLoss, valueLoss, entropy, oldApproxKl, approxKl, clipFraction } = terms;
  const metrics = [loss, policyLoss, valueLoss, entropy, oldApproxKl, approxKl, clipFraction, norm];
  return { nextTheta: next.theta, nextM: next.m, nextV: next.v, metrics: concat(metrics.map(flatten), 0) };
}

/** The same as the bytes of a model. */
export function trainStepModel(
  spec: NetworkSpec,
  batch: number,
  options: TrainStepOptions & { readonly precision?: Precision },
): Uint8Array {
  return encodeModel({ outputs: trainStepOutputs(spec, batch, options), precision: options.precision ?? 'float32' });
}

/**
 * The forward pass that a rollout needs. Inputs: theta [parameters], observation [batch, features], mask [batch, actions].
 * Outputs: logProbs [batch, actions], value [batch, 1].
 */
export function forwardModel(spec: NetworkSpec, batch: number): Uint8Array {
  const network = parametersOf(spec, input('theta', [parameterCount(spec)]));
  const observation = scaled(input('observation', [batch, spec.observationSize]), spec.scaling);
  const mask = input('mask', [batch, spec.actionCount]);
  return encodeModel({
    outputs: {
      logProbs: policyLogProbabilities(perceptron(network.actor, observation), mask),
      value: perceptron(network.critic, observation),
    },
  });
}

function flatten(x: Tensor): Tensor {
  return reshape(x, [x.shape.reduce<number>((product, dim) => product * (dim as number), 1)]);
}
