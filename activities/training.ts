/** The stages of the queue `training`: a profile to a policy, or to the schedule that a line falls back to. */
import type { MachineDeps } from './machine.ts';
import { createTrain } from './train.ts';
import { createTune } from './tune.ts';
import type { TrainingStages } from './types.ts';

export function createTrainingActivities(deps: MachineDeps): TrainingStages {
  return { train: createTrain(deps), tune: createTune(deps) };
}
