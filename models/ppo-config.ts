/** The options of PPO training: what each means, its usual value, and its bounds. */
import { AssayError } from '../core/errors.ts';
import type { ObservationScaling } from './network.ts';

/** Everything that decides the trained parameters, apart from the environment. JSON; its digest names the configuration. */
export interface PpoConfig {
  /** One seed: starting parameters, actions and the order of minibatches each draw from a stream of their own. */
  readonly seed: number;
  /**
   * Environment steps, the absorbed ones after an episode's end included: an update takes count x horizonSteps of them, and
   * training takes as many whole updates as fit. 0 gives the untrained network.
   */
  readonly totalSteps: number;
  /** Widths of the hidden layers of actor and critic. */
  readonly hidden: readonly number[];
  /** How raw observations are brought to about [-1, 1]; null: they already are. Part of the graph and of the policy file. */
  readonly scaling: ObservationScaling | null;
  /** Passes over each rollout. */
  readonly epochs: number;
  /** Most steps in one gradient step. The live steps of a rollout are dealt evenly over as few minibatches as will hold them. */
  readonly minibatchSize: number;
  readonly learningRate: number;
  /** Lower the learning rate linearly: update u of U uses learningRate * (1 - (u - 1) / U). */
  readonly annealLearningRate: boolean;
  /** Discount per step. 1 suits episodes with a fixed horizon. */
  readonly gamma: number;
  /** GAE's lambda: 1 is the Monte-Carlo return, 0 the one-step error. */
  readonly lambda: number;
  /** Range of the probability ratio, and of the value's movement when clipValueLoss is set. */
  readonly clip: number;
  readonly clipValueLoss: boolean;
  /** Normalise advantages to mean 0 and standard deviation 1, per minibatch. */
  readonly normaliseAdvantages: boolean;
  readonly valueCoef: number;
  readonly entropyCoef: number;
  /** Largest global gradient norm; null: no clipping. */
  readonly maxGradNorm: number | null;
  /** Stop an update's epochs once an epoch's mean KL estimate (k3) is beyond this; null: never. */
  readonly targetKl: number | null;
  readonly adamEpsilon: number;
}

/** CleanRL's `ppo.py`, apart from the sizes. */
export const defaultPpoConfig: Omit<PpoConfig, 'seed' | 'totalSteps'> = {
  hidden: [64, 64],
  scaling: null,
  epochs: 4,
  minibatchSize: 2048,
  learningRate: 2.5e-4,
  annealLearningRate: true,
  gamma: 0.99,
  lambda: 0.95,
  clip: 0.2,
  clipValueLoss: true,
  normaliseAdvantages: true,
  valueCoef: 0.5,
  entropyCoef: 0.01,
  maxGradNorm: 0.5,
  targetKl: null,
  adamEpsilon: 1e-5,
};

/** What a caller writes: a seed, a budget, and whatever is to differ from the defaults. */
export type PpoSettings = Pick<PpoConfig, 'seed' | 'totalSteps'> & Partial<PpoConfig>;

type Bounds = readonly [low: number, high: number, rule?: 'integer'];

const bounds: Partial<Record<keyof PpoConfig, Bounds>> = {
  seed: [0, 2 ** 53 - 1, 'integer'],
  totalSteps: [0, 2 ** 53 - 1, 'integer'],
  epochs: [1, 100, 'integer'],
  minibatchSize: [2, 65_536, 'integer'],
  learningRate: [0, 1],
  gamma: [0, 1],
  lambda: [0, 1],
  clip: [1e-6, 10],
  valueCoef: [0, 100],
  entropyCoef: [0, 100],
  maxGradNorm: [1e-9, 1e9],
  targetKl: [1e-9, 1e9],
  adamEpsilon: [1e-12, 1],
};

const optional: readonly (keyof PpoConfig)[] = ['maxGradNorm', 'targetKl'];
const switches: readonly (keyof PpoConfig)[] = ['annealLearningRate', 'clipValueLoss', 'normaliseAdvantages'];

/**
 * Settings completed with the defaults and checked.
 * @throws ASSAY_CONFIG_UNKNOWN_KEY, ASSAY_CONFIG_OUT_OF_BOUNDS
 */
export function completePpoConfig(settings: PpoSettings, observationSize: number): PpoConfig {
  const config: PpoConfig = { ...defaultPpoConfig, ...settings };
  const where = 'training';
  for (const key of Object.keys(config))
    if (!(key in defaultPpoConfig) && key !== 'seed' && key !== 'totalSteps')
      throw new AssayError('ASSAY_CONFIG_UNKNOWN_KEY', { where, key });
  for (const [key, [low, high, rule]] of Object.entries(bounds) as [keyof PpoConfig, Bounds][]) {
    const value: unknown = config[key];
    if (value === null && optional.includes(key)) continue;
    if (typeof value !== 'number' || !(value >= low && value <= high))
      outOfBounds(`${key} is ${String(value)}, not in ${low} to ${high}`);
    if (rule === 'integer' && !Number.isInteger(value)) outOfBounds(`${key} is ${String(value)}, not a whole number`);
  }
  for (const key of switches) {
    const value: unknown = config[key];
    if (typeof value !== 'boolean') outOfBounds(`${key} is ${String(value)}, not true or false`);
  }
  if (!config.hidden.every((width) => Number.isInteger(width) && width >= 1 && width <= 4096))
    outOfBounds(`hidden is [${config.hidden.join(', ')}], not whole numbers from 1 to 4096`);
  if (config.scaling !== null) checkScaling(config.scaling, observationSize);
  return config;
}

function checkScaling({ shift, scale, clip }: ObservationScaling, observationSize: number): void {
  if (shift.length !== observationSize || scale.length !== observationSize)
    outOfBounds(`scaling has ${shift.length} shifts and ${scale.length} scales for ${observationSize} features`);
  if (![...shift, ...scale].every(Number.isFinite) || !(clip > 0 && Number.isFinite(clip)))
    outOfBounds('scaling holds a number that is not finite, or a clip that is not positive');
}

function outOfBounds(reason: string): never {
  throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', { where: 'training', reason });
}

/** Learning rate of update `update` (1 to `updates`). */
export function annealedLearningRate(learningRate: number, update: number, updates: number): number {
  return learningRate * (1 - (update - 1) / updates);
}
