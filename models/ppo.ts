/**
 * Proximal policy optimisation (Schulman et al. 2017) for discrete actions, the whole algorithm from top to bottom; details as
 * in CleanRL's `ppo.py` and Huang et al. 2022, "The 37 Implementation Details of PPO".
 *
 * A rollout is `count` whole episodes. Every round is re-seeded from (seed, update), so that a run continued from a checkpoint
 * repeats, to the bit, what it would have done anyway. Training is bounded by steps, never by seconds.
 */
import { type Clock, systemClock } from '../core/clock.ts';
import { digestJson, type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import type { VectorEnv } from '../envs/vector-env.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { explainedVariance, generalisedAdvantages, normaliseAdvantages } from './gae.ts';
import { freshState, Learner, type StepMetrics } from './learner.ts';
import { initialParameters, type NetworkSpec } from './network.ts';
import { annealedLearningRate, completePpoConfig, type PpoConfig, type PpoSettings } from './ppo-config.ts';
import { Rollout } from './rollout.ts';
import { stepMetrics } from './train-step.ts';

/** Metrics of one update, under CleanRL's names; null where one is undefined. Nothing here depends on the clock. */
export type PpoMetrics = Readonly<Record<string, number | null>>;

export interface PpoProgress {
  /** Updates done, of `updates`. */
  readonly update: number;
  readonly updates: number;
  /** Environment steps done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The update's metrics, and `charts/SPS`: steps per second of this process, learning included. */
  readonly metrics: PpoMetrics;
  readonly etaSeconds: number;
}

export interface PpoRun {
  readonly env: VectorEnv;
  readonly config: PpoSettings;
  /** What the environment is (for example the digest of its profile and protocol); part of a checkpoint's identity. */
  readonly environment: string;
  /** Where checkpoints are kept, and after how many updates one is written (default 10). Left out: none. */
  readonly checkpoint?: { readonly directory: string; readonly everyUpdates?: number };
  /** Stops training at the next update, after a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PpoProgress) => void;
  /** More metrics of the rollout just played, for example its cost in basis points; must be deterministic. */
  readonly rolloutMetrics?: () => PpoMetrics;
  /** Only for `charts/SPS` and the time left. */
  readonly clock?: Clock;
}

export interface PpoResult {
  readonly network: NetworkSpec;
  /** Trained parameters, in the layout of `network.ts`. */
  readonly theta: Float32Array;
  /** SHA-256 of theta's bytes (float32, little-endian). */
  readonly thetaDigest: Sha256;
  readonly config: PpoConfig;
  /** Digest of configuration, environment and network: equal for runs that must give equal results. */
  readonly runDigest: Sha256;
  readonly updates: number;
  readonly steps: number;
  /** One row an update. */
  readonly history: readonly PpoMetrics[];
}

/**
 * Train a policy on `env`, continuing from a checkpoint when there is one.
 * @throws ASSAY_CONFIG_UNKNOWN_KEY, ASSAY_CONFIG_OUT_OF_BOUNDS, ASSAY_CHECKPOINT_INVALID, ASSAY_TRAINING_DIVERGED,
 * ASSAY_CANCELLED, ASSAY_DISK_FULL
 */
export async function trainPpo(run: PpoRun): Promise<PpoResult> {
  const { env, environment, signal } = run;
  const config = completePpoConfig(run.config, env.observationSize);
  const { observationSize, actionCount, count, horizonSteps } = env;
  const network: NetworkSpec = { observationSize, actionCount, hidden: config.hidden, scaling: config.scaling };
  const runDigest = digestJson({ config, environment, network, count, horizonSteps });
  const updates = Math.floor(config.totalSteps / (count * horizonSteps));
  const saved = run.checkpoint === undefined ? null : readCheckpoint(run.checkpoint.directory, runDigest);

  const state = saved?.learner ?? freshState(initialParameters(network, config.seed));
  const batch = Math.min(config.minibatchSize, count * horizonSteps);
  await using resources = new AsyncDisposableStack();
  const rollout = resources.adopt(await Rollout.create(env, network), (it) => it.release());
  const learner = resources.adopt(await Learner.create(network, config, { batch, state }), (it) => it.release());
  const history = [...(saved?.history ?? [])];
  const pace = paceMeter(run.clock ?? systemClock, count * horizonSteps);

  const save = (update: number): void => {
    const checkpoint: Checkpoint = { runDigest, update, learner: learner.state(), history };
    if (run.checkpoint !== undefined) writeCheckpoint(run.checkpoint.directory, checkpoint);
  };

  for (let update = (saved?.update ?? 0) + 1; update <= updates; update++) {
    if (signal?.aborted) {
      save(update - 1);
      throw new AssayError('ASSAY_CANCELLED', { what: `training after update ${update - 1} of ${updates}` });
    }
    const learningRate = config.annealLearningRate
      ? annealedLearningRate(config.learningRate, update, updates)
      : config.learningRate;

    await rollout.collect(learner.theta, config.seed, update);
    const samples = prepare(rollout, config);
    const losses = await learn({ learner, rollout, samples, config, update, learningRate });

    const metrics = {
      ...rolloutMetrics(rollout, samples),
      ...run.rolloutMetrics?.(),
      'charts/learning_rate': learningRate,
      ...losses,
    };
    refuseDivergence(metrics, learner.theta, update);
    history.push(metrics);
    if (update % (run.checkpoint?.everyUpdates ?? 10) === 0 || update === updates) save(update);
    const speed = pace(update, updates);
    run.onProgress?.({
      update,
      updates,
      step: update * count * horizonSteps,
      steps: updates * count * horizonSteps,
      metrics: { ...metrics, 'charts/SPS': speed.stepsPerSecond },
      etaSeconds: speed.etaSeconds,
    });
  }

  const theta = learner.theta.slice();
  const thetaDigest = sha256(new Uint8Array(theta.buffer));
  return { network, theta, thetaDigest, config, runDigest, updates, steps: updates * count * horizonSteps, history };
}

/** What the epochs draw from: advantages and returns of every step, and the rows of steps that were lived. */
interface Samples {
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  readonly rows: Int32Array;
}

function prepare(rollout: Rollout, config: PpoConfig): Samples {
  const { count, steps, live, rewards, terminated, truncated } = rollout;
  const values = rollout.values.subarray(0, steps * count);
  // No restart inside a rollout: the value one row on is that of the observation a step led to, the final one included.
  const nextValues = rollout.values.subarray(count);
  const { gamma, lambda } = config;
  const advantages = new Float32Array(steps * count);
  generalisedAdvantages({ rewards, values, nextValues, terminated, truncated, count, gamma, lambda }, advantages);
  const returns = advantages.map((advantage, row) => advantage + values[row]);
  const rows = Int32Array.from(live.keys()).filter((row) => live[row] === 1);
  return { advantages, returns, rows };
}

interface Update {
  readonly learner: Learner;
  readonly rollout: Rollout;
  readonly samples: Samples;
  readonly config: PpoConfig;
  readonly update: number;
  readonly learningRate: number;
}

/** The epochs of one update. Losses are means over all its minibatches. */
async function learn({ learner, rollout, samples, config, update, learningRate }: Update): Promise<PpoMetrics> {
  const random = randomStream(config.seed, 'ppo', 'minibatches', update);
  const capacity = learner.columns.weight.length;
  const minibatches = Math.ceil(samples.rows.length / capacity);
  const all: StepMetrics[] = [];
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    shuffle(samples.rows, (n) => random.below(n));
    for (let i = 0; i < minibatches; i++) {
      const [start, end] = [i, i + 1].map((k) => Math.floor((k * samples.rows.length) / minibatches));
      fill(learner, rollout, {
        ...samples,
        rows: samples.rows.subarray(start, end),
        normalise: config.normaliseAdvantages,
      });
      all.push(await learner.step(learningRate));
    }
    if (config.targetKl !== null && mean(all.slice(-minibatches), 'approx_kl') > config.targetKl) break;
  }
  return {
    ...Object.fromEntries(stepMetrics.map((name) => [`losses/${name}`, mean(all, name)])),
    'charts/gradient_steps': all.length,
  };
}

