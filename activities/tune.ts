/** Tuning as a stage: the best baseline at its best settings becomes the schedule that a line opens with. */
import { availableParallelism } from 'node:os';
import { encodeSchedule } from '../market/schedule-file.ts';
import { TrialPool } from '../validation/parallel.ts';
import { tuningReportOf } from '../validation/report/tuning.ts';
import { bestBaseline, type Tuning, tuneBaselines } from '../validation/tune-baselines.ts';
import { marketInputs, requestFor } from './inputs.ts';
import { type MachineDeps, openMachine, ownFolder, refuseWhenCancelled } from './machine.ts';
import type { TrainingStages } from './types.ts';

export function createTune(deps: MachineDeps): TrainingStages['tune'] {
  return async ({ line, profile, protocol, request }, { signal, progress }) => {
    const { registry, state } = await openMachine(deps);
    const entries = await registry.signedEntries(deps.trust);
    const { candidate, config } = requestFor(entries, request, { line, protocol });
    const given = await marketInputs(registry, entries, { line, profile, protocol });
    const { protocol: terms } = given.protocol;
    const workers = availableParallelism();
    const cache = ownFolder(deps, 'trials');
    const pool = new TrialPool({ profile: given.profile, task: terms.task, workers, signal, cache });
    const told = (done: number, total: number) => progress({ what: 'tuning the baselines', done, total });
    let tuning: Tuning;
    try {
      tuning = await tuneBaselines({ profile: given.profile, protocol: terms, pool, onProgress: told });
    } finally {
      await pool.close();
    }
    refuseWhenCancelled(signal, 'tuning');
    const schedule = await registry.putObject(encodeSchedule(bestBaseline(tuning).spec));
    const found = tuningReportOf({ profile, protocol: given.protocol, tuning, schedule });
    const report = await registry.putJson(found);
    const materials = { request, dataset: given.dataset, profile, protocol };
    const statement = await state(
      'training',
      { name: `${line} ${candidate}`, sha256: schedule },
      {
        buildDefinition: {
          buildType: 'https://assay.dev/tuning/grid/v1',
          externalParameters: { line, candidate, kind: 'fallback', seed: terms.seeds.tuning, steps: 0, config },
          resolvedDependencies: Object.entries(materials).map(([name, sha256]) => ({ name, digest: { sha256 } })),
        },
        runDetails: {
          builder: { id: 'https://assay.dev/worker/v1' },
          byproducts: [{ name: 'report', digest: { sha256: report } }],
        },
      },
    );
    return { schedule, report, statement };
  };
}
