/** How fast the learner is: whole training on CartPole, and one update beside the same update in TensorFlow.js (wasm, one thread). */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { systemClock } from '../core/clock.ts';
import { randomStream } from '../core/random.ts';
import { CartPole } from '../envs/cart-pole.ts';
import { freshState, Learner } from '../models/learner.ts';
import { initialParameters, type NetworkSpec } from '../models/network.ts';
import { trainPpo } from '../models/ppo.ts';
import { type PeerBatch, TfjsPpo } from './peers/tfjs-ppo.ts';

interface Measurement {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly peer: number | null;
  readonly ratio: number | null;
}

export const benches: readonly { readonly name: string; run(): Promise<Measurement[]> }[] = [
  { name: 'ppo-end-to-end', run: endToEnd },
  { name: 'ppo-update-256', run: () => update(256) },
  { name: 'ppo-update-2048', run: () => update(2048) },
];

/** 64 carts, minibatches of 2,048, four epochs: every live step of the environment, learning included. No peer on this machine. */
async function endToEnd(): Promise<Measurement[]> {
  const env = new CartPole(64);
  const start = systemClock.now();
  const { history } = await trainPpo({
    env,
    environment: 'cart-pole',
    config: { seed: 1, totalSteps: 30 * env.count * env.horizonSteps, learningRate: 1e-3 },
  });
  const live = history.reduce((total, row) => total + Number(row['charts/live_steps']), 0);
  const value = live / ((systemClock.now() - start) / 1000);
  return [{ bench: 'ppo-end-to-end', metric: 'live steps, 4 epochs', unit: '1/s', value, peer: null, ratio: null }];
}

const spec: NetworkSpec = { observationSize: 32, actionCount: 5, hidden: [64, 64], scaling: null };
const options = {
  clip: 0.2,
  clipValueLoss: true,
  valueCoef: 0.5,
  entropyCoef: 0.01,
  maxGradNorm: 0.5,
  adamEpsilon: 1e-5,
};
const learningRate = 2.5e-4;

/** Median time of one update; `ratio` is how many times faster than the peer. */
async function update(rows: number): Promise<Measurement[]> {
  const theta = initialParameters(spec, 1);
  const batch = randomBatch(rows);
  const learner = await Learner.create(spec, options, { batch: rows, state: freshState(theta) });
  learner.observation.set(batch.observation);
  learner.mask.set(batch.mask);
  for (const [name, column] of Object.entries(learner.columns)) column.set(batch[name as keyof PeerBatch]);
  const value = await medianMs(200, () => learner.step(learningRate));
  await learner.release();

  setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  const tfjs = new TfjsPpo(spec, theta, { ...options, learningRate });
  const peer = await medianMs(30, () => {
    tfjs.step(batch);
    return Promise.resolve(tfjs.theta());
  });
  tfjs.dispose();
  return [
    { bench: `ppo-update-${rows}`, metric: 'one update, 32-64-64', unit: 'ms', value, peer, ratio: peer / value },
  ];
}

async function medianMs(times: number, run: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < times / 10; i++) await run();
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = process.hrtime.bigint();
    await run();
    taken.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)];
}

function randomBatch(rows: number): PeerBatch {
  const random = randomStream(1, 'bench', 'ppo');
  const normals = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  return {
    observation: normals(rows * spec.observationSize),
    mask: new Float32Array(rows * spec.actionCount).fill(1),
    action: Float32Array.from({ length: rows }, () => random.below(spec.actionCount)),
    oldLogProb: new Float32Array(rows).fill(-Math.log(spec.actionCount)),
    oldValue: normals(rows),
    advantage: normals(rows),
    return: normals(rows),
    weight: new Float32Array(rows).fill(1 / rows),
  };
}
