/** How fast the learner is: whole training on CartPole, and one update beside the same update in TensorFlow.js (wasm, one thread). */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { trainingRun } from '../activities/train.ts';
import { randomStream } from '../core/random.ts';
import { CartPole } from '../envs/cart-pole.ts';
import { freshState, Learner } from '../models/learner.ts';
import { initialParameters, type NetworkSpec } from '../models/network.ts';
import { type PpoRun, trainPpo } from '../models/ppo.ts';
import { calibratedMarket } from './market.ts';
import { alone, type Bench, type Measurement, quantile, type Setting, timed, timesMs } from './measurement.ts';
import { type PeerBatch, TfjsPpo } from './peers/tfjs-ppo.ts';

export const benches: readonly Bench[] = [
  { name: 'ppo-execution', run: execution },
  { name: 'ppo-cart-pole', run: cartPole },
  { name: 'ppo-update-256', run: ({ quick }) => update(256, quick) },
  { name: 'ppo-update-2048', run: ({ quick }) => update(2048, quick) },
];

/** The line's own training, as the protocol has it: rollouts, with part of the orders in stressed markets, and their learning. */
async function execution({ quick, scratch }: Setting): Promise<Measurement[]> {
  const { profile, protocol } = await calibratedMarket(scratch);
  const { task, training } = protocol.protocol;
  const rollout = (training.envs * task.horizonMs) / task.decisionMs;
  const run = trainingRun(profile, protocol.protocol, { seed: 1, steps: (quick ? 1 : 20) * rollout });
  return endToEnd('ppo-execution', run);
}

/** The learner's own pace: 64 carts cost next to nothing. */
function cartPole({ quick }: Setting): Promise<Measurement[]> {
  const env = new CartPole(64);
  const totalSteps = (quick ? 1 : 30) * env.count * env.horizonSteps;
  return endToEnd('ppo-cart-pole', { env, config: { learningRate: 1e-3, seed: 1, totalSteps } });
}

/** Steps a second, learning included: as the budget counts them, and without those after an episode's end. */
async function endToEnd(bench: string, run: Pick<PpoRun, 'env' | 'config'>): Promise<Measurement[]> {
  const { seconds, result } = await timed(() => trainPpo({ ...run, environment: bench }));
  const live = result.history.reduce((total, row) => total + Number(row['charts/live_steps']), 0);
  const metric = `end to end, ${result.config.epochs} epochs`;
  return [
    alone({ bench, metric: `steps ${metric}`, unit: '1/s', value: result.steps / seconds }),
    alone({ bench, metric: `live steps ${metric}`, unit: '1/s', value: live / seconds }),
  ];
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
async function update(rows: number, quick: boolean): Promise<Measurement[]> {
  const theta = initialParameters(spec, 1);
  const batch = randomBatch(rows);
  const learner = await Learner.create(spec, options, { batch: rows, state: freshState(theta) });
  learner.observation.set(batch.observation);
  learner.mask.set(batch.mask);
  for (const [name, column] of Object.entries(learner.columns)) column.set(batch[name as keyof PeerBatch]);
  const own = await timesMs(quick ? 10 : 200, () => learner.step(learningRate));
  await learner.release();

  setThreadsCount(1);
  await tf.setBackend('wasm');
  await tf.ready();
  const tfjs = new TfjsPpo(spec, theta, { ...options, learningRate });
  const other = await timesMs(quick ? 3 : 30, () => {
    tfjs.step(batch);
    tfjs.theta();
  });
  tfjs.dispose();
  const [value, peer] = [quantile(own, 0.5), quantile(other, 0.5)];
  return [
    { bench: `ppo-update-${rows}`, metric: 'one update, 32-64-64, p50', unit: 'ms', value, peer, ratio: peer / value },
  ];
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
