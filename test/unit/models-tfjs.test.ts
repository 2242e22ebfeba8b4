/** A second differentiator: TensorFlow.js, its plain JavaScript backend, on a loss written a second time. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { type PeerBatch, TfjsPpo } from '../../bench/peers/tfjs-ppo.ts';
import { randomStream } from '../../core/random.ts';
import { freshState, Learner } from '../../models/learner.ts';
import { initialParameters, type NetworkSpec, parameterCount } from '../../models/network.ts';

const rows = 24;
const spec: NetworkSpec = {
  observationSize: 5,
  actionCount: 4,
  hidden: [16, 8],
  scaling: { shift: [0, 1, -1, 0.5, 2], scale: [1, 2, 0.5, 1, 3], clip: 4 },
};
const options = {
  clip: 0.2,
  clipValueLoss: true,
  valueCoef: 0.5,
  entropyCoef: 0.02,
  maxGradNorm: 0.5,
  adamEpsilon: 1e-5,
};
const learningRate = 3e-3;

beforeAll(async () => {
  await tf.setBackend('cpu');
  await tf.ready();
});

/** Ratios on both sides of the clip range, forbidden actions, and rows that weigh nothing. */
function batch(seed: number): PeerBatch {
  const random = randomStream(seed, 'tfjs');
  const normals = (length: number, scale = 1): Float32Array =>
    Float32Array.from({ length }, () => scale * random.normal());
  const action = Float32Array.from({ length: rows }, () => random.below(spec.actionCount));
  const mask = new Float32Array(rows * spec.actionCount).fill(1);
  for (let row = 0; row < rows; row += 3)
    mask[row * spec.actionCount + ((Number(action[row]) + 1) % spec.actionCount)] = 0;
  const weight = Float32Array.from({ length: rows }, (_, row) => (row < rows - 4 ? 1 / (rows - 4) : 0));
  return {
    observation: normals(rows * spec.observationSize, 2),
    mask,
    action,
    oldLogProb: normals(rows, 0.5).map((x) => x - 1.4),
    oldValue: normals(rows, 0.2),
    advantage: normals(rows),
    return: normals(rows),
    weight,
  };
}

async function ours(theta: Float32Array, given: PeerBatch): Promise<Learner> {
  const learner = await Learner.create(spec, options, { batch: rows, state: freshState(theta) });
  learner.observation.set(given.observation);
  learner.mask.set(given.mask);
  for (const [name, column] of Object.entries(learner.columns)) column.set(given[name as keyof PeerBatch]);
  return learner;
}

/** A starting point whose policy head is not almost zero. */
function start(seed: number): Float32Array {
  const random = randomStream(seed, 'start');
  return initialParameters(spec, seed).map((x) => x + 0.3 * random.normal());
}

it.each([1, 2, 3, 4, 5])('seed %d: the same loss and the same gradient', async (seed) => {
  const [theta, given] = [start(seed), batch(seed)];
  const learner = await ours(theta, given);
  const { loss, grad_norm: norm } = await learner.step(learningRate);
  const peer = new TfjsPpo(spec, theta, { ...options, learningRate }).gradient(given);
  expect(loss).toBeCloseTo(peer.loss, 5);
  // Adam's first moment after one step is a tenth of the clipped gradient.
  const scale = Math.min(1, options.maxGradNorm / (norm + 1e-6)) * 0.1;
  expect(norm).toBeCloseTo(Math.hypot(...peer.gradient), 5);
  expect(
    largestDifference(
      learner.state().m,
      peer.gradient.map((x) => x * scale),
    ),
  ).toBeLessThan(1e-6);
});

it('ten whole updates end in the same parameters', async () => {
  const [theta, given] = [start(9), batch(9)];
  const learner = await ours(theta, given);
  const peer = new TfjsPpo(spec, theta, { ...options, learningRate });
  for (let i = 0; i < 10; i++) {
    await learner.step(learningRate);
    peer.step(given);
  }
  expect(largestDifference(learner.theta, theta)).toBeGreaterThan(0.01);
  expect(largestDifference(learner.theta, peer.theta())).toBeLessThan(2e-5);
  expect(learner.theta).toHaveLength(parameterCount(spec));
});

it('rows that weigh nothing change nothing', async () => {
  const [theta, given] = [start(2), batch(2)];
  const learner = await ours(theta, given);
  const other = await ours(theta, given);
  for (let row = rows - 4; row < rows; row++) {
    other.columns.advantage[row] = 50;
    other.columns.return[row] = -50;
    other.observation.fill(0.5, row * spec.observationSize, (row + 1) * spec.observationSize);
  }
  await learner.step(learningRate);
  await other.step(learningRate);
  expect(other.theta).toEqual(learner.theta);
});

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0);
}
