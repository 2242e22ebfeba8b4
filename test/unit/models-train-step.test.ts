/** The whole loss of one training step, differentiated through scaling, both networks, mask and clipping, by central differences. */
import { expect, it } from 'vitest';
import { randomStream } from '../../core/random.ts';
import { constant, type Tensor } from '../../models/graph/tensor.ts';
import { parameterCount, parametersOf, perceptron, policyLogProbabilities, scaled } from '../../models/network.ts';
import { encodeModel } from '../../models/onnx/encode.ts';
import { type PpoLossOptions, ppoLoss } from '../../models/ppo-loss.ts';
import { trainStepModel } from '../../models/train-step.ts';
import { gradientError } from '../support/finite-differences.ts';

const spec = {
  observationSize: 3,
  actionCount: 3,
  hidden: [4, 3],
  scaling: { shift: [0.1, -0.2, 0], scale: [1, 0.5, 2], clip: 3 },
};
const rows = 6;

function lossOf(theta: Tensor, options: PpoLossOptions): Tensor {
  const random = randomStream(3, 'train-step');
  const column = (draw: () => number): Tensor => constant(Array.from({ length: rows }, draw), [rows, 1]);
  const normals = (columns: number): Tensor =>
    constant(
      Array.from({ length: rows * columns }, () => random.normal()),
      [rows, columns],
    );
  const network = parametersOf(spec, theta);
  const observation = scaled(normals(spec.observationSize), spec.scaling);
  const mask = constant([1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1], [rows, spec.actionCount]);
  const terms = {
    logProbs: policyLogProbabilities(perceptron(network.actor, observation), mask),
    values: perceptron(network.critic, observation),
    actions: constant([0, 1, 2, 1, 0, 2], [rows, 1]),
    oldLogProbs: column(() => -1.1 + 0.4 * random.normal()),
    oldValues: column(() => 0.3 * random.normal()),
    advantages: normals(1),
    returns: normals(1),
    weights: constant([0.2, 0.2, 0.2, 0.2, 0.2, 0], [rows, 1]),
  };
  return ppoLoss(terms, options).loss;
}

it.each([
  ['CleanRL', { clip: 0.2, clipValueLoss: true, valueCoef: 0.5, entropyCoef: 0.01 }],
  ['no value clipping, much entropy', { clip: 0.1, clipValueLoss: false, valueCoef: 1, entropyCoef: 0.3 }],
])('%s', async (_, options) => {
  const random = randomStream(5, 'theta');
  const count = parameterCount(spec);
  const theta = Array.from({ length: count }, () => random.normal() * 0.7);
  const error = await gradientError({ build: (x) => lossOf(x, options), shapes: [[count]], values: [theta] });
  expect(error).toBeLessThan(1e-7);
});

it('the same options give the same bytes, others give others', () => {
  const options = {
    clip: 0.2,
    clipValueLoss: true,
    valueCoef: 0.5,
    entropyCoef: 0.01,
    maxGradNorm: 0.5,
    adamEpsilon: 1e-5,
  };
  expect(trainStepModel(spec, 8, options)).toEqual(trainStepModel(spec, 8, options));
  expect(trainStepModel(spec, 8, { ...options, clip: 0.3 })).not.toEqual(trainStepModel(spec, 8, options));
  expect(encodeModel({ outputs: { y: constant([1]) } })).not.toEqual(encodeModel({ outputs: { y: constant([2]) } }));
});
