import type { PpoRun } from '../../models/ppo.ts';
import { Corridor } from './corridor.ts';

/** A run of 60 updates on the corridor: long enough to solve it, a second or two. */
export function corridorRun(changes: Partial<PpoRun['config']> = {}): PpoRun {
  const env = new Corridor(32);
  return {
    env,
    environment: 'corridor',
    config: {
      seed: 7,
      totalSteps: 60 * env.count * env.horizonSteps,
      hidden: [32, 32],
      minibatchSize: 64,
      learningRate: 5e-3,
      gamma: 1,
      ...changes,
    },
  };
}
