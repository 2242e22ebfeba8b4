/** The stages of the queue `curation`: captures to a dataset, a dataset to a profile. */
import { createCalibrate } from './calibrate.ts';
import { createCurate } from './curate.ts';
import type { MachineDeps } from './machine.ts';
import type { CurationStages } from './types.ts';

export function createCurationActivities(deps: MachineDeps): CurationStages {
  return { curate: createCurate(deps), calibrate: createCalibrate(deps) };
}