/** Copy the steps named by `rows` into the learner's arrays. The batch is filled up with the first of them, weighing nothing. */
function fill(learner: Learner, rollout: Rollout, samples: Samples & { readonly normalise: boolean }): void {
  const { rows, advantages, returns, normalise } = samples;
  const { columns, observation, mask } = learner;
  const features = observation.length / columns.weight.length;
  const actions = mask.length / columns.weight.length;
  columns.weight.fill(0).fill(1 / rows.length, 0, rows.length);
  for (let i = 0; i < columns.weight.length; i++) {
    const row = rows[i] ?? rows[0];
    // Plain loops: at these widths `set` of a `subarray` takes four times as long.
    for (let j = 0; j < features; j++) observation[i * features + j] = rollout.observations[row * features + j];
    for (let j = 0; j < actions; j++) mask[i * actions + j] = rollout.masks[row * actions + j];
    columns.action[i] = rollout.actions[row];
    columns.oldLogProb[i] = rollout.logProbs[row];
    columns.oldValue[i] = rollout.values[row];
    columns.advantage[i] = advantages[row];
    columns.return[i] = returns[row];
  }
  if (normalise) normaliseAdvantages(columns.advantage, rows.length);
}

function rolloutMetrics(rollout: Rollout, { rows, returns }: Samples): PpoMetrics {
  const values = Array.from(rows, (row) => rollout.values[row]);
  const average = (numbers: ArrayLike<number>): number =>
    Array.from(numbers).reduce((a, b) => a + b, 0) / numbers.length;
  return {
    'charts/episodic_return': average(rollout.returns),
    'charts/episodic_length': average(rollout.lengths),
    'charts/live_steps': rows.length,
    'losses/explained_variance': explainedVariance(
      values,
      Array.from(rows, (row) => returns[row]),
    ),
  };
}

function refuseDivergence(metrics: PpoMetrics, theta: Float32Array, update: number): void {
  const bad = Object.entries(metrics).find(([, value]) => value !== null && !Number.isFinite(value));
  if (bad !== undefined)
    throw new AssayError('ASSAY_TRAINING_DIVERGED', { update, reason: `${bad[0]} is ${String(bad[1])}` });
  if (!theta.every(Number.isFinite))
    throw new AssayError('ASSAY_TRAINING_DIVERGED', { update, reason: 'a parameter is not finite' });
}

/** Fisher and Yates, in place; `below(n)` draws a whole number in [0, n). */
function shuffle(rows: Int32Array, below: (n: number) => number): void {
  for (let i = rows.length - 1; i > 0; i--) {
    const j = below(i + 1);
    const row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }
}

function mean(all: readonly StepMetrics[], name: (typeof stepMetrics)[number]): number {
  return all.reduce((total, metrics) => total + metrics[name], 0) / all.length;
}

/** Speed since this process began, and what it says about the time left. */
function paceMeter(
  clock: Clock,
  stepsPerUpdate: number,
): (update: number, updates: number) => { stepsPerSecond: number; etaSeconds: number } {
  const start = clock.now();
  let done = 0;
  return (update, updates) => {
    done++;
    const seconds = Math.max(1e-3, (clock.now() - start) / 1000);
    return { stepsPerSecond: (done * stepsPerUpdate) / seconds, etaSeconds: ((updates - update) * seconds) / done };
  };
}
